"""Findings → records: the alert with its excerpt, and the signal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, cast

import msgspec

from alerts.contract import (
    MOST_BYTES,
    Alert,
    ConversationContext,
    ExcerptMessage,
    Match,
    Missing,
    RulePack,
    Signal,
    Span,
    TierName,
    Times,
    encode,
    envelope,
)
from alerts.lifecycle import Step, categories_of, signal_id
from alerts.wording import TeamLanguage, summary
from lifeline.conversation import Message
from lifeline.detector import Finding
from lifeline.events import AgentReport, EmailMessage
from lifeline.explain import match_as_json, reason
from lifeline.rules.pack import Pack
from lifeline.taxonomy import Tier

_MOST_TEXT: Final = 4000  # characters of one message in the excerpt
_BEFORE: Final = 400  # of them before the first highlighted words
_PENDING: Final = ("customer", "orders", "history", "responders")


def build_alert(
    finding: Finding, step: Step, pack: Pack, *, now: datetime, language: TeamLanguage
) -> bytes:
    """The alert record, encoded; the excerpt is cut from its start until the record fits."""
    event = finding.message.event
    matches = _matches(finding, pack)
    alert = Alert(
        case_id=finding.conversation.id,
        alert_id=step.alert_id,
        revision=step.revision,
        kind=step.kind,
        tier=_name(step.tier),
        previous_tier=_name(step.previous_tier) if step.previous_tier else None,
        priority=step.priority,
        categories=list(step.categories),
        summary=summary(
            language,
            customer_id=event.customer_id,
            channel=finding.channel,
            queue=event.queue,
            tier=step.tier.label,
            categories=step.categories,
            quoted=[m.text for m in matches if m.tier == step.tier.label],
        ),
        reasons=[reason(pack, hit) for hit in finding.hits],
        matches=matches,
        conversation=_conversation(finding, matches),
        customer_id=event.customer_id,
        missing=[Missing(what=what, why="pending") for what in _PENDING],
        rule_pack=_rule_pack(pack),
        times=Times(
            said=event.sent_at,
            received=datetime.fromtimestamp(finding.received / 1000, UTC),
            detected=now,
            emitted=now,
        ),
    )
    return _fitting(alert)


def build_signal(finding: Finding, pack: Pack) -> bytes:
    """The signal record, encoded."""
    event = finding.message.event
    return encode(
        Signal(
            signal_id=signal_id(finding, pack),
            conversation_id=finding.conversation.id,
            customer_id=event.customer_id,
            message_id=event.message_id,
            channel=finding.channel,
            speaker=event.speaker,
            said_at=event.sent_at,
            received_at=datetime.fromtimestamp(finding.received / 1000, UTC),
            tier=_name(finding.tier),
            categories=sorted(categories_of(finding, pack, Tier.SIGNAL)),
            matches=_matches(finding, pack),
            rule_pack=_rule_pack(pack),
        )
    )


def _fitting(alert: Alert) -> bytes:
    data = encode(envelope(alert))
    while len(data) > MOST_BYTES:
        excerpt = alert.conversation.excerpt
        if len(excerpt) > 1:
            context = msgspec.structs.replace(
                alert.conversation, excerpt=excerpt[len(excerpt) // 2 :]
            )
            alert = msgspec.structs.replace(alert, conversation=context, truncated=True)
        elif len(alert.matches) > 1:
            alert = msgspec.structs.replace(
                alert,
                matches=alert.matches[: len(alert.matches) // 2],
                reasons=alert.reasons[: max(1, len(alert.reasons) // 2)],
                truncated=True,
            )
        else:
            break
        data = encode(envelope(alert))
    return data


def _name(tier: Tier) -> TierName:
    return cast("TierName", tier.label)


def _rule_pack(pack: Pack) -> RulePack:
    return RulePack(name=pack.name, version=pack.version, hash=pack.hash)


def _matches(finding: Finding, pack: Pack) -> list[Match]:
    return [
        msgspec.convert(match, Match) for hit in finding.hits for match in match_as_json(pack, hit)
    ]


def _conversation(finding: Finding, matches: list[Match]) -> ConversationContext:
    event = finding.message.event
    messages = sorted(finding.conversation.messages, key=lambda m: (m.sent, m.position))
    return ConversationContext(
        conversation_id=finding.conversation.id,
        channel=finding.channel,
        started_at=messages[0].event.sent_at,
        agent_id=event.agent_id,
        queue=event.queue,
        language=event.language,
        region=event.region,
        sku=event.sku,
        excerpt=[_excerpt(message, matches) for message in messages],
    )


def _excerpt(message: Message, matches: list[Match]) -> ExcerptMessage:
    event = message.event
    text = event.reason if isinstance(event, AgentReport) else event.text
    spans = sorted({(m.field, m.start, m.end) for m in matches if m.message_id == event.message_id})
    in_text = [start for field, start, _ in spans if field != "subject"]
    offset = max(0, min(in_text, default=0) - _BEFORE) if len(text) > _MOST_TEXT else 0
    return ExcerptMessage(
        message_id=event.message_id,
        speaker=event.speaker,
        said_at=event.sent_at,
        text=text[offset : offset + _MOST_TEXT],
        text_offset=offset,
        subject=event.subject if isinstance(event, EmailMessage) else None,
        spans=[Span(field=field, start=start, end=end) for field, start, end in spans],
    )
