from __future__ import annotations

import random

import pytest
from triage_support import decided, ms, said

from alerts.triage.episodes import case_id, conversation_of, episodes
from alerts.triage.facts import Facts


def cases(signals, decisions=()):
    found = episodes(Facts("u-1", tuple(signals), tuple(decisions)))
    return [(e.case_id, len(e.signals), e.status) for e in found]


def test_a_conversation_is_one_case():
    """All signals of a conversation make one open case."""
    signals = [said("c", 0, "plan elevated"), said("c", 5, "plan elevated", number=2)]

    assert [("c", 2, "open")] == cases(signals)


@pytest.mark.parametrize("outcome", ["acknowledged", "contacted", "handed_to_emergency_services"])
def test_decisions_that_keep_a_case_open_make_it_quiet(outcome):
    """What the team works on stays one case, whatever is said afterwards."""
    signals = [said("c", 0, "plan elevated"), said("c", 5, "plan elevated", number=2)]

    assert [("c", 2, "quiet")] == cases(signals, [decided("c", 1, outcome)])


@pytest.mark.parametrize("outcome", ["false_alarm", "resolved"])
def test_a_hit_after_closing_opens_a_new_case(outcome):
    """What is said after a case was closed is a case of its own."""
    signals = [said("c", 0, "plan elevated"), said("c", 5, "plan elevated", number=2)]

    assert [("c", 1, "closed"), ("c#2", 1, "open")] == cases(signals, [decided("c", 1, outcome)])


def test_a_correction_reopens_while_nothing_new_was_said():
    """The latest decision counts: a false alarm taken back is open again, and quiet."""
    decisions = [decided("c", 1, "false_alarm"), decided("c", 2, "contacted")]

    assert [("c", 1, "quiet")] == cases([said("c", 0, "plan elevated")], decisions)


def test_a_correction_takes_no_later_case_away():
    """A new case that began after a closing stays, also when the closing is corrected."""
    signals = [said("c", 0, "plan elevated"), said("c", 5, "plan elevated", number=2)]
    decisions = [decided("c", 1, "false_alarm"), decided("c", 9, "contacted")]

    assert [("c", 1, "closed"), ("c#2", 1, "open")] == cases(signals, decisions)


def test_the_order_of_arrival_is_all_one():
    """Signals and decisions in any order make the same cases."""
    signals = [said("c", n, "plan elevated", number=n) for n in range(1, 9)]
    decisions = [
        decided("c", 2.5, "false_alarm"),
        decided("c#2", 4.5, "acknowledged"),
        decided("c#2", 6.5, "resolved"),
    ]
    expected = [("c", 2, "closed"), ("c#2", 4, "closed"), ("c#3", 2, "open")]
    chance = random.Random(7)

    for _ in range(50):
        chance.shuffle(signals)
        chance.shuffle(decisions)
        assert expected == cases(signals, decisions)


def test_closed_is_when_the_log_took_the_closing_in():
    """A clock of the team that is wrong decides nothing."""
    found = episodes(Facts("u-1", (said("c", 0, "plan elevated"),), (decided("c", 3, "resolved"),)))

    assert ms(3) == found[0].closed


def test_case_ids_name_their_conversation():
    """A number is cut off only where it is one of ours."""
    assert "c" == conversation_of(case_id("c", 1))
    assert "c" == conversation_of(case_id("c", 12))
    assert "c#x" == conversation_of("c#x")
