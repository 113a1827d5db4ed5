"""Numbers to call that nobody has looked at for too long, or that nobody has confirmed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from lifeline.rules.pack import Pack
from lifeline.rules.problems import Problem
from lifeline.rules.responders import RegionNumbers

_NAMED: Final = 12  # regions of one warning


def numbers_due(pack: Pack, today: date) -> Iterator[Problem]:
    """Regions whose numbers should have been looked up again by now."""
    for found in pack.responders.all.values():
        if found.next and date.fromisoformat(found.next) < today:
            yield found.place.problem(
                "L122", f"{found.region}: its numbers were due for review on {found.next}",
                "look each up where its `source` says, and set `checked` and `next`", "warning",
            )  # fmt: skip


def numbers_unchecked(pack: Pack) -> Iterator[Problem]:
    """One warning for all regions whose numbers nobody has compared with their sources."""
    lacking = [found for found in pack.responders.all.values() if not found.checked]
    if lacking:
        names = _names(lacking)
        yield lacking[0].place.problem(
            "L125", f"the numbers of {len(lacking)} regions were never looked up: {names}",
            "compare each with its `source`, and set `checked`", "warning",
        )  # fmt: skip


def numbers_from_memory(pack: Pack) -> Iterator[Problem]:
    """One warning for all numbers that neither their source nor another page has shown yet."""
    regions = pack.responders.all.values()
    count = sum(len(found.numbers) for found in regions)
    lacking = [
        found
        for found in regions
        if not found.checked and not all(number.seen for number in found.numbers)
    ]
    if lacking:
        unseen = sum(not number.seen for found in lacking for number in found.numbers)
        names = _names(lacking)
        yield lacking[0].place.problem(
            "L128", f"{unseen} of {count} numbers were written from memory, in: {names}",
            "begin with these: look each up where its `source` says", "warning",
        )  # fmt: skip


def numbers_unconfirmed(pack: Pack) -> Iterator[Problem]:
    """One warning for all numbers that fewer than two people have confirmed."""
    lacking = [
        found
        for found in pack.responders.all.values()
        if not all(number.confirmed for number in found.numbers)
    ]
    if lacking:
        names = _names(lacking)
        yield lacking[0].place.problem(
            "L123", f"nobody has confirmed the numbers of {len(lacking)} regions: {names}",
            "have two people confirm them with who answers, and name both in `confirmed_by`",
            "warning",
        )  # fmt: skip


def _names(regions: list[RegionNumbers]) -> str:
    names = sorted(found.region for found in regions)
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
