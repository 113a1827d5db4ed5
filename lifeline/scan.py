"""The whole detection without Kafka: conversation events in, one verdict per conversation out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from lifeline.conversation import Conversations
from lifeline.detector import AGENT_REPORT, Detector, Finding
from lifeline.errors import EventError
from lifeline.events import CHANNEL_OF, decode
from lifeline.explain import match_as_json, reason
from lifeline.rules.pack import Pack
from lifeline.taxonomy import Tier


class BadLineError(EventError):
    """A line that is not a conversation event; ``line`` counts from 1."""

    def __init__(self, line: int, cause: EventError) -> None:
        super().__init__(f"line {line}: {cause}", place=f"line {line}")
        self.line = line


@dataclass(slots=True)
class Verdict:
    """What became of one conversation."""

    conversation_id: str
    channel: str | None = None
    tier: Tier = Tier.NONE
    first_alert: str | None = None
    matches: dict[str, dict[str, Any]] = field(default_factory=dict)
    reasons: dict[str, None] = field(default_factory=dict)

    def add(self, finding: Finding, pack: Pack, gate: Tier) -> None:
        """Take a finding into the verdict."""
        if finding.tier > Tier.SIGNAL:
            self.tier = max(self.tier, finding.tier)
        if self.first_alert is None and finding.tier >= gate:
            self.first_alert = finding.message.event.message_id
        for hit in finding.hits:
            self.reasons.setdefault(reason(pack, hit))
            for match in match_as_json(pack, hit):
                place = [str(match[k]) for k in ("rule_id", "message_id", "field", "start", "end")]
                self.matches["\0".join(place)] = match

    def as_json(self) -> dict[str, Any]:
        """The verdict as `lifeline scan` prints it."""
        return {
            "conversation_id": self.conversation_id,
            "tier": self.tier.label,
            "first_alert": self.first_alert,
            "matches": list(self.matches.values()),
            "reasons": list(self.reasons),
        }


def scan(
    lines: Iterable[bytes],
    pack: Pack,
    *,
    conversations: Conversations,
    gate: Tier = Tier.ELEVATED,
    on_bad_line: Callable[[BadLineError], None] | None = None,
) -> Iterator[Verdict]:
    """One verdict per conversation, in the order in which conversations first appear.

    The log's time is taken from the events themselves. A bad line raises :class:`BadLineError`, or
    goes to ``on_bad_line`` and is skipped. Empty lines are passed over.
    """
    detector = Detector(pack)
    verdicts: dict[str, Verdict] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            event = decode(line)
        except EventError as error:
            bad = BadLineError(number, error)
            if on_bad_line is None:
                raise bad from None
            on_bad_line(bad)
            continue
        verdict = verdicts.get(event.conversation_id)
        if verdict is None:
            verdict = verdicts[event.conversation_id] = Verdict(event.conversation_id)
        # A report by an agent belongs where the conversation is.
        verdict.channel = CHANNEL_OF.get(type(event), verdict.channel)
        received = int(event.sent_at.timestamp() * 1000)
        finding = detector.observe(conversations, event, received, verdict.channel)
        if finding is not None:
            verdict.add(finding, pack, gate)
    yield from verdicts.values()


__all__ = ["AGENT_REPORT", "BadLineError", "Verdict", "scan"]
