"""What is remembered of live conversations: recent messages, bounded by age, number and memory.

State is a function of the recent log alone, so it can be rebuilt by reading that log again. Ages go
by ``received`` (when the log took the event, milliseconds since 1970), since a sender's clock may
be wrong; the windows of rules go by what the sender said (``sent``).
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from sys import getsizeof
from typing import TYPE_CHECKING, Final, NamedTuple

from lifeline.events import AgentReport, CallSegment, EmailMessage, Event, Utterance
from lifeline.signs import NO_SIGNS, Signs

if TYPE_CHECKING:
    from lifeline.rules.hits import Evidence, RuleHit

# Bytes each takes beside the texts it holds, measured with tracemalloc on CPython 3.11.
_CONVERSATION: Final = 1100
_MESSAGE: Final = 1000
_EVIDENCE: Final = 400
_MOST_SWEPT: Final = 2  # silent conversations forgotten as a new one begins


class Report(NamedTuple):
    """That an alert record of this rank was due for the conversation."""

    received: int
    tier: int
    priority: int
    revision: int
    on_alerts: bool  # at or above the gate then
    categories: frozenset[str]


@dataclass(slots=True)
class Message:
    """One remembered utterance; ``hits`` are the group hits kept for rules across messages.

    ``ending`` holds the hits of rules that look at the end of conversations, until one ends, and
    ``signs`` what the scales found.
    ``size`` is about how many bytes it takes, 0 while it is not remembered.
    """

    event: Utterance | AgentReport
    sent: float  # seconds since 1970
    received: int  # milliseconds since 1970
    position: int  # how many messages of the conversation came before
    hits: dict[tuple[int, int], list[Evidence]] = field(default_factory=dict)
    ending: list[RuleHit] = field(default_factory=list)
    signs: Signs = NO_SIGNS
    size: int = 0


@dataclass(slots=True)
class Conversation:
    """The recent past of one conversation.

    ``started`` is when the first remembered message was said, in seconds since 1970. ``rules`` is
    the hash of the pack by which the hits of its messages were found.
    """

    id: str
    messages: deque[Message] = field(default_factory=deque)
    started: float = 0.0
    rules: str = ""
    received: int = 0  # latest
    count: int = 0
    size: int = 0
    _reports: list[Report] = field(default_factory=list)

    @property
    def reports(self) -> list[Report]:
        """What was due so far, shared by all revisions of the conversation."""
        return self._reports

    @reports.setter
    def reports(self, reports: list[Report]) -> None:
        self._reports[:] = reports

    def find(self, event: Utterance | AgentReport) -> Message | None:
        """What is remembered of this utterance, in this or another revision."""
        for message in reversed(self.messages):
            if message.event.key == event.key and type(message.event) is type(event):
                return message
        return None

    def with_revision(self, known: Message, revision: Message) -> Conversation:
        """The conversation as if ``known`` were another revision; its reports stay the same."""
        revision.position = known.position
        messages = deque(revision if m is known else m for m in self.messages)
        return replace(self, messages=messages)


class Conversations:
    """All live conversations of one partition (or one file).

    ``age`` is in milliseconds, ``number`` the messages kept of each, ``memory`` a bound in bytes
    over all; the conversation silent for longest is forgotten first.
    """

    def __init__(self, *, age: int, number: int, memory: int) -> None:
        self.age = age
        self.number = number
        self.memory = memory
        self.size = 0
        self.forgotten_for_memory = 0
        self._live: OrderedDict[str, Conversation] = OrderedDict()

    def __len__(self) -> int:
        return len(self._live)

    def __iter__(self) -> Iterator[Conversation]:
        return iter(self._live.values())

    def get(self, conversation_id: str, received: int) -> Conversation:
        """The conversation, made if new, with everything too old already gone."""
        conversation = self._live.get(conversation_id)
        if conversation is None:
            self._sweep(received)
            conversation = self._live[conversation_id] = Conversation(conversation_id)
            conversation.size = _CONVERSATION
            self.size += _CONVERSATION
        else:
            self._live.move_to_end(conversation_id)
            self._trim(conversation, received)
        conversation.received = max(conversation.received, received)
        return conversation

    def add(
        self, conversation: Conversation, message: Message, *, replaces: Message | None = None
    ) -> None:
        """Remember a message, in the place of the earlier revision that it replaces."""
        messages = conversation.messages
        if not conversation.count or message.sent < conversation.started:
            conversation.started = message.sent
        if replaces is None:
            message.position = conversation.count
            conversation.count += 1
            messages.append(message)
        else:
            messages[next(at for at, known in enumerate(messages) if known is replaces)] = message
            message.position = replaces.position
            message.received = replaces.received  # so that the oldest stay in front
            self._weigh(conversation, replaces, 0)
        self._weigh(conversation, message, _size(message))
        self._make_room(conversation)

    def weigh(self, conversation: Conversation, message: Message) -> None:
        """Count a remembered message again: it takes more now that its hits are kept."""
        if message.size:
            self._weigh(conversation, message, _size(message))
            self._make_room(conversation)

    def _make_room(self, conversation: Conversation) -> None:
        """Forget what is too much; no conversation may take more than half of the memory."""
        messages = conversation.messages
        while len(messages) > self.number or (
            conversation.size > self.memory // 2 and len(messages) > 1
        ):
            self._weigh(conversation, messages.popleft(), 0)
        while self.size > self.memory and len(self._live) > 1:
            self.end(next(iter(self._live)))
            self.forgotten_for_memory += 1

    def forget(self, event: Event) -> None:
        """Forget this one message, as if it had never been read; no other revision of it."""
        conversation = self._live.get(event.conversation_id)
        if conversation is not None:
            for message in [m for m in conversation.messages if m.event is event]:
                self._weigh(conversation, message, 0)
                conversation.messages.remove(message)

    def end(self, conversation_id: str) -> None:
        """Forget a conversation that is over."""
        conversation = self._live.pop(conversation_id, None)
        if conversation is not None:
            self.size -= conversation.size

    def known(self, conversation_id: str) -> Conversation | None:
        """What is remembered of a conversation, if anything; nothing is trimmed."""
        return self._live.get(conversation_id)

    def _trim(self, conversation: Conversation, received: int) -> None:
        oldest = received - self.age
        messages = conversation.messages
        while messages and messages[0].received < oldest:
            self._weigh(conversation, messages.popleft(), 0)
        if conversation.reports and conversation.reports[0].received < oldest:
            conversation.reports = [r for r in conversation.reports if r.received >= oldest]

    def _sweep(self, received: int) -> None:
        """Forget the conversations silent for longest, if that is too long.

        A few at a time keep up with the new ones. Forgetting all at once would hold up an event,
        and one wrong clock would empty the memory.
        """
        for _ in range(min(_MOST_SWEPT, len(self._live))):
            silent = next(iter(self._live.values()))
            if silent.received >= received - self.age:
                return
            self.end(silent.id)

    def _weigh(self, conversation: Conversation, message: Message, size: int) -> None:
        conversation.size += size - message.size
        self.size += size - message.size
        message.size = size


def _size(message: Message) -> int:
    event = message.event
    if isinstance(event, AgentReport):
        size = getsizeof(event.reason)
    else:
        size = getsizeof(event.text)
        if isinstance(event, EmailMessage):
            size += getsizeof(event.subject)
        elif isinstance(event, CallSegment):
            size += sum(map(getsizeof, event.alternatives))
    kept = sum(map(len, message.hits.values())) + sum(len(hit.evidence) for hit in message.ending)
    return _MESSAGE + size + _EVIDENCE * kept + message.signs.size
