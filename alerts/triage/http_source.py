"""An existing customer service as the source of profile and orders, asked over HTTP.

Its small contract is in docs/operations.md and alerts/schemas/openapi.json. Nothing of a customer
is logged, and what is missing tells of the service only.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import wait
from datetime import UTC, datetime
from typing import Final, TypeVar
from urllib.parse import quote

import msgspec
import structlog

from alerts.contract import Missing
from alerts.triage.breaker import Breaker
from alerts.triage.exchange import Exchange
from alerts.triage.facts import DAY_MS, About, person_of
from alerts.triage.question import Answer, Question
from lifeline.customers import CustomerOrder, Profile, decode_order, decode_profile
from lifeline.errors import EventError, UndecodableEventError

log = structlog.get_logger()

MOST_ORDERS: Final = 50  # the latest, as from the store
_UNNAMED: Final = "nobody has named the customer"
_list: Final = msgspec.json.Decoder(list[msgspec.Raw])
_T = TypeVar("_T")


class HttpSource:
    """Asks the customer service at ``base_url``; a ``ContextSource``.

    Whatever the service does, an answer comes within ``time_limit_s``. After ``failures`` in a row
    profiles, or orders, are not asked for during ``pause_s``. Good answers are remembered for
    ``cache_s``: an order may be seen that much later. ``clock`` counts seconds.
    """

    def __init__(
        self,
        base_url: str,
        *,
        time_limit_s: float,
        token: str | None = None,
        failures: int = 5,
        pause_s: float = 30,
        cache_s: float = 10,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit_s: Final = time_limit_s
        self._exchange = Exchange(base_url, token=token, step_s=time_limit_s)

        def question(what: str, read: Callable[[bytes, str], Answer[_T]]) -> Question[_T]:
            breaker = Breaker(what, failures=failures, pause_s=pause_s, clock=clock)
            return Question(what, self._exchange, read, breaker, cache_s=cache_s, clock=clock)

        # Each has a breaker of its own: where orders fail, profiles are still to be had.
        self._profile = question("customer", _profile)
        self._orders = question("orders", _orders)

    def __repr__(self) -> str:
        return f"<HttpSource: {self._exchange!r}>"

    def about(self, person: str, *, since: int) -> About:
        """Ask for both at once; orders are those placed since, the latest first."""
        if person.startswith(person_of(None, "")):
            unnamed = (Missing(what=what, why=_UNNAMED) for what in ("customer", "orders"))
            return About(missing=tuple(unnamed))
        path = f"/customers/{_segment(person)}"
        profile_asked = self._profile.ask(path)
        orders_asked = self._orders.ask(f"{path}/orders?since={_day(since)}")
        under_way = [each.reply for each in (profile_asked, orders_asked) if each.reply is not None]
        wait(under_way, self._limit_s)
        profile = self._profile.answer(profile_asked, person)
        orders = self._orders.answer(orders_asked, person)
        whys = {self._profile.what: profile.why, self._orders.what: orders.why}
        return About(
            profile=profile.value,
            orders=None if orders.value is None else _latest(orders.value, since),
            missing=tuple(Missing(what=what, why=why) for what, why in whys.items() if why),
            passing=profile.passing or orders.passing,
        )

    def close(self) -> None:
        """Close all connections, once nobody asks any more."""
        self._exchange.close()


def _segment(customer_id: str) -> str:
    """The id as one segment of a path; a segment of dots would be taken for a step upwards."""
    quoted = quote(customer_id, safe="", errors="surrogatepass")
    return quoted if quoted.strip(".") else quoted.replace(".", "%2E")


def _day(since: int) -> str:
    """The start of the day in UTC, so that questions of one day have the same answer."""
    start = max(since, 0) // DAY_MS * DAY_MS
    return f"{datetime.fromtimestamp(start / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _latest(orders: tuple[CustomerOrder, ...], since: int) -> tuple[CustomerOrder, ...]:
    placed = [order for order in orders if order.placed_at.timestamp() * 1000 >= since]
    placed.sort(key=lambda order: order.order_id)
    placed.sort(key=lambda order: order.placed_at, reverse=True)
    return tuple(placed[:MOST_ORDERS])


def _profile(body: bytes, person: str) -> Answer[Profile]:
    profile = decode_profile(body)
    _check_owner(profile.customer_id, person)
    return Answer(profile)


def _orders(body: bytes, person: str) -> Answer[tuple[CustomerOrder, ...]]:
    """The orders that can be read; of the others it is said how many they are."""
    try:
        listed = _list.decode(body)
    except msgspec.ValidationError:
        raise EventError("$: expected a list of orders", place="$") from None
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise UndecodableEventError("not JSON in UTF-8") from None
    orders, unusable = [], []
    for raw in listed:
        try:
            order = decode_order(bytes(raw))
            _check_owner(order.customer_id, person)
        except EventError as error:
            unusable.append(error.place)
        else:
            orders.append(order)
    if not unusable:
        return Answer(tuple(orders))
    if not orders:
        raise EventError("$: no order can be used", place=unusable[0])
    log.warning("customer_service_unusable", what="orders", place=unusable[0], times=len(unusable))
    why = f"{len(unusable)} of {len(listed)} orders of the customer service are not as agreed"
    return Answer(tuple(orders), why)


def _check_owner(customer_id: str, person: str) -> None:
    if customer_id != person:
        raise EventError("customer_id: of another customer", place="customer_id")
