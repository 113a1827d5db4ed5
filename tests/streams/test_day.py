from __future__ import annotations

import json
from pathlib import Path

import pytest

from lifeline.events import CallSegment, ConversationEnded, EmailMessage, decode
from streams.day import in_order, invented_day

CALL = {
    "id": "en-1", "kind": "elevated", "channel": "calls", "start": "23:59", "queue": "pharmacy",
    "region": "GB-LND", "gap": 1,
    "messages": [["agent", "How can I help?"], ["customer", "I " + "really " * 40 + "can't go on"]],
}  # fmt: skip
MAIL = {
    "id": "en-2", "kind": "ordinary", "channel": "emails", "start": "08:00", "queue": "orders",
    "region": "GB-LND",
    "messages": [{"speaker": "customer", "subject": "Parcel\u2028", "text": "Where?\u0085\n"}],
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Hold a day of one call and one e-mail."""
    lines = [json.dumps(conversation, ensure_ascii=False) for conversation in (CALL, MAIL)]
    (tmp_path / "en.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path


def test_day_is_read_whole(folder: Path):
    """One conversation a line; separators that JSON allows in a text end no line."""
    call, mail = invented_day(folder)

    assert ("en-1", "elevated", "calls", "en") == (call.id, call.kind, call.channel, call.language)
    assert isinstance(mail.events[0], EmailMessage)
    assert ("Parcel\u2028", "Where?\u0085\n") == (mail.events[0].subject, mail.events[0].text)


def test_call_is_heard_in_part_then_whole(folder: Path):
    """A stretch of speech comes twice under one segment id, the second time final."""
    events = [e for e in invented_day(folder)[0].events if isinstance(e, CallSegment)]

    assert [False, True, False, True] == [e.is_final for e in events]
    assert events[3].text.startswith(events[2].text)
    assert events[2].segment_id == events[3].segment_id


def test_conversation_ends_after_its_last_word(folder: Path):
    """However short the gap, nothing is said after the end."""
    events = [decode(value) for value in in_order(invented_day(folder))]
    call = [event for event in events if event.conversation_id == "en-1"]

    assert isinstance(call[-1], ConversationEnded)
    assert call == list(invented_day(folder)[0].events)


def test_packaged_day_comes_in_order():
    """Each conversation of the day is said in its order and ended last."""
    day = invented_day()
    events = [decode(value) for value in in_order(day)]

    assert sorted(e.sent_at for e in events) == [e.sent_at for e in events]
    assert len({c.id for c in day}) == len(day) > 0
    by_conversation: dict[str, list[object]] = {c.id: [] for c in day}
    for event in events:
        by_conversation[event.conversation_id].append(event)
    assert {c.id: list(c.events) for c in day} == by_conversation
