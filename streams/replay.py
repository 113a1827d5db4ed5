"""`lifeline replay`: conversation events from a file to Kafka, at a given rate, with progress."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, TypeVar

import click
from confluent_kafka import KafkaError, Message, Producer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from lifeline.errors import EventError
from lifeline.events import CHANNEL_OF, decode
from lifeline.scan import BadLineError
from streams.delivery import DeliveryError
from streams.settings import Settings
from streams.topics import partition_counts

_T = TypeVar("_T")


class Replay:
    """Sends events to the topics of their channels, keyed by conversation; counts what is acked."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._failed = 0
        self.acknowledged = 0
        # Reports and ends go where their conversation is.
        self._channels: dict[str, str] = {}
        self._producer = Producer(
            {
                "bootstrap.servers": settings.brokers,
                "enable.idempotence": True,
                "linger.ms": 5,
                "message.timeout.ms": int(settings.delivery_timeout_s * 1000),
                "log_level": 0,
            }
        )

    def send(self, line: bytes) -> None:
        """Send one event, its bytes unchanged. Raises :class:`EventError` where it is none."""
        event = decode(line)
        conversation = event.conversation_id
        channel = CHANNEL_OF.get(type(event)) or self._channels.get(conversation, "chat")
        self._channels[conversation] = channel
        self.put(channel, conversation.encode(), line)

    def put(self, topic: str, key: bytes, value: bytes) -> None:
        """Send one record of any topic, given without the prefix."""
        while True:
            try:
                self._producer.produce(
                    self._settings.topic(topic), value, key, on_delivery=self._delivered
                )
                break
            except BufferError:
                self._producer.poll(0.1)
        self._producer.poll(0)

    def finish(self) -> None:
        """Wait until all is acknowledged. Raises :class:`DeliveryError` where something is not."""
        left = self._producer.flush(self._settings.delivery_timeout_s + 5)
        if left or self._failed:
            raise DeliveryError(
                f"{left + self._failed} events were not acknowledged by Kafka at "
                f"{self._settings.brokers}; is it up, and are the topics there "
                "(`lifeline topics check`)?"
            )

    def _delivered(self, error: KafkaError | None, _: Message) -> None:
        if error is None:
            self.acknowledged += 1
        else:
            self._failed += 1


def replay_file(
    settings: Settings, file: BinaryIO, *, rate: float | None, skip_bad: bool
) -> tuple[int, int]:
    """Send every event of a file; how many were acknowledged and how many lines skipped."""
    partition_counts(settings)  # says so at once when there is no Kafka
    replay = Replay(settings)
    skipped = 0
    total = _count_lines(file)
    columns = (TextColumn("replaying"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("", total=total)
        for number, line in enumerate(paced(file, rate), 1):
            progress.advance(task)
            if not line.strip():
                continue
            try:
                replay.send(line.rstrip(b"\r\n"))
            except EventError as error:
                bad = BadLineError(number, error)
                if not skip_bad:
                    replay.finish()
                    raise bad from None
                skipped += 1
                click.echo(f"{bad}; skipped", err=True)
        replay.finish()
    return replay.acknowledged, skipped


def paced(lines: Iterable[_T], rate: float | None) -> Iterator[_T]:
    """The lines, each when it is due."""
    start = time.monotonic()
    for number, line in enumerate(lines):
        if rate is not None:
            wait = start + number / rate - time.monotonic()
            if wait > 0:
                time.sleep(wait)
        yield line


def _count_lines(file: Any) -> int | None:
    """How many lines a file has; None for what cannot be read twice."""
    if not file.seekable():
        return None
    count = sum(1 for _ in file)
    file.seek(0)
    return count
