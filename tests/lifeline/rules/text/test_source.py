from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lifeline.rules.concepts import Concepts
from lifeline.rules.reader import RuleFile
from lifeline.rules.text.source import Source


def read(text: str) -> tuple[Source, list[str]]:
    """Read a list of phrases."""
    source, node = Source.read("f.yaml", text.encode())
    assert node is not None
    return source, [value for value, _ in source.phrases(node)]


@pytest.mark.parametrize(
    "word",
    ["no", "yes", "on", "off", "true", "null", "Null", "0123", "0x1F", "1e3", "12_3", "1:30",
     "190:20:30", "2026-11-01", ".inf", ".nan", "=", "<<", "~", "1.0", "-5"],
)  # fmt: skip
@pytest.mark.parametrize("form", ["- {}", "[{}, x]"], ids=["block", "brackets"])
def test_words_that_yaml_would_convert_stay_text(word: str, form: str):
    """What plain YAML makes a truth value, number, time or nothing of is text here."""
    source, phrases = read(form.format(word))

    assert word == phrases[0]
    assert [] == source.problems


def test_question_mark_in_brackets_stays_text():
    """A question at the end of a phrase in brackets is no YAML key."""
    assert ["吃多少能死?", "会死"] == read("[吃多少能死?, 会死]")[1]


def test_hash_within_a_word_is_part_of_it():
    """Only ` #`, after a space, starts a comment."""
    source, phrases = read("- a#b\n- '#c'\n- \"d #e\"")

    assert ["a#b", "#c", "d #e"] == phrases
    assert [] == source.problems


def test_comment_after_a_quoted_phrase_is_a_comment():
    """Nothing is cut off a phrase in quotes."""
    source, phrases = read('- "不想活" # since 2026\n# whole line\n- 想死')

    assert ["不想活", "想死"] == phrases
    assert [] == source.problems


def test_quoted_items_need_no_space_after_the_comma():
    """Where both neighbours are quoted there is no doubt where they end."""
    assert [] == read('["a","b"]')[0].problems


def test_byte_order_mark_at_the_start_is_taken_off():
    """Files saved by Windows editors read as others do."""
    source, node = Source.read("f.yaml", b"\xef\xbb\xbf- a")

    assert node is not None
    assert ["a"] == [value for value, _ in source.phrases(node)]
    source.add(node, "L000", "here")
    assert 1 == source.problems[0].column


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["unix", "windows", "old mac"])
def test_problem_is_placed_alike_whatever_the_line_ends(end: str):
    """Line and column do not depend on how the editor ends lines."""
    source, _ = read(f"- a{end}- 不想活 #哭{end}")

    assert [(2, 7)] == [(p.line, p.column) for p in source.problems]


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85"])
def test_unicode_line_separator_does_not_join_two_phrases(separator: str):
    """YAML takes these for line ends, and folds the phrase around them into one."""
    source, _ = read(f"- 不想活{separator}  想死")

    assert ["L022"] == [p.code for p in source.problems]


@pytest.mark.parametrize("number", ["0", "31", "-1", "1.0", "1_0", "٣", "9" * 5000, "1e1"])
def test_number_outside_its_bounds_is_a_problem(number: str):
    """Only plain digits within the bounds are a number, however long the text is."""
    source, node = Source.read("f.yaml", f"'{number}'".encode())
    assert node is not None

    assert 0 == source.number(node, 30)
    assert ["L019"] == [p.code for p in source.problems]


GOLDEN = sorted((Path(__file__).parents[1] / "golden").glob("*.yaml"))
TYPED = st.sampled_from(
    ["：", "，", "“", '"', "'", "\u3000", "\t", "\n", "\r\n", "- ", "–", "•", "[", "]", "{", "}",
     " #", ": ", "* ", "&a ", "!", "|", ">", "%", "@", "\\", "\u2028", "? ", "---\n", "  ", ""]
)  # fmt: skip


@given(
    st.sampled_from(GOLDEN),
    st.lists(
        st.tuples(st.floats(0, 1), TYPED, st.sampled_from([0, 1, 3, 100_000])),
        min_size=1,
        max_size=4,
    ),
)
@example(GOLDEN[0], [(0.0, "---\n", 100_000)])
def test_whatever_is_typed_is_read_or_told(path: Path, slips: list[tuple[float, str, int]]):
    """No slip makes a traceback, and what was mended to read on is always told as a problem."""
    text = path.read_bytes().decode("utf-8", "replace")
    for where, typed, taken in slips:
        at = int(where * len(text))
        text = text[:at] + typed + text[at + taken :]

    source, node = Source.read("f.yaml", text.encode())
    if node is not None:
        concepts = Concepts()
        file = RuleFile.read(source, node, concepts)
        concepts.fill_in()
        file.specs(concepts)

    assert source.problems or (node is not None and not source.mended)
    assert all(problem.render() for problem in source.problems)
    assert all(1 <= p.line <= max(len(source.lines), 1) for p in source.problems)


def test_line_that_was_mended_is_told_once():
    """What follows from reading a line otherwise than it stands is no problem of its own."""
    source, phrases = read("- 不想活\n• a: b #c\n- 想死")

    assert [("L026", 2)] == [(p.code, p.line) for p in source.problems]
    assert ["不想活", "想死"] == [phrases[0], phrases[-1]]
