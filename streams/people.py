"""The invented people of `lifeline demo`: profiles, orders, and what the team decided."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from alerts.contract import decode_disposition
from lifeline.customers import decode_order, decode_profile
from lifeline.events import encode
from streams.day import FOLDER, Invented, events_of

PEOPLE: Final = FOLDER / "people"


class Happening(NamedTuple):
    """A record of one of triage's topics, and when it is due in the day (None: from the start)."""

    at: datetime | None
    topic: str
    key: bytes
    value: bytes


def happenings(folder: Path = PEOPLE) -> Iterator[Happening]:
    """Profiles, orders and decisions; each checked as a worker would."""
    for line in _lines(folder / "customers.jsonl"):
        yield Happening(None, "customers", decode_profile(line).customer_id.encode(), line)
    for line in _lines(folder / "orders.jsonl"):
        order = decode_order(line)
        yield Happening(order.placed_at, "orders", order.customer_id.encode(), line)
    for line in _lines(folder / "dispositions.jsonl"):
        decision = decode_disposition(line)
        yield Happening(decision.decided_at, "dispositions", decision.case_id.encode(), line)


def together(day: list[Invented], known: list[Happening]) -> Iterator[Happening]:
    """All that happens in the day, in order of time; events have no topic of their own."""
    said = [Happening(event.sent_at, "", b"", encode(event)) for event in events_of(day)]
    dated = [each for each in known if each.at is not None]
    yield from heapq.merge(said, sorted(dated, key=_when), key=_when)


def _when(happening: Happening) -> datetime:
    assert happening.at is not None  # noqa: S101 - only what has a time is in order
    return happening.at


def _lines(path: Path) -> Iterator[bytes]:
    for line in path.read_bytes().split(b"\n"):
        if line:
            yield msgspec.json.encode(msgspec.json.decode(line))
