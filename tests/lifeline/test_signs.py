"""Signs: what a text looks like as a row of units, and which sequences are found in it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifeline.signs import NO_SIGNS, Spotter, sequence, units

TEXTS = st.text(alphabet="abc ñё，。不想活了', 1-\u200b", max_size=30)
SEQUENCES = ["a", "b c", "abc", "不", "想活", "活了", "n a", "1", "ab*", "b c*"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I CAN’T go on… now", "i cant go on now"),
        ("  Ёлка,привет!", "елка привет"),
        ("我不想活了，真的", "我不想活了 真的"),
        ("後悔", "后悔"),
        ("no pue\u200bdo más", "no puedo mas"),
        ("…!?", ""),
    ],
)
def test_a_text_as_a_sequence(text, expected):
    """Folded, with one space for whatever separates words."""
    assert sequence(text) == expected


def test_units_are_words_and_chinese_characters():
    """A word or number is one unit, and so is each Chinese character."""
    said = "吃100片 ok really"
    assert [said[unit.start : unit.end] for unit in units(said)] == [
        "吃", "100", "片", "ok", "really",
    ]  # fmt: skip


def test_sequences_are_whole_words_with_the_unit_they_end_at():
    """“art” is not in “heart”; the unit counts from 0."""
    spotter = Spotter(["art", "my heart", "heart"])
    signs = spotter.spot("it's my heart, not art")
    found = [(end, spotter.sequences[key]) for end, key in zip(signs.ends, signs.keys, strict=True)]
    assert (5, [(2, "my heart"), (2, "heart"), (4, "art")]) == (signs.units, found)


def test_chinese_sequences_stand_anywhere_but_over_no_comma():
    """There are no word boundaries in Chinese; what stands between clauses still separates."""
    spotter = Spotter(["想活", "了真"])
    signs = spotter.spot("我不想活了，真的")
    assert [3] == list(signs.ends)
    assert ["想活"] == [spotter.sequences[key] for key in signs.keys]


def test_places_are_those_of_the_original():
    """Offsets are code points of the text as it was written."""
    spotter = Spotter(["cant go on", "不想活"])
    text = "well: I can’t  go on. 我不想活了"
    assert ["can’t  go on", "不想活"] == [text[a:b] for a, b in spotter.places(text, [0, 1])]


def test_the_rest_of_a_last_word_may_be_left_open():
    """The ending goes with person and tense; the place is the whole word."""
    spotter = Spotter(["хочу умер*", "умер*", "умер"])
    text = "Я хочу умереть, дед умер"
    signs = spotter.spot(text)
    found = [(end, spotter.sequences[key]) for end, key in zip(signs.ends, signs.keys, strict=True)]
    assert [(2, "хочу умер*"), (2, "умер*"), (4, "умер*"), (4, "умер")] == found
    assert ["хочу умереть", "умереть", "умер"] == [
        text[a:b] for a, b in spotter.places(text, [0, 1, 2])
    ]


def test_no_sequence_goes_over_an_empty_line():
    """Paragraphs, and subject and text of an e-mail, are apart; places count from the top."""
    spotter = Spotter(["gone today", "today"])
    text = "I will be gone\n\ntoday"
    signs = spotter.spot(text)
    assert (5, [4], [1]) == (signs.units, list(signs.ends), list(signs.keys))
    assert ["today"] == [text[a:b] for a, b in spotter.places(text, [0, 1])]


def test_nothing_to_look_for():
    """A pack without scales finds no signs, and neither does a text without words."""
    assert NO_SIGNS == Spotter([]).spot("anything")
    assert NO_SIGNS == Spotter(["a"]).spot("…")


@given(TEXTS)
def test_the_automaton_finds_what_a_plain_search_does(text):
    """Each sequence that stands in the row of words is found as often as it stands there."""
    spotter = Spotter(SEQUENCES)
    said = sequence(text)
    signs = spotter.spot(text)
    for key, wanted in enumerate(spotter.sequences):
        pattern = re.escape(wanted.removesuffix("*"))
        if wanted.isascii():
            end = "" if wanted.endswith("*") else "(?![^ ])"
            pattern = f"(?<![^ ]){pattern}{end}"
        assert len(re.findall(f"(?={pattern})", said)) == signs.keys.count(key)


@given(TEXTS)
def test_every_sequence_found_can_be_shown(text):
    """What stands at the place given reads as the sequence."""
    spotter = Spotter(SEQUENCES)
    signs = spotter.spot(text)
    for key in set(signs.keys):
        ((start, end),) = spotter.places(text, [key])
        shown, wanted = sequence(text[start:end]), spotter.sequences[key]
        assert shown == wanted or (wanted.endswith("*") and shown.startswith(wanted[:-1]))
    assert all(0 <= end < signs.units for end in signs.ends)
