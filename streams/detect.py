"""The detect loop: batches from Kafka by librdkafka, delivery before commit, memory by partition.

Offsets are committed only after every alert, signal and dead letter of the batch is acknowledged by
all in-sync replicas. Anything may be killed at any time: what was not committed is read again and
comes to the same ids.
"""

from __future__ import annotations

import threading
import time
from typing import Any, Final

import structlog
from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)

from lifeline.errors import LifelineError
from streams import metrics
from streams.offsets import committed
from streams.rebuild import RebuildPoint, rebuild_from
from streams.settings import Settings
from streams.stage import Output, Record, Stage
from streams.topics import SOURCES

log = structlog.get_logger()

_POLL_S: Final = 0.2  # how long an idle loop waits, so also how soon it sees a stop
_COMMIT_EVERY_S: Final = 1.0
_Place = tuple[str, int]  # topic, partition


class DeliveryError(LifelineError):
    """Kafka did not acknowledge everything a batch had to write. Nothing of it is committed."""

    code = "delivery"
    retriable = True


class DetectLoop:
    """Reads, detects, delivers, commits; until ``stop`` is called from any thread.

    Raises out of :meth:`run` when it cannot go on; then nothing unsettled has been committed, and
    whoever runs it must start it anew.
    """

    def __init__(self, settings: Settings, stage: Stage) -> None:
        self._settings = settings
        self._stage = stage
        self._stopping = threading.Event()
        self._positions: dict[_Place, int] = {}  # next offset to settle
        self._live_from: dict[_Place, int] = {}  # offsets below were settled before
        self._rebuild: dict[_Place, RebuildPoint] = {}
        self._dirty: set[_Place] = set()
        self._committed_at = 0.0
        self._failed: list[str] = []
        self._producer = Producer(_producer_config(settings), logger=_Quiet())
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
            rest = self._consumer.consume(self._settings.batch - 1, timeout=0)
            wrote = self._handle([first, *rest])
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
            record = self._record(message)
            place = (record.topic, record.partition)
            self._rebuild[place].note(record.offset, record.timestamp)
            if record.offset < self._live_from[place]:
                self._stage.remember(record)
                metrics.REBUILT.labels(record.topic).inc()
                continue
            self._note_gap(record, settled.get(place, self._positions.get(place)))
            outcome, due = self._stage.process(record)
            counts[record.topic, outcome] = counts.get((record.topic, outcome), 0) + 1
            if due:
                outputs.extend(due)
                alerted.extend(record.timestamp for output in due if output.topic == "alerts")
            settled[place] = record.offset + 1
        if outputs:
            self._deliver(outputs)
            now = time.time() * 1000
            for timestamp in alerted:
                metrics.DELAY.observe(max(0.0, now - timestamp) / 1000)
        # Only now: were an offset noted before delivery, leaving the group after a failed one would
        # commit it, and its alert would be lost.
        self._positions.update(settled)
        self._dirty.update(settled)
        for (topic, result), count in counts.items():
            metrics.EVENTS.labels(topic, result).inc(count)
        return bool(outputs)

    def _record(self, message: Message) -> Record:
        topic = (message.topic() or "").removeprefix(self._settings.topic_prefix)
        return Record(
            topic,
            _number(message.partition()),
            _number(message.offset()),
            message.timestamp()[1],
            _bytes(message.key()),
            _bytes(message.value()),
        )

    def _note_gap(self, record: Record, due: int | None) -> None:
        """Say so when Kafka deleted events before they were read (retention too short)."""
        if due is None or record.offset <= due:
            return
        # Offsets also skip where an upstream transaction ended; what was deleted lies below `low`.
        partition = TopicPartition(self._settings.topic(record.topic), record.partition)
        low, _ = self._consumer.get_watermark_offsets(partition, timeout=10)
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

    def _deliver(self, outputs: list[Output]) -> None:
        self._failed.clear()
        for output in outputs:
            topic = self._settings.topic(output.topic)
            while True:
                try:
                    self._producer.produce(
                        topic,
                        output.value,
                        output.key,
                        headers=list(output.headers),
                        on_delivery=self._delivered,
                    )
                    break
                except BufferError:  # the queue is full: let some of it go
                    self._producer.poll(0.1)
        left = self._producer.flush(self._settings.delivery_timeout_s + 5)
        if left or self._failed:
            reasons = ", ".join(sorted(set(self._failed))) or "no answer in time"
            raise DeliveryError(
                f"{left + len(self._failed)} of {len(outputs)} records were not acknowledged "
                f"({reasons}); nothing is committed, the events will be read again"
            )
        for output in outputs:
            metrics.RECORDS.labels(output.topic).inc()
            if output.topic == "dead-letters":
                reason = dict(output.headers)["lifeline-reason"].decode()
                metrics.DEAD_LETTERS.labels(reason).inc()

    def _delivered(self, error: KafkaError | None, _: Message) -> None:
        if error is not None:
            self._failed.append(error.name())

    def _commit(self, *, wait: bool, places: set[_Place] | None = None) -> None:
        chosen = self._dirty if places is None else self._dirty & places
        offsets = [
            TopicPartition(
                self._settings.topic(topic),
                partition,
                self._positions[topic, partition],
                metadata=self._rebuild[topic, partition].metadata(),
            )
            for topic, partition in sorted(chosen)
        ]
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
            # Harmless: the events are read again and come to the same ids.
            log.warning("commit_failed", error=error.args[0].name())

    def _committed(self, error: KafkaError | None, partitions: list[TopicPartition]) -> None:
        """Try again later what Kafka did not take (a rebalance under way, for one)."""
        failed = [p for p in partitions if error is not None or p.error is not None]
        for partition in failed:
            place = self._place(partition)
            if place in self._positions:
                self._dirty.add(place)
        if failed:
            reason = error or failed[0].error
            log.warning("commit_failed", error=reason.name() if reason else "", count=len(failed))

    def _assigned(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        found = committed(consumer, partitions) if partitions else []
        reading: dict[str, str] = {}
        for partition in found:
            place = self._place(partition)
            self._stage.add_partition(*place)
            self._rebuild[place] = RebuildPoint(2 * self._stage.window_ms)
            live = max(partition.offset, 0)
            self._live_from[place] = live
            if partition.offset < 0:
                self._positions.pop(place, None)
                partition.offset = OFFSET_BEGINNING
            else:
                self._positions[place] = live
                partition.offset = rebuild_from(partition.metadata, live)
            reading[f"{place[0]}/{place[1]}"] = f"{max(partition.offset, 0)}, live from {live}"
        log.info("partitions_assigned", count=len(reading), reading_from=reading)
        consumer.incremental_assign(found)

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
            self._positions.pop(place, None)
            self._live_from.pop(place, None)
            self._rebuild.pop(place, None)
        log.info(event, count=len(partitions))

    def _place(self, partition: TopicPartition) -> _Place:
        return partition.topic.removeprefix(self._settings.topic_prefix), partition.partition


class _Quiet:
    """librdkafka's own log lines, as structured ones at the level of debug."""

    def log(self, level: int, message: str, *args: Any) -> None:
        log.debug("librdkafka", level=level, message=message % args if args else message)


def _check(error: KafkaError) -> None:
    """Errors that librdkafka does not settle by itself end the loop; others are logged."""
    if error.fatal() or error.code() in _HOPELESS:
        raise KafkaException(error)
    log.warning("kafka_error", error=error.name())


_HOPELESS: Final = {
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
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
        "allow.auto.create.topics": False,
    }
    if settings.instance_id:
        config["group.instance.id"] = settings.instance_id
    return config


def _producer_config(settings: Settings) -> dict[str, Any]:
    return {
        "bootstrap.servers": settings.brokers,
        "enable.idempotence": True,
        "acks": "all",
        "linger.ms": 0,
        "message.timeout.ms": int(settings.delivery_timeout_s * 1000),
        # A dead letter carries its event whole, with headers.
        "message.max.bytes": 4 * 1024 * 1024,
    }
