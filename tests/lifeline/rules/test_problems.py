from __future__ import annotations

import pytest

from lifeline.rules.problems import Place, Problem


def caret_line(source: str, marked: str) -> str:
    """Give the part of the line below the source that stands under it."""
    at = source.index(marked)
    shown = Problem("L000", "m", "f", 7, at + 1, source, len(marked)).render().splitlines()
    prefix = "7 | "
    assert prefix + source == shown[3]
    assert "  | " == shown[4][:4]
    return shown[4][4:]


@pytest.mark.parametrize(
    ("source", "marked", "expected"),
    [
        ("tier: bad", "bad", "      ^^^"),
        ("- 不想活", "不想活", "  ^^^^^^"),
        ("- 我不想活", "想", "      ^^"),
        ("- ｆｕｌｌ x", "x", "           ^"),
        ("- e\u0301te\u0301 x", "x", "      ^"),
        ("- 不\u200b想\ufe0f x", "x", "       ^"),
        ("\t- x", "x", "\t  ^"),
        ("- 😭 x", "x", "     ^"),
    ],
    ids=[
        "ascii",
        "chinese marked",
        "chinese before",
        "full width",
        "combining",
        "unseen",
        "tab",
        "emoji",
    ],
)
def test_caret_stands_below_the_words(source: str, marked: str, expected: str):
    """The caret counts terminal columns: two for a Chinese character, none for a mark."""
    assert expected == caret_line(source, marked)


def test_caret_is_there_for_an_empty_stretch():
    """What stands behind the end of its line still gets one caret."""
    shown = Problem("L000", "m", "f", 3, 6, "tier:", 0).render().splitlines()

    assert "  |      ^" == shown[4]


def test_margin_grows_with_the_line_number():
    """The bars stay in one column whatever the line's number."""
    shown = Problem("L000", "m", "f", 12345, 1, "x", 1, "h").render().splitlines()

    assert {6} == {line.index("|") for line in shown[2:5]}


def test_control_characters_do_not_reach_the_terminal():
    """A file cannot colour or clear the terminal of whoever checks it."""
    text = "\x1b[2J\x07\r\u2028"

    shown = Problem("L000", text, text, 1, 2, text, 1, text).render()

    assert not set(text) - set("[2J") & set(shown)


def test_json_holds_what_the_text_holds():
    """The same problem for programs: code, message, place and help."""
    problem = Place("zh/a.yaml", 3, 5, "    不想活", 3).problem("L051", "message", "help")

    assert {
        "severity": "error",
        "code": "L051",
        "message": "message",
        "file": "zh/a.yaml",
        "line": 3,
        "column": 5,
        "length": 3,
        "help": "help",
    } == problem.as_json()


@pytest.mark.parametrize("column", [1, 50, 400, 996])
def test_long_lines_are_shown_where_it_is_wrong(column):
    """A line wider than a screen is cut around the place, and the caret still stands below it."""
    source = "a" * (column - 1) + "wrong" + "b" * (1000 - column - 4)
    shown = Problem("L000", "no", "f.yaml", 7, column, source, 5).render().splitlines()
    line, caret = shown[3].removeprefix("7 | "), shown[4].removeprefix("  | ")
    assert 160 == len(line)
    assert "wrong" == line[caret.index("^") : caret.index("^") + caret.count("^")]
    assert [column > 41, column < 880] == [line[0] == "…", line[-1] == "…"]
