"""What is remembered of live conversations: recent messages, bounded by age, number and memory.

State is a function of the recent log alone, so it can be rebuilt by reading that log again. Ages go
by ``received`` (when the log took the event, milliseconds since 1970), since a sender's clock may
be wrong; the windows of rules go by what the sender said (``sent``).
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from lifeline.events import AgentReport, Event, Utterance
    from lifeline.rules.hits import Evidence

# Bytes a remembered message takes beside its text, measured with tracemalloc on CPython 3.11.
_MESSAGE_OVERHEAD = 900


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
    """One remembered utterance; ``hits`` are the group hits kept for rules across messages."""

    event: Utterance | AgentReport
    sent: float  # seconds since 1970
    received: int  # milliseconds since 1970
    position: int  # how many messages of the conversation came before
    hits: dict[tuple[int, int], list[Evidence]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return _MESSAGE_OVERHEAD + 2 * len(getattr(self.event, "text", ""))


@dataclass(slots=True)
class Conversation:
    """The recent past of one conversation."""

    id: str
    messages: deque[Message] = field(default_factory=deque)
    reports: list[Report] = field(default_factory=list)
    received: int = 0  # latest
    count: int = 0
    size: int = 0

    def find(self, key: str) -> Message | None:
        """The remembered message with this key, if any."""
        for message in reversed(self.messages):
            if message.event.key == key:
                return message
        return None


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
            self._drop_silent(received)
            conversation = self._live[conversation_id] = Conversation(conversation_id)
        else:
            self._live.move_to_end(conversation_id)
            self._trim(conversation, received)
        conversation.received = max(conversation.received, received)
        return conversation

    def add(self, conversation: Conversation, message: Message) -> None:
        """Remember a message; an earlier revision of it is replaced in its place."""
        key = message.event.key
        for at, known in enumerate(conversation.messages):
            if known.event.key == key:
                conversation.messages[at] = message
                message.position = known.position
                message.received = known.received  # ages stay in the order of the messages
                self._count(conversation, message.size - known.size)
                break
        else:
            message.position = conversation.count
            conversation.count += 1
            conversation.messages.append(message)
            self._count(conversation, message.size)
        while len(conversation.messages) > self.number:
            self._count(conversation, -conversation.messages.popleft().size)
        while self.size > self.memory and len(self._live) > 1:
            _, oldest = self._live.popitem(last=False)
            self.size -= oldest.size
            self.forgotten_for_memory += 1

    def forget(self, event: Event) -> None:
        """Forget one message, as if it had never been read."""
        conversation = self._live.get(event.conversation_id)
        key = getattr(event, "key", None)
        for message in list(conversation.messages) if conversation else ():
            if conversation and message.event.key == key:
                conversation.messages.remove(message)
                self._count(conversation, -message.size)

    def end(self, conversation_id: str) -> None:
        """Forget a conversation that is over."""
        conversation = self._live.pop(conversation_id, None)
        if conversation is not None:
            self.size -= conversation.size

    def _trim(self, conversation: Conversation, received: int) -> None:
        oldest = received - self.age
        messages = conversation.messages
        while messages and messages[0].received < oldest:
            self._count(conversation, -messages.popleft().size)
        if conversation.reports and conversation.reports[0].received < oldest:
            conversation.reports = [r for r in conversation.reports if r.received >= oldest]

    def _drop_silent(self, received: int) -> None:
        while self._live:
            conversation = next(iter(self._live.values()))
            if conversation.received >= received - self.age:
                return
            self._live.popitem(last=False)
            self.size -= conversation.size

    def _count(self, conversation: Conversation, size: int) -> None:
        conversation.size += size
        self.size += size
