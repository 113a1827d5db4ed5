"""The lexicon: every term of a pack in one Aho-Corasick automaton, and what each hit is for."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, NamedTuple

import ahocorasick

from lifeline.distance import Ruler
from lifeline.folding import as_bytes, automaton_text, byte_ends, fold
from lifeline.readings import FOLDINGS, LOSSY, Edit, FoldingSettings, Reading, shape
from lifeline.readings.disguises import Disguises
from lifeline.readings.sound import Heard, Hearing
from lifeline.rules.terms import GAP_CHARACTERS, GAP_WORDS, Pattern, Term
from lifeline.spelling import CLAUSE_END, Part, spelled


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
_Reach = Callable[[int, int], frozenset[str] | None]
_Places = dict[int, list[tuple[int, int]]]  # where the parts of a slot stand
_NONE: Final[frozenset[str]] = frozenset()
_Slots = tuple[tuple[tuple[int, ...], bool], ...]  # of a term: parts, and whether they are joined
_Found = list[tuple[int, int]]  # what the automaton found: the last byte, and the key


class _Tables(NamedTuple):
    """What a lexicon knows of its terms, their parts and the keys of its automaton, by number."""

    terms: tuple[Pattern | Term, ...]
    parts: tuple[Part, ...]
    slots_of_term: tuple[_Slots, ...]
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
        terms: Iterable[tuple[Pattern | Term, Use]],
        needed: list[int],
        foldings: FoldingSettings = FoldingSettings(),  # noqa: B008 - it is frozen
    ) -> None:
        uses_of: dict[
            Pattern | Term, dict[Use, None]
        ] = {}  # dictionaries as sets that keep their order
        for term, use in terms:
            uses_of.setdefault(term, {})[use] = None
        self.terms = tuple(uses_of)
        self.uses = tuple(tuple(uses) for uses in uses_of.values())
        parts = tuple(
            dict.fromkeys(p for term in self.terms for slot in term.slots for p in slot.parts)
        )
        part_ids = {part: number for number, part in enumerate(parts)}
        slots_of_term = tuple(
            tuple((tuple(part_ids[p] for p in slot.parts), slot.joined) for slot in term.slots)
            for term in self.terms
        )
        self._disguises = self._prepare_disguises(parts, slots_of_term, foldings)
        keys: dict[str, list[int]] = {}
        for part, part_id in part_ids.items():
            keys.setdefault(automaton_text(part.folded), []).append(part_id)
        asking = {automaton_text(key): bits for key, bits in self._disguises.asking.items()}
        for key in asking:
            keys.setdefault(key, [])
        self._tables = self._tabulate(parts, slots_of_term, keys)
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
        slots_of_term: tuple[_Slots, ...],
        foldings: FoldingSettings,
    ) -> Disguises:
        chinese: dict[int, Part] = {}
        counting: dict[int, Part] = {}
        for term, slots, uses in zip(self.terms, slots_of_term, self.uses, strict=True):
            if term.language == "zh":
                numbers = [number for of_slot, _ in slots for number in of_slot]
                chinese.update((number, parts[number]) for number in numbers)
                if any(use.role == "group" for use in uses):
                    counting.update((number, parts[number]) for number in numbers)
        return Disguises(parts, chinese, counting, foldings)

    def _tabulate(
        self,
        parts: tuple[Part, ...],
        slots_of_term: tuple[_Slots, ...],
        keys: dict[str, list[int]],
    ) -> _Tables:
        rules_of_part = [0] * len(parts)
        rules_of_term = []
        terms_of_part: list[list[int]] = [[] for _ in parts]
        same: dict[int, int] = {}  # most of these long numbers are alike: each is kept once
        for term, (slots, uses) in enumerate(zip(slots_of_term, self.uses, strict=True)):
            rules = 0
            for use in uses:
                rules |= 1 << use.rule
            rules_of_term.append(same.setdefault(rules, rules))
            for number in dict.fromkeys(number for of_slot, _ in slots for number in of_slot):
                rules_of_part[number] |= rules
                terms_of_part[number].append(term)
        key_of_part = [0] * len(parts)
        for key, numbers_of_key in enumerate(keys.values()):
            for number in numbers_of_key:
                key_of_part[number] = key
        return _Tables(
            self.terms,
            parts,
            slots_of_term,
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
        the lanes and-ed together. A term of several slots is counted by the one whose shortest
        part is longest. Above the lanes are the bits of ``asking``, by key.
        """
        self._rules = len(needed)
        self._lanes = max(needed, default=1)
        self._from_start = 0
        for rule, count in enumerate(needed):
            for lane in range(count, self._lanes):
                self._from_start |= 1 << (lane * self._rules + rule)
        tables = self._tables
        satisfied = [bits << self._rules * self._lanes for bits in asking]
        for slots, uses in zip(tables.slots_of_term, self.uses, strict=True):
            keys = max(
                ([tables.key_of_part[part] for part in of_slot] for of_slot, _ in slots),
                key=lambda keys: min(map(tables.size_of_key.__getitem__, keys)),
            )
            bits = 0
            for rule, role, number in uses:
                if role == "group":
                    lane = number if needed[rule] > 1 else 0
                    bits |= 1 << (lane * self._rules + rule)
            for key in keys if bits else ():
                satisfied[key] |= bits
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
        self._skipped: list[Edit] = []  # what some reading leaves out

    def plainly(self, found: _Found) -> None:
        """Take in what was found in the text itself."""
        for part, start, end, foldings in self._really(self._text, found):
            self._spans[part][start, end] = foldings
        self._plain = {part: list(spans) for part, spans in self._spans.items()}

    def read(self, reading: Reading, found: _Found) -> None:
        """Take in what was found only in another reading."""
        self._skipped += reading.skipped
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
            if all(
                any(part in self._spans for part in of_slot)
                for of_slot, _ in tables.slots_of_term[term]
            )
        }
        ruler = Ruler(self._text)
        return [
            TermHit(term, *span) for term in sorted(terms) for span in self._chains(term, ruler)
        ]

    def _chains(self, term: int, ruler: Ruler) -> list[_Span]:
        """Spans of a term; what only looks or sounds alike never hides words as written."""
        slots = self._tables.slots_of_term[term]
        chosen = [[part for part in of_slot if part in self._spans] for of_slot, _ in slots]
        spans = [{part: sorted(self._spans[part]) for part in parts} for parts in chosen]
        found = dict.fromkeys(self._chain(term, spans, ruler))
        for names in (LOSSY, FOLDINGS.keys()) if len(slots) > 1 else ():
            kept = [
                {part: [at for at in places if self._spans[part][at].isdisjoint(names)]
                 for part, places in of_slot.items()}
                for of_slot in spans
            ]  # fmt: skip
            if kept != spans:
                found |= dict.fromkeys(self._chain(term, kept, ruler))
        return list(found)

    def _chain(self, term: int, spans: list[_Places], ruler: Ruler) -> Iterator[_Span]:
        """Spans of a term: its slots in order, each gap within bounds and one sentence.

        Of the same words further on, the nearest count: chains are kept by the parts they are of.
        """
        slots = self._tables.slots_of_term[term]
        language = self._tables.terms[term].language
        chains: dict[tuple[int, ...], list[_Span]] = {
            (part,): [(*at, self._spans[part][at]) for at in places]
            for part, places in spans[-1].items()
        }
        for (_, joined), places_of in zip(reversed(slots[1:]), reversed(spans[:-1]), strict=True):
            reach = self._beside(language) if joined else self._gap(ruler, language)
            longer: dict[tuple[int, ...], list[_Span]] = {}
            for path, ways in chains.items():
                for part, places in places_of.items():
                    found = list(self._followed(part, places, ways, reach))
                    if found:
                        longer[part, *path] = found
            chains = longer
        for ways in chains.values():
            yield from ways

    def _followed(
        self, part: int, places: list[tuple[int, int]], ways: list[_Span], reach: _Reach
    ) -> Iterator[_Span]:
        """The places of a part with the nearest of ``ways`` behind them, if that is in reach."""
        starts = [start for start, _, _ in ways]
        for start, end in places:
            first = bisect_left(starts, end)
            names = reach(end, starts[first]) if first < len(ways) else None
            if names is not None:
                names |= self._spans[part][start, end]
                for _, reached, more in ways[first : bisect_right(starts, starts[first])]:
                    yield start, reached, names | more

    def _gap(self, ruler: Ruler, language: str) -> _Reach:
        """Whether a gap fits between two places: no foldings, or None when it does not."""
        return lambda end, start: _NONE if _gap_fits(ruler, end, start, language) else None

    def _beside(self, language: str) -> _Reach:
        """The foldings by which two words stand side by side; None when they don't."""
        # Of words with spaces between them, one sign is as good as another.
        separated = frozenset({"separator"}) if language in ("zh", "any") else _NONE

        def reach(end: int, start: int) -> frozenset[str] | None:
            between = self._text[end:start]
            names = _NONE
            for skipped in self._skipped if between.strip() else ():
                if end <= skipped.start and skipped.end <= start:
                    between = self._text[end : skipped.start] + self._text[skipped.end : start]
                    names = skipped.names
                    break
            if fold(between) or CLAUSE_END.search(between):
                return None
            return names | separated if between else names

        return reach


def _gap_fits(ruler: Ruler, start: int, end: int, language: str) -> bool:
    if language in ("zh", "any"):
        if end - start > GAP_CHARACTERS:
            return False
    elif ruler.words(start, end) > GAP_WORDS:
        return False
    return ruler.in_one_sentence(start, end)
