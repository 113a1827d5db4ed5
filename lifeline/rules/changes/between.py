"""One thing in two packs: what changed of it, in words, each with its weight."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from lifeline.rules.changes.content import Texts, keys_in
from lifeline.taxonomy import RULE_TIERS, Tier


class Weight(enum.IntEnum):
    """What a change can do to what the crisis team is told; a higher value asks for more care."""

    PATCH = 1  # has no effect on what is found
    MINOR = 2  # can add alerts
    MAJOR = 3  # can lose a detection

    @property
    def label(self) -> str:
        """The step of the version that it asks for."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Change:
    """One change: of what, what kind of change, and in words.

    ``phrases`` are those that came or went, as far as the files that hold them are at hand.
    """

    weight: Weight
    about: str  # a rule's id, `modifier zh.negation`, `concept zh.medicine`, a corpus, `pack.yaml`
    kind: str
    text: str
    phrases: tuple[str, ...] = ()


def opposite(weight: Weight) -> Weight:
    """What undoing a change can do."""
    return {Weight.MAJOR: Weight.MINOR, Weight.MINOR: Weight.MAJOR}.get(weight, weight)


class ConceptChanges:
    """The concepts of two packs, and what their changes have done to rules."""

    def __init__(self, old: Mapping[str, str], new: Mapping[str, str]) -> None:
        self.old = {name: keys_in(joined) for name, joined in old.items()}
        self.new = {name: keys_in(joined) for name, joined in new.items()}
        # By name, and whether phrases were added or removed: what that did, and to how many things.
        self.weights: dict[tuple[str, bool], Weight] = {}
        self.users: dict[tuple[str, bool], set[str]] = {}
        nothing: frozenset[str] = frozenset()
        sides = [
            (name, self.old.get(name, nothing), self.new.get(name, nothing))
            for name in sorted(self.old.keys() | self.new.keys())
        ]
        # The smallest first: of concepts within concepts, the innermost says the most.
        self._sides = sorted(sides, key=lambda side: len(side[1]) + len(side[2]))

    def behind(
        self, about: str, before: frozenset[str], after: frozenset[str], *, added: bool
    ) -> Iterator[tuple[str, frozenset[str]]]:
        """The concepts that brought (or took) phrases of a list, and which; the rest under ``""``.

        A list holds a concept when it holds all of its phrases.
        """
        left = after - before if added else before - after
        languages = (about.rsplit(maxsplit=1)[-1].partition(".")[0], "any")
        for name, old, new in self._sides:
            if not left:
                return
            if name.partition(".")[0] not in languages:
                continue
            theirs, others, whole = (new, old, after) if added else (old, new, before)
            if left.isdisjoint(theirs) or not theirs <= whole:
                continue
            by_it = left & (theirs - others) if theirs - others else left & theirs
            if not by_it or (theirs == others and not theirs <= left):
                continue
            yield name, by_it
            left -= by_it
        if left:
            yield "", left

    def note(self, name: str, about: str, weight: Weight, *, added: bool) -> None:
        """A concept changed a rule or a modifier."""
        key = name, added
        self.weights[key] = max(weight, self.weights.get(key, weight))
        self.users.setdefault(key, set()).add(about)


class Between:
    """Collects the changes of one thing between two packs.

    With ``heaviest``, no change counts for more: a draft alerts nobody, however it changes.
    """

    def __init__(
        self, about: str, texts: Texts, concepts: ConceptChanges, heaviest: Weight = Weight.MAJOR
    ) -> None:
        self.about = about
        self.found: list[Change] = []
        self._texts = texts
        self._concepts = concepts
        self._heaviest = heaviest

    def say(self, kind: str, weight: Weight, text: str, keys: Iterable[str] = ()) -> None:
        """Record a change, with the phrases behind keys."""
        known = self._texts.of(self.about, frozenset(keys)) if keys else ()
        self.found.append(Change(min(weight, self._heaviest), self.about, kind, text, known))

    def phrases(
        self,
        kind: str,
        where: str,
        old: str,
        new: str,
        adding: Weight,
        what: str = "phrase",
    ) -> None:
        """Phrases that came or went in a list; ``adding`` is what one more can do."""
        before, after = keys_in(old), keys_in(new)
        for added, weight in ((False, opposite(adding)), (True, adding)):
            verb, sign = ("added", "+") if added else ("removed", "−")
            for concept, keys in self._concepts.behind(self.about, before, after, added=added):
                text = f"{where}{sign} {count(len(keys), what)}"
                if not concept:
                    self.say(f"{kind}_{verb}", weight, text, keys)
                    continue
                heavy = min(weight, self._heaviest)
                self._concepts.note(concept, self.about, heavy, added=added)
                # The concept's own entry names them, once for all rules.
                self.say(f"{kind}_{verb}", weight, f"{text} by concept @{concept.split('.')[1]}")

    def set_of(
        self, kind: str, what: str, old: Iterable[str], new: Iterable[str], adding: Weight
    ) -> None:
        """Names that came or went."""
        before, after = set(old), set(new)
        for name in sorted(before - after):
            self.say(f"{kind}_removed", opposite(adding), f"− {what} `{name}`")
        for name in sorted(after - before):
            self.say(f"{kind}_added", adding, f"+ {what} `{name}`")

    def tier(self, kind: str, where: str, old: str, new: str) -> None:
        """A tier that was raised or lowered; an empty one is none, which is the highest left."""
        if old == new:
            return
        ranks = [RULE_TIERS[t] if t else Tier.IMMINENT + 1 for t in (old, new)]
        weight, verb = (
            (Weight.MINOR, "raised") if ranks[1] > ranks[0] else (Weight.MAJOR, "lowered")
        )
        self.say(kind, weight, f"{where}{old or 'unchanged'} → {new or 'unchanged'} ({verb})")

    def number(self, kind: str, what: str, old: float, new: float, more: Weight) -> None:
        """A number that grew or shrank; ``more`` is what a greater one can do."""
        if old != new:
            weight = more if new > old else opposite(more)
            self.say(kind, weight, f"{what} {old:g} → {new:g}")


def count(number: int, what: str) -> str:
    """As in "1 phrase", "1,200 phrases"."""
    return f"{number:,} {what}{'s' * (number != 1)}"
