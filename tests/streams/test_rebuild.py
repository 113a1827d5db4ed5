from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lifeline.events import AgentReport, CallSegment, ChatMessage, ConversationEnded, encode
from lifeline.taxonomy import Tier
from streams.rebuild import FALLBACK_RECORDS, RebuildPoint, resume
from streams.stage import Record, Stage

MINUTE = 60_000
WINDOW = 30 * MINUTE
START = 1_800_000_000_000
LATER = datetime(2027, 1, 1, tzinfo=UTC)

TEXTS = [
    "hello", "I want to die", "how many would kill me", "I just took them all",
    "no point in living", "drinking again", "my wrist", "the blade", "my cat", "goodbye",
    "I want to die in that film", "my wrist and the blade",
]  # fmt: skip
GAPS = [0, 1, 1000, 30_000, 4 * MINUTE, 9 * MINUTE, 16 * MINUTE, 29 * MINUTE, 30 * MINUTE,
        30 * MINUTE + 1, 45 * MINUTE]  # fmt: skip


@st.composite
def logs(draw: st.DrawFn) -> list[Record]:
    """Draw the log of a partition: a few conversations that go on for hours."""
    steps = draw(
        st.lists(
            st.tuples(
                st.sampled_from(GAPS),
                st.sampled_from("aaab"),
                st.sampled_from(["chat"] * 8 + ["revised", "report", "ended", "broken", "again"]),
                st.sampled_from(TEXTS),
                st.integers(0, 2),
            ),
            min_size=2,
            max_size=30,
        )
    )
    records: list[Record] = []
    now = START
    for offset, (gap, conversation, kind, text, late) in enumerate(steps):
        now += gap
        sent = datetime.fromtimestamp(now / 1000, UTC) - timedelta(seconds=20 * late)
        common = {"conversation_id": conversation, "message_id": f"m{offset}", "sent_at": sent}
        if kind == "report":
            value = encode(AgentReport(reason=text, **common))
        elif kind == "ended":
            value = encode(ConversationEnded(**common))
        elif kind == "broken":
            value = b"{" + text.encode()
        elif kind == "again" and records and gap <= 1000:
            value = records[-1].value
        else:
            value = encode(ChatMessage(speaker="customer", text=text, **common))
        records.append(Record("chat", 0, offset, now, conversation.encode(), value))
        if kind == "revised":  # what a recogniser heard so far, and a moment later the whole
            segment = {
                **common, "speaker": "customer", "segment_id": f"s{offset}", "start_ms": 0,
                "end_ms": 9,
            }  # fmt: skip
            part = encode(CallSegment(text=text[: len(text) // 2], is_final=False, **segment))
            whole = encode(CallSegment(text=text, is_final=True, **segment))
            records[-1] = records[-1]._replace(value=part)
            records.append(records[-1]._replace(value=whole))
    return [record._replace(offset=offset) for offset, record in enumerate(records)]


def outputs(stage: Stage, records: list[Record]) -> list[object]:
    """Give what is written, without the two times that tell when."""
    written = []
    for record in records:
        for output in stage.process(record)[1]:
            value: object = output.value
            if output.topic in ("alerts", "watchlist"):
                alert = msgspec.json.decode(output.value or b"")
                for name in ("detected", "emitted"):
                    del alert["data"]["times"][name]
                value = alert
            headers = [header for header in output.headers if header[0] != "lifeline-time"]
            written.append((record.offset, output.topic, output.key, value, headers))
    return written


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(logs(), st.integers(0, 60), st.sampled_from([Tier.WATCH, Tier.ELEVATED, Tier.IMMINENT]))
def test_restart_changes_nothing_that_is_written(
    new_stage: Callable[..., Stage], log: list[Record], split: int, gate: Tier
):
    """A worker that rebuilt its memory writes what one that never stopped would have."""
    split %= len(log)
    uninterrupted = outputs(new_stage(gate), log)
    point = RebuildPoint(WINDOW)
    for record in log[:split]:
        point.note(record.offset, record.timestamp)
    start = resume(point.metadata("rules"), split, "rules").start

    restarted = new_stage(gate, now=LATER)
    for record in log[start:split]:
        restarted.remember(record)
    after = outputs(restarted, log[split:])

    assert [output for output in uninterrupted if output[0] >= split] == after


def said(*at_and_text: tuple[float, str]) -> list[Record]:
    """Log one conversation: at which minute, and what."""
    return [
        Record(
            "chat", 0, offset, START + int(minute * MINUTE), b"a",
            encode(ChatMessage(conversation_id="a", message_id=f"m{offset}", speaker="customer",
                               sent_at=datetime.fromtimestamp(START / 1000 + minute * 60, UTC),
                               text=text)),
        )
        for offset, (minute, text) in enumerate(at_and_text)
    ]  # fmt: skip


def test_chain_of_hits_longer_than_the_rebuild_comes_out_alike(new_stage: Callable[..., Stage]):
    """Hits that follow each other for hours do not carry state from before the rebuild."""
    log = said(*((20.0 * n, "I want to die") for n in range(12)), (232.0, "I want to die"))
    for split in range(1, len(log)):
        point = RebuildPoint(WINDOW)
        for record in log[:split]:
            point.note(record.offset, record.timestamp)
        restarted = new_stage()
        for record in log[resume(point.metadata("rules"), split, "rules").start : split]:
            restarted.remember(record)

        uninterrupted = outputs(new_stage(), log)

        assert [o for o in uninterrupted if o[0] >= split] == outputs(restarted, log[split:])


# Where a rebuild starts.


def noted(*timestamps: int) -> RebuildPoint:
    """A point that has seen these records, one an offset."""
    point = RebuildPoint(WINDOW)
    for offset, timestamp in enumerate(timestamps):
        point.note(offset, timestamp)
    return point


def test_nothing_read_has_no_metadata():
    """A commit before the first record says nothing of a rebuild."""
    assert "" == noted().metadata("v1")


def test_short_log_is_read_from_its_start():
    """Within two windows every record matters."""
    assert "rebuild-from=0 window-from=0 rules=v1" == noted(START, START + 2 * WINDOW - 1).metadata(
        "v1"
    )


@given(st.lists(st.integers(0, 5 * MINUTE), min_size=1, max_size=80))
def test_everything_within_two_windows_is_read_again(gaps: list[int]):
    """The start never lies behind a record that matters, nor far before the first that does."""
    timestamps = [START]
    for gap in gaps:
        timestamps.append(timestamps[-1] + gap)
    point = noted(*timestamps)

    start = resume(point.metadata("v1"), len(timestamps), "v1").start

    horizon = timestamps[-1] - 2 * WINDOW
    needed = next(offset for offset, at in enumerate(timestamps) if at >= horizon)
    assert start <= needed
    assert timestamps[needed] - timestamps[start] <= 5 * MINUTE + 20_000


def test_marks_stay_few():
    """A day of records takes little memory."""
    point = noted(*range(START, START + 24 * 60 * MINUTE, 500))

    assert len(point._marks) <= 2 * WINDOW / 10_000 + 2


def test_one_clock_far_ahead_does_not_pin_the_start():
    """A record stamped far in the future is passed once two windows of others followed it."""
    point = noted(*range(START, START + 10 * MINUTE, MINUTE))
    point.note(10, START + 10_000 * MINUTE)
    for offset in range(11, 200):
        point.note(offset, START + offset * MINUTE)

    assert 199 - 61 <= resume(point.metadata("v1"), 200, "v1").start <= 199 - 60


@pytest.mark.parametrize(
    ("metadata", "committed", "expected"),
    [
        ("rebuild-from=5 window-from=7 rules=v1", 9, (5, 9)),
        ("rebuild-from=12 window-from=13 rules=v1", 9, (9, 9)),
        ("rebuild-from=5 window-from=7 rules=v0", 9, (5, 7)),
        ("rebuild-from=5 window-from=3 rules=v0", 9, (5, 5)),
        ("rebuild-from=12 window-from=13 rules=v0", 9, (9, 9)),
        ("rebuild-from=7", 9, (0, 9)),
        ("rebuild-from= window-from=7 rules=v1", 9, (0, 9)),
        ("rebuild-from=-1 window-from=7 rules=v1", 9, (0, 9)),
        (f"rebuild-from={'9' * 5000} window-from=7 rules=v1", 9, (0, 9)),
        ("someone else's", 9, (0, 9)),
        ("", 9, (0, 9)),
        (None, 9, (0, 9)),
        (None, FALLBACK_RECORDS + 5, (5, FALLBACK_RECORDS + 5)),
    ],
)
def test_start_is_what_the_commit_says_or_a_count_back(
    metadata: str | None, committed: int, expected: tuple[int, int]
):
    """Metadata that is not ours counts as none; under other rules all of it is read anew."""
    assert expected == resume(metadata, committed, "v1")
