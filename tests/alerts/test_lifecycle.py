from __future__ import annotations

from datetime import UTC, datetime

import pytest

from alerts.lifecycle import priority, signal_id
from lifeline.events import AgentReport, CallSegment
from lifeline.taxonomy import Tier

START = datetime(2026, 11, 22, 2, 14, tzinfo=UTC)
WISH, AMOUNT, TOOK = "I want to die", "how many would kill me", "I just took them all"
WATCH, DRINK = "no point in living", "I am drinking again"


def test_first_hit_at_the_gate_opens_the_case(case):
    """Opened: nothing came before."""
    step = case.say(WISH)

    assert ("opened", Tier.ELEVATED, None, 2, True) == (
        step.kind, step.tier, step.previous_tier, step.priority, step.on_alerts,
    )  # fmt: skip
    assert ("active_intent",) == step.categories


def test_higher_tier_escalates(case):
    """What is worse than all before is news, and says from which tier it rose."""
    case.say(WISH)

    step = case.say(TOOK)

    assert ("escalated", Tier.IMMINENT, Tier.ELEVATED, 1) == (
        step.kind, step.tier, step.previous_tier, step.priority,
    )  # fmt: skip


def test_second_category_of_the_tier_escalates_by_priority(case):
    """A wish, then a question of method: the same tier, more urgent, both categories named."""
    case.say(WISH)

    step = case.say(AMOUNT)

    assert ("escalated", Tier.ELEVATED, Tier.ELEVATED, 1) == (
        step.kind, step.tier, step.previous_tier, step.priority,
    )  # fmt: skip
    assert ("active_intent", "method_question") == step.categories


def test_two_categories_in_one_message_are_urgent_at_once(case):
    """The order in which signs come makes no difference to the priority."""
    step = case.say(f"{WISH}. {AMOUNT}?")

    assert ("opened", 1) == (step.kind, step.priority)


@pytest.mark.parametrize(
    ("first", "second"),
    [(WISH, WISH), (TOOK, TOOK), (TOOK, WISH), (TOOK, AMOUNT), (WISH, WATCH), (WISH, DRINK)],
)
def test_same_or_lower_rank_is_no_news(case, first: str, second: str):
    """Nothing follows on the alerts topic for what is no worse."""
    case.say(first)

    assert None is case.say(second, minute=1)


def test_third_hit_is_no_news_after_both_categories(case):
    """Once both categories were said, either of them is nothing new."""
    case.say(WISH)
    case.say(AMOUNT)

    assert [None, None] == [case.say(WISH, minute=1), case.say(AMOUNT, minute=2)]


def test_below_the_gate_goes_to_the_watchlist(case):
    """Opened there, and not again for more of the same."""
    step = case.say(WATCH)

    assert ("opened", Tier.WATCH, False, 3) == (
        step.kind, step.tier, step.on_alerts, step.priority,
    )  # fmt: skip
    assert None is case.say(WATCH, minute=1)


def test_case_of_the_watchlist_opens_on_alerts(case):
    """The crisis team sees the case for the first time, so it is opened, from `watch`."""
    case.say(WATCH)

    step = case.say(WISH, minute=1)

    assert ("opened", True, Tier.WATCH) == (step.kind, step.on_alerts, step.previous_tier)


def test_lower_gate_lets_watch_through(new_case):
    """The gate is a setting of capacity, not a property of a rule."""
    step = new_case(Tier.WATCH).say(WATCH)

    assert ("opened", True) == (step.kind, step.on_alerts)


def test_higher_gate_keeps_elevated_on_the_watchlist(new_case):
    """A rise below the gate escalates there; the rise to the gate opens on alerts."""
    case = new_case(Tier.IMMINENT)

    steps = [case.say(WATCH), case.say(WISH, minute=1), case.say(TOOK, minute=2)]

    assert [("opened", False), ("escalated", False), ("opened", True)] == [
        (step.kind, step.on_alerts) for step in steps
    ]


def test_context_never_alerts_alone(new_case):
    """A signal goes nowhere but to the signals, whatever the gate."""
    case = new_case(Tier.WATCH)

    assert None is case.say(DRINK)
    assert case.finding is not None


