"""Conditions: which rules the terms found in a message complete, alone or with recent messages.

A message may complete a rule in many ways. All are weighed, and words that lower one way leave the
others as they are; how much is shown of them is bounded.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import TYPE_CHECKING, Final, NamedTuple

from lifeline.distance import Ruler, Spans, outermost
from lifeline.taxonomy import RULE_TIERS, Tier

if TYPE_CHECKING:
    from lifeline.conversation import Conversation, Message
    from lifeline.lexicon import TermHit
    from lifeline.rules.pack import Pack
    from lifeline.rules.schema import RuleSpec, Within

    _Groups = dict[int, list[TermHit]]
    _Way = tuple[TermHit, ...]  # hits that count together, one of each group

# A message may hold a word ten thousand times, or as many spaces inside one: an alert shows so many
# stretches of words for a rule, and so many characters of each.
MOST_SHOWN: Final = 20
MOST_TEXT: Final = 1000


class Evidence(NamedTuple):
    """Words that count: ``text`` stands at ``start`` to ``end`` (code points) of the field.

    Of more than 1,000 characters ``text`` holds the first.
    """

    message_key: str
    message_id: str
    speaker: str
    field: str  # "text", "subject" of an e-mail, or "reason" of a report
    start: int
    end: int
    text: str
    foldings: tuple[str, ...]


class Lowered(NamedTuple):
    """What lowered a hit: the rule's own name and reason for it, and the words."""

    name: str
    why: str
    words: str


class RuleHit(NamedTuple):
    """A rule whose conditions are met. ``tier`` is after lowering.

    A rule of single phrases has a hit for each outcome: what lowers one of them leaves the others.
    """

    rule: int
    tier: Tier
    evidence: tuple[Evidence, ...]
    lowered: tuple[Lowered, ...]


class Scanned(NamedTuple):
    """A text as it was scanned: offsets from ``body`` on belong to the field ``text``."""

    text: str
    body: int = 0

    def place(self, start: int, end: int) -> tuple[str, int, int]:
        """Field, start and end of a span."""
        if start < self.body:  # no hit reaches over the empty line between the fields
            return "subject", start, end
        return "text", start - self.body, end - self.body


def rule_hits(
    pack: Pack,
    found: Iterable[TermHit],
    scanned: Scanned,
    message: Message,
    conversation: Conversation,
    channel: str,
) -> list[RuleHit]:
    """The rules that this message completes; keeps its share of rules across messages in it."""
    by_rule: dict[int, _RuleWords] = defaultdict(_RuleWords)
    for hit in found:
        for rule, role, index in pack.lexicon.uses[hit.term]:
            by_rule[rule].add(role, index, hit)
    place = _Place(message, scanned, Ruler(scanned.text))
    hits: list[RuleHit] = []
    for rule, words in sorted(by_rule.items()):
        spec = pack.rules[rule]
        if spec.speaker not in (message.event.speaker, "any") or channel not in spec.channels:
            continue
        needed = 1 if spec.within.across_messages else len(spec.groups)
        groups = words.groups_outside_exclusions() if len(words.groups) >= needed else {}
        if len(groups) < needed:
            continue
        lowering = _Lowering(spec, words.lowers, place.ruler)
        if spec.within.across_messages:
            hits.extend(_across(rule, spec, groups, place, conversation, lowering))
        elif len(spec.groups) == 1:
            hits.extend(_each(rule, groups[0], place, lowering))
        else:
            hits.extend(_together(rule, spec, groups, place, lowering))
    return hits


class _Place(NamedTuple):
    """The message that is looked at, as it was scanned."""

    message: Message
    scanned: Scanned
    ruler: Ruler

    def evidence(self, hits: Iterable[TermHit]) -> list[Evidence]:
        """The hits as evidence, less those inside another: 片 says nothing that 多少片 does not."""
        event = self.message.event
        return [
            Evidence(
                event.key,
                event.message_id,
                event.speaker,
                *self.scanned.place(hit.start, hit.end),
                self.scanned.text[hit.start : min(hit.end, hit.start + MOST_TEXT)],
                tuple(sorted(hit.foldings)),
            )
            for hit in outermost(hits)
        ]


