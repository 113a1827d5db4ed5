from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import streams.stage
from alerts.contract import decode_alert
from lifeline.detector import Detector
from lifeline.events import AgentReport, ChatMessage, encode
from lifeline.rules.pack import Pack
from lifeline.taxonomy import Tier
from streams.records import Output, Record
from streams.stage import Stage

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


# Rules on trial.


def data(output: Output) -> dict[str, Any]:
    """What an alert record says."""
    alert: dict[str, Any] = json.loads(output.value or b"")["data"]
    return alert


@pytest.mark.parametrize(
    ("text", "tier"),
    [(WORDS, "elevated"), ("no point in living", "watch"), ("drinking again", "signal")],
)
def test_trial_rule_goes_to_shadow_alone(
    new_stage: NewStage, trial_pack: Pack, text: str, tier: str
):
    """The event counts as read, and the record has the shape of an alert, at every tier."""
    stage = new_stage()
    stage.swap(trial_pack)

    outcome, (shadow,) = stage.process(record(chat(text)))

    assert ("read", "shadow", b"c-1") == (outcome, shadow.topic, shadow.key)
    alert = decode_alert(shadow.value or b"").data
    assert ("opened", tier, trial_pack.hash) == (alert.kind, alert.tier, alert.rule_pack.hash)
    assert [{match.rule_id for match in alert.matches}] == [
        {name} for name in dict(shadow.headers)["lifeline-rules"].decode().split(",")
    ]


def test_trial_rule_changes_nothing_for_the_team(
    new_stage: NewStage, trial_pack: Pack, draft_pack: Pack
):
    """Alerts and signals are those that come without the rule: ids, revisions, words and all."""
    texts = [
        WORDS, "how many would kill me", "I want to die, how many would kill me",
        "no point in living", "I just took them all", "drinking again", WORDS,
    ]  # fmt: skip

    def written(pack: Pack) -> list[tuple[str, dict[str, Any]]]:
        stage = new_stage()
        stage.swap(pack)
        found = []
        for number, text in enumerate(texts):
            for output in stage.process(record(chat(text, number), offset=number))[1]:
                content = json.loads(output.value or b"")
                del content.get("data", content)["rule_pack"]  # all that may differ
                found.append((output.topic, content))
        return found

    tried = written(trial_pack)

    assert 5 == sum(topic == "shadow" for topic, _ in tried)
    assert written(draft_pack) == [entry for entry in tried if entry[0] != "shadow"]


def test_shadow_ids_are_those_of_the_evidence(new_stage: NewStage, trial_pack: Pack):
    """Read again it is the same record; another message is another, however alike."""

    def ids(offset: int) -> list[str]:
        stage = new_stage()
        stage.swap(trial_pack)
        return [
            data(stage.process(record(chat(WORDS, number), offset=offset))[1][0])["alert_id"]
            for number in (1, 2)
        ]

    assert ids(7) == ids(8)
    assert 2 == len(set(ids(7)))


# Another pack.


def test_alert_names_the_pack_that_found_it(new_stage: NewStage, pack: Pack, trial_pack: Pack):
    """Behind a swap it is the new one, and the case goes on."""
    stage = new_stage()
    first = stage.process(record(chat("how many would kill me")))[1]
    stage.swap(trial_pack)
    second = stage.process(record(chat("I just took them all", 2), offset=8))[1]

    assert [pack.hash, trial_pack.hash] == [
        data(o[0])["rule_pack"]["hash"] for o in (first, second)
    ]
    assert "escalated" == data(second[0])["kind"]


def test_halves_before_and_after_a_swap_are_found_together(new_stage: NewStage, trial_pack: Pack):
    """What is remembered is read anew by the new pack as its conversation goes on."""
    stage = new_stage()
    stage.process(record(chat("here is my wrist")))
    stage.swap(trial_pack)

    assert "signal" == stage.process(record(chat("the blade", 2), offset=8))[0]


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


def test_trial_rule_never_costs_an_alert(
    new_stage: NewStage, trial_pack: Pack, monkeypatch: pytest.MonkeyPatch
):
    """Where its record cannot be made, the alert leaves, and the event is a dead letter beside."""

    def fail(*_: object, **__: object) -> bytes:
        raise ZeroDivisionError

    monkeypatch.setattr("streams.stage.build_shadow", fail)
    stage = new_stage()
    stage.swap(trial_pack)
    outcome, outputs = stage.process(record(chat(f"{WORDS}, how many would kill me")))
    assert ("signal", ["alerts", "signals", "dead-letters"]) == (
        outcome,
        [output.topic for output in outputs],
    )
