"""Two packs over the same events, as a worker applies them: which alerts are new, lost, changed.

One :class:`Comparison` is what a worker's partition is: a memory of its own for each pack, fed with
the events of some conversations in log order. Pure: no clock, no I/O.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Final, NamedTuple

import msgspec

from alerts.backtest.examples import example, rank
from alerts.backtest.shape import Example, Seen
from alerts.backtest.tally import BASE, GATES, HOUR_MS, NEW, SIDES, Samples, Tally
from alerts.lifecycle import step_due, take_in
from lifeline.conversation import Conversations
from lifeline.detector import Detector, Finding
from lifeline.events import CHANNEL_OF, ConversationEnded, Event
from lifeline.explain import rule_facts
from lifeline.rules.pack import Pack
from lifeline.taxonomy import RULE_TIERS, Tier

ALERT: Final = "alert"  # the kind of every example without a base
KINDS: Final = ("lost", "lowered", "new", "raised", "other_rules", ALERT)
_LOWEST: Final = GATES[0]


class Sent(NamedTuple):
    """An alert that a pack sends: ``rules`` with the tiers of their hits, watch and above."""

    tier: Tier
    priority: int
    rules: frozenset[tuple[str, Tier]]
    opens: tuple[Tier, ...]  # the gates at which it opens a case

    def rules_from(self, gate: Tier) -> set[str]:
        """The rules that count at a gate."""
        return {rule for rule, tier in self.rules if tier >= gate}

    def seen(self) -> Seen:
        """The same for the report."""
        rules = {rule: tier.label for rule, tier in sorted(self.rules)}
        return Seen(tier=self.tier.label, priority=self.priority, rules=rules)


class _Side:
    """One pack and what it remembers."""

    def __init__(self, pack: Pack, conversations: Conversations) -> None:
        self.pack = pack
        self.conversations = conversations
        self._detector = Detector(pack)

    def observe(
        self, event: Event, received: int, channel: str | None
    ) -> tuple[Finding | None, Sent | None]:
        """What the event completes, and the alert it makes due."""
        finding = self._detector.observe(self.conversations, event, received, channel)
        if finding is None:
            return None, None
        # Whether a step is due does not depend on the gate, only on which topic it goes to.
        step = step_due(finding, self.pack, _LOWEST)
        sent = None
        if step is not None:
            reached = max((r.tier for r in finding.conversation.reports), default=Tier.NONE)
            opens = tuple(gate for gate in GATES if reached < gate <= step.tier)
            sent = Sent(step.tier, step.priority, self._rules(finding), opens)
        take_in(finding, self.pack, _LOWEST)
        return finding, sent

    def _rules(self, finding: Finding) -> frozenset[tuple[str, Tier]]:
        worst: dict[str, Tier] = {}
        for hit in finding.hits:
            if hit.tier >= _LOWEST:
                rule = rule_facts(self.pack, hit).id
                worst[rule] = max(worst.get(rule, hit.tier), hit.tier)
        return frozenset(worst.items())


@dataclass(slots=True)
class _Alerted:
    """What became of a conversation: by gate the first alert of each side, and the lost ones."""

    first: dict[tuple[int, Tier], int] = field(default_factory=dict)
    lost: list[tuple[Tier, frozenset[str]]] = field(default_factory=list)


class Comparison:
    """Counts what two packs make of events. Without a base every alert is of the kind ``alert``.

    ``age`` is in milliseconds, ``number`` the messages kept of each conversation, ``memory`` a
    bound in bytes for each pack. :meth:`finish` ends it.
    """

    def __init__(
        self,
        new: Pack,
        base: Pack | None,
        *,
        age: int,
        number: int,
        memory: int,
        examples: int,
        words: bool,
    ) -> None:
        self.tally = Tally(Samples(examples))
        self._words = words
        self._sides = {
            side: _Side(pack, Conversations(age=age, number=number, memory=memory))
            for side, pack in ((BASE, base), (NEW, new))
            if pack is not None
        }
        self._channels: dict[str, str] = {}  # of conversations that are no chats
        self._alerted: dict[str, _Alerted] = {}
        self._count = 0

    def take(self, event: Event, received: int, channel: str | None = None) -> None:
        """Take in an event that the log took at ``received`` (milliseconds since 1970).

        ``channel`` is its topic; without one, a report by an agent belongs where its conversation
        is.
        """
        self._count += 1
        self.tally.note(received, is_message=not isinstance(event, ConversationEnded))
        channel = channel or self._channel(event)
        found: dict[int, tuple[Finding, Sent | None]] = {}
        for number, side in self._sides.items():
            try:
                finding, sent = side.observe(event, received, channel)
            except Exception:  # noqa: BLE001 - as in a worker: a dead letter, and on with the next
                self.tally.sides[number].failed += 1
                side.conversations.forget(event)
                continue
            if finding is not None:
                found[number] = finding, sent
                self._count_side(number, side, finding, sent)
        if any(sent for _, sent in found.values()):
            self._compare(found)

    def finish(self) -> Tally:
        """The tally, with all that shows only once every event was seen."""
        tally = self.tally
        for outcome in self._alerted.values():
            for gate in GATES:
                before, after = (outcome.first.get((side, gate)) for side in SIDES)
                tally.changes[gate, _moved(before, after)] += 1
            for gate, rules in outcome.lost:
                if (NEW, gate) in outcome.first:
                    _count(tally, gate, "lost_elsewhere", rules)
        tally.samples.change(self._resolved)
        tally.forgotten = sum(s.conversations.forgotten_for_memory for s in self._sides.values())
        return tally

    def _channel(self, event: Event) -> str:
        channel = CHANNEL_OF.get(type(event))
        if channel is None:
            return self._channels.get(event.conversation_id, "chat")
        if channel != "chat":
            self._channels[event.conversation_id] = channel
        return channel

    def _count_side(self, number: int, side: _Side, finding: Finding, sent: Sent | None) -> None:
        counts = self.tally.sides[number]
        counts.hits.update({rule_facts(side.pack, hit).id for hit in finding.hits})
        if sent is None:
            return
        hour = finding.received // HOUR_MS
        outcome = self._alerted.setdefault(finding.conversation.id, _Alerted())
        for gate in GATES:
            if sent.tier >= gate:
                counts.alerts[gate, hour] += 1
                counts.cases[gate, hour] += gate in sent.opens
                counts.by_rule.update((gate, rule) for rule in sent.rules_from(gate))
                outcome.first.setdefault((number, gate), self._count)

    def _compare(self, found: dict[int, tuple[Finding, Sent | None]]) -> None:
        """Count one message on which a pack alerts."""
        before, after = (found.get(side, (None, None))[1] for side in SIDES)
        finding = found.get(NEW, found.get(BASE))[0]  # type: ignore[index] # there is one
        if BASE not in self._sides:
            assert after is not None  # noqa: S101 - there is no other side
            self._sample(ALERT, {rule for rule, _ in after.rules}, finding, found, before, after)
            return
        for gate in GATES:
            kind, rules = _kind(before, after, gate)
            if not kind:
                continue
            _count(self.tally, gate, kind, rules)
            if kind == "lost":
                outcome = self._alerted[finding.conversation.id]
                outcome.lost.append((gate, frozenset(rules)))
            if gate == _LOWEST and kind != "same":
                self._sample(kind, rules, finding, found, before, after)

    def _sample(
        self,
        kind: str,
        rules: Iterable[str],
        finding: Finding,
        found: dict[int, tuple[Finding, Sent | None]],
        before: Sent | None,
        after: Sent | None,
    ) -> None:
        worst = max(sent.tier for sent in (before, after) if sent)
        make = partial(
            example, kind, finding, [each for each, sent in found.values() if sent],
            base=before.seen() if before else None, new=after.seen() if after else None,
            words=self._words,
        )  # fmt: skip
        spread = (finding.message.event.language or "", finding.channel)
        for rule in rules:
            self.tally.samples.offer(rule, kind, spread, rank(finding, worst), make)

    def _resolved(self, example: Example) -> Example:
        """A lost example, with what became of its conversation."""
        if example.kind != "lost" or example.base is None:
            return example
        outcome = self._alerted[example.conversation_id]
        still = (NEW, RULE_TIERS[example.base.tier]) in outcome.first
        return msgspec.structs.replace(example, still_alerts=still)


def _count(tally: Tally, gate: Tier, kind: str, rules: Iterable[str]) -> None:
    tally.changes[gate, kind] += 1
    tally.by_rule.update((gate, rule, kind) for rule in rules)


def _kind(before: Sent | None, after: Sent | None, gate: Tier) -> tuple[str, set[str]]:
    """What became of an alert at a gate, and by which rules; "" where neither pack alerts."""
    before = before if before and before.tier >= gate else None
    after = after if after and after.tier >= gate else None
    if before is None:
        return ("new", after.rules_from(gate)) if after else ("", set())
    if after is None:
        return "lost", before.rules_from(gate)
    either = before.rules_from(gate) | after.rules_from(gate)
    differing = {rule for rule, _ in before.rules ^ after.rules} & either
    was, now = (before.tier, -before.priority), (after.tier, -after.priority)
    if was == now:
        return ("other_rules", differing) if differing else ("same", either)
    return ("raised" if now > was else "lowered"), differing or either


def _moved(before: int | None, after: int | None) -> str:
    """What became of a conversation at a gate, by the first alert of each pack."""
    if before is None:
        return "" if after is None else "gained"
    if after is None:
        return "missed"
    if before == after:
        return "as_soon"
    return "sooner" if after < before else "later"
