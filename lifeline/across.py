"""Rules across conversations: what the signs and orders of one customer come to together.

Pure: times are those at which things were said and ordered, in milliseconds since 1970, so that
neither the order of arrival nor a replay changes anything. More signs never take a raise away.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from lifeline.context import Order
from lifeline.order_status import is_cancelled, is_delivered
from lifeline.rules.across_spec import UNITS, AcrossSpec, OrdersNeeded, SignNeeded
from lifeline.rules.means import Means
from lifeline.taxonomy import Tier

_DAY: Final = UNITS["days"]

OpenSpans = Mapping[str, Sequence[tuple[int, int | None]]]


@dataclass(frozen=True, slots=True)
class Sign:
    """One category found in one message of a customer."""

    signal_id: str
    conversation_id: str
    message_id: str
    channel: str
    said: int
    category: str
    tier: Tier
    rule_id: str


@dataclass(frozen=True, slots=True)
class KnownOrder:
    """An order as rules across conversations see it; ``means`` are the kinds it holds."""

    order_id: str
    placed: int
    means: tuple[str, ...]
    cancelled: bool
    delivered: bool


@dataclass(frozen=True, slots=True)
class Raised:
    """A rule that raises the case of a conversation: that of the last of its signs.

    ``signs`` are in order of time, and the last is of that conversation. There is one for each case
    of a conversation, by the first sign that completed the rule, so that later signs leave it as it
    is.
    """

    spec: AcrossSpec
    conversation_id: str
    signs: tuple[Sign, ...]
    orders: tuple[str, ...]


def status_of(order: Order, means: Means) -> KnownOrder:
    """An order with its means; one whose status says neither is not cancelled, nor delivered."""
    kinds = {kind for item in order.items for kind in means.kinds(item)}
    return KnownOrder(
        order_id=order.order_id,
        placed=round(order.placed_at.timestamp() * 1000),
        means=tuple(sorted(kinds)),
        cancelled=is_cancelled(order.status),
        delivered=is_delivered(order.status),
    )


def asked_by(specs: Iterable[AcrossSpec], category: str, tier: Tier) -> AcrossSpec | None:
    """The rule that counts how many people said such a thing, if any does."""
    for spec in specs:
        if spec.customers and any(sign.fits(category, tier) for sign in spec.signs):
            return spec
    return None


def raised(
    specs: Sequence[AcrossSpec],
    signs: Sequence[Sign],
    orders: Sequence[KnownOrder] | None,
    open_spans: OpenSpans,
) -> list[Raised]:
    """What the rules raise, of one customer; in order of the rules and of time.

    Orders that are None are not known, and rules that ask for some wait. ``open_spans`` holds for
    each conversation when its cases were opened and closed (None: open still).
    """
    messages = _messages(signs)
    return [
        found
        for spec in specs
        if not spec.customers
        for found in _of_rule(spec, messages, orders, open_spans)
    ]


class _Said(NamedTuple):
    """A message with its signs; comparable by time."""

    said: int
    conversation_id: str
    message_id: str
    signs: tuple[Sign, ...]


def _messages(signs: Sequence[Sign]) -> list[_Said]:
    """The messages that hold signs, in order of time."""
    by_message: dict[tuple[str, str], set[Sign]] = defaultdict(set)
    for sign in signs:
        by_message[sign.conversation_id, sign.message_id].add(sign)
    return sorted(
        _Said(min(sign.said for sign in found), *key, tuple(sorted(found, key=_by_place)))
        for key, found in by_message.items()
    )


def _by_place(sign: Sign) -> tuple[str, ...]:
    return (sign.category, sign.rule_id, sign.signal_id, sign.channel, sign.tier.label)


def _of_rule(
    spec: AcrossSpec,
    messages: Sequence[_Said],
    orders: Sequence[KnownOrder] | None,
    open_spans: OpenSpans,
) -> list[Raised]:
    """What one rule raises: for each case, by the first sign that completes the rule."""
    if spec.orders and not orders:
        return []
    window = _Window(spec, messages)
    found: dict[tuple[str, int], Raised] = {}
    for last, near in window.complete():
        spans = sorted(
            open_spans.get(last.conversation_id, ()), key=lambda span: (span[0], span[1] or 0)
        )
        case = sum(closed is not None and closed < last.said for _, closed in spans)
        if (last.conversation_id, case) in found:
            continue
        span = spans[case] if case < len(spans) else None
        ordered = _orders(spec.orders, orders or (), last.said, span) if spec.orders else ()
        if spec.orders and not ordered:
            continue
        shown = window.shown(near, last)
        found[last.conversation_id, case] = Raised(spec, last.conversation_id, shown, ordered)
    return list(found.values())


def _orders(
    needed: OrdersNeeded,
    orders: Sequence[KnownOrder],
    said: int,
    span: tuple[int, int | None] | None,
) -> tuple[str, ...]:
    """The orders that count for a sign said then, by when they were placed."""
    counting = {
        (order.placed, order.order_id)
        for order in orders
        if order.means
        and (not needed.means or not set(needed.means).isdisjoint(order.means))
        and not (needed.undelivered and (order.delivered or order.cancelled))
        and _in_time(needed, order, said, span)
    }
    return tuple(order_id for _, order_id in sorted(counting))


def _in_time(
    needed: OrdersNeeded, order: KnownOrder, said: int, span: tuple[int, int | None] | None
) -> bool:
    if needed.while_open:
        # A cancelled one counts, too: the person did order it.
        opened, closed = span or (said, said)
        soon = needed.days is None or order.placed <= said + needed.days * _DAY
        is_open = opened < order.placed and (closed is None or order.placed <= closed)
        return span is not None and is_open and soon
    return (
        not order.cancelled
        and order.placed <= said
        and (needed.days is None or said - order.placed <= needed.days * _DAY)
    )


class _Window:
    """The window of one rule, sliding over the messages that hold any of its signs.

    Whether the messages in it can be shared out so that each needed sign has its own is Hall's
    question: for every choice of needed signs, there are as many messages with any of them as
    these ask for. A rule has few signs, so all choices are kept count of.
    """

    def __init__(self, spec: AcrossSpec, messages: Sequence[_Said]) -> None:
        self._spec = spec
        self._choices = range(1, 1 << len(spec.signs))
        self._asked = [
            sum(sign.times for at, sign in enumerate(spec.signs) if choice >> at & 1)
            for choice in self._choices
        ]
        self._holding = [(said, bits) for said in messages if (bits := self._bits(said))]

    def complete(self) -> Iterator[tuple[_Said, range]]:
        """Each message that is the last of a window that completes the rule, and what is in it."""
        holding = self._holding
        counts = [0] * len(self._asked)
        conversations: Counter[str] = Counter()
        first = after = 0
        for last, _ in holding:
            # What was said in the same millisecond stands in the window whatever its order.
            while after < len(holding) and holding[after][0].said <= last.said:
                self._count(counts, conversations, holding[after], 1)
                after += 1
            while holding[first][0].said < last.said - self._spec.within_ms:
                self._count(counts, conversations, holding[first], -1)
                first += 1
            enough = all(there >= asked for there, asked in zip(counts, self._asked, strict=True))
            if enough and len(conversations) >= self._spec.conversations:
                yield last, range(first, after)

    def shown(self, window: range, last: _Said) -> tuple[Sign, ...]:
        """The signs of a complete window by which it is: the latest that are enough of each.

        Of each as many are kept as the rule needs in all, so that they can still be shared out; and
        the latest of each conversation needed.
        """
        kept: list[_Said] = []
        left = [self._spec.messages] * len(self._spec.signs)
        conversations: set[str] = set()
        held = [self._holding[at] for at in window]
        # Of those said in the same millisecond, this one is the last.
        for said, bits in sorted(held, key=lambda one: (one[0] == last, one[0]), reverse=True):
            missing = [at for at, more in enumerate(left) if more and bits >> at & 1]
            for at in missing:
                left[at] -= 1
            is_another = said.conversation_id not in conversations
            if missing or (is_another and len(conversations) < self._spec.conversations):
                kept.append(said)
                conversations.add(said.conversation_id)
        return tuple(
            sign
            for said in reversed(kept)
            for sign in said.signs
            if any(needed.fits(sign.category, sign.tier) for needed in self._spec.signs)
        )

    def _bits(self, said: _Said) -> int:
        """Which of the needed signs a message holds."""
        return sum(_holds(said, needed) << at for at, needed in enumerate(self._spec.signs))

    def _count(
        self, counts: list[int], conversations: Counter[str], held: tuple[_Said, int], by: int
    ) -> None:
        said, bits = held
        conversations[said.conversation_id] += by
        if not conversations[said.conversation_id]:
            del conversations[said.conversation_id]
        for choice in self._choices:
            if choice & bits:
                counts[choice - 1] += by


def _holds(said: _Said, needed: SignNeeded) -> bool:
    return any(needed.fits(sign.category, sign.tier) for sign in said.signs)
