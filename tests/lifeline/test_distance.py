from __future__ import annotations

import re
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from lifeline.distance import Ruler, Spans, outermost
from lifeline.rules.schema import Within


class Stretch(NamedTuple):
    """A span."""

    start: int
    end: int


TEXT = st.text("ab _.\n死", max_size=30)
STRETCH = st.tuples(st.integers(0, 30), st.integers(1, 8)).map(lambda s: Stretch(s[0], sum(s)))
STRETCHES = st.lists(STRETCH, max_size=8)
BOUND = st.none() | st.integers(1, 12)


def words(text):
    """How many words the text holds."""
    return len(re.findall(r"\w+", text))


@given(TEXT, STRETCH)
def test_words_are_counted_as_in_the_stretch_alone(text, stretch):
    """Counting by bisection gives what counting the cut-out text gives."""
    assert words(text[slice(*stretch)]) == Ruler(text).words(*stretch)


@given(TEXT, STRETCH, STRETCH, BOUND, BOUND)
def test_reach_is_distance(text, span, other, characters, most_words):
    """A span touches the reach of another exactly when what stands between them is in bounds."""
    span, other = (Stretch(*slice(*s).indices(len(text))[:2]) for s in (span, other))
    between = (
        text[other.end : span.start] if other.end <= span.start else text[span.end : other.start]
    )
    near = (characters is None or len(between) <= characters) and (
        most_words is None or words(between) <= most_words
    )
    reach = Ruler(text).reach(Within(characters=characters, words=most_words), *span)
    assert near is (Spans([other]).touching(*reach) is not None)


@given(STRETCHES, STRETCH)
def test_touching_finds_one_if_there_is_one(spans, asked):
    """Among many spans, overlapping ones included, one that touches is found and does touch."""
    there = [s for s in spans if s.start <= asked.end and s.end >= asked.start]
    found = Spans(spans).touching(*asked)
    assert found in there if there else found is None


@given(STRETCHES, STRETCH)
def test_around_is_containment(spans, asked):
    """A span is inside if any one of the others holds it whole."""
    inside = any(s.start <= asked.start and asked.end <= s.end for s in spans)
    assert inside is Spans(spans).around(asked)


@given(STRETCHES)
def test_the_outermost_spans_hold_all_others(spans):
    """What is left out lies inside what is kept, and nothing kept lies inside another."""
    kept = outermost(spans)
    distinct = set(spans)
    expected = [
        s
        for s in sorted(distinct)
        if not any(o.start <= s.start and s.end <= o.end for o in distinct - {s})
    ]
    assert expected == kept


def test_a_sentence_ends_at_an_empty_line_of_any_system():
    """One line break of e-mail is no empty line, two are."""
    assert Ruler("a\r\nb").in_one_sentence(0, 4)
    assert not Ruler("a\r\n\r\nb").in_one_sentence(0, 6)


def test_hesitation_ends_no_sentence():
    """Dots in a row are a pause, Latin or Chinese."""
    assert Ruler("a... b").in_one_sentence(0, 6)
    assert Ruler("我。。。想").in_one_sentence(0, 5)
    assert not Ruler("a. b").in_one_sentence(0, 4)
    assert not Ruler("我。想").in_one_sentence(0, 3)


def test_a_sentence_may_end_before_or_behind():
    """Only what ends between the two counts."""
    assert Ruler("! a b !").in_one_sentence(2, 5)
