"""Rehearsals: conversations held under a pack to see what it makes of them, without a clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from lifeline.context import Context
from lifeline.conversation import Conversation, Conversations
from lifeline.detector import Detector, Finding
from lifeline.events import (
    CallSegment,
    ChatMessage,
    ConversationEnded,
    EmailMessage,
    Utterance,
)
from lifeline.rules.corpora import START
from lifeline.rules.hits import NOTHING_KNOWN
from lifeline.rules.trials.near import NearMiss, NearMisses

# The same bounds as the worker's defaults, so that a rehearsal sees what the worker would.
AGE_MS: Final = 35 * 60 * 1000
MESSAGES: Final = 50
_MEMORY: Final = 1 << 24
CONVERSATION: Final = "c"  # its id
APART: Final = 60.0  # seconds between messages whose times are not given


class Rehearsal:
    """One conversation under a detector. Times are in seconds from its start."""

    event: Utterance  # what was said last
    conversation: Conversation  # as it was remembered then

    def __init__(
        self,
        detector: Detector,
        channel: str = "chat",
        *,
        context: Context = NOTHING_KNOWN,
        sku: str | None = None,
    ) -> None:
        self.channel = channel
        self.context = context
        self._sku = sku
        self.pack = detector.pack
        self._detector = detector
        self._conversations = Conversations(age=AGE_MS, number=MESSAGES, memory=_MEMORY)
        self._said = 0
        self._latest = 0.0

    def say(
        self, text: str, at: float, *, arrives: float | None = None, speaker: str = "customer"
    ) -> Finding | None:
        """What a message said at ``at`` completes; the log takes it at ``arrives``."""
        self._said += 1
        self._latest = max(self._latest, at)
        sent = START + timedelta(seconds=at)
        self.event = utterance(self.channel, self._said, sent, text, speaker, self._sku)
        received = _milliseconds(at if arrives is None else arrives)
        finding = self._detector.observe(
            self._conversations, self.event, received, self.channel, self.context
        )
        (self.conversation,) = self._conversations
        return finding

    def end(self) -> Finding | None:
        """What the end of the conversation completes, right after its last message."""
        event = ConversationEnded(
            conversation_id=CONVERSATION,
            message_id="end",
            sent_at=START + timedelta(seconds=self._latest),
        )
        received = _milliseconds(self._latest)
        return self._detector.observe(
            self._conversations, event, received, self.channel, self.context
        )

    def misses(self, near: NearMisses) -> list[NearMiss]:
        """The near misses at what was said last."""
        found = self.conversation.find(self.event)
        message = found or self.conversation.messages[-1]
        return near.look(message, self.conversation, self.channel, self.context).misses


def utterance(
    channel: str, number: int, sent: datetime, text: str, speaker: str, sku: str | None
) -> Utterance:
    """The ``number``-th message of a rehearsed conversation, as its channel carries it."""
    common: dict[str, Any] = {
        "conversation_id": CONVERSATION,
        "message_id": str(number),
        "sent_at": sent,
        "speaker": speaker,
        "text": text,
        "sku": sku,
    }
    if channel == "calls":
        start = round((sent - START).total_seconds() * 1000)
        common |= {"start_ms": start, "end_ms": start + 1000, "segment_id": str(number)}
        return CallSegment(**common, is_final=True)
    if channel == "emails":
        return EmailMessage(**common, subject="")
    return ChatMessage(**common)


def _milliseconds(at: float) -> int:
    return round((START.timestamp() + at) * 1000)
