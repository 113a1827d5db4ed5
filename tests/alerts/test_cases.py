from __future__ import annotations

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.cases import CaseBook
from alerts.contract import Alert


@pytest.fixture
def alert(case) -> Alert:
    """Hold one alert to make others from."""
    return case.alert(case.say("I want to die"))


def other(alert: Alert, **changes: object) -> Alert:
    """Another alert like it."""
    return msgspec.structs.replace(alert, **changes)


def test_alert_is_new_once(alert):
    """A record that comes again is known by its id."""
    book = CaseBook()

    assert [True, False, False] == [book.take(alert) for _ in range(3)]


def test_replay_with_other_times_is_not_new(alert):
    """Only the id tells; detected and emitted differ when an event is read again."""
    book = CaseBook()
    book.take(alert)
    times = msgspec.structs.replace(alert.times, emitted=alert.times.said)

    assert not book.take(other(alert, times=times))


def test_highest_revision_is_the_picture(alert):
    """A later revision replaces the earlier."""
    book = CaseBook()
    book.take(alert)
    later = other(alert, alert_id="b", revision=alert.revision + 1, tier="imminent")

    assert book.take(later)
    assert later == book.case("c-1")


def test_late_lower_revision_is_new_but_not_the_picture(alert):
    """It is handed on, since nobody has seen it, and the picture stays."""
    book = CaseBook()
    later = other(alert, alert_id="b", revision=alert.revision + 1)
    book.take(later)

    assert book.take(alert)
    assert later == book.case("c-1")


def test_unknown_case_is_none():
    """Asking costs nothing."""
    assert None is CaseBook().case("x")


def test_queue_has_the_most_urgent_first_then_the_longest_waiting(alert):
    """Whoever waits longest at a priority comes first."""
    book = CaseBook()
    for n, (priority, minute) in enumerate([(2, 1), (1, 9), (2, 0), (1, 5), (3, 0)]):
        said = alert.times.said.replace(minute=minute)
        times = msgspec.structs.replace(alert.times, said=said)
        book.take(other(alert, case_id=str(n), alert_id=str(n), priority=priority, times=times))

    assert ["3", "1", "2", "0", "4"] == [a.case_id for a in book.queue()]


def test_memory_is_bounded_and_keeps_the_latest(alert):
    """The oldest ids and cases go first; one that was taken again lately stays."""
    book = CaseBook(most=3)
    for n in range(3):
        book.take(other(alert, case_id=str(n), alert_id=str(n)))
    book.take(other(alert, case_id="0", alert_id="0"))
    book.take(other(alert, case_id="3", alert_id="3"))

    assert not book.take(other(alert, case_id="0", alert_id="0"))
    assert book.take(other(alert, case_id="1", alert_id="1"))
    assert 3 == len(book.queue())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(range(6)), st.lists(st.integers(0, 5), max_size=6))
def test_picture_is_the_same_whatever_the_order(alert, order: list[int], again: list[int]):
    """Late, repeated, shuffled: the highest revision wins and each is new once."""
    book = CaseBook()

    taken = [
        book.take(other(alert, alert_id=str(n), revision=n + 1)) for n in [*order, *again, *order]
    ]

    assert 6 == sum(taken)
    assert 6 == book.case("c-1").revision
