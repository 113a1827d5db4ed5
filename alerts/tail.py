"""`lifeline tail`: the crisis team's queue, live in a terminal."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Any

import msgspec
from rich.console import Console

from alerts.consumer import AlertConsumer
from alerts.contract import Alert, envelope
from alerts.view import render


def tail(brokers: str, topic: str, *, from_beginning: bool, as_json: bool, **options: Any) -> None:
    """Show alerts as they come, for ever.

    Raises :class:`LookupError` where there is no such topic, :class:`OSError` without a Kafka.
    """
    console = Console(highlight=False)
    with AlertConsumer(brokers, topic=topic, from_beginning=from_beginning, **options) as consumer:
        if not as_json:
            console.print(f"waiting for alerts on {topic} — Ctrl-C ends", style="dim")
        connected = True
        while True:
            for alert in consumer.poll():
                if as_json:
                    sys.stdout.buffer.write(msgspec.json.encode(envelope(alert)) + b"\n")
                    sys.stdout.buffer.flush()
                else:
                    show(console, alert, now=datetime.now().astimezone())
            if consumer.connected != connected:
                connected = not connected
                _say_connection(connected=connected)


def show(console: Console, alert: Alert, *, now: datetime) -> None:
    """Print one alert: wrapped on a terminal, whole lines elsewhere, the hits visible on both."""
    colours = console.is_terminal and console.color_system is not None
    block = render(alert, now=now, marks=not colours, wrap=console.is_terminal)
    console.print(block, soft_wrap=not console.is_terminal)


def _say_connection(*, connected: bool) -> None:
    """Silence must not look like peace."""
    at = f"{datetime.now().astimezone():%H:%M:%S}"
    said = "connected to Kafka again" if connected else "NO CONNECTION to Kafka: alerts are missing"
    Console(stderr=True).print(f"{at} {said}", style="bold" if connected else "bold red")
