"""The lexicon: every term of a pack in one Aho-Corasick automaton, and what each hit is for."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import ahocorasick

from lifeline.folding import automaton_text, byte_origins
from lifeline.rules.terms import GAP_CHARACTERS, GAP_WORDS, Term
from lifeline.spelling import Part, spelled

_WORD: Final = re.compile(r"\w+")
_SENTENCE_END: Final = re.compile(r"[。!?；;！？｡]|(?<![.…])\.(?=\s)|[\n\r]\s*[\n\r]")


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


@dataclass(slots=True)
class _Key:
    """All the parts that fold to one automaton key."""

    size: int  # in bytes
    parts: list[int] = field(default_factory=list)


class Lexicon:
    """Terms with their uses, ready for scanning. Immutable once built.

    ``full`` gives per rule the bit mask of the groups it needs in one message before it is worth
    a closer look: 0 where any single group is.
    """

    def __init__(self, terms: Iterable[tuple[Term, Use]], full: list[int]) -> None:
        self.terms: list[Term] = []
        self.uses: list[list[Use]] = []
        self._full = full
        self._parts: list[Part] = []
        self._keys: list[_Key] = []
        self._terms_of_key: list[list[tuple[int, int, int]]] = []  # (term, this part, all parts)
        self._parts_of_term: list[tuple[int, ...]] = []
        self._automaton: Any = None
        self._build(terms)

    def _build(self, terms: Iterable[tuple[Term, Use]]) -> None:
        uses_of: dict[Term, dict[Use, None]] = {}  # dictionaries as sets that keep their order
        for term, use in terms:
            uses_of.setdefault(term, {})[use] = None
        self.terms = list(uses_of)
        self.uses = [list(uses) for uses in uses_of.values()]
        self._parts = list(dict.fromkeys(part for term in self.terms for part in term.parts))
        part_ids = {part: number for number, part in enumerate(self._parts)}
        self._parts_of_term = [tuple(part_ids[p] for p in term.parts) for term in self.terms]
        written = [automaton_text(part.folded) for part in self._parts]
        key_ids = {text: number for number, text in enumerate(dict.fromkeys(written))}
        self._keys = [_Key(len(text)) for text in key_ids]
        for part_id, text in enumerate(written):
            self._keys[key_ids[text]].parts.append(part_id)
        self._terms_of_key = [[] for _ in self._keys]
        for term_id, parts in enumerate(self._parts_of_term):
            for at, part_id in enumerate(parts):
                entry = (term_id, 1 << at, (1 << len(parts)) - 1)
                self._terms_of_key[key_ids[written[part_id]]].append(entry)
        if key_ids:
            automaton = ahocorasick.Automaton(ahocorasick.STORE_INTS)
            for text, key in key_ids.items():
                automaton.add_word(text, key)
            automaton.make_automaton()
            self._automaton = automaton

    def find(self, text: str) -> list[TermHit]:
        """Every term in ``text`` that could matter to a rule, overlapping ones included.

        Nearly all texts return from the first two lines. The map to original offsets is built only
        for a text in which some rule has all it needs.
        """
        if self._automaton is None:
            return []
        found = list(self._automaton.iter(automaton_text(text)))
        if not found or not self._worth_a_look({key for _, key in found}):
            return []
        origins = byte_origins(text)
        spans: dict[int, list[tuple[int, int, frozenset[str]]]] = defaultdict(list)
        for last, key_id in found:
            key = self._keys[key_id]
            start, end = origins[last - key.size + 1], origins[last] + 1
            for part_id in key.parts:
                checked = spelled(self._parts[part_id], text, start, end)
                if checked:
                    spans[part_id].append((start, *checked))
        candidates = {
            term
            for _, key in found
            for term, _, _ in self._terms_of_key[key]
            if all(part in spans for part in self._parts_of_term[term])
        }
        return [
            TermHit(term, *span)
            for term in sorted(candidates)
            for span in self._chain(term, spans, text)
        ]

    def _worth_a_look(self, keys: set[int]) -> bool:
        """Whether the folded hits could complete a rule's needs within this message."""
        parts_seen: dict[int, int] = defaultdict(int)
        groups_seen: dict[int, int] = defaultdict(int)
        for key in keys:
            for term, part, all_parts in self._terms_of_key[key]:
                parts_seen[term] |= part
                if parts_seen[term] != all_parts:
                    continue
                for rule, role, index in self.uses[term]:
                    if role == "group":
                        groups_seen[rule] |= 1 << index
                        if groups_seen[rule] & self._full[rule] == self._full[rule]:
                            return True
        return False

    def _chain(
        self, term: int, spans: dict[int, list[tuple[int, int, frozenset[str]]]], text: str
    ) -> list[tuple[int, int, frozenset[str]]]:
        """Spans of a term: its parts in order, each gap within bounds and one sentence."""
        first, *rest = self._parts_of_term[term]
        chains = []
        for start, end, foldings in spans[first]:
            reached, names = end, foldings
            for part in rest:
                following = [s for s in spans[part] if s[0] >= reached]
                if not following:
                    break
                nearest = min(following, key=lambda s: (s[0], -s[1]))
                if not _gap_fits(text[reached : nearest[0]], self.terms[term].language):
                    break
                reached, names = nearest[1], names | nearest[2]
            else:
                chains.append((start, reached, names))
        return chains


def _gap_fits(gap: str, language: str) -> bool:
    if _SENTENCE_END.search(gap):
        return False
    if language in ("zh", "any"):
        return len(gap) <= GAP_CHARACTERS
    return len(_WORD.findall(gap)) <= GAP_WORDS
