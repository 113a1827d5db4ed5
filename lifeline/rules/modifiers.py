"""Modifiers: negation, past, another person and the like, found near hits."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

from lifeline.distance import Ruler, Spans
from lifeline.lexicon import Lexicon, TermHit, Use
from lifeline.readings import FOLDINGS, FoldingSettings
from lifeline.rules.schema import Modifier, RuleSpec
from lifeline.rules.terms import read_term


class Modified(NamedTuple):
    """A modifier that reaches a hit, and the words by which it does."""

    modifier: Modifier
    start: int
    end: int


class Modifiers:
    """All modifiers of a pack, ready for matching."""

    def __init__(self, modifiers: Iterable[Modifier]) -> None:
        self.all = tuple(modifiers)
        terms = [
            (term, Use(number, role, 0))
            for number, modifier in enumerate(self.all)
            for role, phrases in (("group", modifier.phrases), ("exclusion", modifier.exceptions))
            for phrase in phrases
            for term in read_term(phrase, modifier.language)
        ]
        # What only looks or sounds like a negation denies nothing: a wail of "nooo" least of all.
        as_written = FoldingSettings(off=frozenset(FOLDINGS))
        self._lexicon = Lexicon(terms, [1] * len(self.all), as_written)

    def within(self, ruler: Ruler) -> FoundModifiers:
        """Those within one text, looked for when first asked about."""
        return FoundModifiers(self, ruler)

    def find(self, text: str) -> dict[int, list[TermHit]]:
        """For each modifier by its number, where it stands, less what its exceptions cover."""
        found: dict[int, list[TermHit]] = defaultdict(list)
        exceptions: dict[int, list[TermHit]] = defaultdict(list)
        for hit in self._lexicon.find(text):
            for number, role, _ in self._lexicon.uses[hit.term]:
                (found if role == "group" else exceptions)[number].append(hit)
        for number, excepted in exceptions.items():
            around = Spans(excepted).around
            found[number] = [hit for hit in found[number] if not around(hit)]
        return found


class FoundModifiers:
    """The modifiers within one text."""

    def __init__(self, modifiers: Modifiers, ruler: Ruler) -> None:
        self._modifiers = modifiers
        self._ruler = ruler

    @cached_property
    def _placed(self) -> list[tuple[Modifier, list[TermHit], list[TermHit]]]:
        """Each modifier with its hits by where they end, and by where they begin."""
        found = self._modifiers.find(self._ruler.text)
        return [
            (
                self._modifiers.all[number],
                sorted(hits, key=lambda hit: hit.end),
                sorted(hits, key=lambda hit: hit.start),
            )
            for number, hits in sorted(found.items())
        ]

    def reaching(self, spec: RuleSpec, start: int, end: int) -> Iterator[Modified]:
        """Those that reach a hit of the rule at ``start`` to ``end``; never words inside it."""
        for modifier, by_end, by_start in self._placed:
            if modifier.language not in (spec.language, "any"):
                continue
            if modifier.name in spec.unaffected_by:
                continue
            if modifier.categories and spec.category not in modifier.categories:
                continue
            at = bisect_right(by_end, start, key=lambda hit: hit.end) - 1
            if at >= 0 and self._reaches(modifier, modifier.before, by_end[at].end, start):
                yield Modified(modifier, by_end[at].start, by_end[at].end)
                continue
            at = bisect_left(by_start, end, key=lambda hit: hit.start)
            if at < len(by_start) and self._reaches(
                modifier, modifier.after, end, by_start[at].start
            ):
                yield Modified(modifier, by_start[at].start, by_start[at].end)

    def _reaches(self, modifier: Modifier, reach: int, start: int, end: int) -> bool:
        """Whether so much stands between a modifier and a hit as it reaches over."""
        if not reach:
            return False
        ruler = self._ruler
        joined = ruler.in_one_sentence if modifier.over_clauses else ruler.in_one_clause
        if not joined(start, end):
            return False
        if modifier.language in ("zh", "any"):
            return end - start < reach
        return ruler.words(start, end) < reach
