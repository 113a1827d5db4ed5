from __future__ import annotations

import dataclasses

import pytest
from triage_support import by_detect, decided, ms, said

from alerts.store.rows import CaseRow
from alerts.triage.assess import assess
from alerts.triage.facts import About, Facts
from alerts.triage.render import Sending
from alerts.triage.steps import Due, due
from lifeline.taxonomy import Tier

INTERVAL = 10_000


@pytest.fixture
def picture_of(pack):
    """Picture the one case of invented facts."""

    def of(*signals, decisions=()):
        [picture] = assess(Facts("u-1", signals, tuple(decisions)), About(orders=()), pack)
        return picture

    return of


def row(picture, **fields) -> CaseRow:
    """The case's row after a record of it was sent in the first minute."""
    made = CaseRow(
        case_id="c", person="u-1", conversation_id="c", channel="chat", opened=ms(0),
        last_said=picture.last_said, tier=int(picture.tier), priority=picture.priority,
        status=picture.status, outcome=picture.outcome, acknowledged=None, closed=None,
        revision=ms(0) + 1, digest="old", sent_digest="old", sent=ms(1), due=None, on_alerts=True,
        rules=(),
    )  # fmt: skip
    return dataclasses.replace(made, **fields)


def step(picture, before, minute: float = 1.05, digest: str = "new") -> Due:
    return due(picture, digest, before, gate=Tier.ELEVATED, interval=INTERVAL, now=ms(minute))


def test_what_detect_opened_is_updated_at_once(picture_of):
    """The completing record follows without waiting, one revision higher."""
    picture = picture_of(said("c", 0, "plan elevated", sent=by_detect(0)))

    assert Due("alerts", Sending("updated", ms(0) + 1, None)) == step(picture, None)


def test_what_only_triage_knows_is_opened_by_it(picture_of):
    """Without a record of detect on the topic, the first record opens the case."""
    found = step(picture_of(said("c", 0, "plan elevated")), None)

    assert ("alerts", "opened") == (found.topic, found.now.kind)


def test_below_the_gate_it_is_the_watchlist(picture_of):
    """Watch goes to the watchlist under a gate of elevated."""
    picture = picture_of(said("c", 0, "passive_ideation watch"))

    assert "watchlist" == step(picture, None).topic


def test_a_case_that_reaches_the_gate_opens_on_alerts(picture_of):
    """What was on the watchlist opens for the team once it ranks high enough."""
    picture = picture_of(said("c", 0, "plan elevated"))
    before = row(picture, tier=int(Tier.WATCH), priority=3, on_alerts=False)

    found = step(picture, before)

    assert ("alerts", "opened", Tier.WATCH) == (
        found.topic, found.now.kind, found.now.previous_tier
    )  # fmt: skip


def test_a_higher_rank_escalates_at_once(picture_of):
    """Neither the interval nor a quiet case holds back what ranks higher."""
    picture = picture_of(said("c", 0, "plan elevated"), decisions=[decided("c", 0.5, "contacted")])
    before = row(picture, priority=picture.priority + 1)

    found = step(picture, before)

    assert ("escalated", ms(0) + 2) == (found.now.kind, found.now.revision)


def test_the_same_rank_waits_for_the_interval(picture_of):
    """An update within the interval is due when it is over, and leaves then."""
    picture = picture_of(said("c", 0, "plan elevated"))
    before = row(picture)

    assert Due("alerts", later=ms(1) + INTERVAL) == step(picture, before)
    assert "updated" == step(picture, before, minute=1.2).now.kind


def test_nothing_new_sends_nothing(picture_of):
    """The same picture is neither sent nor due."""
    picture = picture_of(said("c", 0, "plan elevated"))

    assert Due("alerts") == step(picture, row(picture), digest="old")


def test_an_imminent_case_is_never_held(picture_of):
    """What is imminent leaves within the interval, too, and when the case is quiet."""
    signals = said("c", 0, "attempt imminent"), said("c", 1.01, "attempt imminent", number=2)
    picture = picture_of(*signals)
    quiet = picture_of(*signals, decisions=[decided("c", 0.5, "contacted")])

    assert step(picture, row(picture)).now is not None
    assert step(quiet, row(quiet, last_said=ms(0))).now is not None


def test_a_quiet_case_gets_no_updates(picture_of):
    """What the team works on is not updated for news of the same rank."""
    picture = picture_of(said("c", 0, "plan elevated"), decisions=[decided("c", 0.5, "contacted")])

    assert Due("alerts") == step(picture, row(picture), minute=60)


def test_a_decision_is_told_at_once(picture_of):
    """Other desks see that someone took the case."""
    picture = picture_of(said("c", 0, "plan elevated"), decisions=[decided("c", 0.5, "contacted")])

    assert "updated" == step(picture, row(picture, status="open", outcome=None)).now.kind


def test_a_record_of_detect_since_is_completed_at_once(picture_of):
    """Detect escalated and knows nothing of the customer: the whole follows without waiting."""
    picture = picture_of(
        said("c", 0, "plan elevated", sent=by_detect(0)),
        said("c", 1.02, "plan elevated", number=2, sent=by_detect(1.02, "escalated")),
    )

    assert ms(1.02) + 1 == step(picture, row(picture)).now.revision


@pytest.mark.parametrize("minute", [0, 1, 2])
def test_revisions_only_grow(picture_of, minute):
    """A record's revision is above all that were sent of the case before."""
    picture = picture_of(said("c", minute, "plan elevated", sent=by_detect(minute)))
    before = row(picture, revision=ms(1) + 7, tier=1)

    assert max(ms(1) + 7, ms(minute)) + 1 == step(picture, before).now.revision
