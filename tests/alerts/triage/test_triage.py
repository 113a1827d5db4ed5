"""Triage on real stores, both databases in turn: what is kept, and what is to be sent."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from triage_support import at, by_detect, decided, ms, order, profile, said

from alerts.contract import Missing, decode_alert
from alerts.store.store import Store
from alerts.triage.facts import About
from alerts.triage.triage import Policy, Triage
from lifeline.taxonomy import Tier


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    minute: float = 0

    def __call__(self) -> int:
        return ms(self.minute)


@dataclass
class Desk:
    """Triage with its store and clock, and the alerts that were sent."""

    triage: Triage
    store: Store
    clock: Clock
    sent: list = field(default_factory=list)

    def take(self, rows) -> list:
        """Send what is due, as an agent does; the alerts."""
        alerts = [decode_alert(row.record).data for row in rows]
        with self.store.transaction() as tx:
            tx.mark_sent([row.alert_id for row in rows], self.clock())
        self.sent += alerts
        return alerts

    def hear(self, *known) -> list:
        return [
            a for each in known for a in self.take(self.triage.signal(each.signal, each.received))
        ]

    def order(self, *orders) -> list:
        return [a for each in orders for a in self.take(self.triage.order(each, self.clock()))]

    def decide(self, known) -> list:
        return self.take(self.triage.disposition(known.disposition, known.received))

    def cases(self) -> dict:
        with self.store.transaction() as tx:
            return {row.case_id: row for row in tx.all_cases()}


@pytest.fixture
def open_desk(store_url, pack):
    """Open desks on one store."""
    stores = []

    def made(**given) -> Desk:
        store = Store.open(store_url)
        stores.append(store)
        clock = Clock()
        policy = Policy(Tier.ELEVATED, "en", 10_000)
        return Desk(Triage(store, lambda: pack, policy, clock, **given), store, clock)

    yield made
    for store in stores:
        store.close()


@pytest.fixture
def desk(open_desk) -> Desk:
    return open_desk()


def test_detects_record_is_completed(desk):
    """A signal with detect's record gives one with the customer, orders and a higher revision."""
    desk.take(desk.triage.profile(profile(), 0))
    desk.order(order(1, -60, "Sleeping tablets"))

    [alert] = desk.hear(said("c", 0, "plan elevated", sent=by_detect(0)))

    assert ("escalated", 1, ms(0) + 1) == (alert.kind, alert.priority, alert.revision)
    assert "Ann Example" == alert.customer.name
    assert [["medicine"]] == [shown.means for shown in alert.orders]
    assert [] == [m for m in alert.missing if m.what in ("customer", "orders")]


def test_what_is_not_known_is_named(desk):
    """Nobody's profile, nobody's orders: both are missing, and why."""
    [alert] = desk.hear(said("c", 0, "plan elevated", customer=None))

    assert {"customer", "orders", "responders"} == {each.what for each in alert.missing}
    assert all(each.why for each in alert.missing)


def test_a_record_taken_again_sends_nothing(desk):
    """A replay of signal, order and decision comes to nothing new."""
    signal = said("c", 0, "plan elevated", sent=by_detect(0))
    decision = decided("c", 2, "contacted")
    desk.hear(signal)
    desk.order(order(1, -60, "socks"))
    desk.decide(decision)
    desk.clock.minute = 5
    before = desk.cases()

    assert [] == desk.hear(signal) + desk.order(order(1, -60, "socks")) + desk.decide(decision)
    assert before == desk.cases()


def test_what_was_not_sent_before_a_crash_is_sent_after_it(desk):
    """The same record, with the same id, comes again until it is said to be sent."""
    signal = said("c", 0, "plan elevated")
    [lost] = desk.triage.signal(signal.signal, signal.received)

    [again] = desk.triage.signal(signal.signal, signal.received)

    assert (lost.alert_id, lost.record) == (again.alert_id, again.record)
    assert ["u-1"] == desk.store.due(ms(5), 10)
    assert [lost.alert_id] == [alert.alert_id for alert in desk.take(desk.triage.follow_up("u-1"))]
    assert [] == desk.store.due(ms(5), 10)


