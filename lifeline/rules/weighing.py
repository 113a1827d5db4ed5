"""Weighing: what raises and lowers the tier of a rule's hits in one text, and why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

from lifeline.context import Context
from lifeline.distance import Ruler, Spans
from lifeline.readings import FOLDINGS, LOSSY
from lifeline.rules.modifiers import FoundModifiers
from lifeline.rules.schema import ContextNeeded, RuleSpec, Within
from lifeline.taxonomy import RULE_TIERS, Tier

if TYPE_CHECKING:
    from lifeline.conversation import Message
    from lifeline.lexicon import TermHit
    from lifeline.rules.customer import CustomerWords

    Way = tuple[TermHit, ...]  # hits that count together, one of each group

MOST_TEXT: Final = 1000  # characters kept of one stretch of words


class Lowered(NamedTuple):
    """What lowered a hit, or only stands beside it: name and reason, the words, and to where."""

    name: str
    why: str
    words: str
    to: Tier = Tier.NONE


class Raised(NamedTuple):
    """What raised a hit: the rule's own name and reason for it, the words if any, and to where."""

    name: str
    why: str
    words: str
    to: Tier


class Weighed(NamedTuple):
    """The tier of a hit and the reasons for it.

    ``noted`` changes nothing but is shown. ``awaits`` names raises that would apply if what is not
    known of the customer were so; ``context`` among them is a condition of the whole rule.
    """

    tier: Tier
    lowered: tuple[Lowered, ...] = ()
    raised: tuple[Raised, ...] = ()
    noted: tuple[Lowered, ...] = ()
    awaits: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """What tells outcomes of one rule apart."""
        reduced = [reason.name for reason in (*self.lowered, *self.noted)]
        return (*reduced, *(reason.name for reason in self.raised), *self.awaits)


class Weighing:
    """Weighs the ways in which one text meets a rule.

    ``lowers`` and ``raises`` are the hits of the rule's own words for that, by number.
    """

    def __init__(
        self,
        spec: RuleSpec,
        ruler: Ruler,
        lowers: dict[int, list[TermHit]],
        raises: dict[int, list[TermHit]],
        modifiers: FoundModifiers,
        known: Known,
    ) -> None:
        self.spec = spec
        self.tier = RULE_TIERS[spec.tier]
        self._ruler = ruler
        self._lowers = [(spec.lower[at], Spans(hits)) for at, hits in sorted(lowers.items())]
        self._raise_words = {at: Spans(hits) for at, hits in raises.items()}
        self._modifiers = modifiers
        self._known = known
        self._usual = dict(spec.foldings)

    def of(self, way: Way) -> Weighed:
        """The tier of one way: raised first, then lowered, the lowest winning."""
        raised, awaits = self._raises(way)
        top = max((reason.to for reason in raised), default=self.tier)
        lowered, noted = self._by_modifiers(way, top)
        lowered = [*self._by_words(way, top), *lowered, *self._by_foldings(way, top)]
        tier = min((reason.to for reason in lowered), default=top)
        return Weighed(tier, tuple(lowered), tuple(raised), tuple(noted), tuple(awaits))

    def best(self, ways: Iterable[Way]) -> Way:
        """The way of the highest tier, the first of them; empty when there is none."""
        best: Way = ()
        best_tier = Tier.NONE
        highest = max([self.tier, *(RULE_TIERS[rule.to] for rule in self.spec.raises)])
        for way in ways:
            tier = self.of(way).tier
            if tier > best_tier:
                best, best_tier = way, tier
            if tier >= highest:
                break
        return best

    def _raises(self, way: Way) -> tuple[list[Raised], list[str]]:
        raised, awaits = [], []
        for at, rule in enumerate(self.spec.raises):
            words = ""
            if rule.words:
                near = self._near(self._raise_words.get(at), rule.within, way)
                if near is None:
                    continue
                words = self._text(near.start, near.end)
            holds = self._known.holds(rule.context) if rule.context else True
            if holds:
                raised.append(Raised(rule.name, rule.why, words, RULE_TIERS[rule.to]))
            elif holds is None:
                awaits.append(rule.name)
        return raised, awaits

    def _by_words(self, way: Way, top: Tier) -> list[Lowered]:
        lowered: list[Lowered] = []
        for rule, words in self._lowers:
            to = RULE_TIERS[rule.to]
            if to > min((reason.to for reason in lowered), default=top):
                continue
            near = self._near(words, rule.within, way)
            if near is not None:
                text = self._text(near.start, near.end)
                lowered.append(Lowered(rule.name, rule.why, text, to))
        return lowered

    def _by_modifiers(self, way: Way, top: Tier) -> tuple[list[Lowered], list[Lowered]]:
        start, end = min(hit.start for hit in way), max(hit.end for hit in way)
        lowered, noted = [], []
        for modifier, begins, stops in self._modifiers.reaching(self.spec, start, end):
            text = self._text(begins, stops)
            to = RULE_TIERS[modifier.to] if modifier.to else top
            if to < top and (top < Tier.IMMINENT or modifier.categories):
                lowered.append(Lowered(modifier.name, modifier.why, text, to))
            else:
                noted.append(Lowered(modifier.name, modifier.why, text))
        return lowered, noted

    def _by_foldings(self, way: Way, top: Tier) -> list[Lowered]:
        to = Tier(max(top - 1, Tier.SIGNAL))
        if to == top:
            return []
        lowered = {}
        for hit in way:
            for name in sorted(hit.foldings):
                usual = "lower" if name in LOSSY else "keep"
                if self._usual.get(name, usual) == "lower" and name not in lowered:
                    text = self._text(hit.start, hit.end)
                    lowered[name] = Lowered(name, FOLDINGS.get(name, ""), text, to)
        return list(lowered.values())

    def _near(self, words: Spans[TermHit] | None, within: Within, way: Way) -> TermHit | None:
        if words is None:
            return None
        reaches = (self._ruler.reach(within, hit.start, hit.end) for hit in way)
        return next(filter(None, (words.touching(*reach) for reach in reaches)), None)

    def _text(self, start: int, end: int) -> str:
        return self._ruler.text[start : min(end, start + MOST_TEXT)]


class Known:
    """What is known of the customer as a message is weighed."""

    def __init__(
        self, words: CustomerWords, language: str, context: Context, message: Message
    ) -> None:
        self._words = words
        self._language = language
        self._context = context
        self._message = message

    def holds(self, needed: ContextNeeded) -> bool | None:
        """Whether a condition on the customer holds; None if that is not known."""
        event = self._message.event
        return self._words.hold(needed, self._language, self._context, event.sku, event.sent_at)
