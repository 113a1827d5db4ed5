from __future__ import annotations

import gc
import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifeline.conversation import Conversations, Message, Report
from lifeline.events import AgentReport, CallSegment, ChatMessage, EmailMessage, decode, encode

START = datetime(2026, 11, 22, tzinfo=UTC)


def chat(text="hello", *, key="m", conversation="c"):
    """A chat message."""
    return ChatMessage(
        conversation_id=conversation, message_id=key, sent_at=START, speaker="customer", text=text
    )


def say(conversations, event, received):
    """Remember an event; a later revision replaces the earlier."""
    conversation = conversations.get(event.conversation_id, received)
    message = Message(event, event.sent_at.timestamp(), received, 0)
    conversations.add(conversation, message, replaces=conversation.find(event))
    return conversation


def texts(conversation):
    """What is remembered, in order."""
    return [message.event.text for message in conversation.messages]


def true_size(conversations):
    """The size, added up anew."""
    return sum(conversation.size for conversation in conversations)


def test_messages_older_than_the_age_are_gone():
    """At the age exactly a message still counts; a millisecond later it does not."""
    conversations = Conversations(age=1000, number=50, memory=1 << 20)
    say(conversations, chat("old", key="1"), 0)
    say(conversations, chat("young", key="2"), 500)
    assert ["old", "young"] == texts(conversations.get("c", 1000))
    assert ["young"] == texts(conversations.get("c", 1001))


def test_of_many_messages_the_last_are_kept():
    """The number bounds each conversation on its own."""
    conversations = Conversations(age=1000, number=3, memory=1 << 20)
    for at in range(5):
        say(conversations, chat(str(at), key=str(at)), at)
    assert ["2", "3", "4"] == texts(conversations.get("c", 5))


def test_positions_count_on_when_messages_are_forgotten():
    """How many came between two messages does not change with what is forgotten."""
    conversations = Conversations(age=1000, number=2, memory=1 << 20)
    for at in range(5):
        conversation = say(conversations, chat(str(at), key=str(at)), at)
    assert [3, 4] == [message.position for message in conversation.messages]


def test_a_revision_takes_the_place_of_the_earlier():
    """It keeps its position, and ages from when the utterance was first heard."""
    conversations = Conversations(age=1000, number=50, memory=1 << 20)
    for at, text in enumerate("abc"):
        say(conversations, chat(text, key=text), at)
    conversation = say(conversations, chat("b, corrected", key="b"), 900)
    assert ["a", "b, corrected", "c"] == texts(conversation)
    assert [0, 1, 2] == [message.position for message in conversation.messages]
    assert [] == texts(conversations.get("c", 1003))


def test_what_is_kept_is_told_apart_by_kind():
    """A report may carry the id of the message it is about."""
    conversations = Conversations(age=1000, number=50, memory=1 << 20)
    say(conversations, chat("help", key="1"), 0)
    report = AgentReport(conversation_id="c", message_id="1", sent_at=START, reason="worried")
    conversation = say(conversations, report, 1)
    assert [chat("help", key="1"), report] == [message.event for message in conversation.messages]


def test_a_forgotten_message_was_never_read():
    """It goes alone: neither what else was said nor another of its revisions goes with it."""
    conversations = Conversations(age=1000, number=50, memory=1 << 20)
    say(conversations, chat("a", key="1"), 0)
    before = conversations.size
    report = AgentReport(conversation_id="c", message_id="1", sent_at=START, reason="worried")
    for event in (chat("b", key="2"), report):
        say(conversations, event, 1)
        conversations.forget(event)
    conversations.forget(chat("an earlier form", key="1"))
    conversations.forget(chat(conversation="unknown"))
    assert ["a"] == texts(conversations.get("c", 2))
    assert before == conversations.size


