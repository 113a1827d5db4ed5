from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import streams.stage
from lifeline.detector import Detector
from lifeline.events import AgentReport, ChatMessage, encode
from lifeline.taxonomy import Tier
from streams.stage import Output, Record, Stage

NewStage = Callable[..., Stage]
SENT = datetime(2026, 11, 22, 2, 14, tzinfo=UTC)
WORDS = "I want to die because of Anna"


def record(value: bytes | None, key: bytes | None = b"k", offset: int = 7) -> Record:
    """A record of the chat topic."""
    return Record("chat", 0, offset, 1_800_000_000_000 + offset, key, value)


def chat(text: str, number: int = 1, **fields: object) -> bytes:
    """Something a customer says."""
    event = {"conversation_id": "c-1", "message_id": f"m{number}", "sent_at": SENT}
    return encode(ChatMessage(**{**event, "speaker": "customer", "text": text, **fields}))  # type: ignore[arg-type]


def topics(outputs: list[Output]) -> list[str]:
    """Where the outputs go."""
    return [output.topic for output in outputs]


def test_event_without_a_signal_is_read(new_stage: NewStage):
    """Nothing is written for ordinary talk."""
    assert ("read", []) == new_stage().process(record(chat("when does it arrive?")))


def test_alert_is_written_before_its_signal(new_stage: NewStage):
    """The crisis team comes first; both are keyed by what their readers join on."""
    outcome, (alert, signal) = new_stage().process(record(chat(WORDS, customer_id="u-5")))

    assert "signal" == outcome
    assert ("alerts", b"c-1") == (alert.topic, alert.key)
    assert ("signals", b"u-5") == (signal.topic, signal.key)
    assert [("content-type", b"application/cloudevents+json")] == alert.headers
    assert [("content-type", b"application/json")] == signal.headers


def test_signal_of_an_unknown_customer_is_keyed_by_conversation(new_stage: NewStage):
    """Without a customer the conversation is what is known."""
    _, outputs = new_stage().process(record(chat(WORDS)))

    assert b"c-1" == outputs[-1].key


def test_below_the_gate_is_the_watchlist(new_stage: NewStage):
    """The record has the same shape, on another topic."""
    _, outputs = new_stage().process(record(chat("no point in living")))

    assert ["watchlist", "signals"] == topics(outputs)


def test_no_news_is_a_signal_only(new_stage: NewStage):
    """A hit that is no worse than before still reaches triage."""
    stage = new_stage()
    stage.process(record(chat(WORDS)))

    assert ["signals"] == topics(stage.process(record(chat(WORDS, 2)))[1])


def test_redelivered_event_changes_nothing(new_stage: NewStage):
    """The same event again is read, and nothing follows."""
    stage = new_stage()
    stage.process(record(chat(WORDS)))

    assert ("read", []) == stage.process(record(chat(WORDS), offset=8))


def test_button_pressed_in_a_call_alerts(new_stage: NewStage):
    """A report is no utterance of a channel, and reaches the team from any topic."""
    stage = new_stage()
    stage.add_partition("calls", 3)
    value = encode(
        AgentReport(conversation_id="c", message_id="m", sent_at=SENT, reason="sounds final")
    )

    outcome, outputs = stage.process(Record("calls", 3, 1, 1_800_000_000_000, None, value))

    assert ("signal", ["alerts", "signals"]) == (outcome, topics(outputs))


# Dead letters.

BAD = [
    pytest.param(b"\xff\xfe I want to die", "undecodable", id="not UTF-8"),
    pytest.param(b'{"text":"I want to die"', "undecodable", id="not JSON"),
    pytest.param(b"", "undecodable", id="empty"),
    pytest.param(None, "undecodable", id="null"),
    pytest.param(b'{"x":' + b"[" * 100_000, "undecodable", id="deep"),
    pytest.param(b'"I want to die"', "invalid", id="no object"),
    pytest.param(chat(WORDS).replace(b'"c-1"', b"[]"), "invalid", id="wrong type"),
    pytest.param(chat(WORDS).replace(b'"c-1"', b'""'), "invalid", id="empty id"),
    pytest.param(chat(WORDS).replace(b"2026-", b"1026-"), "invalid", id="long ago"),
    pytest.param(chat(WORDS, region="want to die"), "invalid", id="region"),
    pytest.param(chat(WORDS).replace(b'"text"', b'"txt"'), "invalid", id="field missing"),
    pytest.param(chat(WORDS).replace(b"chat.message", b"want.to.die"), "unknown_type", id="type"),
    pytest.param(b'{"text":"I want to die"}', "unknown_type", id="no type"),
]


@pytest.mark.parametrize(("value", "reason"), BAD)
@pytest.mark.parametrize("key", [b"k\xff", b"", None])
def test_unreadable_event_is_a_dead_letter(
    new_stage: NewStage, value: bytes | None, reason: str, key: bytes | None
):
    """Bytes and key go on unchanged; the headers say from where, why and when."""
    outcome, (letter,) = new_stage().process(record(value, key))

    headers = dict(letter.headers)
    assert ("dead_letter", "dead-letters") == (outcome, letter.topic)
    assert (key, value) == (letter.key, letter.value)
    assert {
        "lifeline-topic": b"lifeline.chat",
        "lifeline-partition": b"0",
        "lifeline-offset": b"7",
        "lifeline-reason": reason.encode(),
        "lifeline-time": b"2026-11-22T12:00:00+00:00",
    } == {name: text for name, text in headers.items() if name != "lifeline-error"}
    assert headers["lifeline-error"]


