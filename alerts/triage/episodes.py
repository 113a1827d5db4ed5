"""Which signals make a case: a conversation's, until the team closes it; then a new one begins.

Computed from the facts alone, so the order in which signals and dispositions arrive is all one.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

from alerts.contract import Outcome, Status
from alerts.triage.facts import Facts, KnownDisposition, KnownSignal

CLOSING: Final[frozenset[Outcome]] = frozenset({"false_alarm", "resolved"})
CONFIRMING: Final[frozenset[Outcome]] = frozenset(
    {"contacted", "handed_to_emergency_services", "resolved"}
)


@dataclass(slots=True)
class Episode:
    """The signals of one case in the order the log took them in, with the team's decisions."""

    conversation_id: str
    number: int
    signals: list[KnownSignal] = field(default_factory=list)
    decisions: list[KnownDisposition] = field(default_factory=list)
    continued: bool = False

    @property
    def case_id(self) -> str:
        """The conversation's id, with a number once it has been closed before."""
        return case_id(self.conversation_id, self.number)

    @property
    def status(self) -> Status:
        """What the latest decision makes of it."""
        if self.continued:
            return "closed"
        if not self.decisions:
            return "open"
        return "closed" if self.decisions[-1].disposition.outcome in CLOSING else "quiet"

    @property
    def opened(self) -> int:
        """When its first signal was taken in."""
        return self.signals[0].received

    @property
    def closed(self) -> int | None:
        """When it was closed, None while it is not."""
        if self.status != "closed":
            return None
        closing = (d.received for d in self.decisions if d.disposition.outcome in CLOSING)
        return max(closing, default=None)


def case_id(conversation_id: str, number: int) -> str:
    """The id of the ``number``-th case of a conversation."""
    return conversation_id if number == 1 else f"{conversation_id}#{number}"


def conversation_of(case: str) -> str:
    """The conversation a case id may belong to when its number is left out."""
    head, mark, number = case.rpartition("#")
    return head if mark and number.isdigit() else case


def episodes(facts: Facts) -> list[Episode]:
    """The cases of a person, those of a conversation in order."""
    by_conversation: dict[str, list[KnownSignal]] = defaultdict(list)
    for known in facts.signals:
        by_conversation[known.signal.conversation_id].append(known)
    decided: dict[str, list[KnownDisposition]] = defaultdict(list)
    for disposition in sorted(facts.dispositions, key=_decided):
        decided[disposition.disposition.case_id].append(disposition)
    return [
        episode
        for conversation in sorted(by_conversation)
        for episode in _of(conversation, by_conversation[conversation], decided)
    ]


def _of(
    conversation: str, signals: list[KnownSignal], decided: dict[str, list[KnownDisposition]]
) -> list[Episode]:
    found: list[Episode] = []
    for known in sorted(signals, key=lambda k: (k.received, k.signal.signal_id)):
        if not found or _closed_before(found[-1], known.received):
            if found:
                found[-1].continued = True
            number = len(found) + 1
            decisions = decided.get(case_id(conversation, number), [])
            found.append(Episode(conversation, number, decisions=decisions))
        found[-1].signals.append(known)
    return found


def _closed_before(episode: Episode, received: int) -> bool:
    """Whether the last decision taken by then had closed the case."""
    before = [d for d in episode.decisions if d.received < received]
    return bool(before) and before[-1].disposition.outcome in CLOSING


def _decided(known: KnownDisposition) -> tuple[int, str, str]:
    return known.received, known.disposition.outcome, known.disposition.by
