"""What the tests of the case store share: invented facts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from alerts.contract import Disposition, RulePack, Signal
from alerts.store.rows import AlertRow, CaseRow
from alerts.triage.facts import KnownDisposition, KnownSignal
from lifeline.customers import CustomerOrder, Profile

NOW = 1_795_314_000_000
MINUTE = 60_000
DAY = 86_400_000


def at(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, tz=UTC)


def signal(
    identity: str, conversation: str = "c-1", customer: str | None = None, *, said: int = NOW
) -> KnownSignal:
    made = Signal(
        signal_id=identity, conversation_id=conversation, customer_id=customer,
        message_id=f"{conversation}-{identity}", channel="chat", speaker="customer",
        said_at=at(said), received_at=at(said), tier="elevated", categories=["plan"], matches=[],
        rule_pack=RulePack(name="invented", version="1", hash="0"),
    )  # fmt: skip
    return KnownSignal(made, said + 5)


def case(identity: str = "c-1", person: str = "u-1", **fields: Any) -> CaseRow:
    values = {
        "case_id": identity, "person": person, "conversation_id": identity.partition("#")[0],
        "channel": "chat", "opened": NOW, "last_said": NOW, "tier": 3, "priority": 2,
        "status": "open", "outcome": None, "acknowledged": None, "closed": None, "revision": NOW,
        "digest": "d", "sent_digest": "", "sent": None, "due": None, "on_alerts": True,
        "rules": ("en.plan.a", "en.plan.b"),
    }  # fmt: skip
    return CaseRow(**values | fields)


def alert(identity: str, person: str = "u-1", case_id: str = "c-1", **fields: Any) -> AlertRow:
    values = {
        "alert_id": identity, "case_id": case_id, "person": person, "revision": NOW,
        "kind": "opened", "tier": 3, "priority": 2, "topic": "alerts", "made": NOW, "sent": None,
        "record": f'{{"data":{{"customer_id":"{person}"}}}}'.encode(),
    }  # fmt: skip
    return AlertRow(**values | fields)


def profile(customer: str = "u-1", name: str = "Wang Wei", **fields: Any) -> Profile:
    return Profile(customer_id=customer, name=name, **{"phone": "+86 10 5555 0101", **fields})


def order(identity: str, customer: str = "u-1", *, placed: int = NOW, **fields: Any):
    return CustomerOrder(order_id=identity, customer_id=customer, placed_at=at(placed), **fields)


def decided(
    case_id: str = "c-1", outcome: Any = "contacted", *, when: int = NOW
) -> KnownDisposition:
    made = Disposition(case_id=case_id, outcome=outcome, by="an agent", decided_at=at(when))
    return KnownDisposition(made, when)
