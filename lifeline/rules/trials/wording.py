"""Parts of rules in plain words."""

from __future__ import annotations

from itertools import zip_longest
from typing import Final

from lifeline.rules.schema import ContextNeeded, Position, RuleSpec, Within
from lifeline.rules.terms import alternatives

_SHOWN: Final = 3  # phrases of a list


def group(spec: RuleSpec, number: int) -> str:
    """A group (counted from 0) by its number and some of its phrases."""
    return f"group {number + 1} ({some(spec.groups[number])})"


def some(phrases: tuple[str, ...]) -> str:
    """The first phrases, and of each with braces the first it stands for."""
    written = [alternatives(phrase) for phrase in phrases[:_SHOWN]]
    words = [word for each in zip_longest(*written) for word in each if word]
    more = len(phrases) > _SHOWN or len(words) > _SHOWN
    return ", ".join(words[:_SHOWN]) + (", …" if more else "")


def window(within: Within) -> str:
    """The window over several messages, empty if there is none."""
    parts = []
    if within.minutes is not None:
        parts.append(f"{within.minutes} minute{'s' * (within.minutes != 1)}")
    if within.messages is not None:
        parts.append(messages(within.messages))
    return f" within {' and '.join(parts)}" if parts else ""


def messages(count: int) -> str:
    """So many messages."""
    return f"{count} message{'s' * (count != 1)}"


def looks_at(position: Position) -> str:
    """Where in a conversation a rule looks."""
    if position.messages == 1:
        return f"the {position.edge} message"
    if position.messages is not None:
        return f"the {position.edge} {position.messages} messages"
    return f"the {position.edge} {position.seconds} seconds"


def lacks(needed: ContextNeeded) -> str:
    """What is wrong with a customer for whom a condition does not hold."""
    parts = []
    if needed.product:
        parts.append(f"the product asked about has none of: {some(needed.product)}")
    if needed.orders:
        days = f" of the last {needed.days} days" if needed.days else ""
        parts.append(f"no order{days} has any of: {some(needed.orders)}")
    return ", or ".join(parts)
