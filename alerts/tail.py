"""`lifeline tail`: the crisis team's queue, live in a terminal."""

from __future__ import annotations

import sys
import time
from collections import OrderedDict
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec
from rich.console import Console

from alerts.consumer import AlertConsumer
from alerts.contract import Alert, envelope
from alerts.interrupt import interruptible
from alerts.view import is_pending, render

_SILENT_S: Final = 5.0  # without a connection, before it is said


def tail(brokers: str, topic: str, *, from_beginning: bool, as_json: bool, **options: Any) -> None:
    """Show alerts as they come, until Ctrl-C.

    Raises :class:`LookupError` where there is no such topic, :class:`OSError` without a Kafka.
    """
    console = Console(highlight=False)
    with (
        interruptible() as pressed,
        AlertConsumer(brokers, topic=topic, from_beginning=from_beginning, **options) as consumer,
    ):
        if not as_json:
            console.print(f"waiting for alerts on {topic} — Ctrl-C ends", style="dim")
        connected = time.monotonic()  # when it last was
        last = LastShown()
        lost = False
        while not pressed.is_set():
            for alert in consumer.poll():
                if as_json:
                    sys.stdout.buffer.write(msgspec.json.encode(envelope(alert)) + b"\n")
                    sys.stdout.buffer.flush()
                else:
                    show(console, alert, last, now=datetime.now().astimezone())
            if consumer.connected:
                connected = time.monotonic()
            if lost != (time.monotonic() - connected > _SILENT_S):
                lost = not lost
                _say_connection(lost=lost)


class Shown(NamedTuple):
    """Of one case, the record shown last and the last that held what is known of the customer."""

    last: Alert | None = None
    known: Alert | None = None


class LastShown:
    """What was shown of each case, for as many cases as a desk may follow."""

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self._shown: OrderedDict[str, Shown] = OrderedDict()

    def take(self, alert: Alert) -> Shown:
        """What was shown before this record, which is shown now."""
        before = self._shown.pop(alert.case_id, Shown())
        if before.last is not None and before.last.revision > alert.revision:
            self._shown[alert.case_id] = before
            return Shown()  # it comes late, and stands for itself
        known = before.known if is_pending(alert) else alert
        self._shown[alert.case_id] = Shown(alert, known)
        if len(self._shown) > self._most:
            self._shown.popitem(last=False)
        return before


def show(console: Console, alert: Alert, last: LastShown, *, now: datetime) -> None:
    """Print one alert: wrapped on a terminal, whole lines elsewhere, the hits visible on both."""
    colours = console.is_terminal and console.color_system is not None
    before = last.take(alert)
    block = render(
        alert,
        now=now,
        before=before.last,
        known=before.known,
        marks=not colours,
        wrap=console.is_terminal,
    )
    console.print(block, soft_wrap=not console.is_terminal)


def _say_connection(*, lost: bool) -> None:
    """Silence must not look like peace."""
    at = f"{datetime.now().astimezone():%H:%M:%S}"
    said = "NO CONNECTION to Kafka: alerts may be missing" if lost else "connected to Kafka again"
    Console(stderr=True).print(f"{at} {said}", style="bold red" if lost else "bold")