def test_updates_wait_and_leave_together(desk):
    """Two more hits of the same rank within the interval are one update when it is over."""
    desk.hear(said("c", 0, "plan elevated"))
    desk.clock.minute = 0.05
    more = [said("c", 0.05, "plan elevated", number=n) for n in (2, 3)]

    assert [] == desk.hear(*more)
    assert [] == desk.store.due(desk.clock(), 10)
    desk.clock.minute = 0.2
    assert ["u-1"] == desk.store.due(desk.clock(), 10)
    [update] = desk.take(desk.triage.follow_up("u-1"))

    assert ("updated", 3) == (update.kind, len(update.matches))
    assert [] == desk.store.due(desk.clock(), 10)


def test_weak_signs_add_up_and_the_watchlist_keeps_the_rest(desk):
    """The first stays on the watchlist; the second opens a case that tells of both."""
    [watched] = desk.hear(said("c", 0, "passive_ideation watch"))
    [opened] = desk.hear(said("m", 60, "farewell watch", channel="emails"))

    assert ("watch", "elevated", "opened") == (watched.tier, opened.tier, opened.kind)
    assert ["c"] == [case.case_id for case in opened.history.cases]
    assert (False, True) == (desk.cases()["c"].on_alerts, desk.cases()["m"].on_alerts)


def test_an_order_after_the_conversation_escalates(desk):
    """The order itself brings the record, without another word said."""
    desk.hear(said("c", 0, "plan elevated"))

    [alert] = desk.order(order(2, 20, "rope"))

    assert ("escalated", "imminent", "elevated") == (alert.kind, alert.tier, alert.previous_tier)


def test_an_ordinary_order_is_an_update_after_the_interval(desk):
    """Socks are no news that hurries."""
    desk.hear(said("c", 0, "plan elevated"))

    assert [] == desk.order(order(2, 20, "socks"))


def test_what_was_shown_before_is_shown_again_as_news(desk):
    """An order that changes and changes back is two more records, none taken for a known one."""
    desk.hear(said("c", 0, "plan elevated"))
    ids = set()
    for minute, status in ((1, "placed"), (2, "packed"), (3, "placed")):
        desk.clock.minute = minute
        [alert] = desk.order(order(2, -5, "socks", status=status))
        ids.add(alert.alert_id)

    assert 3 == len(ids)
    assert 4 == len({alert.revision for alert in desk.sent})


def test_a_decision_before_its_signal_counts_when_that_comes(desk):
    """Dispositions and signals come on topics of their own, in any order."""
    assert [] == desk.decide(decided("c", 5, "contacted"))
    [alert] = desk.hear(said("c", 0, "plan elevated"))

    assert ("quiet", ["contacted"]) == (alert.status, [d.outcome for d in alert.decisions])


def test_someone_named_later_is_one_person(desk):
    """What was said before anybody named the customer belongs to them."""
    desk.take(desk.triage.profile(profile(), 0))
    desk.hear(said("c", 0, "plan elevated", customer=None))

    [alert] = desk.hear(said("c", 1, "plan elevated", "method_question elevated", number=2))

    assert ("Ann Example", 3) == (alert.customer.name, len(alert.matches))
    assert {"u-1"} == {row.person for row in desk.cases().values()}


def test_the_same_question_by_several_people_is_shown(desk):
    """From the third of three on it says so; and it lowers nothing."""
    asked = [said(f"c-{n}", n, "method_question elevated", customer=f"u-{n}") for n in range(1, 5)]
    alerts = desk.hear(*asked)

    assert [None, None, 3, 4] == [a.also_asked and a.also_asked.customers for a in alerts]
    assert {("elevated", 2)} == {(a.tier, a.priority) for a in alerts}


