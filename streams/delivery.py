"""Delivery: records written and acknowledged by all in-sync replicas, or an error."""

from __future__ import annotations

from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from lifeline.errors import LifelineError
from streams import metrics
from streams.records import Output
from streams.settings import Settings

# A dead letter carries its event whole, with headers; its topic takes as much (streams.topics).
MOST_BYTES: Final = 4 * 1024 * 1024


class DeliveryError(LifelineError):
    """Kafka did not acknowledge everything that had to be written."""

    code = "delivery"
    retriable = True


class Delivery:
    """Writes outputs with an idempotent producer and waits for the acknowledgement of each."""

    def __init__(self, settings: Settings, logger: Any) -> None:
        self._settings = settings
        self._failed: list[str] = []
        self._producer = Producer(
            {
                "bootstrap.servers": settings.brokers,
                "enable.idempotence": True,
                "acks": "all",
                "linger.ms": 0,
                "message.timeout.ms": int(settings.delivery_timeout_s * 1000),
                "message.max.bytes": MOST_BYTES,
            },
            logger=logger,
        )

    def deliver(self, outputs: list[Output]) -> None:
        """Return once all is acknowledged. Raises :class:`DeliveryError` when anything is not."""
        self._failed.clear()
        for output in outputs:
            self._produce(output)
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
            elif output.topic == "shadow":
                for rule in dict(output.headers)["lifeline-rules"].decode().split(","):
                    metrics.SHADOW_HITS.labels(rule).inc()

    def _produce(self, output: Output) -> None:
        while True:
            try:
                self._producer.produce(
                    self._settings.topic(output.topic),
                    output.value,
                    output.key,
                    headers=list(output.headers),
                    on_delivery=self._delivered,
                )
            except BufferError:  # the queue is full: let some of it go
                self._producer.poll(0.1)
            except KafkaException as error:
                self._too_large(output, error)
                return
            else:
                return

    def _too_large(self, output: Output, error: KafkaException) -> None:
        """An event no dead letter can hold: its place is kept, where the source still has it."""
        code = error.args[0].code()
        if code != KafkaError.MSG_SIZE_TOO_LARGE or output.topic != "dead-letters":
            raise DeliveryError(f"{output.topic}: {error.args[0].name()}") from None
        size = str(len(output.value or b"")).encode()
        headers = [*output.headers, ("lifeline-oversize", size)]
        self._produce(output._replace(value=None, key=None, headers=headers))

    def _delivered(self, error: KafkaError | None, _: Message) -> None:
        if error is not None:
            self._failed.append(error.name())
