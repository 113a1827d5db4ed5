from __future__ import annotations

import unicodedata
from bisect import bisect_right

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifeline.folding import (
    FoldTable,
    _sizes,
    automaton_text,
    byte_ends,
    fold,
    fold_character,
    fold_table,
    is_word_letter,
)

# Every code point there is, lone surrogates included, and those that have broken foldings before.
AWKWARD = "İıßẞſ㍿㈠①ﬁŉǅё́йñ著乾臺𠮟😀\u200b\u00ad\ufe0f\ud800\u0000'’…。￭"
ANY_TEXT = st.text(st.characters(exclude_categories=()) | st.sampled_from(AWKWARD))
ASCII_TEXT = st.text(st.characters(codec="ascii"))


@given(ANY_TEXT)
def test_every_byte_has_an_origin(text):
    """The map back covers every code point of the text and every byte that the automaton reads."""
    ends = byte_ends(text)
    assert len(text) == len(ends)
    assert len(automaton_text(text)) == (ends[-1] if ends else 0)


@given(ANY_TEXT)
def test_an_origin_is_where_its_byte_came_from(text):
    """The bytes of one origin are the folded form of that one character."""
    by_origin = dict.fromkeys(range(len(text)), "")
    ends = byte_ends(text)
    for number, byte in enumerate(automaton_text(text)):
        by_origin[bisect_right(ends, number)] += byte
    expected = [fold(c).encode().decode("latin-1") for c in text]
    assert expected == list(by_origin.values())


@given(ASCII_TEXT)
def test_the_ascii_shortcut_is_the_general_path(text):
    """Plain English takes a faster way to the very same result."""
    assert fold(text).encode().decode("latin-1") == automaton_text(text)


@given(ANY_TEXT, ANY_TEXT)
def test_characters_fold_one_by_one(before, after):
    """What stands beside a character never changes how it folds."""
    assert fold(before) + fold(after) == fold(before + after)


@pytest.mark.parametrize(
    ("written", "plain", "names"),
    [
        ("A", "a", ("case",)),
        ("Я", "я", ("case",)),
        ("ａ", "a", ("width",)),
        ("Ａ", "a", ("width", "case")),
        ("殺", "杀", ("traditional",)),
        ("著", "着", ("traditional",)),
        ("é", "e", ("accent",)),
        ("ё", "е", ("accent",)),
        ("й", "и", ("accent",)),
        ("ñ", "n", ("accent",)),
        ("\u0301", "", ("accent",)),
        ("\u200b", "", ("invisible",)),
        ("\ufe0f", "", ("invisible",)),
        ("\u3164", "", ("invisible",)),
        ("’", "", ("apostrophe",)),
        ("＇", "", ("apostrophe",)),
        ("-", "", ("separator",)),
        ("　", "", ("separator",)),
        ("★", "", ("separator",)),
        ("\x00", "", ("separator",)),
        ("😀", "😀", ()),
        ("死", "死", ()),
        ("İ", "i", ("case", "accent")),
        ("ß", "ss", ("case",)),
        ("㍿", "株式会社", ("width",)),
        ("ﬁ", "fi", ("width",)),
        ("𝓭", "d", ("width",)),
        ("𠮟", "𠮟", ()),
    ],
)
def test_a_character_folds_and_says_how(written, plain, names):
    """Each folding goes by its name, and a character may need several."""
    assert (plain, names) == fold_character(written)


@given(st.sampled_from("áéíóúüñÁÑёйЁЙàçőÅ").map(str))
def test_composed_and_decomposed_fold_alike(character):
    """Phones and Macs spell an accent differently."""
    assert fold(character) == fold(unicodedata.normalize("NFD", character))


def test_folding_to_simplified_is_final():
    """What a character folds to folds no further, or the two spellings would not meet."""
    han = map(chr, range(0x3400, 0xA000))
    assert [] == [c for c in han if fold(fold(c)) != fold(c)]


def test_the_table_does_not_grow_with_nonsense():
    """A text of every private code point must not be kept in memory."""
    text = "".join(map(chr, range(0xF0000, 0xF1000)))
    table = FoldTable()
    assert "" == text.translate(table)
    assert 0 == len(table)
    known = len(_sizes), len(fold_table())
    assert [0] * len(text) == byte_ends(text)
    assert known == (len(_sizes), len(fold_table()))


def test_the_table_learns_what_it_meets():
    """A character of use is folded once."""
    table = FoldTable()
    assert "d" == "𝓭".translate(table)
    assert {ord("𝓭"): "d"} == table


def test_table_and_function_agree():
    """The shortcut that fills the table from OpenCC gives what the function gives."""
    assert [] == [
        chr(c) for c, folded in fold_table().items() if fold_character(chr(c))[0] != folded
    ]


@pytest.mark.parametrize(
    ("character", "is_letter"),
    [
        ("a", True),
        ("ｚ", True),
        ("я", True),
        ("ñ", True),
        ("死", False),
        ("か", False),
        ("7", False),
        ("_", False),
        ("'", False),
        ("😀", False),
    ],
)
def test_only_scripts_with_spaces_have_word_letters(character, is_letter):
    """Beside a Latin word a Chinese character is as good as a space."""
    assert is_letter is is_word_letter(character)
