"""Invented facts for triage: signals, orders and decisions, minutes after a fixed start."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from alerts.contract import (
    ConversationContext,
    Disposition,
    ExcerptMessage,
    Match,
    RulePack,
    SentAlert,
    Signal,
    Span,
)
from alerts.triage.facts import KnownDisposition, KnownSignal
from lifeline.context import Item
from lifeline.customers import CustomerOrder, Profile

START = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
PACK = RulePack(name="invented", version="1.0.0", hash="0" * 64)


def at(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


def ms(minute: float) -> int:
    return int(at(minute).timestamp() * 1000)


def match(category: str, tier: str, message: str, **fields: Any) -> Match:
    given = {
        "rule_id": f"en.{category}.invented", "rule_version": "v1", "category": category,
        "tier": tier, "message_id": message, "speaker": "customer", "field": "text",
        "text": f"words of {category}", "start": 0, "end": 9 + len(category), **fields,
    }  # fmt: skip
    return Match(**given)


def said(
    conversation: str,
    minute: float,
    *signs: str,
    channel: str = "chat",
    customer: str | None = "u-1",
    number: int = 1,
    sent: SentAlert | None = None,
    region: str | None = None,
    matches: list[Match] | None = None,
) -> KnownSignal:
    """A signal with a match for each sign, given as ``category tier``."""
    message = f"{conversation}-{number}"
    if matches is None:
        pairs = [sign.split() for sign in signs]
        matches = [match(category, tier, message) for category, tier in pairs]
    ranks = ["signal", "watch", "elevated", "imminent"]
    tier: Any = max((m.tier for m in matches), key=ranks.index)
    spans = [Span(start=m.start, end=m.end) for m in matches if m.message_id == message]
    excerpt = ExcerptMessage(
        message_id=message, speaker="customer", said_at=at(minute), text="words " * 8, spans=spans
    )
    signal = Signal(
        signal_id=f"s-{message}-{minute}",
        conversation_id=conversation,
        customer_id=customer,
        message_id=message,
        channel=channel,
        speaker="customer",
        said_at=at(minute),
        received_at=at(minute),
        tier=tier,
        categories=sorted({m.category for m in matches}),
        matches=matches,
        reasons=[f"said {m.category} in {m.message_id}" for m in matches],
        conversation=ConversationContext(
            conversation_id=conversation, channel=channel, started_at=at(minute), region=region,
            excerpt=[excerpt],
        ),
        alert=sent,
        rule_pack=PACK,
    )  # fmt: skip
    return KnownSignal(signal, ms(minute))


def by_detect(minute: float, kind: Any = "opened", priority: int = 2, topic: str = "alerts") -> Any:
    """The record detect sent with a signal of that minute."""
    return SentAlert(
        alert_id=f"d-{minute}", kind=kind, revision=ms(minute), priority=priority, topic=topic
    )


def decided(case: str, minute: float, outcome: Any, by: str = "dana") -> KnownDisposition:
    disposition = Disposition(case_id=case, outcome=outcome, by=by, decided_at=at(minute))
    return KnownDisposition(disposition, ms(minute))


def order(
    number: int, minute: float, title: str, *, status: str = "placed", customer: str = "u-1"
) -> CustomerOrder:
    return CustomerOrder(
        customer_id=customer,
        order_id=f"o-{number}",
        placed_at=at(minute),
        status=status,
        cancellable=status == "placed",
        items=(Item(sku=f"k-{number}", title=title),),
    )


def profile(customer: str = "u-1", **fields: Any) -> Profile:
    given = {"name": "Ann Example", "phone": "+1 555 0100", "region": "US-WI", "birth_year": 1961}
    return Profile(customer_id=customer, **{**given, **fields})
