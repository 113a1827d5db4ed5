"""The lexicon: every term of a pack in one Aho-Corasick automaton, and what each hit is for."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import Any, NamedTuple

import ahocorasick

from lifeline.distance import Ruler
from lifeline.folding import automaton_text, byte_ends
from lifeline.rules.terms import GAP_CHARACTERS, GAP_WORDS, Term
from lifeline.spelling import spelled


class Use(NamedTuple):
    """What a term is for: a rule, the role it plays there, and which of them."""

    rule: int
    role: str  # "group", "exclusion" or "lower"
    number: int


class TermHit(NamedTuple):
    """A term found at ``text[start:end]`` (code points), and the foldings that were needed."""

    term: int
    start: int
    end: int
    foldings: frozenset[str]


_Span = tuple[int, int, frozenset[str]]


class Lexicon:
    """Terms with their uses, ready for scanning. Immutable once built.

    ``needed`` gives per rule how many of its groups must be found in one message before it is worth
    a closer look; 1 where any one of them is, as for rules across messages.
    """

    def __init__(self, terms: Iterable[tuple[Term, Use]], needed: list[int]) -> None:
        uses_of: dict[Term, dict[Use, None]] = {}  # dictionaries as sets that keep their order
        for term, use in terms:
            uses_of.setdefault(term, {})[use] = None
        self.terms = tuple(uses_of)
        self.uses = tuple(tuple(uses) for uses in uses_of.values())
        self._parts = tuple(dict.fromkeys(part for term in self.terms for part in term.parts))
        part_ids = {part: number for number, part in enumerate(self._parts)}
        self._parts_of_term = tuple(tuple(part_ids[p] for p in t.parts) for t in self.terms)
        self._parts_set_of_term = tuple(map(frozenset, self._parts_of_term))
        keys: dict[str, list[int]] = {}
        for part, part_id in part_ids.items():
            keys.setdefault(automaton_text(part.folded), []).append(part_id)
        self._parts_of_key = tuple(tuple(parts) for parts in keys.values())
        self._size_of_key = tuple(map(len, keys))  # in bytes
        self._count_rules(needed)
        self._automaton: Any = None
        if keys:
            self._automaton = ahocorasick.Automaton(ahocorasick.STORE_INTS)
            for key_id, key in enumerate(keys):
                self._automaton.add_word(key, key_id)
            self._automaton.make_automaton()

    def _count_rules(self, needed: list[int]) -> None:
        """Prepare the question which rules have all they need: one bit a rule, a lane a group.

        Each key sets the bits of the groups it can satisfy; a rule with fewer groups than there are
        lanes has its bit set in the others from the start; so the rules that have all they need are
        the lanes and-ed together. A term of several parts is counted by its longest one.
        """
        self._rules = len(needed)
        self._lanes = max(needed, default=1)
        self._from_start = 0
        for rule, count in enumerate(needed):
            for lane in range(count, self._lanes):
                self._from_start |= 1 << (lane * self._rules + rule)
        key_of_part = {p: key for key, parts in enumerate(self._parts_of_key) for p in parts}
        satisfied = [0] * len(self._parts_of_key)
        self._rules_of_term = [0] * len(self.terms)
        rules_of_part = [0] * len(self._parts)
        terms_of_part: list[list[int]] = [[] for _ in self._parts]
        for term, parts in enumerate(self._parts_of_term):
            longest = max(parts, key=lambda part: self._size_of_key[key_of_part[part]])
            for rule, role, number in self.uses[term]:
                self._rules_of_term[term] |= 1 << rule
                if role == "group":
                    lane = number if needed[rule] > 1 else 0
                    satisfied[key_of_part[longest]] |= 1 << (lane * self._rules + rule)
            for part in parts:
                rules_of_part[part] |= self._rules_of_term[term]
                if term not in terms_of_part[part]:
                    terms_of_part[part].append(term)
        self._satisfied = satisfied
        self._rules_of_part = rules_of_part
        self._terms_of_part = tuple(map(tuple, terms_of_part))

    def find(self, text: str) -> list[TermHit]:
        """Every term in ``text`` that could matter to a rule, overlapping ones included.

        Most texts return after the scan. The map to original offsets is built only for a text in
        which some rule has all it needs.
        """
        if self._automaton is None:
            return []
        satisfied = self._satisfied
        seen = self._from_start
        found = []
        for hit in self._automaton.iter(automaton_text(text)):
            seen |= satisfied[hit[1]]
            found.append(hit)
        if not found:
            return []
        rules = seen
        for _ in range(self._lanes - 1):
            seen >>= self._rules
            rules &= seen
        rules &= (1 << self._rules) - 1
        return self._check(text, found, rules) if rules else []

    def _check(self, text: str, found: list[tuple[int, int]], rules: int) -> list[TermHit]:
        """The folded hits that are really the words, of the terms that ``rules`` use."""
        ends = byte_ends(text)
        spans: dict[int, list[_Span]] = {}
        for last, key in found:
            for part in self._parts_of_key[key]:
                if self._rules_of_part[part] & rules:
                    start = bisect_right(ends, last - self._size_of_key[key] + 1)
                    end = bisect_right(ends, last) + 1
                    checked = spelled(self._parts[part], text, start, end)
                    if checked:
                        spans.setdefault(part, []).append((start, *checked))
        if not spans:
            return []
        terms = {
            term
            for part in spans
            for term in self._terms_of_part[part]
            if self._rules_of_term[term] & rules and spans.keys() >= self._parts_set_of_term[term]
        }
        ruler = Ruler(text)
        return [
            TermHit(term, *span)
            for term in sorted(terms)
            for span in self._chain(term, spans, ruler)
        ]

    def _chain(self, term: int, spans: dict[int, list[_Span]], ruler: Ruler) -> list[_Span]:
        """Spans of a term: its parts in order, each gap within bounds and one sentence."""
        *earlier, last = self._parts_of_term[term]
        language = self.terms[term].language
        chains = spans[last]
        for part in reversed(earlier):
            starts = [start for start, _, _ in chains]
            longer = []
            for start, end, foldings in spans[part]:
                nearest = bisect_left(starts, end)
                if nearest < len(chains) and _gap_fits(ruler, end, starts[nearest], language):
                    _, reached, names = chains[nearest]
                    longer.append((start, reached, foldings | names))
            chains = longer
        return chains


def _gap_fits(ruler: Ruler, start: int, end: int, language: str) -> bool:
    if language in ("zh", "any"):
        if end - start > GAP_CHARACTERS:
            return False
    elif ruler.words(start, end) > GAP_WORDS:
        return False
    return ruler.in_one_sentence(start, end)
