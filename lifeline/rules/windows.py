"""Windows: what rules ask of several messages of a conversation, and of a message's place in it.

Windows slide, and go by when things were said: a message that comes late, or out of order, counts
where it was said.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import accumulate
from typing import TYPE_CHECKING

from lifeline.events import CallSegment

if TYPE_CHECKING:
    from lifeline.conversation import Conversation, Message
    from lifeline.rules.hits import Evidence
    from lifeline.rules.schema import Position, Repeat, RuleSpec, Within

    _Ranked = list[tuple[int, Message]]  # messages that count, with their rank among all


def position_holds(position: Position, message: Message, conversation: Conversation) -> bool:
    """Whether the message stands where the rule looks. What is last is not known before the end."""
    if position.edge == "last":
        return True
    if position.messages is not None:
        return message.position < position.messages
    event = message.event
    if isinstance(event, CallSegment):
        return event.start_ms <= (position.seconds or 0) * 1000
    return message.sent - conversation.started <= (position.seconds or 0)


def is_last(position: Position, message: Message, conversation: Conversation, ended: float) -> bool:
    """Whether the message stands where the rule looks, in a conversation that ended then."""
    if position.messages is not None:
        return conversation.count - message.position <= position.messages
    return ended - message.sent <= (position.seconds or 0)


def window_across(
    rule: int, spec: RuleSpec, message: Message, conversation: Conversation
) -> list[Evidence]:
    """The words of the tightest window around this message that completes the rule."""
    shares = [(rule, group) for group in range(len(spec.groups))]
    near = _ranked(message, conversation, shares)
    for window in _windows(near, message, spec.within):
        held = sum(any(share in m.hits for m in window) for share in shares)
        if held >= spec.groups_needed:
            return _shown(rule, spec, window, message)
    return []


def _shown(rule: int, spec: RuleSpec, window: list[Message], message: Message) -> list[Evidence]:
    """Of each group the words of this message, else of the latest that holds it."""
    found: dict[Evidence, int] = {}  # with its message's place in the window
    for group in range(len(spec.groups)):
        holders = [at for at, m in enumerate(window) if (rule, group) in m.hits]
        if not holders:  # enough of the others are there
            continue
        here = [at for at in holders if window[at] is message]
        at = (here or holders)[-1]
        found.update(dict.fromkeys(window[at].hits[rule, group], at))
    return sorted(found, key=lambda e: (found[e], e.field, e.start))


def repeat_window(
    rule: int, repeat: Repeat, message: Message, conversation: Conversation
) -> list[Message]:
    """The tightest window around this message in which enough messages hold the rule's words."""
    near = _ranked(message, conversation, [(rule, 0)])
    for window in _windows(near, message, repeat.within):
        if len(window) >= repeat.times:
            return window
    return []


def chain_across(
    rule: int, spec: RuleSpec, message: Message, conversation: Conversation
) -> list[Evidence]:
    """Words of all groups in their order, within the window, some of them in this message."""
    ranked = _ranked(message, conversation, [(rule, g) for g in range(len(spec.groups))])
    groups = [_Links(rule, group, ranked) for group in range(len(spec.groups))]
    for group, links in enumerate(groups):
        for link in links.by_start:
            if link.message is message:
                chain = _chain(groups, group, link)
                if chain and _in_window(spec.within, chain[0].ranked, chain[-1].ranked):
                    return [link.words for link in chain]
    return []


class _Link:
    """Words in their message, comparable by where they stand in the conversation."""

    __slots__ = ("begins", "ends", "message", "ranked", "words")

    def __init__(self, rank: int, message: Message, words: Evidence) -> None:
        self.ranked = (rank, message)
        self.message = message
        self.words = words
        field = words.field != "subject"  # which comes before the text
        self.begins = (rank, field, words.start)
        self.ends = (rank, field, words.end)


class _Links:
    """The words of one group, ready to be asked for the nearest; one may lie inside another."""

    def __init__(self, rule: int, group: int, ranked: _Ranked) -> None:
        links = [
            _Link(rank, message, words)
            for rank, message in ranked
            for words in message.hits.get((rule, group), ())
        ]
        self.by_start = sorted(links, key=lambda link: link.begins)
        self._by_end = sorted(links, key=lambda link: link.ends)
        # Of those that end so far, the one that begins last; of those from here on, the one that
        # ends first: whatever else is nearer leaves no more room than these.
        self._latest = list(accumulate(self._by_end, _later))
        self._soonest = list(accumulate(reversed(self.by_start), _sooner))[::-1]

    def before(self, link: _Link) -> _Link | None:
        """The one that ends before the link begins, and begins last."""
        at = bisect_right(self._by_end, link.begins, key=lambda other: other.ends)
        return self._latest[at - 1] if at else None

    def after(self, link: _Link) -> _Link | None:
        """The one that begins after the link ends, and ends first."""
        at = bisect_left(self.by_start, link.ends, key=lambda other: other.begins)
        return self._soonest[at] if at < len(self.by_start) else None


def _later(known: _Link, link: _Link) -> _Link:
    return link if link.begins >= known.begins else known


def _sooner(known: _Link, link: _Link) -> _Link:
    return link if link.ends <= known.ends else known


def _chain(groups: list[_Links], group: int, link: _Link) -> list[_Link]:
    """The tightest chain through one link: each group's words behind those of the one before."""
    before, after = [link], [link]
    for links in reversed(groups[:group]):
        earlier = links.before(before[-1])
        if earlier is None:
            return []
        before.append(earlier)
    for links in groups[group + 1 :]:
        later = links.after(after[-1])
        if later is None:
            return []
        after.append(later)
    return [*reversed(before), *after[1:]]


def _ranked(message: Message, conversation: Conversation, shares: list[tuple[int, int]]) -> _Ranked:
    """The messages that hold any of these shares of a rule, in the order they were said."""
    others = (m for m in conversation.messages if m is not message)
    said = sorted((*others, message), key=lambda m: (m.sent, m.position))
    return [(rank, m) for rank, m in enumerate(said) if any(share in m.hits for share in shares)]


def _windows(near: _Ranked, message: Message, within: Within) -> Iterator[list[Message]]:
    """The windows that hold this message, those that begin closest to it first."""
    here = next(at for at, (_, m) in enumerate(near) if m is message)
    for first in range(here, -1, -1):
        if not _in_window(within, near[first], near[here]):
            break  # and those said before are further away
        ranked = near[first:]
        yield [m for rank, m in ranked if _in_window(within, near[first], (rank, m))]


def _in_window(within: Within, first: tuple[int, Message], other: tuple[int, Message]) -> bool:
    """Whether a message is near enough to an earlier one; each comes with its rank."""
    if within.minutes is not None and other[1].sent - first[1].sent > within.minutes * 60:
        return False
    return within.messages is None or other[0] - first[0] < within.messages
