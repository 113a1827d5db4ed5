"""The detect loop: batches from Kafka by librdkafka, delivery before commit, memory by partition.

Offsets are committed only after every alert, signal and dead letter of the batch is acknowledged by
all in-sync replicas. Anything may be killed at any time: what was not committed is read again and
comes to the same ids.
"""

from __future__ import annotations

import gc
import os
import socket
import threading
import time
from dataclasses import dataclass
from typing import Final

import msgspec
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

from lifeline.rules.pack import Pack
from streams import metrics
from streams.client import Quiet, check_error, consumer_config
from streams.delivery import Delivery
from streams.notes import CommitNote, Reach, Reader, read_note
from streams.offsets import committed, watermarks
from streams.rebuild import RebuildPoint, Resume, resume
from streams.records import Output, Record
from streams.reload import RulesWatcher
from streams.settings import Settings
from streams.stage import Stage
from streams.topics import SOURCES

log = structlog.get_logger()

_POLL_S: Final = 0.2  # how long an idle loop waits, so also how soon it sees a stop
_COMMIT_EVERY_S: Final = 1.0
_ASK_EVERY_S: Final = 10.0  # most often a partition's gaps are looked into
_Place = tuple[str, int]  # topic without the prefix, partition


@dataclass(slots=True)
class _Held:
    """What the loop keeps of a partition it holds. Offsets are those of its next records."""

    settled: int  # everything below is settled
    live_from: int  # what lies below only rebuilds the memory
    window_from: int  # the last window before `live_from`
    rules_from: int  # what lies below was settled by other rules than those in force
    known_to: int  # what lies below was settled before, and its dead letters are written
    rebuild: RebuildPoint
    asked_at: float = 0.0


class DetectLoop:
    """Reads, detects, delivers, commits; until ``stop`` is called from any thread.

    Raises out of :meth:`run` when it cannot go on; then nothing unsettled has been committed, and
    whoever runs it must start it anew.
    """

    def __init__(self, settings: Settings, stage: Stage, watcher: RulesWatcher) -> None:
        self._settings = settings
        self._stage = stage
        self._watcher = watcher
        self._name = settings.instance_id or f"{socket.gethostname()}-{os.getpid()}"
        self._reader = self._reads_by(stage.pack)
        self._stopping = threading.Event()
        self._done = threading.Event()  # set while there is nothing to wait for
        self._done.set()
        self._held: dict[_Place, _Held] = {}
        self._dirty: set[_Place] = set()
        self._committed_at = 0.0
        self._delivery = Delivery(settings, Quiet())
        self._consumer = Consumer(
            {**consumer_config(settings, self._name), "on_commit": self._committed}, logger=Quiet()
        )

    def stop(self) -> None:
        """Finish the batch in hand, commit, leave the group, and return from :meth:`run`."""
        self._stopping.set()

    def finish(self) -> None:
        """The same, and wait until it is done."""
        self.stop()
        self._done.wait()

    def run(self) -> None:
        """The loop. Returns after :meth:`stop`."""
        topics = [self._settings.topic(name) for name in SOURCES]
        self._done.clear()
        self._consumer.subscribe(
            topics, on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._lost
        )
        log.info("detect_started", topics=topics, group=self._settings.group)
        self._watcher.start()
        try:
            while not self._stopping.is_set():
                self._follow_rules()
                self._turn()
            self._commit(wait=True)
        finally:
            self._watcher.stop()
            self._consumer.close()
            self._done.set()
        log.info("detect_stopped")

    def _follow_rules(self) -> None:
        """Between two batches: take a new pack, and let the commits tell of any change."""
        pack = self._watcher.take()
        if pack is not None:
            self._put_in_force(pack)
        elif self._reader.refused == self._watcher.refused:
            return
        self._reader = msgspec.structs.replace(self._reader, refused=self._watcher.refused)
        self._dirty.update(self._held)

    def _put_in_force(self, pack: Pack) -> None:
        before = self._stage.pack
        self._stage.swap(pack)
        self._reader = self._reads_by(pack)
        for held in self._held.values():
            held.rules_from = held.settled
            # Where memory is still being rebuilt, the new rules must not meet silently what nobody
            # was told of: the last window is read anew, as at a start under new rules.
            held.live_from = min(held.live_from, held.window_from)
        metrics.pack_in_force(pack, before)
        names = {"pack": pack.name, "version": pack.version, "hash": pack.hash}
        log.info("rules_swapped", **names, before=before.hash)
        del before  # without cycles: its hundreds of thousands of objects are freed here and now
        gc.freeze()  # so that the collector does not walk the new ones (see settle_memory)

    def _reads_by(self, pack: Pack) -> Reader:
        rules = f"{pack.hash[:16]}/{self._settings.gate}"
        return Reader(
            worker=self._name, rules=rules, pack=pack.name, version=pack.version,
            since=int(time.time()),
        )  # fmt: skip

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
                check_error(error)
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

    def _note_gap(self, record: Record, held: _Held, due: int) -> None:
        """Say so when Kafka deleted events before they were read (retention too short)."""
        now = time.monotonic()
        if record.offset <= max(due, held.known_to) or now - held.asked_at < _ASK_EVERY_S:
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
            reach = held.rebuild.reach()
            note = CommitNote(
                rebuild_from=reach.start,
                window_from=reach.window,
                rules_from=held.rules_from,
                reader=self._reader,
            )
            place = TopicPartition(name, partition, held.settled, metadata=note.encode())
            offsets.append(place)
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
                settled=found_at.live,
                live_from=found_at.live,
                window_from=found_at.reach.window,
                rules_from=found_at.rules_from,
                known_to=max(partition.offset, 0),
                rebuild=RebuildPoint(self._stage.window_ms, found_at.reach),
            )
            start = found_at.reach.start
            reading[f"{place[0]}/{place[1]}"] = f"{start}, live from {found_at.live}"
            partition.offset = start if partition.offset >= 0 else OFFSET_BEGINNING
            self._dirty.add(place)  # so that who reads it, and by what, is known even while idle
        log.info("partitions_assigned", count=len(reading), reading_from=reading)
        consumer.incremental_assign(found)

    def _resume(self, partition: TopicPartition) -> Resume:
        """Where to read a partition on, given its commit (an offset below 0: there is none)."""
        low, high = watermarks(self._consumer, partition)
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
        if partition.offset < 0:
            return Resume(Reach(low, low), low, low)
        return resume(read_note(partition.metadata), partition.offset, self._reader.rules)

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


def _number(value: int | None) -> int:
    return -1 if value is None else value


def _bytes(value: str | bytes | None) -> bytes | None:
    return value.encode() if isinstance(value, str) else value