def test_case_opens_again_once_the_window_is_empty(case):
    """Half an hour after the last hit the same words are news, with an id of their own."""
    first = case.say(WISH)

    assert None is case.say(WISH, minute=30)
    assert None is case.say(WISH, minute=60)
    again = case.say(WISH, minute=90.001)
    assert "opened" == again.kind
    assert first.alert_id != again.alert_id


def test_imminent_is_news_again_half_an_hour_after_it_was_said(case):
    """Hits of a lower tier do not keep a higher one quiet for longer than the window."""
    case.say(TOOK)
    case.say(WISH, minute=20)

    step = case.say(TOOK, minute=31)

    assert ("escalated", Tier.IMMINENT) == (step.kind, step.tier)


def test_report_by_an_agent_opens_the_case(case):
    """A pressed button counts, whatever the reason says."""
    event = AgentReport(
        conversation_id="c-1", message_id="m1", sent_at=START, reason="a feeling"
    )  # fmt: skip

    step = case.take(event)

    assert ("opened", Tier.ELEVATED, ("other_at_risk",)) == (step.kind, step.tier, step.categories)


def test_revised_segment_alerts_once(case):
    """Five partial transcripts of one sentence are one alert."""
    steps = [
        case.take(
            CallSegment(
                conversation_id="c-1", message_id=f"m{n}", segment_id="s1", sent_at=START,
                speaker="customer", text=f"I want to die{more}", is_final=False, start_ms=0,
                end_ms=n,
            )
        )
        for n, more in enumerate(["", " I", " I really", " I really do", " I really do now"])
    ]  # fmt: skip

    assert ["opened"] == [step.kind for step in steps if step]


def test_revision_grows_even_within_a_millisecond(new_case):
    """A consumer that keeps the highest revision has the latest picture."""
    case = new_case(Tier.WATCH)

    revisions = [case.say(text).revision for text in (WATCH, WISH, AMOUNT, TOOK)]

    assert sorted(set(revisions)) == revisions


def test_revision_grows_when_the_clock_goes_back(new_case):
    """A clock set back does not make a later picture look older."""
    case = new_case(Tier.WATCH)

    revisions = [case.say(WATCH, minute=5).revision, case.say(WISH, minute=1).revision]

    assert sorted(set(revisions)) == revisions


def test_ids_depend_on_the_evidence_alone(new_case):
    """Two workers that read the same event give the same ids."""
    first, second = new_case(), new_case()

    assert first.say(WISH).alert_id == second.say(WISH).alert_id
    assert signal_id(first.finding, first.pack) == signal_id(second.finding, second.pack)


def test_ids_are_for_ever(case):
    """Consumers remember ids, so the way they are made must not change."""
    assert "34b0de11-d638-5566-ae4d-ffb40b86f618" == case.say(WISH).alert_id
    assert "4442670c-dca9-5fd7-b221-14d2e4611544" == signal_id(case.finding, case.pack)


@pytest.mark.parametrize("field", ["conversation_id", "message_id"])
def test_other_message_has_another_id(new_case, field: str):
    """The same words elsewhere are another alert."""
    assert new_case().say(WISH).alert_id != new_case().say(WISH, **{field: "x"}).alert_id


@pytest.mark.parametrize(
    ("tier", "categories", "expected"),
    [
        (Tier.IMMINENT, {"attempt"}, 1),
        (Tier.ELEVATED, {"plan", "farewell"}, 1),
        (Tier.ELEVATED, {"plan"}, 2),
        (Tier.WATCH, {"passive_ideation", "extreme_emotion"}, 3),
    ],
)
def test_priority_is_tier_and_number_of_signs(tier: Tier, categories: set[str], expected: int):
    """1 is the most urgent."""
    assert expected == priority(tier, frozenset(categories))


def test_reports_stay_few_however_often_it_is_said(case):
    """Memory of a case does not grow with each of thousands of hits."""
    for n in range(2000):
        case.say((WISH, AMOUNT, TOOK, WATCH)[n % 4], minute=n / 1000)

    assert 4 == len(case.finding.conversation.reports)
