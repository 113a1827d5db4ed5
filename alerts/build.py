"""Findings → records: the alert with its excerpt, and the signal. Neither ever exceeds 512 KB.

A record that Kafka refuses for its size would stop the partition, so everything that can grow is
bounded, and `truncated` says when something was left out.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final, TypeVar, cast

import msgspec

from alerts.contract import (
    MOST_BYTES,
    Alert,
    ConversationContext,
    ExcerptMessage,
    Match,
    Missing,
    RulePack,
    SentAlert,
    Signal,
    Span,
    TierName,
    Times,
    encode,
    envelope,
)
from alerts.lifecycle import Step, categories_of, shadow_step, signal_id
from alerts.wording import TeamLanguage, summary
from lifeline.conversation import Message
from lifeline.detector import Finding
from lifeline.events import AgentReport, EmailMessage
from lifeline.explain import match_as_json, reason, rule_facts
from lifeline.rules.hits import Evidence, RuleHit
from lifeline.rules.pack import Pack
from lifeline.taxonomy import Tier

# What a record holds at most, in characters or in number. With these, one message and one match
# always fit.
_MOST_TEXT: Final = 4000  # of one message in the excerpt
_BEFORE: Final = 400  # of them before the first highlighted words
_MOST_SUBJECT: Final = 1000
_MOST_WORDS: Final = 500  # of one match
_MOST_REASON: Final = 1000
_MOST_FACT: Final = 256  # an agent, a queue, a product
_MOST_MATCHES: Final = 500
_MOST_SPANS: Final = 200  # in one message
_IN_A_REASON: Final = 20  # stretches of words of one rule
_LAST_MS: Final = 253_402_300_799_999  # what a date can hold, should a producer's clock be wild
_PENDING: Final = ("customer", "orders", "history", "responders")

_T = TypeVar("_T")
_Record = TypeVar("_Record", Alert, Signal)


def build_alert(
    finding: Finding, step: Step, pack: Pack, *, now: datetime, language: TeamLanguage
) -> bytes:
    """The alert record, encoded. To fit, the excerpt is cut first, from its start."""
    event = finding.message.event
    hits = _worst_first(finding)
    matches, cut = _matches(hits, pack)
    excerpt, excerpt_cut = _excerpt(finding, hits)
    worst = [hit for hit in hits if hit.tier is step.tier]
    by_points = pack.scales.ids
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
            queue=_clipped(event.queue),
            tier=step.tier.label,
            categories=step.categories,
            quoted=quotes(hit for hit in worst if rule_facts(pack, hit).id not in by_points),
            adds_up=any(rule_facts(pack, hit).id in by_points for hit in worst),
        ),
        reasons=[_reason(pack, hit) for hit in hits],
        matches=matches,
        conversation=_conversation(finding, excerpt),
        customer_id=event.customer_id,
        missing=[Missing(what=what, why="pending") for what in _PENDING],
        rule_pack=_rule_pack(pack),
        times=Times(
            said=event.sent_at, received=_logged(finding.received), detected=now, emitted=now
        ),
        truncated=cut or excerpt_cut,
    )
    data = encode(envelope(alert))
    while len(data) > MOST_BYTES and (less := smaller(alert)):
        alert = less
        data = encode(envelope(alert))
    return data


def build_shadow(finding: Finding, pack: Pack, *, now: datetime, language: TeamLanguage) -> bytes:
    """What rules on trial found, as the alert it would be: same shape, ids of its own."""
    tier = max(hit.tier for hit in finding.shadow)
    tried = dataclasses.replace(finding, tier=tier, hits=finding.shadow, shadow=())
    return build_alert(tried, shadow_step(tried, pack), pack, now=now, language=language)


def build_signal(finding: Finding, step: Step | None, pack: Pack) -> bytes:
    """The signal record, encoded; ``step`` is what was sent for it.

    Context that never alerts alone carries only the messages whose words count.
    """
    event = finding.message.event
    hits = _worst_first(finding)
    matches, cut = _matches(hits, pack)
    excerpt, excerpt_cut = _excerpt(finding, hits)
    if finding.tier < Tier.WATCH:
        excerpt = [m for m in excerpt if m.spans]
    signal = Signal(
        signal_id=signal_id(finding, pack),
        conversation_id=finding.conversation.id,
        customer_id=event.customer_id,
        message_id=event.message_id,
        channel=finding.channel,
        speaker=event.speaker,
        said_at=event.sent_at,
        received_at=_logged(finding.received),
        tier=_name(finding.tier),
        categories=sorted(categories_of(finding, pack, Tier.SIGNAL)),
        matches=matches,
        reasons=[_reason(pack, hit) for hit in hits],
        conversation=_conversation(finding, excerpt),
        alert=_sent(step) if step else None,
        rule_pack=_rule_pack(pack),
        truncated=cut or excerpt_cut,
    )
    data = encode(signal)
    while len(data) > MOST_BYTES and (less := smaller(signal)):
        signal = less
        data = encode(signal)
    return data


def _sent(step: Step) -> SentAlert:
    return SentAlert(
        alert_id=step.alert_id,
        kind=step.kind,
        revision=step.revision,
        priority=step.priority,
        topic="alerts" if step.on_alerts else "watchlist",
    )


def _conversation(finding: Finding, excerpt: list[ExcerptMessage]) -> ConversationContext:
    event = finding.message.event
    return ConversationContext(
        conversation_id=finding.conversation.id,
        channel=finding.channel,
        started_at=min(
            (m.event.sent_at for m in finding.conversation.messages), default=event.sent_at
        ),
        agent_id=_clipped(event.agent_id),
        queue=_clipped(event.queue),
        language=event.language,
        region=event.region,
        sku=_clipped(event.sku),
        excerpt=excerpt,
    )


def quotes(hits: Iterable[RuleHit]) -> list[str]:
    """The words that count, in order; stretches of a message that overlap or touch are one."""
    by_message: dict[tuple[str, str], set[Evidence]] = {}
    for hit in hits:
        for evidence in hit.evidence[:_MOST_MATCHES]:
            by_message.setdefault((evidence.message_key, evidence.field), set()).add(evidence)
    found = []
    for stretches in by_message.values():
        end, words = -1, ""
        for evidence in sorted(stretches, key=lambda e: (e.start, e.end)):
            if evidence.start > end:
                found.append(words)
                words = evidence.text
            else:
                words += evidence.text[end - evidence.start :]
            end = max(end, evidence.end)
        found.append(words)
    return [words for words in found if words]


def smaller(alert: _Record) -> _Record | None:
    """The record with less context, else with fewer matches; None if it is as small as can be."""
    context = alert.conversation
    if context is None:
        return None
    silent = [m for m in context.excerpt if not m.spans]
    replace = msgspec.structs.replace
    if silent:
        dropped = {id(m) for m in silent[: len(silent) // 2 + 1]}
        excerpt = [m for m in context.excerpt if id(m) not in dropped]
    elif len(alert.matches) > 1:
        reasons = _half(alert.reasons)
        return replace(alert, matches=_half(alert.matches), reasons=reasons, truncated=True)
    elif len(context.excerpt) > 1:
        excerpt = context.excerpt[len(context.excerpt) // 2 :]
    else:
        return None
    return replace(alert, conversation=replace(context, excerpt=excerpt), truncated=True)


def _half(items: list[_T]) -> list[_T]:
    return items[: max(1, len(items) // 2)]


def _worst_first(finding: Finding) -> list[RuleHit]:
    """The hits, so that what is cut off at the end matters least."""
    return sorted(finding.hits, key=lambda hit: -hit.tier)


def _matches(hits: list[RuleHit], pack: Pack) -> tuple[list[Match], bool]:
    """One for each stretch of words, and whether any was left out or cut short."""
    matches: list[Match] = []
    cut = False
    for hit in hits:
        room = _MOST_MATCHES - len(matches)
        cut = cut or len(hit.evidence) > room
        for match in match_as_json(pack, hit._replace(evidence=hit.evidence[:room])):
            cut = cut or len(match["text"]) > _MOST_WORDS
            match["text"] = match["text"][:_MOST_WORDS]
            matches.append(msgspec.convert(match, Match))
    return matches, cut


def _reason(pack: Pack, hit: RuleHit) -> str:
    text = reason(pack, hit._replace(evidence=hit.evidence[:_IN_A_REASON]))
    return text if len(text) <= _MOST_REASON else text[: _MOST_REASON - 1] + "…"


def _excerpt(finding: Finding, hits: list[RuleHit]) -> tuple[list[ExcerptMessage], bool]:
    """What is remembered of the conversation, and whether any of it was cut."""
    spans: dict[str, set[tuple[str, int, int]]] = {}
    for hit in hits:
        for evidence in hit.evidence:
            span = (evidence.field, evidence.start, evidence.end)
            spans.setdefault(evidence.message_key, set()).add(span)
    messages = sorted(finding.conversation.messages, key=lambda m: (m.sent, m.position))
    excerpt = [_excerpted(m, sorted(spans.get(m.event.key, ()))) for m in messages]
    cut = any(
        len(_text(m)) > _MOST_TEXT or len(_subject(m) or "") > _MOST_SUBJECT for m in messages
    )
    return excerpt, cut


def _excerpted(message: Message, spans: list[tuple[str, int, int]]) -> ExcerptMessage:
    event = message.event
    text, subject = _text(message), _subject(message)
    in_text = [start for field, start, _ in spans if field != "subject"]
    offset = max(0, min(in_text, default=0) - _BEFORE) if len(text) > _MOST_TEXT else 0
    shown = []
    for field, start, end in spans:
        if (field == "reason") != isinstance(event, AgentReport):
            continue  # a report may carry the id of the message it is about
        first, last = (0, _MOST_SUBJECT) if field == "subject" else (offset, offset + _MOST_TEXT)
        if start < last:
            shown.append(Span(field=field, start=max(start, first), end=min(end, last)))
    return ExcerptMessage(
        message_id=event.message_id,
        speaker=event.speaker,
        said_at=event.sent_at,
        text=text[offset : offset + _MOST_TEXT],
        text_offset=offset,
        subject=subject[:_MOST_SUBJECT] if subject is not None else None,
        spans=shown[:_MOST_SPANS],
    )


def _text(message: Message) -> str:
    event = message.event
    return event.reason if isinstance(event, AgentReport) else event.text


def _subject(message: Message) -> str | None:
    return message.event.subject if isinstance(message.event, EmailMessage) else None


def _clipped(fact: str | None) -> str | None:
    return fact[:_MOST_FACT] if fact is not None else None


def _logged(received: int) -> datetime:
    return datetime.fromtimestamp(min(max(received, 0), _LAST_MS) / 1000, UTC)


def _name(tier: Tier) -> TierName:
    return cast("TierName", tier.label)


def _rule_pack(pack: Pack) -> RulePack:
    return RulePack(name=pack.name, version=pack.version, hash=pack.hash)
