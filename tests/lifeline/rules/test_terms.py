from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifeline.rules.terms import TermError, check_term, read_term


def parts(text: str) -> list[list[str]]:
    """Read a term into the texts of its parts."""
    return [[part.text for part in term.parts] for term in read_term(text, "en")]


def test_braces_stand_for_every_combination():
    """Alternatives multiply, in the order written; an empty one leaves the place out."""
    assert [["a c"], ["a cs"], ["b c"], ["b cs"]] == parts("{a,b} c{,s}")


def test_gap_splits_a_term():
    """`…` and `...` are the same gap, spaces round it do not count."""
    assert [["want to", "die"]] == parts("want to … die") == parts("want to...die")


def test_star_leaves_the_last_word_open():
    """The star belongs to the stretch it ends."""
    (term,) = read_term("suicid* … plan", "en")

    assert [True, False] == [part.open_end for part in term.parts]


@pytest.mark.parametrize(
    "text",
    ["a{b", "a}b", "{a{b}}", "{}", "a{}b", "{a|b}", "*", "a*b", "a**", "…", "a…", "…a", "!?", "",
     "不想活，再见", "I am done, goodbye", "done. goodbye", "{吃，喝}多少", "｛a,b｝", "suicid＊",
     "take @medicine", "＠medicine", "{a,b,c,d,e,f,g,h,i,j,k}" * 3, "a\nb"],
)  # fmt: skip
def test_term_that_would_never_be_found_as_meant_is_refused(text: str):
    """Such a term raises whether it is checked or read."""
    with pytest.raises(TermError):
        check_term(text)
    with pytest.raises(TermError):
        read_term(text, "en")


@pytest.mark.parametrize(
    "text",
    [
        "能死?",
        "?能死",
        ":死",
        "can't",
        "s.u.i",
        "don't … like",
        "o'clock!",
        "¿morir?",
        "自 杀",
        "a/b",
    ],
)
def test_separators_that_end_nothing_inside_are_allowed(text: str):
    """Signs at the ends, dots between letters and apostrophes are part of how people write."""
    assert 1 == check_term(text)


@given(st.text(alphabet="ab死 {},*….,，@!", max_size=20))
def test_what_is_checked_can_be_read(text: str):
    """A checked term reads without an error into as many phrases as it was counted."""
    try:
        count = check_term(text)
    except TermError:
        return
    assert count == len(read_term(text, "zh"))
