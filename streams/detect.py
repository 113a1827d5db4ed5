"""The detect loop: batches from Kafka by librdkafka, delivery before commit, memory by partition.

Offsets are committed only after every alert, signal and dead letter of the batch is acknowledged by
all in-sync replicas. Anything may be killed at any time: what was not committed is read again and
comes to the same ids.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any, Final

import structlog
from confluent_kafka import (
    OFFSET_BEGINNING,
    TIMESTAMP_LOG_APPEND_TIME,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)

from streams import metrics
from streams.delivery import Delivery
from streams.offsets import PASSING, committed, watermarks
from streams.rebuild import RebuildPoint, Resume, resume
from streams.settings import Settings
from streams.stage import Output, Record, Stage
from streams.topics import SOURCES

log = structlog.get_logger()

_POLL_S: Final = 0.2  # how long an idle loop waits, so also how soon it sees a stop
_COMMIT_EVERY_S: Final = 1.0
_ASK_EVERY_S: Final = 10.0  # most often a partition's gaps are looked into
_Place = tuple[str, int]  # topic without the prefix, partition


@dataclass(slots=True)
class _Held:
    """What the loop keeps of a partition it holds. Offsets are those of its next records."""

    settled: int | None  # everything below is settled; None before anything was
    live_from: int  # what lies below only rebuilds the memory
    known_to: int  # what lies below was settled before, and its dead letters are written
    rebuild: RebuildPoint
    asked_at: float = 0.0


class DetectLoop:
    """Reads, detects, delivers, commits; until ``stop`` is called from any thread.

    Raises out of :meth:`run` when it cannot go on; then nothing unsettled has been committed, and
    whoever runs it must start it anew.
    """

    def __init__(self, settings: Settings, stage: Stage) -> None:
        self._settings = settings
        self._stage = stage
        self._rules = f"{stage.pack.hash[:16]}/{settings.gate}"  # what a commit was made under
        self._stopping = threading.Event()
        self._held: dict[_Place, _Held] = {}
        self._dirty: set[_Place] = set()
        self._committed_at = 0.0
        self._delivery = Delivery(settings, _Quiet())
        self._consumer = Consumer(
            {**_consumer_config(settings), "on_commit": self._committed}, logger=_Quiet()
        )

    def stop(self) -> None:
        """Finish the batch in hand, commit, leave the group, and return from :meth:`run`."""
        self._stopping.set()

    def run(self) -> None:
        """The loop. Returns after :meth:`stop`."""
        topics = [self._settings.topic(name) for name in SOURCES]
        self._consumer.subscribe(
            topics, on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._lost
        )
        log.info("detect_started", topics=topics, group=self._settings.group)
        try:
            while not self._stopping.is_set():
                self._turn()
            self._commit(wait=True)
        finally:
            self._consumer.close()
        log.info("detect_stopped")

    def _turn(self) -> None:
        first = self._consumer.poll(_POLL_S)
        if first is not None:
            place = self._place(first)
            held = self._held.get(place)
            # A rebalance may happen in here; a message of a partition that left with it is its
            # next holder's, and one that came back starts with its rebuild.
            messages = self._consumer.consume(self._settings.batch - 1, timeout=0)
            if self._held.get(place) is held:
                messages.insert(0, first)
            wrote = self._handle(messages)
            # An alert is in Kafka by now. Committing at once keeps what a crash repeats small.
            if wrote or time.monotonic() - self._committed_at > _COMMIT_EVERY_S:
                self._commit(wait=False)
        elif self._dirty:
            self._commit(wait=False)

    def _handle(self, messages: list[Message]) -> bool:
        """Settle a batch; whether anything was written."""
        outputs: list[Output] = []
        alerted: list[int] = []
        counts: dict[tuple[str, str], int] = {}
        settled: dict[_Place, int] = {}
        for message in messages:
            error = message.error()
            if error is not None:
                _check(error)
                continue
            record = _record(message, self._place(message))
            place = (record.topic, record.partition)
            held = self._held[place]
            held.rebuild.note(record.offset, record.timestamp)
            if record.offset < held.live_from:
                self._stage.remember(record)
                metrics.REBUILT.labels(record.topic).inc()
                continue
            self._note_gap(record, held, settled.get(place, held.settled))
            outcome, due = self._stage.process(record)
            settled[place] = record.offset + 1
            if record.offset < held.known_to:  # read anew under other rules
                due = [output for output in due if output.topic != "dead-letters"]
            else:
                counts[record.topic, outcome] = counts.get((record.topic, outcome), 0) + 1
            outputs.extend(due)
            alerted.extend(record.timestamp for output in due if output.topic == "alerts")
        if outputs:
            self._delivery.deliver(outputs)
            now = time.time() * 1000
            for timestamp in alerted:
                metrics.DELAY.observe(max(0.0, now - timestamp) / 1000)
        # Only now: were an offset noted before delivery, leaving the group after a failed one would
        # commit it, and its alert would be lost.
        for place, offset in settled.items():
            self._held[place].settled = offset
        self._dirty.update(settled)
        for (topic, result), count in counts.items():
            metrics.EVENTS.labels(topic, result).inc(count)
        return bool(outputs)

    def _note_gap(self, record: Record, held: _Held, due: int | None) -> None:
        """Say so when Kafka deleted events before they were read (retention too short)."""
        now = time.monotonic()
        if (
            due is None
            or record.offset <= max(due, held.known_to)
            or now - held.asked_at < _ASK_EVERY_S
        ):
            return
        held.asked_at = now
        # Offsets also skip where an upstream transaction ended; what was deleted lies below `low`.
        low, _ = watermarks(self._consumer, self._partition(record.topic, record.partition))
        if low > due:
            metrics.EXPIRED.labels(record.topic).inc(low - due)
            log.error(
                "events_expired_unread",
                topic=record.topic,
                partition=record.partition,
                first=due,
                count=low - due,
                help="raise the topic's retention.ms; these events were never read",
            )

    def _commit(self, *, wait: bool, places: set[_Place] | None = None) -> None:
        chosen = self._dirty if places is None else self._dirty & places
        offsets = []
        for topic, partition in sorted(chosen):
            held = self._held[topic, partition]
            name = self._settings.topic(topic)
            metadata = held.rebuild.metadata(self._rules)
            offsets.append(TopicPartition(name, partition, held.settled or 0, metadata=metadata))
        self._committed_at = time.monotonic()
        if not offsets:
            return
        self._dirty -= {*chosen}
        metrics.CONVERSATIONS.set(sum(len(c) for c in self._stage.partitions.values()))
        metrics.FORGOTTEN.set(sum(c.forgotten_for_memory for c in self._stage.partitions.values()))
        try:
            if wait:
                self._consumer.commit(offsets=offsets, asynchronous=False)
            else:
                self._consumer.commit(offsets=offsets, asynchronous=True)
        except KafkaException as error:
            self._committed(error.args[0], offsets)

    def _committed(self, error: KafkaError | None, partitions: list[TopicPartition]) -> None:
        """Try again later what Kafka did not take (a rebalance under way, for one)."""
        failed = [p for p in partitions if error is not None or p.error is not None]
        for partition in failed:
            place = self._place(partition)
            if place in self._held:
                self._dirty.add(place)
        if failed:
            reason = error or failed[0].error
            # Harmless: what is read again comes to the same ids.
            log.warning("commit_failed", error=reason.name() if reason else "", count=len(failed))

    def _assigned(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        found = committed(consumer, partitions) if partitions else []
        reading: dict[str, str] = {}
        for partition in found:
            place = self._place(partition)
            found_at = self._resume(partition)
            self._stage.add_partition(*place)
            self._held[place] = _Held(
                settled=found_at.live if partition.offset >= 0 else None,
                live_from=found_at.live,
                known_to=max(partition.offset, 0),
                rebuild=RebuildPoint(self._stage.window_ms),
            )
            reading[f"{place[0]}/{place[1]}"] = f"{found_at.start}, live from {found_at.live}"
            partition.offset = found_at.start if partition.offset >= 0 else OFFSET_BEGINNING
        log.info("partitions_assigned", count=len(reading), reading_from=reading)
        consumer.incremental_assign(found)

    def _resume(self, partition: TopicPartition) -> Resume:
        """Where to read a partition on, given its commit (an offset below 0: there is none)."""
        if partition.offset < 0:
            return Resume(0, 0)
        _, high = watermarks(self._consumer, partition)
        if partition.offset > high:
            # The log lost its end (an unclean election, a restored cluster). What comes now below
            # the commit is new, so all of it is read.
            log.error(
                "log_shorter_than_committed",
                topic=partition.topic,
                partition=partition.partition,
                committed=partition.offset,
                end=high,
            )
            partition.offset = -1
            return Resume(0, 0)
        return resume(partition.metadata, partition.offset, self._rules)

    def _revoked(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        # Called between batches, so everything read is settled.
        self._commit(wait=True, places={self._place(p) for p in partitions})
        self._drop(partitions, "partitions_revoked")
        consumer.incremental_unassign(partitions)

    def _lost(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._drop(partitions, "partitions_lost")
        consumer.incremental_unassign(partitions)

    def _drop(self, partitions: list[TopicPartition], event: str) -> None:
        for partition in partitions:
            place = self._place(partition)
            self._stage.drop_partition(*place)
            self._dirty.discard(place)
            self._held.pop(place, None)
        log.info(event, count=len(partitions))

    def _place(self, at: TopicPartition | Message) -> _Place:
        topic = at.topic if isinstance(at, TopicPartition) else at.topic() or ""
        partition = at.partition if isinstance(at, TopicPartition) else at.partition()
        return topic.removeprefix(self._settings.topic_prefix), _number(partition)

    def _partition(self, topic: str, partition: int) -> TopicPartition:
        return TopicPartition(self._settings.topic(topic), partition)


def _record(message: Message, place: _Place) -> Record:
    kind, timestamp = message.timestamp()
    if kind != TIMESTAMP_LOG_APPEND_TIME:  # a sender's clock: one that is ahead would age all else
        timestamp = max(0, min(timestamp, int(time.time() * 1000)))
    key, value = _bytes(message.key()), _bytes(message.value())
    return Record(*place, _number(message.offset()), timestamp, key, value)


class _Quiet:
    """librdkafka's own log lines, as structured ones at the level of debug."""

    def log(self, level: int, message: str, *args: Any) -> None:
        log.debug("librdkafka", level=level, message=message % args if args else message)