class _RuleWords:
    """The hits of one rule's terms in one text, by the role they play."""

    def __init__(self) -> None:
        self.groups: _Groups = defaultdict(list)
        self.exclusions: list[TermHit] = []
        self.lowers: dict[int, list[TermHit]] = defaultdict(list)

    def add(self, role: str, index: int, hit: TermHit) -> None:
        if role == "group":
            self.groups[index].append(hit)
        elif role == "lower":
            self.lowers[index].append(hit)
        else:
            self.exclusions.append(hit)

    def groups_outside_exclusions(self) -> _Groups:
        """Group hits by place, less those whose span lies inside an excluded phrase."""
        kept: _Groups = self.groups
        if self.exclusions:
            excluded = Spans(self.exclusions)
            kept = {i: [h for h in hits if not excluded.around(h)] for i, hits in kept.items()}
        return {index: sorted(hits, key=_by_place) for index, hits in kept.items() if hits}


def _by_place(hit: TermHit) -> tuple[int, int, int]:
    return hit.start, hit.end, len(hit.foldings)


class _Lowering:
    """What lowers the hits of one rule in one text."""

    def __init__(self, spec: RuleSpec, found: dict[int, list[TermHit]], ruler: Ruler) -> None:
        self.tier = RULE_TIERS[spec.tier]
        self._ruler = ruler
        self._words = [(spec.lower[index], Spans(hits)) for index, hits in sorted(found.items())]

    def of(self, way: _Way) -> tuple[Tier, tuple[Lowered, ...]]:
        """The tier after everything near any of the hits that lowers it; the lowest wins."""
        tier = self.tier
        lowered = []
        for rule, words in self._words:
            if RULE_TIERS[rule.to] > tier:
                continue
            reaches = (self._ruler.reach(rule.within, hit.start, hit.end) for hit in way)
            near = next(filter(None, (words.touching(*reach) for reach in reaches)), None)
            if near is not None:
                tier = RULE_TIERS[rule.to]
                text = self._ruler.text[near.start : min(near.end, near.start + MOST_TEXT)]
                lowered.append(Lowered(rule.name, rule.why, text))
        return tier, tuple(lowered)

    def least(self, ways: Iterable[_Way]) -> _Way:
        """The way that is lowered least, the first of them; empty when there is none."""
        best: _Way = ()
        best_tier = Tier.NONE
        for way in ways:
            tier, _ = self.of(way)
            if tier > best_tier:
                best, best_tier = way, tier
            if tier == self.tier:
                break
        return best


def _each(rule: int, hits: list[TermHit], place: _Place, lowering: _Lowering) -> list[RuleHit]:
    """The hits of a rule of single phrases, one for each outcome, the worst first."""
    outcomes: dict[tuple[str, ...], RuleHit] = {}
    shown: dict[tuple[str, ...], list[TermHit]] = defaultdict(list)
    for hit in outermost(hits):
        tier, lowered = lowering.of((hit,))
        names = tuple(reason.name for reason in lowered)
        outcomes.setdefault(names, RuleHit(rule, tier, (), lowered))
        if len(shown[names]) < MOST_SHOWN:
            shown[names].append(hit)
    each = [
        outcome._replace(evidence=tuple(place.evidence(shown[names])))
        for names, outcome in outcomes.items()
    ]
    return sorted(each, key=lambda hit: -hit.tier)


def _together(
    rule: int, spec: RuleSpec, groups: _Groups, place: _Place, lowering: _Lowering
) -> Iterator[RuleHit]:
    """The rule's hit by the tightest of the ways within the window that are lowered least."""
    ways = _in_order(groups) if spec.ordered else _in_any_order(groups)
    fitting = [way for way in ways if place.ruler.fits(spec.within, *_extent(way))]
    fitting.sort(key=_size)
    way = lowering.least(fitting)
    if way:
        shown = way if spec.ordered else _widened(way, groups, spec.within, place.ruler)
        tier, lowered = lowering.of(way)
        yield RuleHit(rule, tier, tuple(place.evidence(shown)), lowered)


