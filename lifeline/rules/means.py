"""Means: what a shop sells that people harm themselves with, by kind.

Selling these is ordinary trade. An order that holds some counts only with what its customer said.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import yaml

from lifeline.context import Item
from lifeline.distance import Spans
from lifeline.lexicon import Lexicon, TermHit, Use
from lifeline.readings import FOLDINGS, FoldingSettings
from lifeline.rules.fields import Entries, Fields
from lifeline.rules.problems import Place
from lifeline.rules.terms import read_term

KINDS: Final = {
    "medicine": "medicines that are dangerous in quantity",
    "poison": "pesticides, antifreeze, strong cleaners and other poisons",
    "rope": "rope, cord and line that bears a person",
    "blade": "knives, razor blades, cutters",
    "gas": "gases that take the place of air",
    "charcoal": "charcoal and briquettes",
    "firearm": "guns and what they fire",
}
_KEYS: Final = ("terms", "except", "titles", "not")
_REMEMBERED: Final = 10_000  # items; a shop sells the same ones again and again


@dataclass(frozen=True, slots=True)
class MeansOfKind:
    """The words of one kind in one language, and titles by which they are tried."""

    kind: str
    language: str
    terms: tuple[str, ...]
    exceptions: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    not_titles: tuple[str, ...] = ()
    places: dict[str, tuple[Place, ...]] = field(default_factory=dict, compare=False, repr=False)
    place: Place = field(default=Place("", 1, 1), compare=False)


class Means:
    """The means of a pack, all languages at once: shops mix them."""

    def __init__(self, lists: Iterable[MeansOfKind]) -> None:
        self.all = tuple(lists)
        self._kinds = tuple(sorted({one.kind for one in self.all}))
        terms = [
            (term, Use(self._kinds.index(one.kind), role, 0))
            for one in self.all
            for role, phrases in (("group", one.terms), ("exclusion", one.exceptions))
            for phrase in phrases
            for term in read_term(phrase, one.language)
        ]
        # Nobody disguises what a shop calls its goods.
        as_written = FoldingSettings(off=frozenset(FOLDINGS))
        self._lexicon = Lexicon(terms, [1] * len(self._kinds), as_written)
        self._remembered = functools.lru_cache(maxsize=_REMEMBERED)(self._look)

    def kinds(self, item: Item) -> tuple[str, ...]:
        """The kinds of means an item is, by its title and category, sorted; mostly none."""
        return self._remembered(item.title, item.category)

    def _look(self, title: str, category: str) -> tuple[str, ...]:
        found: dict[int, list[TermHit]] = defaultdict(list)
        excepted: dict[int, list[TermHit]] = defaultdict(list)
        for hit in self._lexicon.find(f"{title}\n\n{category}"):
            for kind, role, _ in self._lexicon.uses[hit.term]:
                (found if role == "group" else excepted)[kind].append(hit)
        kinds = []
        for kind, hits in sorted(found.items()):
            around = Spans(excepted[kind]).around
            if not all(map(around, hits)):
                kinds.append(self._kinds[kind])
        return tuple(kinds)


def read_means(fields: Fields, entries: Entries) -> list[MeansOfKind]:
    """The means of a file: by kind a list of terms, or terms with exceptions and trial titles."""
    if "means" not in entries:
        return []
    named = fields.source.mapping(entries["means"], KINDS)
    return [_of_kind(fields, kind, node) for kind, node in named.items()]


def _of_kind(fields: Fields, kind: str, node: yaml.Node) -> MeansOfKind:
    place = fields.source.place(node)
    if isinstance(node, yaml.SequenceNode):
        return MeansOfKind(kind, fields.language, fields.listed_terms(node), place=place)
    parts = fields.source.mapping(node, _KEYS, ("terms",))
    titles, titles_at = _titles(fields, parts, "titles")
    not_titles, not_at = _titles(fields, parts, "not")
    return MeansOfKind(
        kind=kind,
        language=fields.language,
        terms=fields.listed_terms(parts["terms"]) if "terms" in parts else (),
        exceptions=fields.listed_terms(parts["except"]) if "except" in parts else (),
        titles=titles,
        not_titles=not_titles,
        places={"titles": titles_at, "not": not_at},
        place=place,
    )


def _titles(fields: Fields, parts: Entries, key: str) -> tuple[tuple[str, ...], tuple[Place, ...]]:
    """Titles as a shop writes them, one a line."""
    items = fields.sentences(parts[key]) if key in parts else []
    return tuple(map(fields.source.phrase, items)), tuple(map(fields.source.place, items))
