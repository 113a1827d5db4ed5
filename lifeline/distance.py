"""Distances in a text, and which spans stand near or around others.

A message can be a megabyte of nothing but words that count. So whatever is asked here once for
each hit is answered by bisection, after one pass over the text.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

from lifeline.folding import APOSTROPHES
from lifeline.spelling import CLAUSE_END, SENTENCE_END

if TYPE_CHECKING:
    from lifeline.rules.schema import Within

_WORD: Final = re.compile(rf"\w+(?:[{''.join(sorted(APOSTROPHES))}]\w+)*")


class Ruler:
    """Measures one text in characters, words and sentences; offsets are code points."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def _word_starts(self) -> list[int]:
        return [word.start() for word in _WORD.finditer(self.text)]

    @cached_property
    def _word_ends(self) -> list[int]:
        return [word.end() for word in _WORD.finditer(self.text)]

    @cached_property
    def _sentence_ends(self) -> list[int]:
        return [end.start() for end in SENTENCE_END.finditer(self.text)]

    def words(self, start: int, end: int) -> int:
        """How many words ``text[start:end]`` holds, those that it cuts included."""
        if start >= end:
            return 0
        return bisect_left(self._word_starts, end) - bisect_right(self._word_ends, start)

    @cached_property
    def _clause_ends(self) -> list[int]:
        return [end.start() for end in CLAUSE_END.finditer(self.text)]

    def in_one_sentence(self, start: int, end: int) -> bool:
        """Whether no sentence ends between the two."""
        return _none_between(self._sentence_ends, start, end)

    def in_one_clause(self, start: int, end: int) -> bool:
        """Whether neither a sentence nor a comma or colon ends between the two."""
        return _none_between(self._clause_ends, start, end)

    def fits(self, within: Within, start: int, end: int) -> bool:
        """Whether the stretch is within the bounds for one message."""
        if within.characters is not None and end - start > within.characters:
            return False
        return within.words is None or self.words(start, end) <= within.words

    def reach(self, within: Within, start: int, end: int) -> tuple[int, int]:
        """How far the bounds reach out from a span: where they begin and where they end."""
        first, last = 0, len(self.text)
        if within.characters is not None:
            first, last = start - within.characters, end + within.characters
        if within.words is not None:
            starts, ends = self._word_starts, self._word_ends
            before = bisect_left(starts, start) - within.words - 1
            after = bisect_right(ends, end) + within.words
            first = max(first, ends[before] if before >= 0 else 0)
            last = min(last, starts[after] if after < len(starts) else len(self.text))
        return first, last


def _none_between(places: list[int], start: int, end: int) -> bool:
    at = bisect_left(places, start)
    return at == len(places) or places[at] >= end


class Span(Protocol):
    """A stretch of a text."""

    @property
    def start(self) -> int:
        """Where it begins."""

    @property
    def end(self) -> int:
        """Where it ends, exclusive."""


S = TypeVar("S", bound=Span)


class Spans(Generic[S]):
    """Spans of one text, ready to be asked about their place."""

    def __init__(self, spans: Iterable[S]) -> None:
        ordered = sorted(spans, key=lambda span: (span.start, span.end))
        self._starts = [span.start for span in ordered]
        # Of the spans so far, the one that reaches furthest: it touches if any of them does.
        self._furthest: list[S] = list(accumulate(ordered, _further))

    def touching(self, start: int, end: int) -> S | None:
        """One that begins at ``end`` or before and ends at ``start`` or after, if there is one."""
        at = bisect_right(self._starts, end) - 1
        if at < 0 or self._furthest[at].end < start:
            return None
        return self._furthest[at]

    def around(self, span: Span) -> bool:
        """Whether ``span`` lies wholly inside one of these."""
        at = bisect_right(self._starts, span.start) - 1
        return at >= 0 and self._furthest[at].end >= span.end


def _further(known: S, span: S) -> S:
    return span if span.end > known.end else known


def outermost(spans: Iterable[S]) -> list[S]:
    """The spans less those that lie inside another, and each place once, in their order."""
    kept: list[S] = []
    reached = -1
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if span.end > reached:
            kept.append(span)
            reached = span.end
    return kept
