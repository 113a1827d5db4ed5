"""Detection: an event and what is remembered of its conversation → a finding, or nothing.

Pure: no clock, no I/O. ``received`` is when the log took the event, in milliseconds since 1970.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lifeline.context import Context
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
from lifeline.rules.hits import NOTHING_KNOWN, Evidence, RuleHit, Scanned, rule_hits
from lifeline.rules.pack import Pack
from lifeline.rules.weighing import MOST_TEXT
from lifeline.rules.windows import is_last
from lifeline.signs import NO_SIGNS
from lifeline.taxonomy import Tier

AGENT_REPORT: Final = "lifeline.agent_report"  # the rule id of a pressed button


@dataclass(frozen=True, slots=True)
class Finding:
    """What one event completed. ``tier`` is the worst of its hits.

    ``shadow`` are the hits of rules on trial, which count for nothing else; with no other hits the
    tier is NONE.
    """

    conversation: Conversation
    message: Message
    channel: str
    received: int
    tier: Tier
    hits: tuple[RuleHit, ...]
    shadow: tuple[RuleHit, ...] = ()


class Detector:
    """Applies a pack to events. Holds no state of its own but the pack."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack

    def observe(
        self,
        conversations: Conversations,
        event: Event,
        received: int,
        channel: str | None = None,
        context: Context = NOTHING_KNOWN,
    ) -> Finding | None:
        """Take one event into account and say what it completed, if anything.

        ``channel`` is where the event came from; by default its type tells. An event seen before
        with the same words changes nothing. A later revision replaces the earlier; an earlier one
        that comes late is read, but not remembered. Of a conversation remembered under another
        pack, what is remembered is read again, so that rules over several messages know of it.
        """
        channel = channel or CHANNEL_OF.get(type(event), "chat")
        if isinstance(event, ConversationEnded):
            return self._end(conversations, event, received, channel)
        conversation = conversations.get(event.conversation_id, received)
        if conversation.rules != self.pack.hash:
            for message in self._read_again(conversation, channel, context):
                conversations.weigh(conversation, message)
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
        hits = self._hits(conversation, message, channel, context)
        if message.hits or message.ending or message.signs.units:
            conversations.weigh(conversation, message)
        return self._finding(conversation, message, channel, received, hits)

    def _hits(
        self, conversation: Conversation, message: Message, channel: str, context: Context
    ) -> list[RuleHit]:
        event = message.event
        if isinstance(event, AgentReport):
            return [_reported(event)]
        if event.speaker not in self.pack.speakers:
            return []
        scanned = scanned_text(event)
        found = self.pack.lexicon.find(scanned.text)
        hits: list[RuleHit] = []
        if found:
            hits = rule_hits(self.pack, found, scanned, message, conversation, channel, context)
            hits = self.pack.around.lower(hits, message, conversation, scanned_text)
        if event.speaker == "customer":
            message.signs = self.pack.scales.spotter.spot(scanned.text)
            hits += self.pack.scales.hits(message, conversation, channel, scanned_text)
        return hits

    def _finding(
        self,
        conversation: Conversation,
        message: Message,
        channel: str,
        received: int,
        found: list[RuleHit],
    ) -> Finding | None:
        if not found:
            return None
        shadow = tuple(hit for hit in found if self._is_shadow(hit))
        hits = tuple(hit for hit in found if not self._is_shadow(hit)) if shadow else tuple(found)
        tier = max((hit.tier for hit in hits), default=Tier.NONE)
        return Finding(conversation, message, channel, received, tier, hits, shadow)

    def _is_shadow(self, hit: RuleHit) -> bool:
        return hit.rule >= 0 and self.pack.rules[hit.rule].status != "active"

    def _end(
        self, conversations: Conversations, event: ConversationEnded, received: int, channel: str
    ) -> Finding | None:
        """Forget the conversation; what its last messages completed is known only now."""
        conversation = conversations.known(event.conversation_id)
        if conversation is None:
            return None
        if conversation.rules != self.pack.hash:
            self._read_again(conversation, channel, NOTHING_KNOWN)
        conversations.end(event.conversation_id)  # not before: after a fault it can be ended again
        ended = event.sent_at.timestamp()
        hits = []
        latest = None
        for message in conversation.messages:
            for hit in message.ending:
                position = self.pack.rules[hit.rule].position
                if position is not None and is_last(position, message, conversation, ended):
                    hits.append(hit)
                    latest = message
        if latest is None:
            return None
        return self._finding(conversation, latest, channel, received, hits)

    def _read_again(
        self, conversation: Conversation, channel: str, context: Context
    ) -> list[Message]:
        """Find anew what the messages of a conversation hold for rules over several of them.

        A fault on one of them is raised once all are read: it costs what is being read now, which
        becomes a dead letter, and not all that the person says from here on.
        """
        messages = list(conversation.messages)  # weighing them may make the oldest go
        for message in messages:
            message.hits.clear()
            message.ending.clear()
            message.signs = NO_SIGNS
        fault: Exception | None = None
        for message in messages:
            try:
                self._hits(conversation, message, channel, context)
            except Exception as error:  # noqa: BLE001 - raised below
                fault = error
        conversation.rules = self.pack.hash
        if fault is not None:
            raise fault
        return messages


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
