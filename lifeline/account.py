"""An account of conversations: what each event completed under a pack, and what it almost did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from lifeline.context import Context
from lifeline.conversation import Conversations
from lifeline.detector import Detector, Finding
from lifeline.events import CHANNEL_OF, ConversationEnded, Event
from lifeline.rules.hits import RuleHit
from lifeline.rules.pack import Pack
from lifeline.rules.trials.near import Look, NearMisses
from lifeline.rules.trials.rehearsal import AGE_MS, MESSAGES
from lifeline.taxonomy import Tier

_MEMORY: Final = 1 << 28
_NOTHING: Final = Look([], {})


class Step(NamedTuple):
    """What one event completed. ``number`` counts the events of its conversation from 1.

    ``waiting`` are hits that count only if the conversation ends soon after this message.
    """

    event: Event
    number: int
    channel: str
    hits: tuple[RuleHit, ...]  # those that count come first
    waiting: tuple[RuleHit, ...]
    look: Look

    def tier(self, pack: Pack) -> Tier:
        """The worst tier of what counts."""
        return max((hit.tier for hit in self.hits if counts(pack, hit)), default=Tier.NONE)


def counts(pack: Pack, hit: RuleHit) -> bool:
    """Whether a hit can alert: its rule is active, or it is an agent's report."""
    return hit.rule < 0 or pack.rules[hit.rule].status == "active"


def account(pack: Pack, events: Iterable[Event], context: Context) -> Iterator[Step]:
    """One step for each event, then the end of every conversation that has not ended."""
    observer = _Observer(pack, context)
    live: dict[str, Event] = {}
    for event in events:
        yield observer.step(event)
        live[event.conversation_id] = event
        if isinstance(event, ConversationEnded):
            del live[event.conversation_id]
    for last in live.values():
        yield observer.step(
            ConversationEnded(
                conversation_id=last.conversation_id, message_id="end", sent_at=last.sent_at
            )
        )


class _Observer:
    """Observes events one by one, and looks for near misses at each."""

    def __init__(self, pack: Pack, context: Context) -> None:
        self._detector = Detector(pack)
        self._near = NearMisses(pack)
        self._context = context
        self._conversations = Conversations(age=AGE_MS, number=MESSAGES, memory=_MEMORY)
        self._channels: dict[str, str] = {}
        self._numbers: Counter[str] = Counter()

    def step(self, event: Event) -> Step:
        key, received = event.conversation_id, round(event.sent_at.timestamp() * 1000)
        channel = CHANNEL_OF.get(type(event), self._channels.get(key, "chat"))
        self._channels[key] = channel
        self._numbers[key] += 1
        finding = self._detector.observe(
            self._conversations, event, received, channel, self._context
        )
        hits = _hits(finding)
        waiting: tuple[RuleHit, ...] = ()
        look = _NOTHING
        if not isinstance(event, ConversationEnded):
            conversation = self._conversations.get(key, received)
            message = conversation.find(event)
            if message is not None and message.event is event:
                waiting = tuple(message.ending)
                look = self._near.look(message, conversation, channel, self._context)
        return Step(event, self._numbers[key], channel, hits, waiting, look)


def _hits(finding: Finding | None) -> tuple[RuleHit, ...]:
    if finding is None:
        return ()
    by_tier = sorted(finding.hits, key=lambda hit: -hit.tier)
    return (*by_tier, *finding.shadow)
