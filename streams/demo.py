"""`lifeline demo`: embedded broker, worker and the crisis team's tail over an invented day."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from confluent_kafka import Consumer, Producer
from rich.console import Console
from rich.table import Table

from alerts.consumer import AlertConsumer
from alerts.contract import Alert
from alerts.interrupt import interruptible
from alerts.tail import LastShown, show
from alerts.view import is_pending
from lifeline.events import CallSegment, ChatMessage, EmailMessage, encode
from streams.day import Invented, invented_day
from streams.offsets import lag
from streams.people import Happening, happenings, together
from streams.replay import Replay, paced
from streams.settings import load_settings
from streams.topics import SOURCES, TOPICS, TRIAGED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streams.settings import Settings

_RATE: Final = 50.0  # events a second at speed 1
_START_S: Final = 60  # most the worker may take to start
_DRAIN_S: Final = 60  # most it may take to read the rest
# The embedded broker speaks only old protocol versions, and kafka-python cannot tell (3.0).
# It also keeps a fetch waiting for as long as it may, whatever has come meanwhile.
_EMBEDDED: Final[dict[str, Any]] = {"api_version": (0, 11), "fetch_max_wait_ms": 20}


def run(*, speed: float, rules: Path | None) -> int:
    """Run the demo; the exit status."""
    console = Console(highlight=False)
    try:
        with interruptible() as pressed:
            return _run(console, pressed, speed=speed, rules=rules)
    except KeyboardInterrupt:
        console.print("\nended by Ctrl-C; nothing is left running", style="dim")
        return 130


def _run(console: Console, pressed: threading.Event, *, speed: float, rules: Path | None) -> int:
    day = invented_day()
    # librdkafka's mock cluster: in this process, in memory, gone when it ends.
    broker = Producer({"test.mock.num.brokers": 1, "log_level": 0})
    address = next(iter(broker.list_topics(timeout=10).brokers.values()))
    settings = load_settings(brokers=f"{address.host}:{address.port}", rules=rules)
    for topic in TOPICS:
        broker.list_topics(settings.topic(topic.name), timeout=10)  # asking makes it
    people = list(happenings())
    counts = Counter(each.topic for each in people)
    console.print(
        f"[bold]Lifeline demo[/bold]: {len(day)} invented conversations, five languages, three "
        f"channels; {counts['customers']} customers with {counts['orders']} orders. Embedded "
        f"broker at {settings.brokers}; nothing here is real."
    )
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "worker.log")
        with _worker(settings, folder, log) as worker:
            if not _wait_for_group(settings, people, worker):
                console.print("[red]the worker did not start[/red]; its last lines:")
                console.print(log.read_text(encoding="utf-8")[-2000:], markup=False)
                return 1
            return _watch(console, settings, day, people, _RATE * speed, worker, pressed)


@contextmanager
def _worker(settings: Settings, folder: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A worker in a process of its own, stopped in order at the end."""
    environment = {
        **os.environ,
        "LIFELINE_BROKERS": settings.brokers,
        "LIFELINE_TOPIC_PREFIX": settings.topic_prefix,
        "LIFELINE_STORE": str(Path(folder, "lifeline.db")),
        "LIFELINE_UPDATE_INTERVAL_S": "1",
        "LIFELINE_SESSION_TIMEOUT_S": "6",
        "LIFELINE_LOG_FORMAT": "json",
    }
    if settings.rules:
        environment["LIFELINE_RULES"] = str(settings.rules)
    with log.open("wb") as output:
        worker = subprocess.Popen(
            [sys.executable, "-m", "streams.cli", "worker"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C is ours to pass on
        )
        try:
            yield worker
        finally:
            worker.terminate()
            try:
                worker.wait(30)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()


def _wait_for_group(
    settings: Settings, people: list[Happening], worker: subprocess.Popen[bytes]
) -> bool:
    """Send a harmless event to each source and all profiles, and wait until they are read."""
    replay = Replay(settings)
    common: dict[str, Any] = {
        "conversation_id": "warm-up",
        "message_id": "1",
        "sent_at": datetime.now(UTC),
        "speaker": "system",
        "text": "",
    }
    for event in (
        ChatMessage(**common),
        CallSegment(**common, segment_id="1", is_final=True, start_ms=0, end_ms=0),
        EmailMessage(**common, subject=""),
    ):
        replay.send(encode(event))
    for each in people:
        if each.at is None:
            replay.put(each.topic, each.key, each.value)
    replay.finish()
    return _wait_until_read(settings, _START_S, worker)


def _wait_until_read(settings: Settings, timeout: float, worker: subprocess.Popen[bytes]) -> bool:
    """Wait until the worker has committed everything its topics hold, detect's before triage's."""
    deadline = time.monotonic() + timeout
    for group, topics in ((settings.group, SOURCES), (settings.triage_group, TRIAGED)):
        consumer = Consumer(
            {"bootstrap.servers": settings.brokers, "group.id": group, "log_level": 0}
        )
        try:
            while lag(consumer, settings, topics) > 0:
                if time.monotonic() > deadline or worker.poll() is not None:
                    return False
                time.sleep(0.2)
        finally:
            consumer.close()
    return True


def _watch(
    console: Console,
    settings: Settings,
    day: list[Invented],
    people: list[Happening],
    rate: float,
    worker: subprocess.Popen[bytes],
    pressed: threading.Event,
) -> int:
    """Replay the day, show alerts as they come, then the summary."""
    started = time.monotonic()
    settled = threading.Event()
    failure: list[BaseException] = []
    stop = threading.Event()

    def send() -> None:
        try:
            _send(settings, paced(together(day, people), rate), stop)
            if not stop.is_set() and not _wait_until_read(settings, _DRAIN_S, worker):
                failure.append(TimeoutError("the worker did not read everything in time"))
        except BaseException as error:  # noqa: BLE001 - shown by the main thread
            failure.append(error)
        finally:
            settled.set()

    shown: list[tuple[Alert, float]] = []
    watched: list[Alert] = []
    last = LastShown()
    with (
        _reader(settings, "alerts") as alerts,
        _reader(settings, "watchlist") as watchlist,
    ):
        sender = threading.Thread(target=send, daemon=True)
        sender.start()
        try:
            quiet = 0
            while quiet < 3:  # noqa: PLR2004 - a last look after everything was read
                if pressed.is_set():
                    raise KeyboardInterrupt
                was_settled = settled.is_set()
                fresh = alerts.poll(0.2)
                for alert in fresh:
                    now = datetime.now(UTC)
                    delay = (now - alert.times.received).total_seconds()
                    shown.append((alert, delay))
                    # As if the invented day were today.
                    as_if = alert.times.said + (now - alert.times.received)
                    show(console, alert, last, now=as_if)
                watched += watchlist.poll(0)
                quiet = quiet + 1 if was_settled and not fresh else 0
        finally:
            stop.set()
            sender.join(10)
    if failure:
        console.print(f"[red]the demo failed[/red]: {failure[0]}")
        return 1
    _summary(console, day, shown, watched, time.monotonic() - started)
    return 0


def _send(settings: Settings, happening: Iterable[Happening], stop: threading.Event) -> None:
    """Send what happens until it is over, or until ``stop``."""
    replay = Replay(settings)
    for each in happening:
        if stop.is_set():
            return
        if each.topic:
            replay.put(each.topic, each.key, each.value)
        else:
            replay.send(each.value)
    replay.finish()


def _reader(settings: Settings, topic: str) -> AlertConsumer:
    return AlertConsumer(
        settings.brokers, topic=settings.topic(topic), from_beginning=True, **_EMBEDDED
    )


def _summary(
    console: Console,
    day: list[Invented],
    shown: list[tuple[Alert, float]],
    watched: list[Alert],
    seconds: float,
) -> None:
    alerted: dict[str, Alert] = {}
    for alert, _ in shown:
        known = alerted.get(alert.case_id)
        if known is None or alert.revision > known.revision:
            alerted[alert.case_id] = alert
    on_watchlist = {alert.case_id for alert in watched} - alerted.keys()
    console.rule("summary")
    events = sum(len(c.events) for c in day)
    console.print(f"{len(day)} conversations read ({events:,} events) in {seconds:.0f} s")
    tiers = Counter(alert.tier for alert in alerted.values())
    listed = ", ".join(f"{tiers[tier]} {tier}" for tier in ("imminent", "elevated") if tiers[tier])
    console.print(
        f"{len(alerted)} cases alerted ({listed or 'none'}), "
        f"{len(on_watchlist)} more on the watchlist"
    )
    _delays(console, shown)
    _put_together(console, shown)
    console.print(_table("alerts by language and channel", day, alerted))
    _expected(console, day, alerted, on_watchlist)


def _delays(console: Console, shown: list[tuple[Alert, float]]) -> None:
    """How long the first record of what was said took, and the one with the customer on it."""
    said = {alert.times.received: delay for alert, delay in shown if is_pending(alert)}
    completed: dict[datetime, float] = {}
    for alert, delay in shown:
        if not is_pending(alert) and alert.times.received in said:
            completed.setdefault(alert.times.received, delay)
    for what, found in (("alerted", said), ("completed", completed)):
        delays = sorted(delay * 1000 for delay in found.values())
        if delays:
            console.print(
                f"from said to {what}: median {_share(delays, 0.5):.0f} ms, "
                f"99 % within {_share(delays, 0.99):.0f} ms, worst {delays[-1]:.0f} ms"
            )
    console.print("  (this embedded broker wakes triage late; Kafka does in milliseconds)")


def _put_together(console: Console, shown: list[tuple[Alert, float]]) -> None:
    """What no single message showed."""
    triaged = [alert for alert, _ in shown if not is_pending(alert)]
    said = {alert.case_id for alert, _ in shown if is_pending(alert)}
    told = (
        ("opened by weak signs of several conversations", {
            a.case_id for a in triaged if a.kind == "opened" and a.case_id not in said
        }),
        ("raised by what is known of the customer", {
            a.case_id for a in triaged if a.kind == "escalated"
        }),
        ("with means that can still be cancelled", {
            a.case_id for a in triaged if any(o.means and o.cancellable for o in a.orders)
        }),
        ("asked by several people at once", {a.case_id for a in triaged if a.also_asked}),
    )  # fmt: skip
    for what, cases in told:
        console.print(
            f"  {len(cases):3} {what}" + (f": {', '.join(sorted(cases))}" if cases else "")
        )


def _share(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, int(len(values) * share))]


def _table(title: str, day: list[Invented], alerted: dict[str, Alert]) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("language")
    channels = ("chat", "calls", "emails")
    for channel in channels:
        table.add_column(channel, justify="right")
    for language in sorted({c.language for c in day}):
        counts = Counter(c.channel for c in day if c.language == language and c.id in alerted)
        table.add_row(language, *(str(counts[channel]) for channel in channels))
    return table


def _expected(
    console: Console, day: list[Invented], alerted: Iterable[str], on_watchlist: set[str]
) -> None:
    """How it compares with what each conversation was written to be."""
    console.print("what the conversations were written to be, and what they came to:")
    alerted = set(alerted)
    for kind in ("imminent", "elevated", "watch", "tricky", "ordinary"):
        of_kind = [c.id for c in day if c.kind == kind]
        high, low = len(alerted & {*of_kind}), len(on_watchlist & {*of_kind})
        nothing = len(of_kind) - high - low
        console.print(
            f"  {kind:9} {len(of_kind):4}: {high:3} alerted, {low:3} on the watchlist, "
            f"{nothing:3} nothing"
        )
