from __future__ import annotations

from itertools import chain, combinations
from pathlib import Path

import pytest

from alerts.priority import FACTS, TABLE, row_for, several_signs
from lifeline.taxonomy import Tier

EVERY = list(chain.from_iterable(combinations(FACTS, n) for n in range(len(FACTS) + 1)))


@pytest.mark.parametrize(
    ("tier", "known", "expected"),
    [
        (Tier.IMMINENT, set(), 1),
        (Tier.ELEVATED, set(), 2),
        (Tier.ELEVATED, {"several_signs"}, 1),
        (Tier.ELEVATED, {"means"}, 1),
        (Tier.ELEVATED, {"repeat"}, 1),
        (Tier.ELEVATED, {"earlier_case"}, 1),
        (Tier.WATCH, set(), 3),
        (Tier.WATCH, {"means"}, 2),
        (Tier.WATCH, {"earlier_case"}, 2),
        (Tier.WATCH, {"several_signs", "repeat"}, 3),
    ],
)
def test_priority_by_tier_and_what_is_known(tier, known, expected):
    """Each row of the table says what it says."""
    assert expected == row_for(tier, frozenset(known)).priority


@pytest.mark.parametrize("known", EVERY)
def test_more_known_never_lowers(known):
    """Another fact never makes a case less urgent, and a worse tier never does."""
    for tier in (Tier.SIGNAL, Tier.WATCH, Tier.ELEVATED, Tier.IMMINENT):
        plain = row_for(tier).priority
        assert row_for(tier, frozenset(known)).priority <= plain
        if tier > Tier.SIGNAL:
            below = row_for(Tier(tier - 1), frozenset(known)).priority
            assert row_for(tier, frozenset(known)).priority <= below


def test_every_row_can_decide():
    """No row is hidden behind another."""
    reached = {row_for(t, frozenset(k)) for t in Tier if t for k in EVERY}

    assert set(TABLE) == reached


def test_someone_else_in_danger_is_no_second_sign():
    """Two signs are two of one's own."""
    assert not several_signs(frozenset({"plan", "other_at_risk"}))
    assert several_signs(frozenset({"plan", "method_question"}))


def test_the_operators_page_shows_this_table():
    """What docs/operations.md says of priorities is what is done."""
    page = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
    shown = page.partition("<!-- priorities -->")[2].partition("<!-- /priorities -->")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in shown.split("\n") if line]

    assert [
        [row.tier.label, FACTS[row.fact] if row.fact else "", f"P{row.priority}"] for row in TABLE
    ] == rows[2:]
