from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lifeline.events import AgentReport, CallSegment, ChatMessage, ConversationEnded, encode
from lifeline.taxonomy import Tier
from streams.notes import CommitNote, Reach, Reader, read_note
from streams.rebuild import FALLBACK_RECORDS, RebuildPoint, resume
from streams.records import Record
from streams.stage import Stage

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


def reader(rules: str = "rules") -> Reader:
    """Name a worker that reads by these rules."""
    return Reader(worker="host-1", rules=rules, pack="invented", version="1.2.3", since=1_800_000)


def note(reach: Reach, rules: str = "rules", rules_from: int = 0) -> CommitNote:
    """Give the note of a commit, as it comes back from Kafka."""
    made = CommitNote(
        rebuild_from=reach.start,
        window_from=reach.window,
        rules_from=rules_from,
        reader=reader(rules),
    )
    found = read_note(made.encode())
    assert made == found
    return made


def noted_in(log: list[Record], rules_from: int = 0) -> CommitNote:
    """Give the note of a commit behind these records."""
    point = RebuildPoint(WINDOW, Reach(0, 0))
    for record in log:
        point.note(record.offset, record.timestamp)
    return note(point.reach(), rules_from=rules_from)


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
    start = resume(noted_in(log[:split]), split, "rules").reach.start

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
        restarted = new_stage()
        for record in log[resume(noted_in(log[:split]), split, "rules").reach.start : split]:
            restarted.remember(record)

        uninterrupted = outputs(new_stage(), log)

        assert [o for o in uninterrupted if o[0] >= split] == outputs(restarted, log[split:])


def test_words_before_a_swap_are_not_mute_after_a_restart(new_stage: Callable[..., Stage]):
    """A rebuild by new rules does not take for reported what only they find and nobody alerted."""
    log = said((0, "I want to die"), (5, "hello"), (10, "I want to die"))
    found = resume(noted_in(log[:2], rules_from=1), 2, "rules")  # swapped behind the first

    restarted = new_stage()
    for record in log[found.reach.start : found.live]:
        restarted.remember(record)
    written = outputs(restarted, log[found.live :])

    assert [(0, "alerts")] == [output[:2] for output in written if output[1] == "alerts"]


def test_swap_longer_ago_than_the_window_rereads_nothing():
    """Once the last window was read by the new rules, a restart goes on where it stopped."""
    log = said((0, "I want to die"), (5, "hello"), (36, "hello"), (36.5, "hello"))

    assert 4 == resume(noted_in(log, rules_from=1), 4, "rules").live
    assert 3 > resume(noted_in(log[:3], rules_from=2), 3, "rules").live


# Where a rebuild starts.


START_OF_LOG = Reach(0, 0)


def noted(*timestamps: int, known: Reach = START_OF_LOG) -> RebuildPoint:
    """A point that has seen these records, one an offset."""
    point = RebuildPoint(WINDOW, known)
    for offset, timestamp in enumerate(timestamps):
        point.note(offset, timestamp)
    return point


def test_before_anything_was_read_the_last_commit_holds():
    """A commit made at once, so that others see who reads, forgets nothing of the last one."""
    assert Reach(5, 7) == noted(known=Reach(5, 7)).reach()


def test_commit_during_a_rebuild_keeps_the_window():
    """What of the log was read so far does not move the window back."""
    assert Reach(0, 7) == noted(START, known=Reach(0, 7)).reach()


def test_short_log_is_read_from_its_start():
    """Within two windows every record matters."""
    assert Reach(0, 0) == noted(START, START + 2 * WINDOW - 1).reach()


@given(st.lists(st.integers(0, 5 * MINUTE), min_size=1, max_size=80))
def test_everything_within_two_windows_is_read_again(gaps: list[int]):
    """The start never lies behind a record that matters, nor far before the first that does."""
    timestamps = [START]
    for gap in gaps:
        timestamps.append(timestamps[-1] + gap)
    point = noted(*timestamps)

    start = resume(note(point.reach()), len(timestamps), "rules").reach.start

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

    assert 199 - 61 <= point.reach().start <= 199 - 60


@pytest.mark.parametrize(
    ("made", "committed", "expected"),
    [
        (note(Reach(5, 7)), 9, ((5, 7), 9, 0)),
        (note(Reach(5, 7), rules_from=7), 9, ((5, 7), 9, 7)),
        (note(Reach(5, 7), rules_from=8), 9, ((5, 7), 7, 7)),
        (note(Reach(12, 13)), 9, ((9, 9), 9, 0)),
        (note(Reach(5, 7), "others"), 9, ((5, 7), 7, 7)),
        (note(Reach(5, 3), "others"), 9, ((5, 5), 5, 5)),
        (note(Reach(12, 13), "others"), 9, ((9, 9), 9, 9)),
        (None, 9, ((0, 0), 9, 0)),
        (None, FALLBACK_RECORDS + 5, ((5, 5), FALLBACK_RECORDS + 5, 5)),
    ],
)
def test_start_is_what_the_commit_says_or_a_count_back(
    made: CommitNote | None, committed: int, expected: object
):
    """Without a note, go back by count; what was read by other rules is read anew."""
    assert expected == resume(made, committed, "rules")
