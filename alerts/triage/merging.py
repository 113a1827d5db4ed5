"""The signals of one case as one: matches, reasons, excerpt, each once and bounded."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from typing import Final

import msgspec

from alerts.contract import ConversationContext, ExcerptMessage, Match, Signal, Span
from alerts.triage.facts import KnownSignal
from lifeline.taxonomy import RULE_TIERS

MOST_MATCHES: Final = 500
MOST_REASONS: Final = 200
MOST_MESSAGES: Final = 100  # of the excerpt, the latest


def merged_matches(matches: Iterable[Match]) -> list[Match]:
    """The worst first; of the same words by the same rule, the one that counts most."""
    kept: dict[tuple[str, str, str, int, int], Match] = {}
    for match in matches:
        key = (match.rule_id, match.message_id, match.field, match.start, match.end)
        known = kept.get(key)
        if known is None or RULE_TIERS[match.tier] > RULE_TIERS[known.tier]:
            kept[key] = match
    return sorted(kept.values(), key=lambda m: -RULE_TIERS[m.tier])


def quoted(matches: Iterable[Match], tier: str, *, without: Container[str]) -> list[str]:
    """The words of one tier as they stand in their messages, overlapping stretches as one.

    ``without`` are the rules by points: of what they count, no stretch says anything by itself.
    """
    stretches: dict[tuple[str, str], set[tuple[int, int, str]]] = {}
    for match in matches:
        if match.tier == tier and match.rule_id not in without:
            place = (match.message_id, match.field)
            stretches.setdefault(place, set()).add((match.start, match.end, match.text))
    found = []
    for spans in stretches.values():
        reached, words = -1, ""
        for start, end, text in sorted(spans):
            if start > reached:
                found.append(words)
                words = text
            else:
                words += text[reached - start :]
            reached = max(reached, end)
        found.append(words)
    return [words for words in found if words]


def merged_reasons(signals: Sequence[KnownSignal]) -> list[str]:
    """Detect's reasons, those of the worst signal first, each once."""
    worst = sorted(signals, key=lambda k: (-RULE_TIERS[k.signal.tier], -k.received))
    return list(dict.fromkeys(reason for known in worst for reason in known.signal.reasons))


def merged_conversation(signals: Sequence[KnownSignal]) -> ConversationContext:
    """The conversation as the latest signal knows it, with every message that any of them shows.

    ``signals`` are in the order the log took them in, at least one. Of a message that was revised,
    the latest revision is shown.
    """
    latest = signals[-1].signal
    shown: dict[str, ExcerptMessage] = {}
    started = latest.said_at
    for known in signals:
        conversation = known.signal.conversation
        if conversation is None:
            continue
        started = min(started, conversation.started_at)
        for message in conversation.excerpt:
            shown[message.message_id] = _with_spans_of(message, shown.get(message.message_id))
    excerpt = sorted(shown.values(), key=lambda m: m.said_at)[-MOST_MESSAGES:]
    base = latest.conversation or _bare(latest)
    return msgspec.structs.replace(base, started_at=started, excerpt=excerpt)


def _with_spans_of(message: ExcerptMessage, earlier: ExcerptMessage | None) -> ExcerptMessage:
    if earlier is None or (earlier.text, earlier.text_offset) != (
        message.text,
        message.text_offset,
    ):
        return message
    spans = {(s.field, s.start, s.end): s for s in (*earlier.spans, *message.spans)}
    ordered: list[Span] = [spans[key] for key in sorted(spans)]
    return msgspec.structs.replace(message, spans=ordered)


def _bare(signal: Signal) -> ConversationContext:
    return ConversationContext(
        conversation_id=signal.conversation_id,
        channel=signal.channel,
        started_at=signal.said_at,
        excerpt=[],
    )
