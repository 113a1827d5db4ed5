"""What a completed alert adds on a terminal: who, orders, history, and whom to call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

import msgspec
from rich.text import Text

from alerts.contract import Alert, History, OrderShown, Responder
from alerts.plain import plain, span

_MOST_ORDERS: Final = 4
_MOST_ITEMS: Final = 4  # of one order
_MOST_EARLIER: Final = 3  # cases, and as many signals
_MOST_NUMBERS: Final = 4  # of one kind and country
_MOST_NAME: Final = 80  # characters of one fact
_LOUD: Final = "bold red"
_KINDS: Final = {
    "emergency": "emergency",
    "medical": "medical",
    "police": "police",
    "crisis_line": "crisis line",
    "poison": "poison centre",
}


def context_lines(alert: Alert, now: datetime, known: Alert | None = None) -> list[Text]:
    """The lines, the most urgent first; none where nothing is known yet.

    Of what ``known`` showed already only that the team is on it is said again.
    """
    shown = alert if known is None else _news(alert, known)
    return [
        *_state(alert, now),
        *_who(shown, now),
        *_orders(shown),
        *_earlier(shown),
        *_others(shown),
        *_numbers(shown.responders),
        *_missing(shown),
    ]


def _news(alert: Alert, known: Alert) -> Alert:
    """The alert without what the record before held just so."""
    history = alert.history
    if history is not None and known.history is not None:
        history = History(
            cases=[case for case in history.cases if case not in known.history.cases],
            signals=[each for each in history.signals if each not in known.history.signals],
        )
    same_people = alert.also_asked == known.also_asked
    return msgspec.structs.replace(
        alert,
        customer=alert.customer if alert.customer != known.customer else None,
        orders=[order for order in alert.orders if order not in known.orders],
        history=history,
        also_asked=None if same_people else alert.also_asked,
        responders=alert.responders if alert.responders != known.responders else [],
        missing=alert.missing if alert.missing != known.missing else [],
    )


def _state(alert: Alert, now: datetime) -> Iterator[Text]:
    if alert.decisions:
        last = alert.decisions[0]
        at = last.decided_at.astimezone(now.tzinfo)
        told = f"{last.outcome.replace('_', ' ')} by {plain(last.by)} at {at:%H:%M}"
        yield Text(f"{alert.status}: {told}", style="bold")
    if alert.previous_case:
        yield Text(
            f"goes on from case {plain(alert.previous_case)}, which was closed", style="bold"
        )
    if alert.continued_in:
        yield Text(f"goes on in case {plain(alert.continued_in)}", style="bold")


def _who(alert: Alert, now: datetime) -> Iterator[Text]:
    customer = alert.customer
    if customer is None:
        return
    age = f"about {now.year - customer.birth_year}" if customer.birth_year else ""
    facts = (customer.name, age, customer.phone, customer.address, customer.region)
    yield Text(f"who: {_joined(facts)}", style="bold")
    contact = customer.emergency_contact
    if contact is not None:
        yield Text(f"ask: {_joined((contact.name, contact.phone))} (emergency contact)")


def _orders(alert: Alert) -> Iterator[Text]:
    """Those that hold means first, then the latest."""
    orders = sorted(alert.orders, key=lambda order: not order.means)
    for order in orders[:_MOST_ORDERS]:
        yield _order(order, alert)
    if len(orders) > _MOST_ORDERS:
        more = len(orders) - _MOST_ORDERS
        yield Text(f"{more} more order{'s' * (more > 1)} in 90 days", style="dim")


def _order(order: OrderShown, alert: Alert) -> Text:
    when = _when(order.placed_at, alert.times.said)
    line = Text(f"ordered {when}: ", style="" if order.means else "dim")
    for number, item in enumerate(order.items[:_MOST_ITEMS]):
        line.append(", " if number else "")
        words = (
            f"{_clipped(item.title or item.sku)}{f' ×{item.quantity}' if item.quantity > 1 else ''}"
        )
        line.append(words, style=_LOUD if item.means else "")
        if item.means:
            line.append(f" ({', '.join(item.means)})")
    more = len(order.items) - _MOST_ITEMS
    line.append(f" and {more} more" if more > 0 else "")
    line.append(f" · {_clipped(order.status)}" if order.status else "")
    if order.cancellable:
        line.append(" · can still be cancelled", style=_LOUD if order.means else "")
    return line.append(f" · order {_clipped(order.order_id)}")


def _earlier(alert: Alert) -> Iterator[Text]:
    if alert.history is None:
        return
    received = alert.times.received  # cases are opened by when the log took their words in
    for case in alert.history.cases[:_MOST_EARLIER]:
        outcome = f", {case.outcome.replace('_', ' ')}" if case.outcome else ""
        yield Text(
            f"earlier case {plain(case.case_id)}: {plain(case.channel)} "
            f"{_when(case.opened_at, received)}, P{case.priority} {case.tier}, "
            f"{case.status}{outcome}"
        )
    cases = {case.case_id.partition("#")[0] for case in alert.history.cases}
    others = [s for s in alert.history.signals if s.conversation_id not in cases]
    for signal in others[:_MOST_EARLIER]:
        told = plain(", ".join(signal.categories))
        when = _when(signal.said_at, alert.times.said)
        yield Text(f"{plain(signal.channel)} {when}: {signal.tier}, {told}", style="dim")
    more = sum(max(0, len(found) - _MOST_EARLIER) for found in (alert.history.cases, others))
    if more:
        yield Text(f"{more} more of earlier in the record", style="dim")


def _others(alert: Alert) -> Iterator[Text]:
    if alert.also_asked is not None:
        count = alert.also_asked.customers - 1
        yield Text(
            f"{count} other{'s' * (count > 1)} asked the same within "
            f"{alert.also_asked.minutes} min: a post may be going round"
        )


def _numbers(responders: list[Responder]) -> Iterator[Text]:
    """Whom to call: one line for a country, for its numbers cannot be dialled from another."""
    by_country: dict[str, list[Responder]] = {}
    for responder in responders:
        by_country.setdefault(responder.region.partition("-")[0], []).append(responder)
    for country, found in by_country.items():
        yield _numbers_of(country, found)
    doubtful = [each for each in responders if not each.confirmed]
    if doubtful:
        which = "none" if len(doubtful) == len(responders) else "not all"
        checked = min(each.checked for each in doubtful)
        compared = f"on {plain(checked)}" if checked else "never"
        yield Text(
            f"{which} of these numbers were confirmed with who answers them; "
            f"last compared with their sources: {compared}",
            style="dim",
        )


def _numbers_of(country: str, found: Iterable[Responder]) -> Text:
    by_kind: dict[str, list[Responder]] = {}
    for responder in found:
        by_kind.setdefault(responder.kind, []).append(responder)
    line = Text(f"call in {plain(country)}: ")
    for number, kind in enumerate(sorted(by_kind, key=_order_of)):
        line.append(" · " if number else "")
        line.append(f"{_KINDS.get(kind, plain(kind))} ")
        for place, each in enumerate(by_kind[kind][:_MOST_NUMBERS]):
            line.append(", " if place else "")
            line.append(plain(each.number), style="bold")
            told = "; ".join(_clipped(fact) for fact in (each.what, each.hours) if fact)
            line.append(f" ({told})" if told else "")
    return line


def _order_of(kind: str) -> int:
    return list(_KINDS).index(kind) if kind in _KINDS else len(_KINDS)


def _missing(alert: Alert) -> Iterator[Text]:
    known = [each for each in alert.missing if each.why != "pending"]
    if known:
        told = "; ".join(f"{plain(each.what)}: {plain(each.why)}" for each in known)
        yield Text(f"not known: {told}", style="dim")


def _when(at: datetime, other: datetime) -> str:
    """How long before or after the other time."""
    seconds = (at - other).total_seconds()
    return f"{span(seconds)} {'after' if seconds > 0 else 'before'}"


def _joined(facts: Iterable[str]) -> str:
    return " · ".join(_clipped(fact) for fact in facts if fact)


def _clipped(text: str) -> str:
    shown = plain(text)
    return shown if len(shown) <= _MOST_NAME else shown[: _MOST_NAME - 1] + "…"
