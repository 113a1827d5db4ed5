"""Conditions: which rules the terms found in a message complete, alone or with recent messages."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from lifeline.taxonomy import RULE_TIERS, Tier

if TYPE_CHECKING:
    from lifeline.conversation import Conversation, Message
    from lifeline.lexicon import TermHit
    from lifeline.rules.pack import Pack
    from lifeline.rules.schema import RuleSpec, Within

_WORD: Final = re.compile(r"\w+")


class Evidence(NamedTuple):
    """Words that count: ``text`` stands at ``start`` to ``end`` (code points) of the field."""

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
    """A rule whose conditions are met. ``tier`` is after lowering."""

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
        if self.body and start < self.body - 2:  # two line breaks stand between the fields
            return "subject", start, min(end, self.body - 2)
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
    hits = []
    for rule in sorted(by_rule):
        spec = pack.rules[rule]
        if spec.speaker not in (message.event.speaker, "any") or channel not in spec.channels:
            continue
        words = by_rule[rule]
        groups = words.groups_outside_exclusions()
        if not groups:
            continue
        if spec.within.across_messages:
            evidence = _across(rule, spec, groups, scanned, message, conversation)
        elif len(spec.groups) == 1:
            evidence = _evidence(message, scanned, groups[0])
        elif len(groups) < len(spec.groups):
            continue
        else:
            evidence = _evidence(message, scanned, _together(groups, spec, scanned.text))
        if evidence:
            tier, lowered = _lowered(spec, words, evidence, scanned, message)
            hits.append(RuleHit(rule, tier, tuple(evidence), lowered))
    return hits


class _RuleWords:
    """The hits of one rule's terms in one text, by the role they play."""

    def __init__(self) -> None:
        self.groups: dict[int, list[TermHit]] = defaultdict(list)
        self.exclusions: list[TermHit] = []
        self.lowers: dict[int, list[TermHit]] = defaultdict(list)

    def add(self, role: str, index: int, hit: TermHit) -> None:
        if role == "group":
            self.groups[index].append(hit)
        elif role == "lower":
            self.lowers[index].append(hit)
        else:
            self.exclusions.append(hit)

    def groups_outside_exclusions(self) -> dict[int, list[TermHit]]:
        """Group hits, less those whose span lies inside an excluded phrase."""
        groups = {}
        for index, hits in self.groups.items():
            kept = [
                hit
                for hit in hits
                if not any(x.start <= hit.start and hit.end <= x.end for x in self.exclusions)
            ]
            if kept:
                groups[index] = kept
        return groups


def _evidence(message: Message, scanned: Scanned, hits: Iterable[TermHit]) -> list[Evidence]:
    found = {}
    for hit in hits:
        field, start, end = scanned.place(hit.start, hit.end)
        if (field, start, end) not in found:
            found[field, start, end] = Evidence(
                message.event.key,
                message.event.message_id,
                message.event.speaker,
                field,
                start,
                end,
                scanned.text[hit.start : hit.end],
                tuple(sorted(hit.foldings)),
            )
    return [
        found[field, start, end]
        for field, start, end in sorted(found)
        if not any(  # 片 says nothing that 多少片 does not
            field == other and (a <= start and end <= b) and (a, b) != (start, end)
            for other, a, b in found
        )
    ]


def _together(groups: dict[int, list[TermHit]], spec: RuleSpec, text: str) -> list[TermHit]:
    """The tightest set of hits that keeps to the window, with what else fits; empty when none."""
    best: list[TermHit] = []
    best_size = len(text) + 1
    every = [(hit, index) for index, hits in groups.items() for hit in hits]
    every.sort(key=lambda entry: (entry[0].start, entry[0].end))
    for at, (first, index) in enumerate(every):
        if spec.ordered and index != 0:
            continue
        chosen = _from(every[at:], index, first, len(spec.groups), ordered=spec.ordered)
        if not chosen:
            continue
        start, end = first.start, max(hit.end for hit in chosen)
        if end - start < best_size and _fits(spec.within, text, start, end):
            best, best_size = chosen, end - start
    if best and not spec.ordered:
        best = _widened(best, [hit for hit, _ in every], spec.within, text)
    return best


