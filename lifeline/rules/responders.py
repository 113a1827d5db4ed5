"""Whom to call: emergency, medical, police, poison and crisis lines by country and region.

A number that is out of date can cost a life. So each number names the office or operator that
publishes it, and the page that showed it to who wrote it down, if any did. Each region says when
its numbers were last compared with their sources, when that is due again, and which two people
have confirmed them with those who answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import yaml

from lifeline.events import is_region
from lifeline.rules.fields import Entries, Fields
from lifeline.rules.problems import Place

KINDS: Final = {
    "emergency": "one number for every emergency",
    "medical": "ambulance",
    "police": "police",
    "crisis_line": "people to talk to, for who is in despair",
    "poison": "what to do when something was swallowed",
}
_REGION_KEYS: Final = ("region", "checked", "next", "confirmed_by", "numbers")
_NUMBER_KEYS: Final = ("kind", "number", "name", "what", "hours", "languages", "source", "seen")
_MOST_DAYS: Final = 184  # six months from one review to the next
# Parts of a country (ISO 3166-2) that have a code of their own (ISO 3166-1) and their own numbers:
# who calls the country's numbers there reaches nobody.
_OWN_CODE: Final = {"CN-HK": "HK", "CN-MO": "MO", "CN-TW": "TW", "US-PR": "PR"}
_NUMBER: Final = re.compile(r"[+*#]?[0-9][0-9 ()/*#-]{1,24}")


@dataclass(frozen=True, slots=True)
class Responder:
    """One number. ``checked`` is when it was last compared with ``source``; empty: never.

    ``seen`` is another page that showed it; empty: it was written from memory.
    """

    kind: str
    number: str
    name: str
    what: str
    hours: str
    languages: tuple[str, ...]
    region: str
    source: str
    seen: str
    checked: str
    confirmed: bool


@dataclass(frozen=True, slots=True)
class RegionNumbers:
    """The numbers of one country, or of one part of it where they differ; dates as 2026-11-23."""

    region: str
    checked: str
    next: str
    confirmed_by: tuple[str, ...]
    numbers: tuple[Responder, ...]
    place: Place = field(default=Place("", 1, 1), compare=False)


class Responders:
    """The numbers of a pack, by region."""

    def __init__(self, regions: Iterable[RegionNumbers]) -> None:
        self.all: Mapping[str, RegionNumbers] = {found.region: found for found in regions}

    def of(self, region: str | None) -> tuple[Responder, ...]:
        """The numbers of a region (ISO 3166-2, as in CN-44), then those of its country."""
        if not region:
            return ()
        region = _OWN_CODE.get(region, region)
        regions = dict.fromkeys((region, region.partition("-")[0]))
        known = [self.all[name] for name in regions if name in self.all]
        return tuple(number for found in known for number in found.numbers)


def read_responders(fields: Fields, entries: Entries) -> list[RegionNumbers]:
    """The regions of a file that have no problem."""
    nodes = fields.nodes(entries, "responders")
    return [found for node in nodes if (found := _region(fields, node))]


def _region(fields: Fields, node: yaml.Node) -> RegionNumbers | None:
    source = fields.source
    entries = source.mapping(node, _REGION_KEYS, ("region", "next", "numbers"))
    region = fields.text(entries, "region")
    if region and not is_region(region):
        source.add(
            entries["region"], "L120", f"`{region}` is no region",
            "write a country as in ES, or a part of it as in CN-44 (ISO 3166)",
        )  # fmt: skip
    checked, due = fields.date(entries, "checked"), fields.date(entries, "next")
    if checked and due and due <= checked:
        source.add(entries["next"], "L045", "the next review comes after the last")
    elif checked and due and _days(checked, due) > _MOST_DAYS:
        source.add(
            entries["next"], "L126", "the next review is more than six months after the last",
            "numbers change: set it to six months at most",
        )  # fmt: skip
    confirmed = fields.texts(entries, "confirmed_by")
    numbers = [
        found
        for each in fields.nodes(entries, "numbers")
        if (found := _number(fields, each, region, checked, confirmed=len(set(confirmed)) > 1))
    ]
    if "numbers" in entries and not entries["numbers"].value:
        source.add(entries["numbers"], "L127", "a region needs at least one number", "add one")
    if not region or not numbers:
        return None
    return RegionNumbers(region, checked, due, confirmed, tuple(numbers), source.place(node))


def _number(
    fields: Fields, node: yaml.Node, region: str, checked: str, *, confirmed: bool
) -> Responder | None:
    source = fields.source
    entries = source.mapping(node, _NUMBER_KEYS, ("kind", "number", "name", "source"))
    number = fields.text(entries, "number")
    if number and not _NUMBER.fullmatch(number):
        source.add(
            entries["number"], "L121", f"`{number}` is no number to dial",
            "write digits, with spaces or dashes between them, as in +34 024",
        )  # fmt: skip
    kind = fields.choice(entries, "kind", KINDS)
    if not number or not kind:
        return None
    return Responder(
        kind=kind,
        number=number,
        name=fields.text(entries, "name"),
        what=fields.text(entries, "what"),
        hours=fields.text(entries, "hours"),
        languages=fields.texts(entries, "languages"),
        region=region,
        source=fields.text(entries, "source"),
        seen=fields.text(entries, "seen"),
        checked=checked,
        confirmed=confirmed,
    )


def _days(first: str, last: str) -> int:
    return (date.fromisoformat(last) - date.fromisoformat(first)).days