def test_reports_age_as_messages_do():
    """What was alerted longer ago than the age is news again."""
    conversations = Conversations(age=1000, number=50, memory=1 << 20)
    conversation = conversations.get("c", 0)
    for received in (0, 500):
        conversation.reports.append(
            Report(received, 3, 2, received, on_alerts=True, categories=frozenset())
        )
    assert [0, 500] == [r.received for r in conversations.get("c", 1000).reports]
    assert [500] == [r.received for r in conversations.get("c", 1001).reports]


def test_silent_conversations_are_forgotten_as_new_ones_begin():
    """Memory follows what is live, without a sweep that would hold up an event."""
    conversations = Conversations(age=1000, number=50, memory=1 << 30)
    for at in range(100):
        say(conversations, chat(conversation=f"old {at}"), 0)
    for at in range(60):
        say(conversations, chat(conversation=f"new {at}"), 2000)
    assert [f"new {at}" for at in range(60)] == [conversation.id for conversation in conversations]
    assert true_size(conversations) == conversations.size


def test_one_wrong_clock_does_not_empty_the_memory():
    """A record stamped years ahead costs two conversations at most, the longest silent."""
    conversations = Conversations(age=1000, number=50, memory=1 << 30)
    for at in range(10):
        say(conversations, chat(conversation=str(at)), 0)
    say(conversations, chat(conversation="from the future"), 1 << 50)
    assert [*map(str, range(2, 10)), "from the future"] == [c.id for c in conversations]


def test_an_old_stamp_does_not_make_a_conversation_silent():
    """A conversation is as young as its youngest message."""
    conversations = Conversations(age=1000, number=50, memory=1 << 30)
    say(conversations, chat(key="1"), 5000)
    say(conversations, chat(key="2"), 0)
    say(conversations, chat(conversation="other"), 5500)
    assert 2 == len(conversations)


def test_an_ended_conversation_is_gone():
    """Ending one that is not known is nothing."""
    conversations = Conversations(age=1000, number=50, memory=1 << 20)
    say(conversations, chat(), 0)
    conversations.end("c")
    conversations.end("c")
    assert (0, 0) == (len(conversations), conversations.size)


def test_short_of_memory_the_longest_silent_go_first():
    """Speaking again makes a conversation young, and what is forgotten is counted."""
    conversations = Conversations(age=1 << 40, number=50, memory=100_000)
    for name in ("a", "b", "c"):
        say(conversations, chat("x" * 20_000, key="1", conversation=name), 0)
    say(conversations, chat(key="2", conversation="a"), 0)
    for name in ("d", "e"):
        say(conversations, chat("x" * 20_000, conversation=name), 0)
    assert ["c", "a", "d", "e"] == [conversation.id for conversation in conversations]
    assert 1 == conversations.forgotten_for_memory


def test_one_conversation_never_takes_all_memory():
    """Who floods a conversation loses its own beginning, and nobody else's."""
    conversations = Conversations(age=1 << 40, number=50, memory=82_000)
    say(conversations, chat("quiet", conversation="quiet"), 0)
    for at in range(40):
        flood = say(conversations, chat(f"{at:05}" * 3000, key=str(at), conversation="flood"), 0)
    assert ["quiet", "flood"] == [conversation.id for conversation in conversations]
    assert [f"{at:05}" * 3000 for at in (38, 39)] == texts(flood)[-2:]
    assert 0 == conversations.forgotten_for_memory


def test_the_last_message_stays_however_long():
    """What was just said is remembered, though it alone is more than the bound."""
    conversations = Conversations(age=1 << 40, number=50, memory=1000)
    conversation = say(conversations, chat("x" * 10_000), 0)
    assert ["x" * 10_000] == texts(conversation)


def common(conversation, at):
    """Ids as long as they come."""
    return {"conversation_id": f"conversation-{conversation}", "message_id": f"message-{at}"}


