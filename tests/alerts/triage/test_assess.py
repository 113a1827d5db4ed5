from __future__ import annotations

import random

import pytest
from triage_support import by_detect, decided, match, order, said

from alerts.triage.assess import assess
from alerts.triage.facts import About, Facts
from lifeline.taxonomy import Tier


@pytest.fixture
def cases(pack):
    """Give the cases of invented facts by their ids."""

    def of(*signals, orders=(), decisions=()):
        about = About(orders=None if orders is None else tuple(orders))
        facts = Facts("u-1", signals, tuple(decisions))
        return {picture.case_id: picture for picture in assess(facts, about, pack)}

    return of


def test_what_was_said_is_the_case(cases):
    """One elevated sign: elevated, P2, with its reason."""
    case = cases(said("c", 0, "plan elevated"))["c"]

    assert (Tier.ELEVATED, 2, ("plan",)) == (case.tier, case.priority, case.categories)
    assert ["said plan in c-1"] == case.reasons


def test_context_alone_is_no_case(cases):
    """Signals that never alert alone make no case."""
    assert {} == cases(said("c", 0, "stressor signal"))


def test_two_signs_of_ones_own_are_urgent(cases):
    """A wish and a method, also in two messages, are P1."""
    said_apart = said("c", 0, "plan elevated"), said("c", 3, "method_question elevated", number=2)

    case = cases(*said_apart)["c"]

    assert (1, ("method_question", "plan")) == (case.priority, case.categories)
    assert case.reasons[0].startswith("more than one sign")


def test_weak_signs_over_two_channels_add_up(cases):
    """Chat, then e-mail an hour later: the later conversation's case is elevated, and says why."""
    found = cases(
        said("c", 0, "passive_ideation watch"), said("m", 60, "farewell watch", channel="emails")
    )

    assert (Tier.WATCH, Tier.ELEVATED) == (found["c"].tier, found["m"].tier)
    assert "en.across.hopeless_again" in found["m"].rules
    reason = found["m"].reasons[0]
    assert "passive_ideation (watch, chat, 2026-11-22 02:00 UTC, c)" in reason
    assert "farewell (watch, emails, 2026-11-22 03:00 UTC, m)" in reason
    assert "weak signs that add up" in reason


def test_a_day_apart_they_do_not(cases):
    """Beyond the window nothing adds up."""
    found = cases(said("c", 0, "passive_ideation watch"), said("m", 24 * 60 + 1, "farewell watch"))

    assert {Tier.WATCH} == {case.tier for case in found.values()}


def test_a_false_alarm_adds_nothing_up(cases):
    """What the team called false is no sign of anything else."""
    found = cases(
        said("c", 0, "passive_ideation watch"),
        said("m", 60, "farewell watch"),
        decisions=[decided("c", 30, "false_alarm")],
    )

    assert Tier.WATCH is found["m"].tier


def test_a_rule_answers_for_the_false_alarm_it_raised(cases):
    """It raises the case no more, and stays among those that hit, whatever was decided later."""
    signs = said("c", 0, "passive_ideation watch"), said("m", 60, "farewell watch")
    alarm = decided("m", 90, "false_alarm")

    found = cases(*signs, decisions=[alarm])
    both = cases(*signs, decisions=[alarm, decided("c", 120, "false_alarm")])

    for one in (found, both):
        assert Tier.WATCH is one["m"].tier
        assert "en.across.hopeless_again" in one["m"].rules
        assert "en.across.hopeless_again" not in one["c"].rules


def test_a_false_alarm_that_no_rule_raised_is_laid_to_none(cases):
    """What was called false before the words came in had no part in their case."""
    found = cases(
        said("c", 0, "passive_ideation watch"),
        said("m", 60, "farewell watch"),
        decisions=[decided("c", 30, "false_alarm"), decided("m", 90, "false_alarm")],
    )

    assert "en.across.hopeless_again" not in found["m"].rules


def test_means_bought_lately_make_it_urgent(cases):
    """Elevated with means in a recent order is P1, and names the order."""
    case = cases(said("c", 0, "plan elevated"), orders=[order(7, -600, "Sleeping tablets 20")])["c"]

    assert 1 == case.priority
    assert "order o-7 (medicine" in case.reasons[0]


def test_means_alone_are_ordinary_trade(cases):
    """An order of means without words is no case."""
    assert {} == cases(said("c", 0, "stressor signal"), orders=[order(7, 1, "Sleeping tablets")])


