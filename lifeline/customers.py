"""Customers and their orders as the `customers` and `orders` topics carry them."""

from __future__ import annotations

import re
from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import Meta

from lifeline.context import Order
from lifeline.errors import EventError, UndecodableEventError
from lifeline.events import EARLIEST, LATEST, is_region

_Id = Annotated[str, Meta(min_length=1, max_length=256)]
_PATH: Final = re.compile(r" - at `\$\.?(?P<field>[\w.\[\]]*)`?")
_MISSING: Final = re.compile(r"missing required field `(?P<field>\w+)`")


class EmergencyContact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whom to ask about the customer."""

    name: str = ""
    phone: str = ""


class Profile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The latest profile of a customer."""

    customer_id: _Id
    name: str = ""
    phone: str = ""
    region: str | None = None
    address: str = ""
    birth_year: int | None = None
    language: str | None = None
    emergency_contact: EmergencyContact | None = None


class CustomerOrder(Order, frozen=True, kw_only=True, omit_defaults=True):
    """An order placed or changed, with who placed it."""

    customer_id: _Id


_T = TypeVar("_T", Profile, CustomerOrder)
_profiles: Final = msgspec.json.Decoder(Profile)
_orders: Final = msgspec.json.Decoder(CustomerOrder)


def decode_profile(data: bytes) -> Profile:
    """Read one profile. Raises :class:`EventError` whose ``place`` is the field that is wrong."""
    profile = _decoded(_profiles, data)
    if profile.region and not is_region(profile.region):
        raise EventError("region: expected an ISO 3166-2 code, as in CN-44", place="region")
    return profile


def decode_order(data: bytes) -> CustomerOrder:
    """Read one order. Raises :class:`EventError` whose ``place`` is the field that is wrong."""
    order = _decoded(_orders, data)
    if order.placed_at.tzinfo is None or not EARLIEST <= order.placed_at < LATEST:
        raise EventError(
            "placed_at: expected a time with zone, as in 2026-11-22T02:14:07+08:00",
            place="placed_at",
        )
    return order


def _decoded(decoder: msgspec.json.Decoder[_T], data: bytes) -> _T:
    try:
        return decoder.decode(data)
    except msgspec.ValidationError as error:
        raise _explain(str(error)) from None
    except (msgspec.DecodeError, UnicodeError):
        raise UndecodableEventError("not JSON in UTF-8") from None
    except RecursionError:
        raise UndecodableEventError("JSON is nested too deeply") from None


def _explain(message: str) -> EventError:
    """What is wrong, by the field's name and without its value."""
    if missing := _MISSING.search(message):
        return EventError(f"{missing['field']}: missing", place=missing["field"])
    path = _PATH.search(message)
    field = path["field"] if path and path["field"] else "$"
    return EventError(f"{field}: not of the type that is expected", place=field)
