"""How urgent a case is: a table of tier and what is known besides. The first row that fits counts.

``docs/operations.md`` shows the same table; a test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from lifeline.taxonomy import Tier

Fact = Literal["several_signs", "means", "repeat", "earlier_case"]
_OF_OTHERS: Final = frozenset({"other_at_risk", "threat_to_others"})


@dataclass(frozen=True, slots=True)
class Row:
    """One row: a case of this tier of which the fact is known (None: any) has this priority."""

    tier: Tier
    fact: Fact | None
    priority: int


FACTS: Final[dict[Fact, str]] = {
    "several_signs": "more than one sign of one's own in the conversation (a wish and a method)",
    "means": "means in an order of the last 30 days, or in one that has not arrived",
    "repeat": "elevated or worse in another conversation of the last 7 days",
    "earlier_case": "an earlier case that the team confirmed",
}

TABLE: Final = (
    Row(Tier.IMMINENT, None, 1),
    Row(Tier.ELEVATED, "several_signs", 1),
    Row(Tier.ELEVATED, "means", 1),
    Row(Tier.ELEVATED, "repeat", 1),
    Row(Tier.ELEVATED, "earlier_case", 1),
    Row(Tier.ELEVATED, None, 2),
    Row(Tier.WATCH, "means", 2),
    Row(Tier.WATCH, "earlier_case", 2),
    Row(Tier.WATCH, None, 3),
    Row(Tier.SIGNAL, None, 3),
)


def row_for(tier: Tier, known: frozenset[Fact] = frozenset()) -> Row:
    """The row that decides."""
    return next(
        row for row in TABLE if row.tier is tier and (row.fact is None or row.fact in known)
    )


def several_signs(categories: frozenset[str]) -> frozenset[Fact]:
    """Whether the categories of one tier are more than one sign of one's own, as a fact."""
    return frozenset({"several_signs"}) if len(categories - _OF_OTHERS) > 1 else frozenset()