KINDS = {
    "short": lambda c, at: ChatMessage(
        **common(c, at), sent_at=START, speaker="customer", text=f"hello {at}"
    ),
    "Chinese": lambda c, at: ChatMessage(
        **common(c, at), sent_at=START, speaker="customer", text=f"{at}" + "字" * 3000
    ),
    "astral": lambda c, at: ChatMessage(
        **common(c, at), sent_at=START, speaker="customer", text=f"{at}" + "😀" * 3000
    ),
    "subject": lambda c, at: EmailMessage(
        **common(c, at), sent_at=START, speaker="customer", text="", subject=f"{at}" + "s" * 3000
    ),
    "reason": lambda c, at: AgentReport(
        **common(c, at), sent_at=START, reason=f"{at}" + "r" * 3000
    ),
    "all fields": lambda c, at: CallSegment(
        **common(c, at),
        sent_at=START + timedelta(seconds=at),
        speaker="customer",
        text=f"hello {at}",
        segment_id=f"segment-{at}",
        is_final=True,
        start_ms=100_000 + at,
        end_ms=200_000 + at,
        confidence=0.5 + at / 1000,
        customer_id=f"u-{c}",
        agent_id=f"a-{c}",
        queue="pharmacy",
        language="zh-Hans",
        region="CN-44",
        sku=f"sku-{at}",
        sequence=at + 1000,
        alternatives=(f"hello {at}" * 100, f"hallo {at}" * 100),
    ),
}


@pytest.mark.parametrize("per_conversation", [1, 10])
@pytest.mark.parametrize("kind", KINDS)
def test_the_size_is_what_the_memory_takes(kind, per_conversation):
    """No kind of event takes much more than it is counted for: the bound is one of bytes."""
    conversations = Conversations(age=1 << 40, number=50, memory=1 << 40)
    gc.collect()
    tracemalloc.start()
    for number in range(600):
        conversation, at = divmod(number, per_conversation)
        say(conversations, decode(encode(KINDS[kind](conversation, at))), number)
    gc.collect()
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 1.25 > taken / conversations.size


STEPS = st.lists(
    st.tuples(
        st.sampled_from("abc"),  # conversation
        st.sampled_from("123456"),  # message
        st.text("x", max_size=40).map(lambda text: text * 100),
        st.integers(0, 3000),  # received
        st.booleans(),  # ends
    ),
    max_size=40,
)


@given(STEPS, st.integers(1, 5), st.integers(1, 40_000))
def test_the_bounds_hold_whatever_comes(steps, number, memory):
    """After any events the count is the sum of its parts, and every bound holds."""
    conversations = Conversations(age=1000, number=number, memory=memory)
    for name, key, text, received, ends in steps:
        say(conversations, chat(text, key=key, conversation=name), received)
        if ends:
            conversations.end(name)
        assert true_size(conversations) == conversations.size
        assert conversations.size <= memory or 1 == len(conversations)
        for conversation in conversations:
            assert number >= len(conversation.messages)
            overhead = conversation.size - sum(m.size for m in conversation.messages)
            assert overhead == Conversations(age=1, number=1, memory=1).get("x", 0).size


def test_kept_hits_are_counted():
    """A message takes more once its hits are kept for rules across messages."""
    conversations = Conversations(age=1000, number=50, memory=1 << 20)
    conversation = say(conversations, chat(), 0)
    (message,) = conversation.messages
    before = conversations.size
    message.hits[0, 0] = [None] * 20
    conversations.weigh(conversation, message)
    assert before + 20 * 400 == conversations.size
    assert true_size(conversations) == conversations.size


def test_what_is_not_remembered_is_not_counted():
    """Weighing a message that was never added, or is forgotten, changes nothing."""
    conversations = Conversations(age=1000, number=1, memory=1 << 20)
    conversation = say(conversations, chat(key="1"), 0)
    (message,) = conversation.messages
    say(conversations, chat(key="2"), 0)
    before = conversations.size
    conversations.weigh(conversation, message)
    assert before == conversations.size