def _check(error: KafkaError) -> None:
    """Errors that pass are logged; any other means that something is not read, and ends the loop.

    librdkafka 2.16 hands over as plain errors what never gets better: another worker with the same
    instance id, a refused session timeout, a batch it cannot decompress.
    """
    if error.fatal() or error.code() not in _PASSING:
        raise KafkaException(error)
    log.warning("kafka_error", error=error.name())


_PASSING: Final = PASSING | {
    KafkaError._ALL_BROKERS_DOWN,  # noqa: SLF001 - its public name
    KafkaError._MAX_POLL_EXCEEDED,  # noqa: SLF001
    KafkaError.REBALANCE_IN_PROGRESS,
    KafkaError.UNKNOWN_MEMBER_ID,
    KafkaError.ILLEGAL_GENERATION,
}


def _number(value: int | None) -> int:
    return -1 if value is None else value


def _bytes(value: str | bytes | None) -> bytes | None:
    return value.encode() if isinstance(value, str) else value


def _consumer_config(settings: Settings) -> dict[str, Any]:
    config: dict[str, Any] = {
        "bootstrap.servers": settings.brokers,
        "group.id": settings.group,
        "enable.auto.commit": False,
        "auto.offset.reset": "earliest",
        # Partitions that stay with a worker are not paused when others move.
        "partition.assignment.strategy": "cooperative-sticky",
        "session.timeout.ms": int(settings.session_timeout_s * 1000),
        "heartbeat.interval.ms": max(300, int(settings.session_timeout_s * 1000 / 4)),
        # After a full queue librdkafka waits this long before fetching on; its 1 s halves the rate.
        "fetch.queue.backoff.ms": 10,
        "fetch.wait.max.ms": 100,
        # So soon a partition added to a topic is read.
        "topic.metadata.refresh.interval.ms": 10_000,
        # Waiting for a delivery must not cost the partitions.
        "max.poll.interval.ms": int(settings.delivery_timeout_s * 1000) + 300_000,
        "allow.auto.create.topics": False,
    }
    if settings.instance_id:
        config["group.instance.id"] = settings.instance_id
    return config
