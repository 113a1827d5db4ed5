"""The lexicon: every term of a pack in one Aho-Corasick automaton, and what each hit is for."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import ahocorasick

from lifeline.distance import Ruler
from lifeline.folding import as_bytes, automaton_text, byte_ends, fold
from lifeline.readings import FOLDINGS, LOSSY, FoldingSettings, Reading, shape
from lifeline.readings.disguises import Disguises
from lifeline.readings.sound import Heard, Hearing
from lifeline.rules.terms import GAP_CHARACTERS, GAP_WORDS, Term
from lifeline.spelling import Part, spelled


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
_Found = list[tuple[int, int]]  # what the automaton found: the last byte, and the key


class _Tables(NamedTuple):
    """What a lexicon knows of its terms, their parts and the keys of its automaton, by number."""

    terms: tuple[Term, ...]
    parts: tuple[Part, ...]
    parts_of_term: tuple[tuple[int, ...], ...]
    terms_of_part: tuple[tuple[int, ...], ...]
    key_of_part: tuple[int, ...]
    parts_of_key: tuple[tuple[int, ...], ...]
    size_of_key: tuple[int, ...]  # in bytes
    rules_of_term: tuple[int, ...]  # one bit a rule
    rules_of_part: tuple[int, ...]


class Lexicon:
    """Terms with their uses, ready for scanning. Immutable once built.

    ``needed`` gives per rule how many of its groups must be found in one message before it is worth
    a closer look; 1 where any one of them is, as for rules across messages.
    """

    def __init__(
        self,
        terms: Iterable[tuple[Term, Use]],
        needed: list[int],
        foldings: FoldingSettings = FoldingSettings(),  # noqa: B008 - it is frozen
    ) -> None:
        uses_of: dict[Term, dict[Use, None]] = {}  # dictionaries as sets that keep their order
        for term, use in terms:
            uses_of.setdefault(term, {})[use] = None
        self.terms = tuple(uses_of)
        self.uses = tuple(tuple(uses) for uses in uses_of.values())
        parts = tuple(dict.fromkeys(part for term in self.terms for part in term.parts))
        part_ids = {part: number for number, part in enumerate(parts)}
        parts_of_term = tuple(tuple(part_ids[p] for p in t.parts) for t in self.terms)
        self._disguises = self._prepare_disguises(parts, parts_of_term, foldings)
        keys: dict[str, list[int]] = {}
        for part, part_id in part_ids.items():
            keys.setdefault(automaton_text(part.folded), []).append(part_id)
        asking = {automaton_text(key): bits for key, bits in self._disguises.asking.items()}
        for key in asking:
            keys.setdefault(key, [])
        self._tables = self._tabulate(parts, parts_of_term, keys)
        self._count_rules(needed, [asking.get(key, 0) for key in keys])
        self._automaton: Any = None
        if self.terms:
            self._automaton = ahocorasick.Automaton(ahocorasick.STORE_INTS)
            for key_id, key in enumerate(keys):
                self._automaton.add_word(key, key_id)
            self._automaton.make_automaton()

    def _prepare_disguises(
        self,
        parts: tuple[Part, ...],
        parts_of_term: tuple[tuple[int, ...], ...],
        foldings: FoldingSettings,
    ) -> Disguises:
        chinese: dict[int, Part] = {}
        counting: dict[int, Part] = {}
        for term, numbers, uses in zip(self.terms, parts_of_term, self.uses, strict=True):
            if term.language == "zh":
                chinese.update((number, parts[number]) for number in numbers)
                if any(use.role == "group" for use in uses):
                    counting.update((number, parts[number]) for number in numbers)
        return Disguises(parts, chinese, counting, foldings)

    def _tabulate(
        self,
        parts: tuple[Part, ...],
        parts_of_term: tuple[tuple[int, ...], ...],
        keys: dict[str, list[int]],
    ) -> _Tables:
        rules_of_part = [0] * len(parts)
        rules_of_term = []
        terms_of_part: list[list[int]] = [[] for _ in parts]
        same: dict[int, int] = {}  # most of these long numbers are alike: each is kept once
        for term, (numbers, uses) in enumerate(zip(parts_of_term, self.uses, strict=True)):
            rules = 0
            for use in uses:
                rules |= 1 << use.rule
            rules_of_term.append(same.setdefault(rules, rules))
            for number in dict.fromkeys(numbers):
                rules_of_part[number] |= rules
                terms_of_part[number].append(term)
        key_of_part = [0] * len(parts)
        for key, numbers_of_key in enumerate(keys.values()):
            for number in numbers_of_key:
                key_of_part[number] = key
        return _Tables(
            self.terms,
            parts,
            parts_of_term,
            tuple(map(tuple, terms_of_part)),
            tuple(key_of_part),
            tuple(map(tuple, keys.values())),
            tuple(map(len, keys)),
            tuple(rules_of_term),
            tuple(same.setdefault(rules, rules) for rules in rules_of_part),
        )

    def _count_rules(self, needed: list[int], asking: list[int]) -> None:
        """Prepare the question which rules have all they need: one bit a rule, a lane a group.

        Each key sets the bits of the groups it can satisfy; a rule with fewer groups than there are
        lanes has its bit set in the others from the start; so the rules that have all they need are
        the lanes and-ed together. A term of several parts is counted by its longest one. Above the
        lanes are the bits of ``asking``, by key.
        """
        self._rules = len(needed)
        self._lanes = max(needed, default=1)
        self._from_start = 0
        for rule, count in enumerate(needed):
            for lane in range(count, self._lanes):
                self._from_start |= 1 << (lane * self._rules + rule)
        tables = self._tables
        satisfied = [bits << self._rules * self._lanes for bits in asking]
        for parts, uses in zip(tables.parts_of_term, self.uses, strict=True):
            key = max(
                (tables.key_of_part[part] for part in parts), key=tables.size_of_key.__getitem__
            )
            for rule, role, number in uses:
                if role == "group":
                    lane = number if needed[rule] > 1 else 0
                    satisfied[key] |= 1 << (lane * self._rules + rule)
        same: dict[int, int] = {}
        self._satisfied = tuple(same.setdefault(bits, bits) for bits in satisfied)

    def find(self, text: str) -> list[TermHit]:
        """Every term in ``text`` that could matter to a rule, overlapping ones included.

        Most texts return after the scan. The map to original offsets is built only for a text in
        which some rule has all it needs.
        """
        if self._automaton is None:
            return []
        kinds = shape(text)
        folded = "" if text.isascii() else fold(text)  # of ASCII, nobody asks for it
        found = self._scan(as_bytes(folded) if folded else automaton_text(text))
        seen = self._from_start | self._seen(found)
        readings = []
        asked = seen >> self._rules * self._lanes
        for reading in self._disguises.readings(text, kinds, asked):
            readings.append((reading, self._scan(automaton_text(reading.text))))
            seen |= self._seen(readings[-1][1])
        heard = self._disguises.heard(text, folded, kinds, asked)
        for hearing in heard:
            for part in hearing.parts:
                seen |= self._satisfied[self._tables.key_of_part[part]]
        if not (found or readings or heard):
            return []
        rules = self._complete(seen)
        if not rules:
            return []
        look = _Look(self._tables, self._disguises, text, rules)
        look.plainly(found)
        for reading, more in readings:
            look.read(reading, more)
        for hearing in heard:
            look.hear(hearing)
        return look.hits()

    def _scan(self, text: str) -> _Found:
        return list(self._automaton.iter(text))

    def _seen(self, found: _Found) -> int:
        """What the keys found satisfy or ask for."""
        seen = 0
        for _, key in found:
            seen |= self._satisfied[key]
        return seen

    def _complete(self, seen: int) -> int:
        """The rules, by bits, that have all they need of what was seen."""
        rules = seen
        for _ in range(self._lanes - 1):
            seen >>= self._rules
            rules &= seen
        return rules & (1 << self._rules) - 1


class _Look:
    """A closer look at one text, for the terms that ``rules`` (bits) use."""

    def __init__(self, tables: _Tables, disguises: Disguises, text: str, rules: int) -> None:
        self._tables = tables
        self._disguises = disguises
        self._text = text
        self._rules = rules
        self._spans: dict[int, dict[tuple[int, int], frozenset[str]]] = defaultdict(dict)
        self._plain: dict[int, list[tuple[int, int]]] = {}

    def plainly(self, found: _Found) -> None:
        """Take in what was found in the text itself."""
        for part, start, end, foldings in self._really(self._text, found):
            self._spans[part][start, end] = foldings
        self._plain = {part: list(spans) for part, spans in self._spans.items()}

    def read(self, reading: Reading, found: _Found) -> None:
        """Take in what was found only in another reading."""
        for part, start, end, foldings in self._really(reading.text, found):
            names = reading.names(start, end)
            if names:
                self._add(Heard(part, reading.start(start), reading.end(end), foldings | names))

    def hear(self, hearing: Hearing) -> None:
        """Take in what was heard."""
        for one in hearing.checked(self._counts):
            self._add(one)

    def _counts(self, part: int) -> bool:
        return self._tables.rules_of_part[part] & self._rules != 0

    def _add(self, one: Heard) -> None:
        plain = self._plain.get(one.part, [])
        at = bisect_left(plain, (one.start, 0))
        if at < len(plain) and plain[at][1] <= one.end:
            return  # "want want to die" has nothing that "want to die" has not
        if not self._disguises.is_excepted(self._text[one.start : one.end], one.names):
            self._spans[one.part].setdefault((one.start, one.end), one.names)

    def _really(self, text: str, found: _Found) -> Iterator[Heard]:
        """The folded hits that are the words, with their places in ``text``."""
        tables = self._tables
        ends = byte_ends(text)
        for last, key in found:
            for part in tables.parts_of_key[key]:
                if self._counts(part):
                    start = bisect_right(ends, last - tables.size_of_key[key] + 1)
                    end = bisect_right(ends, last) + 1
                    checked = spelled(tables.parts[part], text, start, end)
                    if checked:
                        yield Heard(part, start, *checked)

    def hits(self) -> list[TermHit]:
        """The terms that are there with all their parts."""
        tables = self._tables
        terms = {
            term
            for part in self._spans
            for term in tables.terms_of_part[part]
            if tables.rules_of_term[term] & self._rules
            if all(part in self._spans for part in tables.parts_of_term[term])
        }
        ruler = Ruler(self._text)
        spans = {
            part: [(*place, foldings) for place, foldings in sorted(places.items())]
            for part, places in self._spans.items()
        }
        return [
            TermHit(term, *span)
            for term in sorted(terms)
            for span in self._chains(term, spans, ruler)
        ]

    def _chains(self, term: int, spans: dict[int, list[_Span]], ruler: Ruler) -> list[_Span]:
        """Spans of a term; what only looks or sounds alike never hides words as written."""
        found = dict.fromkeys(self._chain(term, spans, ruler))
        parts = self._tables.parts_of_term[term]
        for names in (LOSSY, FOLDINGS.keys()) if len(parts) > 1 else ():
            kept = {part: [s for s in spans[part] if s[2].isdisjoint(names)] for part in parts}
            if any(len(kept[part]) < len(spans[part]) for part in parts):
                found |= dict.fromkeys(self._chain(term, kept, ruler))
        return list(found)

    def _chain(self, term: int, spans: dict[int, list[_Span]], ruler: Ruler) -> list[_Span]:
        """Spans of a term: its parts in order, each gap within bounds and one sentence."""
        *earlier, last = self._tables.parts_of_term[term]
        language = self._tables.terms[term].language
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
