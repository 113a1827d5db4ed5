from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts.build import build_alert, build_signal
from alerts.contract import Alert, Signal, decode_alert
from alerts.lifecycle import Step, step_due, take_in
from lifeline.conversation import Conversations
from lifeline.detector import Detector, Finding
from lifeline.events import ChatMessage, Event
from lifeline.rules.pack import Pack, load
from lifeline.taxonomy import Tier

START = datetime(2026, 11, 22, 2, 14, tzinfo=UTC)
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
WINDOW = 30 * 60_000


def rule(identity: str, tier: str, condition: str, alert: str, ignore: str, more: str = "") -> str:
    """One rule with the examples it needs."""
    return f"""\
  - id: {identity}
    title: Says {identity.rsplit(".", 1)[1].replace("_", " ")}
    category: {identity.split(".")[1]}
    tier: {tier}
    status: active
    {condition}
{more}    examples:
      alert:
{alert}
      ignore:
        - {ignore}
"""


FILM = "    lower:\n      - {name: film, why: about a film, to: watch, nearby: [film]}\n"
ENGLISH = "format: 1\nlanguage: en\nrules:\n" + "".join(
    [
        rule("en.active_intent.wants_to_die", "elevated", "terms: [want to die]",
             "        - I want to die", "hello", FILM),
        rule("en.method_question.amount", "elevated", "terms: [how many would kill]",
             "        - how many would kill me", "hello"),
        rule("en.attempt.took_them", "imminent", "terms: [just took them all]",
             "        - I just took them all", "hello"),
        rule("en.passive_ideation.no_point", "watch", "terms: [no point in living]",
             "        - no point in living", "hello"),
        rule("en.stressor.drink", "signal", "terms: [drinking again]",
             "        - I am drinking again", "hello"),
        rule("en.plan.two_halves", "elevated",
             "together: {groups: [[my wrist], [the blade]], within: {minutes: 10}}",
             "        - - my wrist\n          - the blade", "my wrist"),
    ]
)  # fmt: skip
CHINESE = "format: 1\nlanguage: zh\nrules:\n" + rule(
    "zh.method_question.how_much", "elevated",
    "together: {groups: [[吃多少], [多少片, 几片], [能死, 片能死]], within: {characters: 20}}",
    "        - 吃多少片能死", "你好",
)  # fmt: skip


@pytest.fixture(scope="session")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    """Hold rules of every tier and several categories."""
    folder: Path = tmp_path_factory.mktemp("pack")
    (folder / "pack.yaml").write_text("format: 1\nname: invented\nversion: 1.2.3\n")
    (folder / "en.yaml").write_text(ENGLISH, encoding="utf-8")
    (folder / "zh.yaml").write_text(CHINESE, encoding="utf-8")
    return load(folder)


@dataclass
class Case:
    """One conversation, said message by message, and what detect makes of it."""

    pack: Pack
    gate: Tier = Tier.ELEVATED
    conversations: Conversations = field(
        default_factory=lambda: Conversations(age=WINDOW, number=50, memory=1 << 24)
    )
    count: int = 0
    finding: Finding | None = None
    step: Step | None = None

    def say(self, text: str, *, minute: float = 0, **fields: Any) -> Step | None:
        """Say something in the chat; the step it makes due."""
        common = {"conversation_id": "c-1", "message_id": f"m{self.count}", "speaker": "customer"}
        sent = START + timedelta(minutes=minute)
        return self.take(ChatMessage(**{**common, "sent_at": sent, "text": text, **fields}))

    def take(self, event: Event, channel: str | None = None) -> Step | None:
        """Take an event in; the step it makes due."""
        self.count += 1
        received = int(event.sent_at.timestamp() * 1000)
        self.finding = Detector(self.pack).observe(self.conversations, event, received, channel)
        if self.finding is None:
            return None
        self.step = step_due(self.finding, self.pack, self.gate)
        take_in(self.finding, self.pack, self.gate)
        return self.step

    def alert(self, step: Step | None, language: str = "en") -> Alert:
        """The record of a step, as a consumer reads it."""
        return decode_alert(self.record(step, language)).data

    def record(self, step: Step | None, language: str = "en") -> bytes:
        """The record of a step, encoded."""
        assert self.finding is not None
        assert step is not None
        return build_alert(
            self.finding, step, self.pack, now=NOW, language=language  # type: ignore[arg-type]
        )  # fmt: skip

    def signal(self) -> bytes:
        """The signal of the last finding."""
        assert self.finding is not None
        return build_signal(self.finding, self.step, self.pack)


@pytest.fixture
def new_case(pack: Pack) -> Callable[..., Case]:
    """Make cases; ``gate`` is the lowest tier for the alerts topic."""
    return lambda gate=Tier.ELEVATED: Case(pack, gate)


@pytest.fixture
def case(pack: Pack) -> Case:
    """Hold a case about which nothing is known."""
    return Case(pack)


__all__ = ["Case", "Signal"]
