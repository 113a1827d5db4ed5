"""What a rule across conversations is made of, as values.

Such a rule sees no words: it adds up the signs that other rules found of one customer, in all
conversations and on all channels, and what was ordered (:mod:`lifeline.across`).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Final

import msgspec

from lifeline.context import Item
from lifeline.rules.problems import Place
from lifeline.rules.schema import Retired, Reviewed
from lifeline.taxonomy import Tier

STATUSES: Final = ("draft", "active", "retired")
ALSO_ASKED: Final = "also_asked"
MINUTE: Final = 60_000  # in milliseconds, as all times here
UNITS: Final = {"minutes": MINUTE, "hours": 60 * MINUTE, "days": 24 * 60 * MINUTE}


@dataclass(frozen=True, slots=True)
class SignNeeded:
    """So many messages, each with a sign of one of these categories, of the tier or worse."""

    categories: tuple[str, ...]
    tier: Tier = Tier.SIGNAL
    times: int = 1

    def fits(self, category: str, tier: Tier) -> bool:
        """Whether a sign of this category and tier is one of those meant."""
        return tier >= self.tier and category in self.categories


@dataclass(frozen=True, slots=True)
class OrdersNeeded:
    """An order that holds means of one of these kinds; of any kind, if none is named.

    ``days``: placed at most so long before the last sign. ``while_open``: placed while the case of
    the last sign was open, and with ``days`` at most so long after that sign.
    """

    means: tuple[str, ...] = ()
    days: int | None = None
    undelivered: bool = False
    while_open: bool = False


@dataclass(frozen=True, slots=True)
class TimedSign:
    """A sign in a time-line; ``at`` in milliseconds from its start."""

    at: int
    conversation: str
    channel: str
    customer: str
    category: str
    tier: Tier


@dataclass(frozen=True, slots=True)
class TimedOrder:
    """An order in a time-line, as it stands at the end of it."""

    at: int
    item: Item
    status: str


@dataclass(frozen=True, slots=True)
class TimedClosing:
    """The case of a conversation is closed."""

    at: int
    conversation: str


@dataclass(frozen=True, slots=True)
class TimeLine:
    """One example: what one customer said and ordered; or several said, where a rule counts them.

    The case of a conversation opens with its first sign of elevated or worse.
    """

    signs: tuple[TimedSign, ...]
    orders: tuple[TimedOrder, ...]
    closings: tuple[TimedClosing, ...]
    place: Place = field(default=Place("", 1, 1), compare=False)


@dataclass(frozen=True, slots=True)
class TimeLines:
    """The examples of a rule across conversations."""

    alert: tuple[TimeLine, ...] = ()
    ignore: tuple[TimeLine, ...] = ()


@dataclass(frozen=True, slots=True)
class AcrossSpec:
    """One rule across conversations.

    All ``signs`` must be there, each in a message of its own, in ``conversations`` or more, within
    ``within_ms`` from the first to the last; and the orders, if any are needed. Then the case of
    the last sign comes ``to`` a tier and a ``priority`` at least. With ``customers``, so many
    people must have said the same within that time; it is shown, and raises nothing.
    """

    id: str
    title: str
    why: str
    language: str
    status: str
    signs: tuple[SignNeeded, ...]
    conversations: int = 1
    within_ms: int = 0  # 0 for a single sign
    orders: OrdersNeeded | None = None
    customers: int | None = None
    to: Tier | None = None
    priority: int | None = None
    examples: TimeLines = TimeLines()
    references: tuple[str, ...] = ()
    author: str = ""
    reviewed: Reviewed | None = None
    retired: Retired | None = None
    place: Place = field(default=Place("", 1, 1), compare=False)
    version: str = field(default="", init=False)  # changes whenever what it finds or does changes

    def __post_init__(self) -> None:
        content = [getattr(self, name) for name in _DECIDING]
        digest = hashlib.sha256(msgspec.json.encode(content)).hexdigest()
        object.__setattr__(self, "version", digest[:12])

    @property
    def messages(self) -> int:
        """How many messages with signs it needs."""
        return sum(sign.times for sign in self.signs)

    @property
    def minutes(self) -> int:
        """The window in whole minutes."""
        return self.within_ms // MINUTE


_DECIDING: Final = (
    "id", "status", "signs", "conversations", "within_ms", "orders", "customers", "to", "priority",
)  # fmt: skip


def span_in_words(milliseconds: int) -> str:
    """A window as its author may have written it, as in "24 hours"."""
    unit, size = next(
        ((u, s) for u, s in reversed(UNITS.items()) if milliseconds % s == 0 and milliseconds > s),
        ("minutes", MINUTE),
    )
    number = milliseconds // size
    return f"{number:,} {unit if number != 1 else unit[:-1]}"
