"""Each false alarm by its ids, for the author of the rules that hit: no words, names or notes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from alerts.report.tally import fate_of
from alerts.store.rows import CaseRow
from alerts.store.store import Transaction


@dataclass(frozen=True, slots=True)
class FalseAlarm:
    """One case that the team called false, and where the rules hit."""

    case_id: str
    conversation_id: str
    opened: datetime
    tier: int
    rules: tuple[str, ...]
    messages: tuple[str, ...]
    signals: tuple[str, ...]
    decided_by: str
    decided_at: datetime | None
    right_tier: str  # what the team said it should have been; empty where it did not


def false_alarms(
    tx: Transaction, cases: Iterable[CaseRow], wanted: frozenset[str] | None
) -> Iterator[FalseAlarm]:
    """Those of the wanted rules, the oldest first."""
    for case in cases:
        rules = tuple(r for r in case.rules if wanted is None or r in wanted)
        if not case.on_alerts or not rules or fate_of(case) != "false":
            continue
        facts = tx.facts_of_conversation(case.conversation_id)
        hit = [
            (known.signal.signal_id, match.message_id)
            for known in facts.signals
            for match in known.signal.matches
            if match.rule_id in rules
        ]
        decisions = sorted(
            (d for d in facts.dispositions if d.disposition.case_id == case.case_id),
            key=lambda d: d.received,
        )
        last = decisions[-1].disposition if decisions else None
        yield FalseAlarm(
            case_id=case.case_id,
            conversation_id=case.conversation_id,
            opened=datetime.fromtimestamp(case.opened / 1000, UTC),
            tier=case.tier,
            rules=rules,
            messages=tuple(sorted({message for _, message in hit})),
            signals=tuple(sorted({signal for signal, _ in hit})),
            decided_by=last.by if last else "",
            decided_at=last.decided_at if last else None,
            right_tier=(last.tier or "") if last else "",
        )
