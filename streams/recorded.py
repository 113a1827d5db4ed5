"""Recorded events in log order: from a file, or from Kafka without a group and without a commit."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, BinaryIO, Final, NamedTuple

from confluent_kafka import (
    TIMESTAMP_LOG_APPEND_TIME,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)

from lifeline.errors import LifelineError
from streams.offsets import PASSING, patiently, watermarks
from streams.settings import Settings

_CHUNK: Final = 1 << 20
_BATCH: Final = 2000
_SILENT_S: Final = 60.0  # without a record or an end, before reading is given up


class RecordingError(LifelineError):
    """The recording cannot be read to its end."""

    code = "recording"
    retriable = True


class Recorded(NamedTuple):
    """One event as recorded: bytes, the time the log took it, and its channel, where known.

    ``part`` is the stretch of the recording that has an order of its own (a partition; 0 in a
    file), ``number`` its place there: the line from 1, or the offset. Without ``received``
    (milliseconds since 1970) the event's own time counts.
    """

    part: int
    number: int
    received: int | None
    channel: str | None
    value: bytes


class FileRecording:
    """Conversation events as JSON Lines. ``total`` events is None for what cannot be read twice."""

    parts = 1

    def __init__(self, file: BinaryIO) -> None:
        self.name = "standard input" if file.name == "<stdin>" else str(file.name)
        self.total = _count_lines(file)
        self._file = file

    def __iter__(self) -> Iterator[Recorded]:
        for number, line in enumerate(self._file, 1):
            if line.strip():
                yield Recorded(0, number, None, None, line)


def _count_lines(file: BinaryIO) -> int | None:
    if not file.seekable():
        return None
    count = sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(_CHUNK), b""))
    file.seek(0)
    return count


class KafkaRecording:
    """All that the topics hold now, of every partition; what arrives later is left out.

    With ``since`` it starts at the first record that the log took then or later. Raises
    :class:`RecordingError` when Kafka does not answer, or a topic is not there.
    """

    def __init__(self, settings: Settings, topics: Sequence[str], since: datetime | None) -> None:
        self.name = f"{', '.join(map(settings.topic, topics))} at {settings.brokers}"
        self._settings = settings
        self._consumer = Consumer(
            {
                "bootstrap.servers": settings.brokers,
                # The library asks for a name; without subscribing or committing no group is made.
                "group.id": f"lifeline-backtest-{uuid.uuid4().hex}",
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "enable.partition.eof": True,
                "auto.offset.reset": "earliest",
                "allow.auto.create.topics": False,
                "fetch.queue.backoff.ms": 10,
                "log_level": 0,
            }
        )
        try:
            places = [place for topic in topics for place in self._partitions(topic)]
            self._start = self._starts(places, since)
            self._ends = [watermarks(self._consumer, place)[1] for place in places]
        except KafkaException as error:
            self._consumer.close()
            raise RecordingError(
                f"Kafka at {settings.brokers} does not answer ({error.args[0].name()}); "
                "check LIFELINE_BROKERS"
            ) from None
        except RecordingError:
            self._consumer.close()
            raise
        self.parts = len(places)
        pairs = zip(self._start, self._ends, strict=True)
        self.total: int | None = sum(max(0, end - place.offset) for place, end in pairs)

    def __iter__(self) -> Iterator[Recorded]:
        """Read to the ends there were at the start. Raises :class:`RecordingError` if it cannot."""
        parts = {(place.topic, place.partition): at for at, place in enumerate(self._start)}
        unread = {at for at, place in enumerate(self._start) if place.offset < self._ends[at]}
        self._consumer.assign([self._start[at] for at in sorted(unread)])
        heard = time.monotonic()
        while unread:
            messages = self._consumer.consume(_BATCH, timeout=1.0)
            if messages:
                heard = time.monotonic()
            elif time.monotonic() - heard > _SILENT_S:
                raise RecordingError(f"Kafka at {self._settings.brokers} no longer answers")
            for message in messages:
                if _is_record(message):
                    part = parts[message.topic() or "", _number(message.partition())]
                    offset = _number(message.offset())
                    if offset < self._ends[part]:
                        yield self._recorded(message, part, offset)
                    if offset >= self._ends[part] - 1:
                        unread.discard(part)
                elif _is_end(message):
                    unread.discard(parts[message.topic() or "", _number(message.partition())])

    def close(self) -> None:
        """Leave Kafka."""
        self._consumer.close()

    def _recorded(self, message: Message, part: int, number: int) -> Recorded:
        kind, received = message.timestamp()
        if kind != TIMESTAMP_LOG_APPEND_TIME:  # as the worker does with a sender's clock
            received = max(0, min(received, int(time.time() * 1000)))
        value: Any = message.value()
        channel = (message.topic() or "").removeprefix(self._settings.topic_prefix)
        return Recorded(part, number, received, channel, value or b"")

    def _partitions(self, topic: str) -> list[TopicPartition]:
        name = self._settings.topic(topic)
        found = patiently(lambda: self._consumer.list_topics(name, timeout=10), timeout=10)
        count = len(found.topics[name].partitions)
        if not count:
            raise RecordingError(f"{name}: there is no such topic at {self._settings.brokers}")
        return [TopicPartition(name, number) for number in range(count)]

    def _starts(self, places: list[TopicPartition], since: datetime | None) -> list[TopicPartition]:
        """Where to begin in each partition; at its end where nothing was logged since."""
        if since is not None:
            at = int(since.timestamp() * 1000)
            asked = [TopicPartition(place.topic, place.partition, at) for place in places]
            found = patiently(
                lambda: self._consumer.offsets_for_times(asked, timeout=10), timeout=10
            )
            offsets = {(place.topic, place.partition): place.offset for place in found}
        starts = []
        for place in places:
            low, high = watermarks(self._consumer, place)
            offset = low if since is None else offsets[place.topic, place.partition]
            starts.append(
                TopicPartition(place.topic, place.partition, high if offset < 0 else offset)
            )
        return starts


def _is_record(message: Message) -> bool:
    """Whether this is a record: no error that passes, nor the end of a partition.

    Raises :class:`RecordingError` for an error that does not pass.
    """
    error = message.error()
    if error is not None and not _is_end(message) and error.code() not in PASSING:
        raise RecordingError(f"{message.topic()}: cannot be read ({error.name()})")
    return error is None


def _is_end(message: Message) -> bool:
    error = message.error()
    return error is not None and error.code() == KafkaError._PARTITION_EOF  # noqa: SLF001 - public


def _number(value: int | None) -> int:
    return -1 if value is None else value
