"""`lifeline tail`: the crisis team's queue, live in a terminal."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Any

import msgspec
from rich.console import Console

from alerts.consumer import AlertConsumer
from alerts.contract import envelope
from alerts.view import render


def tail(brokers: str, topic: str, *, from_beginning: bool, as_json: bool, **options: Any) -> None:
    """Show alerts as they come, for ever.

    Raises :class:`LookupError` where there is no such topic, :class:`OSError` without a Kafka.
    """
    console = Console(highlight=False)
    with AlertConsumer(brokers, topic=topic, from_beginning=from_beginning, **options) as consumer:
        if not as_json:
            console.print(f"waiting for alerts on {topic} — Ctrl-C ends", style="dim")
        for alert in consumer:
            if as_json:
                sys.stdout.buffer.write(msgspec.json.encode(envelope(alert)) + b"\n")
                sys.stdout.buffer.flush()
            else:
                console.print(render(alert, now=datetime.now(UTC)), soft_wrap=True)
