from __future__ import annotations

import dataclasses

from store_support import NOW, alert, case

from alerts.store.store import Store

HALF = 30_000


def test_a_case_is_as_it_was_saved_last(store: Store):
    """Saving is inserting or replacing, in every column."""
    changed = case(
        status="closed", outcome="resolved", closed=NOW, acknowledged=NOW, revision=NOW + 1,
        digest="e", sent_digest="e", sent=NOW, due=NOW, on_alerts=False, rules=(), tier=4,
    )  # fmt: skip
    with store.transaction() as transaction:
        transaction.save_cases([])
        transaction.save_cases([case(), case("c-2"), case("c-3", "u-2")])
        transaction.save_cases([changed])
    with store.transaction() as transaction:
        assert {"c-1": changed, "c-2": case("c-2")} == transaction.case_rows("u-1")


def test_alerts_are_sent_once_in_the_order_made(store: Store):
    """Unsent records come by when they were made, then by revision; those sent no more."""
    rows = [
        alert("a-3", made=NOW + 1, revision=1),
        alert("a-2", made=NOW, revision=2),
        alert("a-1", made=NOW, revision=1),
        alert("a-0", made=NOW, sent=NOW, record=None),
    ]
    with store.transaction() as transaction:
        transaction.add_alerts([])
        transaction.add_alerts(rows)
        assert [rows[2], rows[1], rows[0]] == transaction.unsent("u-1")
        transaction.mark_sent(["a-1", "a-2"], NOW + 5)
    with store.transaction() as transaction:
        transaction.add_alerts([dataclasses.replace(rows[2], tier=4), rows[1]])
        assert [rows[0]] == transaction.unsent("u-1")


def test_due_are_held_updates_and_records_nobody_sent(store: Store):
    """A person is due once, the longest waiting first, as many as asked."""
    with store.transaction() as transaction:
        transaction.save_cases(
            [
                case("c-1", "u-1", due=NOW - 5),
                case("c-2", "u-1", due=NOW),
                case("c-3", "u-2", due=NOW + 1),
                case("c-4", "u-3"),
            ]
        )
        transaction.add_alerts(
            [
                alert("a-1", "u-4", made=NOW - HALF - 1),
                alert("a-2", "u-5", made=NOW - HALF),
                alert("a-3", "u-6", made=NOW - HALF - 1, sent=NOW),
                alert("a-4", "u-1", made=NOW - HALF - 2),
            ]
        )
    assert ["u-1", "u-4"] == store.due(NOW, 10)
    assert ["u-1"] == store.due(NOW, 1)
    assert ["u-1", "u-4", "u-5", "u-2"] == store.due(NOW + 1, 10)