def test_an_hour_later_it_is_not_the_same_post(desk):
    """Outside the window the count begins anew."""
    asked = [
        said(f"c-{n}", n * 50, "method_question elevated", customer=f"u-{n}") for n in range(1, 5)
    ]

    assert not any(alert.also_asked for alert in desk.hear(*asked))


def test_forgetting_leaves_nothing(desk):
    """After a customer is forgotten, no row of theirs is kept, and later words begin anew."""
    desk.hear(said("c", 0, "plan elevated"))
    desk.triage.forget("u-1")

    assert {} == desk.cases()
    assert ["opened"] == [alert.kind for alert in desk.hear(said("d", 1, "plan elevated"))]


def test_two_workers_come_to_the_same(open_desk):
    """Another worker on the same store sees what the first kept, and repeats nothing."""
    first, second = open_desk(), open_desk()
    signal = said("c", 0, "plan elevated")

    assert 1 == len(first.hear(signal))
    assert [] == second.hear(signal)


def test_what_another_source_could_not_give_is_asked_again(open_desk):
    """While a customer service does not answer, the case says so; later it is completed."""

    class Source:
        answers = False

        def about(self, person, *, since):
            assert since < ms(-60 * 24 * 89)
            if not self.answers:
                missing = (Missing(what="customer", why="no answer in time"),)
                return About(missing=missing, passing=True)
            return About(profile=profile(person), orders=())

    source = Source()
    desk = open_desk(source=source)
    [alert] = desk.hear(said("c", 0, "plan elevated"))
    assert ["no answer in time"] == [m.why for m in alert.missing if m.what == "customer"]
    source.answers = True
    desk.clock.minute = 1

    assert ["u-1"] == desk.store.due(desk.clock(), 10)
    [completed] = desk.take(desk.triage.follow_up("u-1"))

    assert "Ann Example" == completed.customer.name
    assert [] == desk.store.due(desk.clock() + 600_000, 10)


def test_another_source_is_asked_for_decisions_and_later_signals_too(open_desk):
    """A record that nothing was asked for would take the customer off the case again."""

    class Source:
        def about(self, person, *, since):
            assert since < ms(0)
            known = person == "u-1"
            return About(profile=profile(person) if known else None, orders=() if known else None)

    desk = open_desk(source=Source())
    desk.hear(said("c", 0, "plan elevated"))
    [decided_on] = desk.decide(decided("c", 2, "contacted"))
    [unnamed] = desk.hear(said("c", 3, "attempt imminent", customer=None, number=2))

    assert "Ann Example" == decided_on.customer.name == unnamed.customer.name


def test_a_closed_case_is_not_sent_again_for_orders(desk):
    """What goes on in another case, and what is ordered, changes nothing of what is over."""
    desk.hear(said("c", 0, "plan elevated"))
    desk.decide(decided("c", 2, "resolved"))
    desk.hear(said("c", 4, "plan elevated", number=2))
    desk.clock.minute = 9
    alerts = desk.order(order(1, 8, "socks"), order(2, 9, "rope"))

    assert {"c#2"} == {alert.case_id for alert in alerts}


def test_a_decision_on_a_case_of_long_ago_is_kept(desk):
    """Two months later nothing is pictured anew, but the report knows what became of it."""
    desk.hear(said("c", 0, "plan elevated"))
    desk.clock.minute = 60 * 24 * 60
    desk.decide(decided("c", desk.clock.minute, "false_alarm"))

    assert ("closed", "false_alarm") == (desk.cases()["c"].status, desk.cases()["c"].outcome)


def test_times_are_those_of_the_latest_words(desk):
    """`said` is when the newest words were said; the record's own time is now."""
    desk.clock.minute = 3
    [alert] = desk.hear(said("c", 2, "plan elevated"))

    assert (at(2), at(3)) == (alert.times.said, alert.times.emitted)
