from __future__ import annotations

import dataclasses
import os
import signal
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from alerts.backtest.compare import Comparison
from alerts.backtest.report import build_report
from alerts.backtest.shape import Report
from alerts.backtest.tally import BASE, GATES, NEW
from alerts.contract import decode_alert
from lifeline.events import ChatMessage, encode
from lifeline.rules.pack import Pack, load, locate
from lifeline.taxonomy import Tier
from streams.backtest.workers import (
    SHARDS,
    BacktestError,
    Outcome,
    Shards,
    Span,
    Workers,
    shard_of,
    until_bad,
)
from streams.day import in_order, invented_day
from streams.recorded import Recorded
from streams.records import Record
from streams.stage import Stage

START = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
AGE = 35 * 60_000
RULES = """\
format: 1
language: {language}
rules:
  - id: {language}.active_intent.some
    title: Says so
    category: active_intent
    tier: elevated
    status: active
    terms: [{terms}]
    examples:
      alert:
        - one
      ignore:
        - two
"""


@pytest.fixture(scope="module")
def shipped() -> Pack:
    """Hold the packaged rules."""
    return load(locate(None))


@pytest.fixture(scope="module")
def fewer(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    """Hold a pack that finds some of what the packaged rules find, and other things."""
    folder = tmp_path_factory.mktemp("pack")
    (folder / "pack.yaml").write_text("format: 1\nname: invented\nversion: 1.2.3\n")
    for language, terms in (("zh", "不想活, 谢谢"), ("en", "die, kill*, thanks"), ("ru", "жить")):
        text = RULES.format(language=language, terms=terms)
        (folder / f"{language}.yaml").write_text(text, encoding="utf-8")
    return load(folder)


def day() -> list[Recorded]:
    """The invented day as it would stand in a file."""
    lines = in_order(invented_day())
    return [Recorded(0, number, None, None, line) for number, line in enumerate(lines, 1)]


def chat(text: str, conversation: str = "c", *, minute: float = 0) -> bytes:
    return encode(
        ChatMessage(
            conversation_id=conversation,
            message_id=f"{conversation}-{minute}",
            sent_at=START + timedelta(minutes=minute),
            speaker="customer",
            text=text,
        )
    )


def making(new: Pack, base: Pack | None, span: Span | None = None) -> Callable[[int], Shards]:
    """Make what a process does."""

    def comparison() -> Comparison:
        return Comparison(new, base, age=AGE, number=50, memory=1 << 26, examples=3, words=True)

    return lambda _: Shards(comparison, span or Span(), 3)


def run(
    recording: list[Recorded], make: Callable[[int], Shards], *, workers: int, strict: bool = False
) -> Outcome:
    with Workers(make, workers) as processes:
        processes.begin(1)
        for recorded in until_bad(recording, processes) if strict else recording:
            processes.take(recorded)
        return processes.finish(lambda: None)


def report(outcome: Outcome, new: Pack, base: Pack | None) -> Report:
    return build_report(outcome.tally, new, base, source="", given=("", ""), zone=UTC, words=True)


@pytest.mark.parametrize("gate", GATES)
def test_alerts_are_those_that_a_worker_sends(shipped, gate: Tier):
    """At every gate the same alerts an hour, and as many cases opened, as the detect stage."""
    events = day()
    stage = Stage(shipped, gate, "en", AGE, 50, 1 << 28)
    for topic in ("chat", "calls", "emails"):
        stage.add_partition(topic, 0)
    channels = {c.id: c.channel for c in invented_day()}
    sent: Counter[int] = Counter()
    opened: Counter[int] = Counter()
    for number, recorded in enumerate(events):
        event: Any = msgspec.json.decode(recorded.value)
        at = int(datetime.fromisoformat(event["sent_at"]).timestamp() * 1000)
        topic = channels[event["conversation_id"]]
        _, outputs = stage.process(Record(topic, 0, number, at, None, recorded.value))
        for output in outputs:
            if output.topic == "alerts":
                sent[at // 3_600_000] += 1
                opened[at // 3_600_000] += decode_alert(output.value or b"").data.kind == "opened"

    side = run(events, making(shipped, None), workers=1).tally.sides[NEW]

    assert sent.total() > 5
    assert sent == Counter({hour: n for (at, hour), n in side.alerts.items() if at == gate})
    assert +opened == Counter({hour: n for (at, hour), n in side.cases.items() if at == gate and n})


def test_any_number_of_workers_comes_to_the_same(shipped, fewer):
    """One process, two or seven: the report is the same to the last example."""
    events = day()
    one, two, seven = (
        report(run(events, making(fewer, shipped), workers=n), fewer, shipped) for n in (1, 2, 7)
    )

    assert sum(gate.changes.new + gate.changes.lost for gate in one.gates if gate.changes) > 20
    assert one == two == seven


def test_order_within_a_conversation_is_kept_where_log_times_jump(shipped):
    """Conversations one after another, each of its own day: as if each stood alone."""
    events = sorted(
        day(), key=lambda r: (msgspec.json.decode(r.value)["conversation_id"], r.number)
    )

    in_turn, mixed = (run(e, making(shipped, None), workers=2).tally for e in (events, day()))

    assert in_turn.sides[NEW].alerts == mixed.sides[NEW].alerts


def test_conversation_stays_in_one_shard():
    """Where an event goes depends on its conversation and its stretch, and on nothing else."""
    shards = {
        shard_of(Recorded(3, n, None, None, chat("hello", "c-1", minute=n))) for n in range(9)
    }

    (shard,) = shards
    assert 3 * SHARDS <= shard < 4 * SHARDS


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_first_bad_event_is_named(fewer, workers: int):
    """Reading ends soon after an event that cannot be read, and the first of them is named."""
    lines = [chat("hello", f"c{n}") for n in range(40_000)]
    lines[700], lines[701], lines[5000] = b"{}", b'{"type":"chat.message"', b"\xff"
    recording = [Recorded(0, n, None, None, line) for n, line in enumerate(lines, 1)]

    outcome = run(recording, making(fewer, None), workers=workers, strict=True)

    assert 701 == outcome.bad[0].number
    assert outcome.bad[0].problem.startswith("type: missing")


def test_bad_events_are_counted_and_left_out(fewer):
    """Without being strict, what cannot be read is counted, the first of it named, in order."""
    lines = [b"{}" if n % 3 == 0 else chat("hello", f"c{n}") for n in range(90)]
    recording = [Recorded(0, n, None, None, line) for n, line in enumerate(lines, 1)]

    outcome = run(recording, making(fewer, None), workers=2)

    assert (30, 60) == (outcome.tally.unreadable, outcome.tally.messages)
    assert [1 + 3 * n for n in range(20)] == [bad.number for bad in outcome.bad]


def test_span_looks_at_log_time(fewer):
    """From the start to just before the end; what lies outside is counted."""
    recording = [Recorded(0, n, None, None, chat("hi", f"c{n}", minute=n)) for n in range(10)]
    at = int(START.timestamp() * 1000)

    span = Span(at + 2 * 60_000, at + 5 * 60_000)
    tally = run(recording, making(fewer, None, span), workers=1).tally

    assert (3, 7) == (tally.messages, tally.outside)
    assert (at + 2 * 60_000, at + 4 * 60_000) == (tally.first, tally.last)


def test_time_and_channel_of_the_log_win(fewer):
    """What Kafka says of an event counts before what the event says of itself."""
    recorded = Recorded(0, 1, 1_000_000_000_000, "emails", chat("thanks"))

    outcome = run([recorded], making(fewer, None), workers=1)

    (example,) = outcome.tally.samples.of("en.active_intent.some", ["alert"])
    assert ("emails", datetime(2001, 9, 9, 1, 46, 40, tzinfo=UTC)) == (
        example.channel, example.received,
    )  # fmt: skip


def test_stretches_have_memories_of_their_own(fewer):
    """A conversation in two partitions is two, as it is for the workers that hold them."""
    recording = [Recorded(part, 1, 0, "chat", chat("thanks")) for part in (0, 1, 0)]

    tally = run(recording, making(fewer, None), workers=2).tally

    assert 2 == tally.sides[NEW].cases[Tier.ELEVATED, 0]


def test_worker_that_dies_ends_the_run():
    """A process killed under way is an error that says so, and no result."""

    def make(_: int) -> Shards:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError

    with pytest.raises(BacktestError, match=r"died \(ended by signal 9\)"):
        run(day(), make, workers=2)


def test_worker_that_fails_says_where_and_not_what():
    """The error names its kind and place; its text, which may hold words, stays out."""

    def make(_: int) -> Shards:
        raise ValueError("I want to die")

    with pytest.raises(BacktestError, match=r"ValueError at test_backtest\.py:\d+") as caught:
        run(day(), make, workers=1)
    assert "want" not in str(caught.value)


def test_pack_that_fails_is_told(fewer):
    """Events that make a pack fail are counted for that pack alone."""
    broken = dataclasses.replace(fewer, lexicon=None)  # type: ignore[arg-type]

    tally = run(day()[:50], making(broken, fewer), workers=2).tally

    assert (True, 0) == (tally.sides[NEW].failed > 10, tally.sides[BASE].failed)
