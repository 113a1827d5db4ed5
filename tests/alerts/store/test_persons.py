from __future__ import annotations

from store_support import alert, case, signal

from alerts.store.store import Store


def test_rows_move_to_the_customer_once_named(store: Store):
    """Signals, cases and alerts of an unnamed conversation are the customer's once it is named."""
    with store.transaction(conversation="c-1") as transaction:
        person = transaction.person_for("c-1", None)
        assert "conversation:c-1" == person
        transaction.add_signal(signal("s-1"), person, None)
        transaction.save_cases([case(person=person)])
        transaction.add_alerts([alert("a-1", person)])

    with store.transaction(conversation="c-1") as transaction:
        assert "u-1" == transaction.person_for("c-1", "u-1")

    with store.transaction() as transaction:
        assert (signal("s-1"),) == transaction.facts("u-1", since=0).signals
        assert {"c-1": case()} == transaction.case_rows("u-1")
        assert ["a-1"] == [row.alert_id for row in transaction.unsent("u-1")]
        assert () == transaction.facts("conversation:c-1", since=0).signals
        assert {} == transaction.case_rows("conversation:c-1")
        assert [] == transaction.unsent("conversation:c-1")


def test_the_customer_stays_with_the_conversation(store: Store):
    """Once named the customer is known, by whomever a later signal names, or nobody."""
    with store.transaction(conversation="c-1") as transaction:
        transaction.add_signal(
            signal("s-1", customer="u-1"), transaction.person_for("c-1", "u-1"), None
        )
    with store.transaction(conversation="c-1") as transaction:
        assert "u-1" == transaction.person_for("c-1", None)
        assert "u-1" == transaction.person_for("c-1", "u-2")


def test_a_conversation_known_by_its_case_alone_has_its_person(store: Store):
    """When its signals are purged, the case still tells whose the conversation is."""
    with store.transaction() as transaction:
        assert transaction.person_of_conversation("c-1") is None
        transaction.save_cases([case("c-1#2")])
        assert "u-1" == transaction.person_of_conversation("c-1")
        assert transaction.person_of_conversation("c-1#2") is None


def test_others_do_not_move(store: Store):
    """Naming one conversation's customer leaves other conversations where they are."""
    with store.transaction() as transaction:
        for conversation in ("c-1", "c-12"):
            person = transaction.person_for(conversation, None)
            transaction.add_signal(signal(f"s-{conversation}", conversation), person, None)
        transaction.person_for("c-1", "u-1")
        assert "conversation:c-12" == transaction.person_of_conversation("c-12")
