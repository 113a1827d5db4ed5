"""The consumer of the detect loop: its settings, its log, and which of its errors pass."""

from __future__ import annotations

from typing import Any, Final

import structlog
from confluent_kafka import KafkaError, KafkaException

from streams.offsets import PASSING
from streams.settings import Settings

log = structlog.get_logger()


class Quiet:
    """librdkafka's own log lines, as structured ones at the level of debug."""

    def log(self, level: int, message: str, *args: Any) -> None:
        """Take one line."""
        log.debug("librdkafka", level=level, message=message % args if args else message)


def check_error(error: KafkaError) -> None:
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


def consumer_config(settings: Settings, name: str) -> dict[str, Any]:
    """The settings of the consumer; ``name`` is shown to whoever asks Kafka for the group."""
    config: dict[str, Any] = {
        "bootstrap.servers": settings.brokers,
        "group.id": settings.group,
        "client.id": name,
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