def _widened(
    chosen: list[TermHit], every: list[TermHit], within: Within, text: str
) -> list[TermHit]:
    """The chosen hits and the others that the same window can hold: they help a reader."""
    start, end = min(hit.start for hit in chosen), max(hit.end for hit in chosen)
    for hit in sorted(every, key=lambda h: max(start - h.start, h.end - end)):
        wider = min(start, hit.start), max(end, hit.end)
        if _fits(within, text, *wider):
            start, end = wider
            chosen = [*chosen, hit]
    return chosen


def _from(
    following: Sequence[tuple[TermHit, int]],
    index: int,
    first: TermHit,
    count: int,
    *,
    ordered: bool,
) -> list[TermHit]:
    """The hits that complete all groups soonest after ``first``."""
    chosen = {index: first}
    for hit, group in following:
        if ordered and (group != len(chosen) or hit.start < chosen[group - 1].end):
            continue
        known = chosen.get(group)
        if known is None or (known is not first and hit.end < known.end):
            chosen[group] = hit
            if len(chosen) == count:
                break
    return list(chosen.values()) if len(chosen) == count else []


def _fits(within: Within, text: str, start: int, end: int) -> bool:
    if within.characters is not None and end - start > within.characters:
        return False
    return within.words is None or len(_WORD.findall(text[start:end])) <= within.words


def _across(
    rule: int,
    spec: RuleSpec,
    groups: dict[int, list[TermHit]],
    scanned: Scanned,
    message: Message,
    conversation: Conversation,
) -> list[Evidence]:
    """The evidence of a rule over several messages, this one adding at least one group."""
    for index, hits in groups.items():
        message.hits[rule, index] = _evidence(message, scanned, hits)
    needed = range(len(spec.groups))
    near = [m for m in conversation.messages if m is not message and _speaks(spec, m)]
    near = [m for m in near if any((rule, g) in m.hits for g in needed)] + [message]
    near.sort(key=lambda m: m.sent)
    best: list[Message] = []
    for at, earliest in enumerate(near):
        window = [m for m in near[at:] if _in_window(spec.within, earliest, m, message)]
        if message not in window or not all(
            any((rule, g) in m.hits for m in window) for g in needed
        ):
            continue
        best = window  # the last one that holds is the tightest
    evidence: list[Evidence] = []
    for group in needed:
        holders = [m for m in best if (rule, group) in m.hits]
        if holders:
            holder = message if message in holders else holders[-1]
            evidence.extend(holder.hits[rule, group])
    order = {m.event.key: m.position for m in best}
    unique = list(dict.fromkeys(evidence))
    return sorted(unique, key=lambda e: (order[e.message_key], e.start))


def _speaks(spec: RuleSpec, message: Message) -> bool:
    return spec.speaker in (message.event.speaker, "any")


def _in_window(within: Within, earliest: Message, message: Message, current: Message) -> bool:
    if within.minutes is not None and message.sent - earliest.sent > within.minutes * 60:
        return False
    if within.messages is None:
        return True
    return abs(current.position - message.position) < within.messages


def _lowered(
    spec: RuleSpec,
    words: _RuleWords,
    evidence: list[Evidence],
    scanned: Scanned,
    message: Message,
) -> tuple[Tier, tuple[Lowered, ...]]:
    """The tier after everything nearby that lowers it; the lowest wins."""
    tier = RULE_TIERS[spec.tier]
    lowered = []
    offset = {"subject": 0, "text": scanned.body}
    here = [e for e in evidence if e.message_key == message.event.key]
    spans = [(offset[e.field] + e.start, offset[e.field] + e.end) for e in here]
    for index, rule in enumerate(spec.lower):
        near = [
            hit
            for hit in words.lowers.get(index, ())
            for start, end in spans
            if _near(rule.within, scanned.text, hit, start, end)
        ]
        if near and RULE_TIERS[rule.to] <= tier:
            tier = RULE_TIERS[rule.to]
            lowered.append(Lowered(rule.name, rule.why, scanned.text[near[0].start : near[0].end]))
    return tier, tuple(lowered)


def _near(within: Within, text: str, hit: TermHit, start: int, end: int) -> bool:
    between = text[hit.end : start] if hit.end <= start else text[end : hit.start]
    if within.characters is not None and len(between) > within.characters:
        return False
    return within.words is None or len(_WORD.findall(between)) <= within.words
