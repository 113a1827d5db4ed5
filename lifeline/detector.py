"""Detection: an event and what is remembered of its conversation → a finding, or nothing.

Pure: no clock, no I/O. ``received`` is when the log took the event, in milliseconds since 1970.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lifeline.conversation import Conversation, Conversations, Message
from lifeline.email import own_words
from lifeline.events import (
    CHANNEL_OF,
    AgentReport,
    CallSegment,
    ChatMessage,
    ConversationEnded,
    EmailMessage,
    Event,
    Utterance,
)
from lifeline.rules.hits import MOST_TEXT, Evidence, RuleHit, Scanned, rule_hits
from lifeline.rules.pack import Pack
from lifeline.taxonomy import Tier

AGENT_REPORT: Final = "lifeline.agent_report"  # the rule id of a pressed button


@dataclass(frozen=True, slots=True)
class Finding:
    """What one event completed. ``tier`` is the worst of its hits."""

    conversation: Conversation
    message: Message
    channel: str
    received: int
    tier: Tier
    hits: tuple[RuleHit, ...]


class Detector:
    """Applies a pack to events. Holds no state of its own but the pack."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack

    def observe(
        self, conversations: Conversations, event: Event, received: int, channel: str | None = None
    ) -> Finding | None:
        """Take one event into account and say what it completed, if anything.

        ``channel`` is where the event came from; by default its type tells. An event seen before
        with the same words changes nothing. A later revision replaces the earlier; an earlier one
        that comes late is read, but not remembered.
        """
        if isinstance(event, ConversationEnded):
            conversations.end(event.conversation_id)
            return None
        channel = channel or CHANNEL_OF.get(type(event), "chat")
        conversation = conversations.get(event.conversation_id, received)
        known = conversation.find(event)
        late = known is not None and _is_earlier(event, known.event)
        if known is not None and _same_words(known.event, event):
            if not late:
                known.event = event  # the same words may be final now
            return None
        message = Message(event, event.sent_at.timestamp(), received, conversation.count)
        if known is not None and late:
            conversation = conversation.with_revision(known, message)
        else:
            conversations.add(conversation, message, replaces=known)
        if isinstance(event, AgentReport):
            hits = [_reported(event)]
        elif event.speaker not in self.pack.speakers:
            return None
        else:
            scanned = scanned_text(event)
            found = self.pack.lexicon.find(scanned.text)
            if not found:
                return None
            hits = rule_hits(self.pack, found, scanned, message, conversation, channel)
            if message.hits:
                conversations.weigh(conversation, message)
        if not hits:
            return None
        tier = max(hit.tier for hit in hits)
        return Finding(conversation, message, channel, received, tier, tuple(hits))


def scanned_text(event: Event) -> Scanned:
    """The words of an utterance that are its speaker's own."""
    if isinstance(event, EmailMessage):
        # Subject and body as one text, so that halves in each are found together; the empty line
        # between them is one that no term reaches over.
        return Scanned(f"{event.subject}\n\n{own_words(event.text)}", len(event.subject) + 2)
    return Scanned(getattr(event, "text", ""))


def _same_words(known: Utterance | AgentReport, event: Utterance | AgentReport) -> bool:
    """Whether two revisions of one utterance say the same, by the same speaker."""
    if isinstance(event, AgentReport) or isinstance(known, AgentReport):
        return True
    if isinstance(event, EmailMessage) and getattr(known, "subject", None) != event.subject:
        return False
    return known.text == event.text and known.speaker == event.speaker


def _is_earlier(event: Utterance | AgentReport, known: Utterance | AgentReport) -> bool:
    """Whether the event is an earlier revision than the known one, come late or again."""
    if (
        isinstance(event, CallSegment)
        and isinstance(known, CallSegment)
        and event.is_final != known.is_final
    ):
        return known.is_final
    return event.sent_at < known.sent_at


def _reported(event: AgentReport) -> RuleHit:
    """A pressed button counts as someone at risk, whatever the reason says."""
    end, text = len(event.reason), event.reason[:MOST_TEXT]
    evidence = Evidence(event.key, event.message_id, event.speaker, "reason", 0, end, text, ())
    return RuleHit(-1, Tier.ELEVATED, (evidence,), ())


__all__ = ["AGENT_REPORT", "ChatMessage", "Detector", "Finding", "scanned_text"]
