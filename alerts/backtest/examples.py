"""A changed alert as an example: which packs sent it, and the words with the hits marked."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from alerts.backtest.shape import Example, Seen
from alerts.contract import ExcerptMessage, Span
from lifeline.conversation import Message
from lifeline.detector import Finding
from lifeline.events import AgentReport, EmailMessage
from lifeline.rules.hits import Evidence
from lifeline.taxonomy import Tier

_MOST_TEXT: Final = 600  # characters shown of a message
_BEFORE: Final = 150  # of them before the first hit
_MOST_MESSAGES: Final = 4
_LAST_MS: Final = 253_402_300_799_999


def rank(finding: Finding, worst: Tier) -> tuple[int, int, str, str]:
    """Where an example stands among others: by tier, then by a checksum of its ids."""
    case, key = finding.conversation.id, finding.message.event.key
    return -worst, zlib.crc32(f"{case}\0{key}".encode()), case, key


def example(
    kind: str,
    finding: Finding,
    findings: Iterable[Finding],
    *,
    base: Seen | None,
    new: Seen | None,
    words: bool,
) -> Example:
    """The example of one message; ``findings`` are those whose hits are marked."""
    event = finding.message.event
    return Example(
        kind=kind,
        conversation_id=finding.conversation.id,
        message_id=event.message_id,
        channel=finding.channel,
        language=event.language,
        received=datetime.fromtimestamp(min(max(finding.received, 0), _LAST_MS) / 1000, UTC),
        base=base,
        new=new,
        still_alerts=False,
        messages=_messages(finding, findings) if words else [],
    )


def _messages(finding: Finding, findings: Iterable[Finding]) -> list[ExcerptMessage]:
    """The message and the earlier ones that its hits rest on, in the order they were said."""
    evidence: dict[str, set[Evidence]] = {}
    for hit in (hit for found in findings for hit in found.hits if hit.tier >= Tier.WATCH):
        for words in hit.evidence:
            evidence.setdefault(words.message_key, set()).add(words)
    remembered = {id(m): m for m in (*finding.conversation.messages, finding.message)}
    shown = [m for m in remembered.values() if m is finding.message or m.event.key in evidence]
    shown.sort(key=lambda m: (m.sent, m.position))
    return [_shown(m, evidence.get(m.event.key, set())) for m in shown[-_MOST_MESSAGES:]]


def _shown(message: Message, evidence: set[Evidence]) -> ExcerptMessage:
    event = message.event
    report = isinstance(event, AgentReport)
    text = event.reason if isinstance(event, AgentReport) else event.text
    # A report may carry the id of the message that it is about.
    fitting = [e for e in evidence if (e.field == "reason") == report]
    starts = [e.start for e in fitting if e.field != "subject"]
    offset = max(0, min(starts, default=0) - _BEFORE) if len(text) > _MOST_TEXT else 0
    spans = {(e.field, e.start, e.end) for e in fitting}
    return ExcerptMessage(
        message_id=event.message_id,
        speaker=event.speaker,
        said_at=event.sent_at,
        text=text[offset : offset + _MOST_TEXT],
        text_offset=offset,
        subject=event.subject[:_MOST_TEXT] if isinstance(event, EmailMessage) else None,
        spans=[Span(field=field, start=start, end=end) for field, start, end in sorted(spans)],
    )


def pieces(message: ExcerptMessage, field: str) -> list[tuple[str, bool]]:
    """The subject or the text cut at the marks, for display: words, and whether they are a hit."""
    is_subject = field == "subject"
    text = (message.subject or "") if is_subject else message.text
    offset = 0 if is_subject else message.text_offset
    found: list[tuple[str, bool]] = [("…", False)] if offset else []
    shown = 0
    for span in sorted(message.spans, key=lambda s: (s.start, s.end)):
        if (span.field == "subject") != is_subject:
            continue
        start = min(max(span.start - offset, shown), len(text))
        end = min(span.end - offset, len(text))
        if start < end:
            found += [(text[shown:start], False), (text[start:end], True)]
            shown = end
    found.append((text[shown:], False))
    if len(text) == _MOST_TEXT:
        found.append(("…", False))
    return [piece for piece in found if piece[0]]
