"""Which worker runs which pack: from the group's members and what their commits say.

Workers need not be asked, so this also tells of one that hangs, and works from anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from confluent_kafka import Consumer, KafkaException, TopicPartition

from lifeline.errors import LifelineError
from streams.notes import Reader, read_note
from streams.offsets import committed, patiently
from streams.settings import Settings
from streams.topics import SOURCES, TopicsError, admin, partition_counts

_Place = tuple[str, int]  # full topic name, partition


@dataclass(frozen=True, slots=True)
class Worker:
    """A member of the group. ``reader`` is what it last said of itself, None before it has."""

    name: str
    host: str
    instance_id: str | None
    partitions: tuple[_Place, ...]
    reader: Reader | None


@dataclass(frozen=True, slots=True)
class Fleet:
    """All workers of a group, and what is wrong with them, a line each."""

    group: str
    workers: tuple[Worker, ...]
    problems: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The same for other programs."""
        return {
            "group": self.group,
            "workers": [_worker_as_json(worker) for worker in self.workers],
            "problems": list(self.problems),
        }


def fleet(settings: Settings) -> Fleet:
    """The workers as Kafka knows them now. Raises :class:`TopicsError` without a Kafka."""
    counts = partition_counts(settings)
    names = [settings.topic(name) for name in SOURCES]
    missing = [name for name in names if name not in counts]
    if missing:
        raise TopicsError(f"no topic {missing[0]!r}; `lifeline topics create` makes it")
    places = [(name, number) for name in names for number in range(counts[name])]
    try:
        members = _members(settings)
        readers = _readers(settings, places)
    except KafkaException as error:
        raise LifelineError(f"Kafka at {settings.brokers}: {error.args[0].str()}") from None
    workers = tuple(_worker(member, readers) for member in members)
    return Fleet(settings.group, workers, tuple(problems_of(workers, places, readers)))


def problems_of(
    workers: tuple[Worker, ...], places: list[_Place], readers: dict[_Place, Reader | None]
) -> list[str]:
    """What is wrong, a line each; empty when all workers are alike and well."""
    if not workers:
        return ["no worker is running: nobody reads" + _left_behind(readers)]
    problems = []
    owned = {place for worker in workers for place in worker.partitions}
    if unread := [place for place in places if place not in owned]:
        problems.append(f"nobody reads {_listed(unread)}")
    if silent := [place for place in places if readers.get(place) is None]:
        problems.append(f"no worker ever committed on {_listed(silent)}")
    for worker in workers:
        if worker.partitions and worker.reader is None:
            problems.append(f"{worker.name} has not yet said by which pack it reads")
        if worker.reader and worker.reader.refused:
            problems.append(
                f"{worker.name} refused the pack in its folder ({worker.reader.refused}); its log "
                "says why, and `lifeline rules check` shows it"
            )
    rules = sorted({worker.reader.rules for worker in workers if worker.reader})
    if len(rules) > 1:
        problems.append(f"the workers do not all read by the same rules: {', '.join(rules)}")
    return problems


def _left_behind(readers: dict[_Place, Reader | None]) -> str:
    last = sorted({reader.rules for reader in readers.values() if reader})
    return f"; what was read last was read by {', '.join(last)}" if last else ""


def _listed(places: list[_Place]) -> str:
    by_topic: dict[str, list[str]] = {}
    for topic, number in places:
        by_topic.setdefault(topic, []).append(str(number))
    return ", ".join(f"{topic} {'/'.join(numbers)}" for topic, numbers in by_topic.items())


def _members(settings: Settings) -> list[Any]:
    client = admin(settings)  # kept by name: answers die with the client that asked

    def ask() -> Any:
        groups = client.describe_consumer_groups([settings.group], request_timeout=10)
        return groups[settings.group].result()

    return sorted(patiently(ask).members, key=lambda member: str(member.client_id))


def _readers(settings: Settings, places: list[_Place]) -> dict[_Place, Reader | None]:
    """By what each partition was read last, None where nobody said."""
    config = {"bootstrap.servers": settings.brokers, "group.id": settings.group, "log_level": 0}
    consumer = Consumer(config)  # asks only, and does not join
    try:
        found = committed(consumer, [TopicPartition(*place) for place in places])
    finally:
        consumer.close()
    notes = {(p.topic, p.partition): read_note(p.metadata) for p in found}
    return {place: note.reader if note else None for place, note in notes.items()}


def _worker(member: Any, readers: dict[_Place, Reader | None]) -> Worker:
    places = tuple(sorted((p.topic, p.partition) for p in member.assignment.topic_partitions))
    said = [reader for place in places if (reader := readers.get(place))]
    # What another worker committed before these partitions came here says nothing of this one.
    own = [reader for reader in said if reader.worker == member.client_id]
    newest = max(own, key=lambda reader: reader.since, default=None)
    return Worker(
        member.client_id, member.host.lstrip("/"), member.group_instance_id, places, newest
    )


def _worker_as_json(worker: Worker) -> dict[str, Any]:
    reader = worker.reader
    pack, _, gate = reader.rules.partition("/") if reader else ("", "", "")
    said = {
        "pack": reader.pack,
        "version": reader.version,
        "hash": pack,
        "gate": gate,
        "since": datetime.fromtimestamp(reader.since, UTC).isoformat(),
        "refused": reader.refused or None,
    } if reader else None  # fmt: skip
    return {
        "worker": worker.name,
        "host": worker.host,
        "instance_id": worker.instance_id,
        "partitions": [f"{topic}/{number}" for topic, number in worker.partitions],
        "rules": said,
    }