def _in_any_order(groups: _Groups) -> Iterator[_Way]:
    """For each place to begin at, the hits from there on that complete all groups soonest."""
    every = [(hit, index) for index, hits in groups.items() for hit in hits]
    every.sort(key=lambda entry: entry[0].start, reverse=True)
    soonest: dict[int, TermHit] = {}
    for hit, index in every:
        if index not in soonest or hit.end < soonest[index].end:
            soonest[index] = hit
            if len(soonest) == len(groups):
                yield tuple(soonest.values())


def _in_order(groups: _Groups) -> list[_Way]:
    """For each hit of the first group, the hits behind it that complete the others soonest."""
    *earlier, last = (groups[index] for index in sorted(groups))
    ways: list[_Way] = [(hit,) for hit in last]
    for hits in reversed(earlier):
        starts = [way[0].start for way in ways]
        soonest = list(accumulate(reversed(ways), _sooner))[::-1]
        nexts = ((hit, bisect_left(starts, hit.end)) for hit in hits)
        ways = [(hit, *soonest[at]) for hit, at in nexts if at < len(soonest)]
    return ways


def _sooner(known: _Way, way: _Way) -> _Way:
    return way if way[-1].end <= known[-1].end else known


def _extent(way: _Way) -> tuple[int, int]:
    return min(hit.start for hit in way), max(hit.end for hit in way)


def _size(way: _Way) -> int:
    start, end = _extent(way)
    return end - start


def _widened(way: _Way, groups: _Groups, within: Within, ruler: Ruler) -> _Way:
    """The hits of a way and others that the same window can hold: they help a reader."""
    start, end = _extent(way)
    shown = list(way)
    others = outermost(hit for hits in groups.values() for hit in hits)
    others.sort(key=lambda hit: max(start - hit.start, hit.end - end))
    for hit in others:
        wider = min(start, hit.start), max(end, hit.end)
        if hit not in way and len(shown) < MOST_SHOWN and ruler.fits(within, *wider):
            start, end = wider
            shown.append(hit)
    return tuple(shown)


def _across(
    rule: int,
    spec: RuleSpec,
    groups: _Groups,
    place: _Place,
    conversation: Conversation,
    lowering: _Lowering,
) -> Iterator[RuleHit]:
    """The hit of a rule over several messages, this one adding at least one group."""
    message = place.message
    for index, hits in groups.items():
        message.hits[rule, index] = place.evidence(outermost(hits)[:MOST_SHOWN])
    window = _window(rule, spec, message, conversation)
    if not window:
        return
    found: dict[Evidence, int] = {}  # with its message's place in the window
    for group in range(len(spec.groups)):
        holders = [at for at, m in enumerate(window) if (rule, group) in m.hits]
        here = [at for at in holders if window[at] is message]
        at = (here or holders)[-1]
        found.update(dict.fromkeys(window[at].hits[rule, group], at))
    evidence = sorted(found, key=lambda e: (found[e], e.field, e.start))
    way = tuple(lowering.least((hit,) for hit in hits)[0] for hits in groups.values())
    yield RuleHit(rule, lowering.of(way)[0], tuple(evidence), lowering.of(way)[1])


def _window(
    rule: int, spec: RuleSpec, message: Message, conversation: Conversation
) -> list[Message]:
    """The tightest window around this message that completes the rule, by when they were sent."""
    groups = range(len(spec.groups))
    others = (m for m in conversation.messages if m is not message)
    sent = sorted((*others, message), key=lambda m: (m.sent, m.position))
    near = [
        (rank, m)
        for rank, m in enumerate(sent)
        if any((rule, group) in m.hits for group in groups)  # so its speaker is the rule's
    ]
    here = next(at for at, (_, m) in enumerate(near) if m is message)
    for first in range(here, -1, -1):
        window = [m for rank, m in near[first:] if _in_window(spec.within, near[first], (rank, m))]
        if not any(m is message for m in window):
            break  # and those sent before are further away
        if all(any((rule, group) in m.hits for m in window) for group in groups):
            return window
    return []


def _in_window(within: Within, first: tuple[int, Message], other: tuple[int, Message]) -> bool:
    """Whether a message is near enough to an earlier one; each comes with its rank."""
    if within.minutes is not None and other[1].sent - first[1].sent > within.minutes * 60:
        return False
    return within.messages is None or other[0] - first[0] < within.messages
