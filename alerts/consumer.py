"""The consumer library for crisis teams' own systems: kafka-python, at least once, each alert once.

    with AlertConsumer("localhost:9092", group_id="desk") as consumer:
        for alert in consumer:
            save(alert)          # make it safe first
            consumer.commit()    # then say so

After a crash the alerts since the last commit come again; where that matters, key your store by
``alert_id``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Self

import msgspec
import structlog
from kafka import KafkaConsumer, TopicPartition
from kafka.structs import OffsetAndMetadata

from alerts.cases import CaseBook
from alerts.contract import Alert, decode_alert

ALERTS = "lifeline.alerts"


class AlertConsumer:
    """Reads the alerts topic; yields each alert id once and keeps the picture of each case.

    Without a ``group_id`` nothing is committed: reading starts at the end, or at the beginning with
    ``from_beginning``. With one, it goes on after the last commit. A record that is no alert is
    handed to ``on_unreadable`` (topic, partition, offset), by default logged as an error.
    ``options`` go to ``kafka.KafkaConsumer`` (security settings, for one).
    """

    def __init__(
        self,
        bootstrap_servers: str,
        *,
        topic: str = ALERTS,
        group_id: str | None = None,
        from_beginning: bool = False,
        on_unreadable: Callable[[str, int, int], None] | None = None,
        **options: Any,
    ) -> None:
        self.cases = CaseBook()
        self._handed_out: dict[TopicPartition, OffsetAndMetadata] = {}
        self._on_unreadable = on_unreadable or _log_unreadable
        self._grouped = group_id is not None
        self._consumer = KafkaConsumer(
            bootstrap_servers=bootstrap_servers,
            group_id=group_id,
            enable_auto_commit=False,
            auto_offset_reset="earliest" if group_id or from_beginning else "latest",
            **options,
        )
        if group_id:
            self._consumer.subscribe([topic])
        else:
            self._assign_all(topic)

    def _assign_all(self, topic: str) -> None:
        partitions = self._consumer.partitions_for_topic(topic)
        if not partitions:
            self._consumer.close()
            raise LookupError(
                f"no topic {topic!r} at this Kafka; `lifeline topics create` makes it"
            )
        self._consumer.assign([TopicPartition(topic, p) for p in sorted(partitions)])
        for partition in self._consumer.assignment():
            self._consumer.position(partition)  # settles where reading starts, before it does

    def poll(self, timeout: float = 1.0) -> list[Alert]:
        """New alerts, in the order of their partitions, after at most ``timeout`` seconds."""
        return list(self._fresh(timeout))

    @property
    def connected(self) -> bool:
        """Whether Kafka can be reached now; while it cannot, silence says nothing."""
        metrics: dict[str, float] = self._consumer.metrics()["consumer-metrics"]
        return metrics.get("connection-count", 0) > 0

    def __iter__(self) -> Iterator[Alert]:
        """New alerts, for ever."""
        while True:
            yield from self._fresh(1.0)

    def commit(self) -> None:
        """Say that all alerts handed out so far are safe; not those that are still to come."""
        held = self._consumer.assignment()
        self._handed_out = {at: offset for at, offset in self._handed_out.items() if at in held}
        if self._grouped and self._handed_out:
            self._consumer.commit(self._handed_out)

    def _fresh(self, timeout: float) -> Iterator[Alert]:
        for partition, records in self._consumer.poll(timeout_ms=int(timeout * 1000)).items():
            for record in records:
                self._handed_out[partition] = OffsetAndMetadata(record.offset + 1, "", -1)
                try:
                    alert = decode_alert(record.value or b"").data
                except msgspec.DecodeError:
                    self._on_unreadable(record.topic, record.partition, record.offset)
                    continue
                if self.cases.take(alert):
                    yield alert

    def close(self) -> None:
        """Leave the group, without committing."""
        self._consumer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _log_unreadable(topic: str, partition: int, offset: int) -> None:
    structlog.get_logger().error(
        "unreadable_alert", topic=topic, partition=partition, offset=offset
    )
