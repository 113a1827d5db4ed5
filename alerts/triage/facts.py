"""What triage goes by: all that is known of one person. Times are milliseconds since 1970.

A person is a customer, or a conversation whose customer nobody named (``conversation:<id>``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from alerts.contract import Disposition, Missing, Signal
from lifeline.customers import CustomerOrder, Profile

DAY_MS: Final = 86_400_000
ORDERS_DAYS: Final = 90  # how far back orders are shown


def person_of(customer_id: str | None, conversation_id: str) -> str:
    """The key by which triage keeps what it knows."""
    return customer_id if customer_id is not None else f"conversation:{conversation_id}"


@dataclass(frozen=True, slots=True)
class About:
    """Who the customer is and what they ordered; None is not known, and ``missing`` says why.

    ``passing`` tells that what is missing may be had later.
    """

    profile: Profile | None = None
    orders: tuple[CustomerOrder, ...] | None = None
    missing: tuple[Missing, ...] = ()
    passing: bool = False


@dataclass(frozen=True, slots=True)
class KnownSignal:
    """A signal with when the log took it in."""

    signal: Signal
    received: int


@dataclass(frozen=True, slots=True)
class KnownDisposition:
    """A decision of the team with when the log took it in: their clocks may be wrong."""

    disposition: Disposition
    received: int


@dataclass(frozen=True, slots=True)
class Facts:
    """All that counts for the cases of one person, in no particular order.

    ``signals`` are all those of conversations in which anything was found lately, and
    ``dispositions`` those on their cases.
    """

    person: str
    signals: tuple[KnownSignal, ...] = ()
    dispositions: tuple[KnownDisposition, ...] = ()
