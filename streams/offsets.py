"""How far a group has come: committed offsets, and what lies beyond them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from streams.settings import Settings
from streams.topics import SOURCES

_T = TypeVar("_T")

# While Kafka settles who leads a partition or coordinates a group; librdkafka 2.16 does not call
# these retriable.
PASSING: Final = {
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError._WAIT_COORD,  # noqa: SLF001 - its public name
    KafkaError._TRANSPORT,  # noqa: SLF001
    KafkaError._TIMED_OUT,  # noqa: SLF001
}


def patiently(ask: Callable[[], _T], *, timeout: float = 30) -> _T:
    """Ask Kafka again while it is settling, for at most about ``timeout`` seconds.

    Raises :class:`KafkaException` when it refuses, or when time runs out.
    """
    deadline = time.monotonic() + timeout
    while True:
        try:
            return ask()
        except KafkaException as error:
            if error.args[0].code() not in PASSING or time.monotonic() > deadline:
                raise
        time.sleep(0.1)


def committed(consumer: Consumer, partitions: list[TopicPartition]) -> list[TopicPartition]:
    """The group's committed offsets; below 0 where there is none.

    Raises :class:`KafkaException` when Kafka refuses, or does not answer in half a minute.
    """

    def ask() -> list[TopicPartition]:
        found = consumer.committed(partitions, timeout=10)
        for partition in found:
            if partition.error is not None:
                raise KafkaException(partition.error)
        return found

    return patiently(ask)


def lag(consumer: Consumer, settings: Settings, topics: tuple[str, ...] = SOURCES) -> int:
    """How many records of the topics the consumer's group has not committed."""
    behind = 0
    for name in topics:
        topic = settings.topic(name)
        count = len(consumer.list_topics(topic, timeout=10).topics[topic].partitions)
        for place in committed(consumer, [TopicPartition(topic, n) for n in range(count)]):
            low, high = watermarks(consumer, place)
            behind += high - max(place.offset, low)
    return behind


def watermarks(consumer: Consumer, place: TopicPartition) -> tuple[int, int]:
    """The first offset a partition holds, and the one its next record will get."""
    return patiently(lambda: consumer.get_watermark_offsets(place, timeout=10))
