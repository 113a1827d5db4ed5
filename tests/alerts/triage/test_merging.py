"""What a summary quotes of the matches of a case."""

from __future__ import annotations

from triage_support import match

from alerts.triage.merging import quoted


def test_words_of_one_tier_are_quoted_once():
    """Stretches that overlap are one; other tiers have their own words."""
    matches = [
        match("plan", "elevated", "m1", rule_id="en.plan.a", text="bigger pack", start=0, end=11),
        match("plan", "elevated", "m1", rule_id="en.plan.b", text="pack today", start=7, end=17),
        match("plan", "watch", "m2", text="tired"),
    ]

    assert ["bigger pack today"] == quoted(matches, "elevated", without=())


def test_words_that_only_add_up_are_not_quoted():
    """A rule by points counts words that say nothing alone."""
    phrase = match("plan", "elevated", "m1", rule_id="en.plan.a", text="bigger pack")
    points = match("plan", "elevated", "m2", rule_id="en.plan.adds_up", text="the")

    assert ["bigger pack"] == quoted([points, phrase], "elevated", without={"en.plan.adds_up"})
