"""The detect stage without Kafka: a record in, what must be written out.

Each record ends in exactly one outcome: ``read`` (nothing found), ``signal`` or ``dead_letter``.
What rules on trial find goes to ``shadow`` besides, and changes no outcome.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, Protocol

from alerts.build import build_alert, build_shadow, build_signal
from alerts.lifecycle import Step, step_due, take_in
from alerts.wording import TeamLanguage
from lifeline.conversation import Conversations
from lifeline.detector import Detector, Finding
from lifeline.errors import EventError
from lifeline.events import Event, decode
from lifeline.explain import rule_facts
from lifeline.rules.pack import Pack
from lifeline.taxonomy import Tier
from streams.dead_letters import dead_letter
from streams.records import CLOUDEVENT, JSON, Output, Record

Outcome = Literal["read", "signal", "dead_letter"]


class Clock(Protocol):
    """Where the time comes from."""

    def __call__(self) -> datetime:
        """Now, with zone."""


def utc_now() -> datetime:
    """The clock outside tests."""
    return datetime.now(UTC)


@dataclass(slots=True)
class Stage:
    """Detection over the partitions a worker holds; ``memory`` is a bound in bytes over all."""

    pack: Pack
    gate: Tier
    language: TeamLanguage
    window_ms: int
    messages: int
    memory: int
    topic_prefix: str = ""
    clock: Clock = utc_now
    partitions: dict[tuple[str, int], Conversations] = field(default_factory=dict)
    _detector: Detector = field(init=False)

    def __post_init__(self) -> None:
        self._detector = Detector(self.pack)

    def swap(self, pack: Pack) -> None:
        """Read what comes by another pack; what is remembered, as its conversations go on."""
        self.pack = pack
        self._detector = Detector(pack)

    def add_partition(self, topic: str, partition: int) -> None:
        """Start with an empty memory of a partition."""
        self.partitions[topic, partition] = Conversations(
            age=self.window_ms, number=self.messages, memory=self.memory
        )
        self._share_memory()

    def drop_partition(self, topic: str, partition: int) -> None:
        """Forget a partition."""
        self.partitions.pop((topic, partition), None)
        self._share_memory()

    def _share_memory(self) -> None:
        for conversations in self.partitions.values():
            conversations.memory = self.memory // len(self.partitions)

    def remember(self, record: Record) -> None:
        """Take a record into account whose outcome was settled before; nothing is written."""
        self.process(record)

    def process(self, record: Record) -> tuple[Outcome, list[Output]]:
        """The outcome of a record and all that must be written for it, at best before going on.

        Never raises for what a record holds: what cannot be read or fails is a dead letter.
        """
        event: Event | None = None
        try:
            event = decode(record.value or b"")
            finding, step = self._observe(record, event)
            if finding is None:
                return "read", []
            outputs = self._outputs(finding, step)
            if finding.shadow:
                outputs.append(self._shadow(finding, record))
            take_in(finding, self.pack, self.gate)  # not before: what fails to leave was not said
        except EventError as error:
            return "dead_letter", [self._dead_letter(record, error.code, str(error))]
        except Exception as error:  # noqa: BLE001 - our own fault, and the event must not be lost
            conversations = self.partitions.get((record.topic, record.partition))
            if (
                conversations is not None and event is not None
            ):  # so that it counts when it is sent through again
                conversations.forget(event)
            return "dead_letter", [self._dead_letter(record, "failed", type(error).__name__)]
        return "signal" if finding.hits else "read", outputs

    def _outputs(self, finding: Finding, step: Step | None) -> list[Output]:
        if not finding.hits:
            return []
        event = finding.message.event
        key = (event.customer_id or event.conversation_id).encode()
        signal = Output("signals", key, build_signal(finding, step, self.pack), JSON)
        if step is None:
            return [signal]
        alert = build_alert(finding, step, self.pack, now=self.clock(), language=self.language)
        topic = "alerts" if step.on_alerts else "watchlist"
        return [Output(topic, event.conversation_id.encode(), alert, CLOUDEVENT), signal]

    def _shadow(self, finding: Finding, record: Record) -> Output:
        """What rules on trial found. A fault here costs no alert: it is a dead letter beside."""
        try:
            rules = sorted({rule_facts(self.pack, hit).id for hit in finding.shadow})
            shown = build_shadow(finding, self.pack, now=self.clock(), language=self.language)
        except Exception as error:  # noqa: BLE001 - our own fault
            return self._dead_letter(record, "failed", type(error).__name__)
        headers = [*CLOUDEVENT, ("lifeline-rules", ",".join(rules).encode())]
        return Output("shadow", finding.conversation.id.encode(), shown, headers)

    def _observe(self, record: Record, event: Event) -> tuple[Finding | None, Step | None]:
        finding = self._detector.observe(
            self.partitions[record.topic, record.partition], event, record.timestamp, record.topic
        )
        return finding, step_due(finding, self.pack, self.gate) if finding else None

    def _dead_letter(self, record: Record, reason: str, error: str) -> Output:
        return dead_letter(record, self.topic_prefix + record.topic, reason, error, self.clock())
