"""The invented day of `lifeline demo`: conversations in five languages over three channels."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from lifeline.events import (
    CallSegment,
    ChatMessage,
    ConversationEnded,
    EmailMessage,
    Event,
    encode,
)

FOLDER: Final = Path(__file__).parent / "demo_day"
_DAY: Final = datetime(2026, 11, 21, tzinfo=UTC)
_GAP_S: Final = 25  # between messages, where a conversation does not say
_WORDS_A_SECOND: Final = 8  # in characters, of a call


@dataclass(frozen=True, slots=True)
class Invented:
    """One invented conversation; ``kind`` is what it should come to (ordinary and tricky: none)."""

    id: str
    kind: str
    channel: str
    language: str
    events: tuple[Event, ...]


def invented_day(folder: Path = FOLDER) -> list[Invented]:
    """All conversations of the day."""
    return [
        _conversation(json.loads(line), path.stem)
        for path in sorted(folder.glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").split("\n")
        if line
    ]


def in_order(day: list[Invented]) -> Iterator[bytes]:
    """The events of all conversations as they were said, encoded."""
    for event in events_of(day):
        yield encode(event)


def events_of(day: list[Invented]) -> list[Event]:
    """The events of all conversations as they were said."""
    events = [event for conversation in day for event in conversation.events]
    return sorted(events, key=lambda e: e.sent_at)


def _conversation(line: dict[str, Any], language: str) -> Invented:
    hours, minutes = (int(part) for part in line["start"].split(":"))
    start = _DAY + timedelta(hours=hours, minutes=minutes)
    common = {
        "conversation_id": line["id"],
        "customer_id": line.get("customer", f"u-{line['id']}"),
        "agent_id": f"a-{len(line['messages'][0]) + hours}",
        "queue": line["queue"],
        "language": language,
        "region": line.get("region"),
    }
    events: list[Event] = []
    sent = start
    for number, message in enumerate(line["messages"], 1):
        message_id = f"{line['id']}-{number}"
        if line["channel"] == "emails":
            events.append(EmailMessage(message_id=message_id, sent_at=sent, **message, **common))
        elif line["channel"] == "chat":
            speaker, text = message
            events.append(
                ChatMessage(
                    message_id=message_id, sent_at=sent, speaker=speaker, text=text, **common
                )
            )
        else:
            events.extend(_segments(message, message_id, start, sent, common))
        # Nobody answers, and no call ends, before the last word was said.
        sent = max(sent + timedelta(seconds=line.get("gap", _GAP_S)), events[-1].sent_at)
    events.append(
        ConversationEnded(conversation_id=line["id"], message_id=f"{line['id']}-end", sent_at=sent)
    )
    return Invented(line["id"], line["kind"], line["channel"], language, tuple(events))


def _segments(
    message: list[str], segment_id: str, start: datetime, sent: datetime, common: dict[str, Any]
) -> Iterator[CallSegment]:
    """A stretch of a call as a recogniser sends it: what it has so far, then the whole."""
    speaker: Any
    speaker, text = message
    start_ms = int((sent - start).total_seconds() * 1000)
    for share, is_final in ((0.5, False), (1.0, True)):
        heard = text[: max(1, int(len(text) * share))]
        spoken = len(heard) / _WORDS_A_SECOND
        yield CallSegment(
            message_id=segment_id,
            segment_id=segment_id,
            sent_at=sent + timedelta(seconds=min(spoken, 20)),
            speaker=speaker,
            text=heard,
            is_final=is_final,
            start_ms=start_ms,
            end_ms=start_ms + int(spoken * 1000),
            confidence=0.9 if is_final else 0.7,
            **common,
        )