@pytest.mark.parametrize(("value", "reason"), BAD)
def test_headers_hold_no_words_of_the_customer(
    new_stage: NewStage, value: bytes | None, reason: str
):
    """Headers are shown in tools that were never meant for what people say."""
    _, (letter,) = new_stage().process(record(value))

    assert reason
    assert not any(b"want" in text or b"die" in text for _, text in letter.headers)


def test_field_that_is_wrong_is_named(new_stage: NewStage):
    """Whoever mends the sender learns which field it was."""
    _, (letter,) = new_stage().process(record(chat(WORDS).replace(b'"customer"', b'"client"')))

    assert b"speaker: expected one of customer" in dict(letter.headers)["lifeline-error"]


def failing(*_: object, **__: object) -> None:
    """Fail as our own code might, with the customer's words in the message."""
    raise ValueError(WORDS)


def test_failing_detector_makes_a_dead_letter(new_stage: NewStage, monkeypatch: pytest.MonkeyPatch):
    """An exception of ours loses no event, and its message stays out of the headers."""
    monkeypatch.setattr(Detector, "observe", failing)
    value = chat(WORDS)

    outcome, (letter,) = new_stage().process(record(value))

    headers = dict(letter.headers)
    assert ("dead_letter", b"k", value) == (outcome, letter.key, letter.value)
    assert (b"failed", b"ValueError") == (headers["lifeline-reason"], headers["lifeline-error"])


@pytest.mark.parametrize("what", ["build_alert", "build_signal"])
def test_alert_that_could_not_be_built_does_not_count_as_reported(
    new_stage: NewStage, monkeypatch: pytest.MonkeyPatch, what: str
):
    """The next hit opens the case, since nobody heard of the first."""
    stage = new_stage()
    with monkeypatch.context() as broken:
        broken.setattr(streams.stage, what, failing)
        outcome, (letter,) = stage.process(record(chat(WORDS)))
    assert ("dead_letter", chat(WORDS)) == (outcome, letter.value)

    _, outputs = stage.process(record(chat(WORDS, 2), offset=8))

    assert ["alerts", "signals"] == topics(outputs)
    assert "opened" == json.loads(outputs[0].value or b"")["data"]["kind"]


def test_failure_is_remembered_as_it_was(new_stage: NewStage, monkeypatch: pytest.MonkeyPatch):
    """After a restart an alert that never left still does not count as reported."""
    stage = new_stage()
    with monkeypatch.context() as broken:
        broken.setattr(streams.stage, "build_alert", failing)
        stage.remember(record(chat(WORDS)))

    assert ["alerts", "signals"] == topics(stage.process(record(chat(WORDS, 2)))[1])


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=40),
            st.text(max_size=40).map(chat),
            st.sampled_from([chat(WORDS), chat("my wrist", 2), chat("the blade", 3), None]),
            st.tuples(st.integers(0, 200), st.binary(max_size=3)).map(
                lambda cut: chat(WORDS)[: cut[0]] + cut[1] + chat(WORDS)[cut[0] + 1 :]
            ),
        ),
        max_size=8,
    )
)
def test_each_record_has_one_outcome(new_stage: NewStage, values: list[bytes | None]):
    """Whatever comes is read, a signal or a dead letter, and what is written says so."""
    stage = new_stage(Tier.WATCH)
    for offset, value in enumerate(values):
        outcome, outputs = stage.process(record(value, offset=offset))

        written = topics(outputs)
        assert {
            "read": written == [],
            "signal": written in (["signals"], ["alerts", "signals"]),
            "dead_letter": written == ["dead-letters"],
        }[outcome]


# Partitions.


def test_partitions_know_nothing_of_each_other(new_stage: NewStage):
    """A conversation lives in one partition; the same id elsewhere is another."""
    stage = new_stage()
    stage.add_partition("chat", 1)
    stage.process(record(chat("my wrist")))

    assert "read" == stage.process(record(chat("the blade", 2))._replace(partition=1))[0]
    assert "signal" == stage.process(record(chat("the blade", 2)))[0]


def test_partition_that_left_is_forgotten(new_stage: NewStage):
    """Whoever holds it now has its memory; coming back, it starts empty."""
    stage = new_stage()
    stage.process(record(chat("my wrist")))
    stage.drop_partition("chat", 0)
    stage.add_partition("chat", 0)

    assert "read" == stage.process(record(chat("the blade", 2)))[0]


def test_memory_is_shared_between_the_partitions(new_stage: NewStage):
    """The bound holds over all, however many partitions there are."""
    stage = new_stage()
    for number in range(1, 8):
        stage.add_partition("chat", number)
    stage.drop_partition("chat", 7)
    stage.drop_partition("chat", 99)

    assert stage.memory >= sum(c.memory for c in stage.partitions.values()) > 0.9 * stage.memory


def test_record_of_a_partition_not_held_is_a_dead_letter(new_stage: NewStage):
    """Even then nothing is lost silently."""
    outcome, _ = new_stage().process(record(chat(WORDS))._replace(partition=5))

    assert "dead_letter" == outcome
