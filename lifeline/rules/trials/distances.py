"""How far apart the words of a rule stand that has all of them and still does not hit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from lifeline.distance import Ruler
from lifeline.rules.ways import breadth, extent, in_any_order, in_order
from lifeline.rules.windows import chain_across, window_across

if TYPE_CHECKING:
    from lifeline.conversation import Conversation, Message
    from lifeline.lexicon import TermHit
    from lifeline.rules.schema import RuleSpec, Within

Apart = tuple[Literal["distance", "order"], str]  # the words are empty when nothing is wrong


def in_one_message(spec: RuleSpec, groups: dict[int, list[TermHit]], ruler: Ruler) -> Apart:
    """What is wrong with the places of words in one text."""
    if len(spec.groups) == 1:
        return "distance", ""
    ways = list(in_order(groups) if spec.ordered else in_any_order(groups))
    if not ways:
        firsts = sorted((hits[0].start, hits[0].end) for hits in groups.values())
        order = ", ".join(ruler.text[start:end] for start, end in firsts)
        return "order", f"in another order than the rule's: {order}"
    if any(ruler.fits(spec.within, *extent(way)) for way in ways):
        return "distance", ""
    start, end = extent(min(ways, key=breadth))
    within, apart = spec.within, []
    if within.characters is not None and end - start > within.characters:
        apart.append(f"{end - start} characters apart, {within.characters} allowed")
    words = ruler.words(start, end)
    if within.words is not None and words > within.words:
        apart.append(f"{words} words apart, {within.words} allowed")
    return "distance", "; ".join(apart)


def across(rule: int, spec: RuleSpec, message: Message, conversation: Conversation) -> Apart:
    """What is wrong with the places of words in several messages."""
    if not window_across(rule, spec, message, conversation):
        return "distance", _tightest(rule, spec, message, conversation)
    if spec.ordered and not chain_across(rule, spec, message, conversation):
        return "order", "not one after the other in the rule's order and window"
    return "distance", ""


def _tightest(rule: int, spec: RuleSpec, message: Message, conversation: Conversation) -> str:
    """How far apart the messages are that hold all groups, this one among them."""
    others = (m for m in conversation.messages if m is not message)
    said = sorted((*others, message), key=lambda m: (m.sent, m.position))
    here = next(at for at, m in enumerate(said) if m is message)
    spans = []
    for first in range(here + 1):
        for last in range(here, len(said)):
            window = said[first : last + 1]
            held = sum(any((rule, g) in m.hits for m in window) for g in range(len(spec.groups)))
            if held >= spec.groups_needed:
                spans.append((said[last].sent - said[first].sent, last - first + 1))
    seconds, messages = min(spans, key=lambda s: _over(spec.within, *s), default=(0.0, 0))
    apart = []
    within = spec.within
    if within.minutes is not None and seconds > within.minutes * 60:
        apart.append(f"{seconds / 60:.0f} minutes apart, {within.minutes} allowed")
    if within.messages is not None and messages > within.messages:
        apart.append(f"over {messages} messages, {within.messages} allowed")
    return "; ".join(apart)


def _over(within: Within, seconds: float, messages: int) -> float:
    """By how much a stretch is too long, as a multiple of what is allowed."""
    return max(
        seconds / (within.minutes * 60) if within.minutes else 0.0,
        messages / within.messages if within.messages else 0.0,
    )
