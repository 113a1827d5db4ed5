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
from alerts.tail import show
from lifeline.events import CallSegment, ChatMessage, EmailMessage, encode
from streams.day import Invented, in_order, invented_day
from streams.offsets import lag
from streams.replay import Replay, paced
from streams.settings import load_settings
from streams.topics import TOPICS

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
    console.print(
        f"[bold]Lifeline demo[/bold]: {len(day)} invented conversations, five languages, three "
        f"channels. Embedded broker at {settings.brokers}; nothing here is real."
    )
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "worker.log")
        with _worker(settings, log) as worker:
            if not _wait_for_group(settings, worker):
                console.print("[red]the worker did not start[/red]; its last lines:")
                console.print(log.read_text(encoding="utf-8")[-2000:], markup=False)
                return 1
            return _watch(console, settings, day, _RATE * speed, worker, pressed)


@contextmanager
def _worker(settings: Settings, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A worker in a process of its own, stopped in order at the end."""
    environment = {
        **os.environ,
        "LIFELINE_BROKERS": settings.brokers,
        "LIFELINE_TOPIC_PREFIX": settings.topic_prefix,
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


def _wait_for_group(settings: Settings, worker: subprocess.Popen[bytes]) -> bool:
    """Send a harmless event to each source and wait until the worker has committed it."""
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
    replay.finish()
    return _wait_until_read(settings, _START_S, worker)


def _wait_until_read(settings: Settings, timeout: float, worker: subprocess.Popen[bytes]) -> bool:
    """Wait until the worker has committed everything its topics hold."""
    consumer = Consumer(
        {"bootstrap.servers": settings.brokers, "group.id": settings.group, "log_level": 0}
    )
    try:
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline and worker.poll() is None:
            if lag(consumer, settings) == 0:
                return True
            time.sleep(0.2)
    finally:
        consumer.close()
    return False


def _watch(
    console: Console,
    settings: Settings,
    day: list[Invented],
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
            replay = Replay(settings)
            for line in paced(in_order(day), rate):
                if stop.is_set():
                    return
                replay.send(line)
            replay.finish()
            if not _wait_until_read(settings, _DRAIN_S, worker):
                failure.append(TimeoutError("the worker did not read everything in time"))
        except BaseException as error:  # noqa: BLE001 - shown by the main thread
            failure.append(error)
        finally:
            settled.set()

    shown: list[tuple[Alert, float]] = []
    watched: list[Alert] = []
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
                    show(console, alert, now=alert.times.said + (now - alert.times.received))
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
    delays = sorted(delay * 1000 for _, delay in shown)
    if delays:
        console.print(
            f"from said to alerted: median {_share(delays, 0.5):.0f} ms, "
            f"99 % within {_share(delays, 0.99):.0f} ms, worst {delays[-1]:.0f} ms"
        )
    console.print(_table("alerts by language and channel", day, alerted))
    _expected(console, day, alerted, on_watchlist)


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
