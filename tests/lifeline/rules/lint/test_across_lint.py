"""Lints of rules across conversations."""

from __future__ import annotations

import json
from datetime import date

import pytest

from lifeline.rules.lint import across, reviewers_missing, reviews_due

SIGN = {"categories": ["farewell"], "tier": "watch", "times": 2}
LINE = [[{"at": "0m", "sign": "farewell watch"}]]


@pytest.fixture
def pack_of(make_pack):
    """A pack with one rule across conversations."""

    def make(means=None, **rule):
        given = {"id": "zh.across.one", "title": "One", "why": "One.", "status": "active"}
        across = given | {"signs": [SIGN], "raise": {"to": "elevated"}} | rule
        across["examples"] = {"alert": LINE, "ignore": LINE}
        across = json.loads(json.dumps(across))  # or YAML would write anchors
        return make_pack(
            {"terms": ["想死"]}, across=[across], **({"means": means} if means else {})
        )

    return make


@pytest.mark.parametrize(
    ("signs", "conversations", "minutes", "count"),
    [
        ([SIGN], 1, 1, 0),
        ([SIGN | {"times": 8}], 1, 1, 1),
        ([SIGN], 2, 4, 1),
        ([SIGN], 2, 5, 0),
    ],
)
def test_window_too_short_for_what_it_holds(pack_of, signs, conversations, minutes, count):
    """Nobody says eight things in a minute, or holds two conversations in four."""
    pack = pack_of(signs=signs, conversations=conversations, within={"minutes": minutes})
    assert ["L109"] * count == [p.code for p in across.windows_too_short(pack)]


def test_means_nobody_wrote_words_for(pack_of):
    """An error where the rule could never raise, a warning where other kinds are left."""
    rope, both = {"means": ["rope"], "days": 3}, {"means": ["rope", "gas"], "days": 3}
    day = {"within": {"days": 1}}

    def found(pack):
        return [(p.code, p.severity) for p in across.means_without_words(pack)]

    assert [("L110", "error")] == found(pack_of(orders=rope, **day))
    assert [("L110", "error")] == found(pack_of(orders={"means": "any", "days": 3}, **day))
    assert [] == found(pack_of(orders=rope, means={"rope": ["绳"]}, **day))
    assert [("L110", "warning")] == found(pack_of(orders=both, means={"rope": ["绳"]}, **day))


def test_reviews_are_asked_for_as_of_other_rules(pack_of):
    """Two people, and again when it is due."""
    reviewed = {"by": ["li"], "on": "2026-01-01", "next": "2026-07-01"}
    pack = pack_of(within={"days": 1}, reviewed=reviewed)
    assert ["zh.across.one: its review was due on 2026-07-01"] == [
        p.message for p in reviews_due(pack, date(2026, 11, 22))
    ]
    assert "zh.across.one is active, and needs 2 reviewers" in [
        p.message for p in reviewers_missing(pack)
    ]
