from __future__ import annotations

from store_support import DAY, MINUTE, NOW, decided, order, profile, signal

from alerts.contract import Missing
from alerts.store.store import Store
from alerts.triage.facts import About, Facts


def test_a_signal_read_again_changes_nothing(store: Store):
    """The log may be replayed: a signal is kept once, as it was."""
    with store.transaction() as transaction:
        assert transaction.add_signal(signal("s-1"), "u-1", "asked")
    with store.transaction() as transaction:
        assert not transaction.add_signal(signal("s-1"), "u-2", None)
        assert Facts("u-1", (signal("s-1"),)) == transaction.facts("u-1", since=0)
        assert Facts("u-2") == transaction.facts("u-2", since=0)


def test_facts_are_whole_conversations(store: Store):
    """Of a conversation in which anything was found since, all counts; of others nothing."""
    said = [signal(f"s-{n}", f"c-{n // 2}", said=NOW + n * MINUTE) for n in range(6)]
    with store.transaction(person="u-1") as transaction:
        for known in said:
            transaction.add_signal(known, "u-1", None)

        since = transaction.facts("u-1", since=NOW + 3 * MINUTE).signals
        assert [2, 3, 4, 5] == sorted(said.index(known) for known in since)
        latest = transaction.facts("u-1", since=0, limit=3).signals
        assert [3, 4, 5] == sorted(said.index(known) for known in latest)


def test_decisions_come_with_the_conversations_they_are_about(store: Store):
    """A case is `<conversation>` or `<conversation>#<n>`, also where an id itself ends so."""
    with store.transaction() as transaction:
        for conversation in ("c-1", "c-2#2"):
            transaction.add_signal(signal(f"s-{conversation}", conversation), "u-1", None)
        wanted = [decided(case, when=NOW + n) for n, case in enumerate(("c-1", "c-1#2", "c-2#2#3"))]
        others = [decided(case) for case in ("c-11", "c-1#x", "c-2#3#1", "c")]
        for disposition in (*wanted, *others):
            assert transaction.add_disposition(disposition)
            assert not transaction.add_disposition(disposition)

        assert tuple(wanted) == transaction.facts("u-1", since=0).dispositions


def test_the_profile_received_last_stays(store: Store):
    """Out of order or twice, the profile is the one that the log took last."""
    with store.transaction() as transaction:
        assert transaction.put_profile(profile(name="second"), 20)
        assert not transaction.put_profile(profile(name="first"), 10)
        assert not transaction.put_profile(profile(name="second"), 20)
        assert profile(name="second") == transaction.about("u-1", since=0).profile
        assert transaction.put_profile(profile(name="of the same millisecond"), 20)
        assert transaction.put_profile(profile(name="third"), 30)
        assert profile(name="third") == transaction.about("u-1", since=0).profile


def test_an_old_tombstone_takes_no_newer_profile(store: Store):
    """A profile goes with the tombstone that came after it, not with an earlier one."""
    with store.transaction() as transaction:
        transaction.put_profile(profile(), 20)
        transaction.forget_profile("u-1", 10)
        assert profile() == transaction.about("u-1", since=0).profile
        transaction.forget_profile("u-1", 30)
        assert transaction.about("u-1", since=0).profile is None


def test_orders_are_the_latest_as_they_now_are(store: Store):
    """Orders come latest first, in their last state, as many as asked, none placed before."""
    with store.transaction() as transaction:
        assert transaction.put_order(order("o-1", status="packed"), 10)
        assert transaction.put_order(order("o-1", status="sent"), 20)
        assert not transaction.put_order(order("o-1", status="packed"), 10)
        for n in range(2, 5):
            transaction.put_order(order(f"o-{n}", placed=NOW + n), 10)
        transaction.put_order(order("o-old", placed=NOW - 91 * DAY), 10)
        transaction.put_order(order("o-other", "u-2"), 10)

        found = transaction.about("u-1", since=NOW - 90 * DAY).orders
        assert found is not None
        assert ["o-4", "o-3", "o-2", "o-1"] == [o.order_id for o in found]
        assert "sent" == found[-1].status
        assert found[:2] == transaction.about("u-1", since=0, limit=2).orders


def test_what_is_not_known_is_said(store: Store):
    """No profile is said; so is that nobody named the customer, whose orders are not none."""
    with store.transaction() as transaction:
        assert About(
            orders=(), missing=(Missing(what="customer", why="no profile is known"),)
        ) == transaction.about("u-1", since=0)
        unnamed = transaction.about("conversation:c-1", since=0)
    assert (None, None) == (unnamed.profile, unnamed.orders)
    assert ["customer", "orders"] == [missing.what for missing in unnamed.missing]


def test_who_asked_the_same_is_counted_by_person(store: Store):
    """One person who asks twice is one; what is asked outside of the time does not count."""
    asked = [("s-1", "u-1", 0), ("s-2", "u-1", 1), ("s-3", "u-2", 2), ("s-4", "u-3", 9)]
    with store.transaction() as transaction:
        for identity, person, minute in asked:
            known = signal(identity, said=NOW + minute * MINUTE)
            transaction.add_signal(known, person, "how much")
        transaction.add_signal(signal("s-5", said=NOW), "u-4", "something else")

        assert 2 == transaction.also_asked("how much", since=NOW, until=NOW + 5 * MINUTE)
        assert 3 == transaction.also_asked("how much", since=NOW, until=NOW + 9 * MINUTE)


def test_what_customers_write_is_kept_as_it_is(store: Store):
    """Any text comes back unchanged: quotes, NUL, emoji and scripts."""
    odd = 'O\'Brien "x" \\ \x00 \n 王伟 🙏🏽 %s :name'
    with store.transaction() as transaction:
        transaction.put_profile(profile(name=odd, address=odd), 10)
        assert profile(name=odd, address=odd) == transaction.about("u-1", since=0).profile
