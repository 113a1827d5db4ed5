"""Each false alarm by its ids, for the author of the rules that hit: no words, names or notes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from alerts.report.judged import Judged
from alerts.store.looking import Looking
from alerts.triage.facts import KnownSignal


@dataclass(frozen=True, slots=True)
class FalseAlarm:
    """One case that the team called false, and where the rules hit.

    A rule across conversations looks at whole signals, so all of the case's stand for it.
    """

    case_id: str
    conversation_id: str
    opened: datetime
    tier: str  # the highest it alerted with
    rules: tuple[str, ...]  # of those asked for
    other_rules: tuple[str, ...]
    messages: tuple[str, ...]
    signals: tuple[str, ...]
    decided_by: str
    decided_at: datetime | None
    right_tier: str  # what the team said it should have been; empty where it did not


def false_alarms(
    look: Looking, cases: Iterable[Judged], wanted: frozenset[str] | None
) -> Iterator[FalseAlarm]:
    """Those of the wanted rules, the oldest first."""
    for case in cases:
        rules = tuple(r for r in case.row.rules if wanted is None or r in wanted)
        if rules and case.fate == "false":
            yield _described(case, rules, _within(case, look.signals(case.row.conversation_id)))


def _described(case: Judged, rules: tuple[str, ...], known: list[KnownSignal]) -> FalseAlarm:
    hits = [(each.signal, match) for each in known for match in each.signal.matches]
    found = [(signal.signal_id, m.message_id) for signal, m in hits if m.rule_id in rules]
    if set(rules) - {match.rule_id for _, match in hits}:
        found = [(each.signal.signal_id, each.signal.message_id) for each in known]
    row, decided = case.row, case.decided
    return FalseAlarm(
        case_id=row.case_id,
        conversation_id=row.conversation_id,
        opened=datetime.fromtimestamp(row.opened / 1000, UTC),
        tier=case.tier.label,
        rules=rules,
        other_rules=tuple(rule for rule in row.rules if rule not in rules),
        messages=tuple(sorted({message for _, message in found})),
        signals=tuple(sorted({signal for signal, _ in found})),
        decided_by=decided.by if decided else "",
        decided_at=decided.decided_at.astimezone(UTC) if decided else None,
        right_tier=case.right.label if case.right is not None else "",
    )


def _within(case: Judged, known: Iterable[KnownSignal]) -> list[KnownSignal]:
    """The signals of this case, and not of another of its conversation."""
    return [
        each
        for each in known
        if case.row.opened <= each.received and (case.until is None or each.received < case.until)
    ]
