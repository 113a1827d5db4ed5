"""Tells the topic of customers that one is to be forgotten."""

from __future__ import annotations

from typing import Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from lifeline.errors import LifelineError
from streams.settings import Settings
from streams.topics import DAY_MS, TOPICS, partition_counts

TOPIC: Final = "customers"
_SECONDS: Final = 10.0


class TombstoneError(LifelineError):
    """Kafka has not acknowledged the tombstone."""

    code = "tombstone"
    retriable = True


def send(settings: Settings, customer_id: str) -> None:
    """Write a record without a value under the customer's id, and wait for its acknowledgement.

    It goes to every partition: who wrote the profile may choose partitions in another way than this
    client, and compaction drops a record only for a tombstone in its own partition.
    Raises :class:`TombstoneError`, or ``TopicsError`` when Kafka does not answer.
    """
    topic = settings.topic(TOPIC)
    count = partition_counts(settings).get(topic, 0)
    if not count:
        raise TombstoneError(
            f"there is no topic {topic}: make it, or give --store-only", place=topic
        )
    failed: list[str] = []

    def delivered(error: KafkaError | None, _: Message) -> None:
        if error is not None:
            failed.append(error.name())

    producer = Producer(
        {
            "bootstrap.servers": settings.brokers,
            "enable.idempotence": True,
            "acks": "all",
            "message.timeout.ms": int(_SECONDS * 1000),
            "log_level": 0,
        }
    )
    try:
        for partition in range(count):
            producer.produce(
                topic, None, customer_id.encode(), partition=partition, on_delivery=delivered
            )
        left = producer.flush(_SECONDS + 5)
    except KafkaException as error:
        failed.append(error.args[0].name())
        left = 0
    if left or failed:
        reasons = ", ".join(sorted(set(failed))) or "no answer in time"
        raise TombstoneError(f"{topic} did not take the tombstone ({reasons})", place=topic)


def copies(settings: Settings) -> list[str]:
    """Which topics may hold copies of what customers said, and for how long, as they are made."""
    lines = []
    for topic in TOPICS:
        if topic.name == TOPIC:
            kept = "until compaction, which the tombstone asks for"
        elif "compact" in topic.config.get("cleanup.policy", ""):
            kept = "the latest of each key for good"
        else:
            days = int(topic.config["retention.ms"]) // DAY_MS
            kept = f"{days} days"
        lines.append(f"{settings.topic(topic.name)} ({kept})")
    return lines