def test_a_cancelled_order_makes_nothing_urgent(cases):
    """What was cancelled was not bought."""
    cancelled = order(7, -600, "Sleeping tablets", status="cancelled")

    assert 2 == cases(said("c", 0, "plan elevated"), orders=[cancelled])["c"].priority


def test_long_ago_counts_only_while_it_has_not_arrived(cases):
    """Of forty days ago, an order on its way counts and one that came does not."""
    minutes = -40 * 24 * 60
    sent = order(7, minutes, "rope", status="shipped")
    came = order(7, minutes, "rope", status="delivered")

    assert 1 == cases(said("c", 0, "plan elevated"), orders=[sent])["c"].priority
    assert 2 == cases(said("c", 0, "plan elevated"), orders=[came])["c"].priority


def test_an_order_of_means_while_the_case_is_open_escalates(cases):
    """Ordering rope after telling a plan is preparation: imminent, P1."""
    case = cases(said("c", 0, "plan elevated"), orders=[order(9, 20, "rope 10 m")])["c"]

    assert (Tier.IMMINENT, 1) == (case.tier, case.priority)
    assert "order o-9" in case.reasons[0]


def test_after_the_team_closed_it_an_order_escalates_nothing(cases):
    """A closed case stays as it is."""
    case = cases(
        said("c", 0, "plan elevated"),
        orders=[order(9, 20, "rope 10 m")],
        decisions=[decided("c", 10, "resolved")],
    )["c"]

    assert (Tier.ELEVATED, "closed") == (case.tier, case.status)


def test_a_rule_that_waited_for_orders_is_settled(cases, pack):
    """What would be raised were the orders known is raised once they are, with the reason."""
    rule = pack.rules[0]
    waiting = match(
        "method_question", "elevated", "c-1", rule_id=rule.id, rule_version=rule.version,
        awaits=["bought_it"],
    )  # fmt: skip
    signal = said("c", 0, matches=[waiting])

    assert Tier.IMMINENT is cases(signal, orders=[order(1, -60, "Paracetamol 500 mg")])["c"].tier
    assert Tier.ELEVATED is cases(signal, orders=[order(1, -60, "Socks")])["c"].tier
    assert Tier.ELEVATED is cases(signal, orders=None)["c"].tier


def test_elevated_in_another_conversation_is_a_repeat(cases):
    """The later case is P1 and names the earlier; the earlier stays as it was."""
    found = cases(said("c", 0, "plan elevated"), said("d", 60 * 24 * 6, "plan elevated"))

    assert (2, 1) == (found["c"].priority, found["d"].priority)
    assert found["d"].reasons[0].endswith(": c")


def test_a_confirmed_earlier_case_makes_it_urgent(cases):
    """After someone was contacted, the next case is P1, also at watch one higher."""
    found = cases(
        said("c", 0, "passive_ideation watch"),
        said("d", 60 * 24 * 9, "passive_ideation watch"),
        decisions=[decided("c", 30, "contacted")],
    )

    assert 2 == found["d"].priority


def test_a_new_case_of_a_conversation_names_the_old(cases):
    """Closed, then said again: two cases that name each other."""
    found = cases(
        said("c", 0, "plan elevated", sent=by_detect(0)),
        said("c", 10, "plan elevated", number=2),
        decisions=[decided("c", 5, "false_alarm")],
    )

    assert ("c#2", None) == (found["c"].continued_in, found["c"].previous_case)
    assert (None, "c") == (found["c#2"].continued_in, found["c#2"].previous_case)


def test_the_order_of_arrival_is_all_one(cases):
    """Signals, orders and decisions in any order come to the same cases."""
    signals = [
        said("c", 0, "passive_ideation watch"),
        said("m", 60, "farewell watch", "stressor signal", channel="emails"),
        said("c", 90, "method_question elevated", number=2),
        said("k", 200, "plan elevated", channel="calls"),
        said("c", 300, "plan elevated", number=3),
    ]
    orders = [order(1, -60, "paracetamol"), order(2, 210, "rope"), order(3, 220, "socks")]
    decisions = [decided("c", 250, "resolved"), decided("k", 260, "contacted")]

    def told(found):
        return {
            key: (c.tier, c.priority, c.reasons, c.rules, c.status, c.continued_in)
            for key, c in found.items()
        }

    expected = told(cases(*signals, orders=orders, decisions=decisions))
    chance = random.Random(3)
    for _ in range(30):
        for listed in (signals, orders, decisions):
            chance.shuffle(listed)
        assert expected == told(cases(*signals, orders=orders, decisions=decisions))
    assert {"c", "c#2", "k", "m"} == expected.keys()
