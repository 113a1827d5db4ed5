from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from sqlalchemy import select, text
from store_support import DAY, NOW, alert, case, decided, order, profile, signal

from alerts.store.engine import file_of
from alerts.store.forget import forget, held, prove_forgotten
from alerts.store.proof import Proof, Traces, prove
from alerts.store.store import Store
from alerts.store.tables import audit

PHONE = "+86 10 5555 0101"


def fill(store: Store, customer: str, conversation: str, **fields: str) -> None:
    """All kinds of rows of one customer."""
    with store.transaction() as transaction:
        transaction.put_profile(profile(customer, **fields), 1)
        for n in range(3):
            transaction.put_order(order(f"o-{n}", customer, placed=NOW - n * DAY), 1)
            known = signal(f"s-{conversation}-{n}", conversation, customer)
            transaction.add_signal(known, customer, "asked")
        transaction.save_cases([case(conversation, customer), case(f"{conversation}#2", customer)])
        transaction.add_alerts([alert(f"a-{conversation}", customer, conversation)])
        transaction.add_disposition(decided(conversation, "resolved"))
        transaction.add_disposition(decided(f"{conversation}#2"))


def forgotten(store: Store, customer: str = "customer-1") -> Proof:
    """Forget the customer, and prove it."""
    _, traces = forget(store, customer, by="an officer", now=NOW, tell=lambda: None)
    return prove_forgotten(store, customer, traces, by="an officer", now=NOW + 1)


ALL = {"customers": 1, "orders": 3, "signals": 3, "cases": 2, "alerts": 1, "dispositions": 2}


def test_all_of_a_customer_goes_and_all_of_others_stays(store: Store):
    """Every row of the customer is erased, none of one whose ids only begin alike."""
    fill(store, "customer-1", "conversation-1", name="Wang Wei")
    fill(store, "customer-12", "conversation-12", name="Li Na", phone="+86 10 5555 0102")
    with store.transaction() as transaction:  # named in a conversation that is another's
        transaction.add_signal(signal("s-x", "conversation-12", "customer-1"), "customer-12", None)

    assert ALL | {"signals": 4} == held(store, "customer-1")
    proof = forgotten(store)

    assert (True, {}, {}) == (proof.holds, proof.left, proof.others)
    assert 0 == sum(held(store, "customer-1").values())
    assert ALL == held(store, "customer-12")


def test_the_trail_names_who_asked_and_whom_by_a_digest(store: Store):
    """Who had a customer forgotten stays known, and whether it was proven."""
    fill(store, "customer-1", "conversation-1")
    forgotten(store)
    with store.reading() as connection:
        rows = connection.execute(select(audit).order_by(audit.c.at)).mappings().all()
    digest = hashlib.sha256(b"customer-1").hexdigest()
    assert [("an officer", digest)] * 2 == [(row["actor"], row["subject"]) for row in rows]
    assert ["forget", "forget: proof"] == [row["action"] for row in rows]
    assert "customers 1, orders 3" in rows[0]["details"]
    assert "nothing left" == rows[1]["details"]


def test_nothing_is_erased_where_others_cannot_be_told(store: Store):
    """If Kafka does not take the tombstone, all is as before and can be tried again."""
    fill(store, "customer-1", "conversation-1")

    def tell() -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        forget(store, "customer-1", by="an officer", now=NOW, tell=tell)
    assert ALL == held(store, "customer-1")


@pytest.mark.parametrize(
    ("left", "where"),
    [
        (lambda t: t.put_order(order("o-9", "customer-1"), 1), "orders.customer_id"),
        (lambda t: t.add_alerts([alert("a", "u-2", "conversation-1#2")]), "alerts.case_id"),
        (
            lambda t: t.add_alerts([alert("a", "u-2", "c", record=b'{"said":"\\ncustomer-1"}')]),
            "alerts.record",
        ),
        (lambda t: t.put_profile(profile("u-2", address=PHONE), 1), None),
        (
            lambda t: t.add_alerts([alert("a", "u-2", "c", record=f'["{PHONE}"]'.encode())]),
            "alerts.record",
        ),
    ],
)  # fmt: skip
def test_the_proof_fails_where_something_is_left(store: Store, left, where: str | None):
    """Ids and the phone are found in any column; a phone that another has, too, is theirs."""
    fill(store, "customer-1", "conversation-1")
    _, traces = forget(store, "customer-1", by="an officer", now=NOW, tell=lambda: None)
    with store.transaction() as transaction:
        left(transaction)

    proof = prove_forgotten(store, "customer-1", traces, by="an officer", now=NOW)

    if where is None:
        assert (True, {"customers.record": 1}) == (proof.holds, proof.others)
        return
    assert (False, True) == (proof.holds, where in proof.left)
    assert proof.counts[where.partition(".")[0]] > 0


def test_a_namesake_is_told_and_not_counted(store: Store):
    """Other people's rows may hold the same name: it is said, and proves nothing."""
    fill(store, "customer-1", "conversation-1", name="王伟")
    fill(store, "customer-2", "conversation-2", name="王伟", phone="")
    proof = forgotten(store)
    assert (True, {"customers.record": 1}) == (proof.holds, proof.others)


@pytest.mark.parametrize("customer", ["7", "12345", 'quo"ted\\', "张三", "a.b@c.org", "u:1"])
def test_odd_ids_are_found_and_told_apart(store: Store, customer: str):
    """Short numbers, quotes and other scripts are found where they are an id, and only there."""
    fill(store, customer, "conversation-1")
    fill(store, f"{customer}9", "conversation-2", phone="", name="")
    with store.transaction() as transaction:
        transaction.add_alerts([alert("other", "u-2", "c", record=b'{"start":7,"end":12345}')])
    found = prove(store, Traces((customer,)))
    assert {"customers": 2, "orders": 6} == {
        table: found.counts[table] for table in ("customers", "orders")
    }
    assert forgotten(store, customer).holds


def test_an_unnamed_conversation_can_be_forgotten(store: Store):
    """A person whom nobody named is forgotten by their conversation."""
    with store.transaction() as transaction:
        person = transaction.person_for("conversation-1", None)
        transaction.add_signal(signal("s", "conversation-1"), person, None)
        transaction.add_disposition(decided("conversation-1"))
    assert {"signals": 1, "dispositions": 1} == {
        table: count for table, count in held(store, person).items() if count
    }
    assert forgotten(store, person).holds


def sqlite(tmp_path: Path) -> tuple[Store, Path]:
    store = Store.open(str(tmp_path / "lifeline.db"))
    file = file_of(store.engine)
    assert file is not None
    return store, file


def test_no_byte_of_a_file_holds_what_was_erased(tmp_path: Path):
    """Of many customers one is erased: neither file nor log holds their id or name any more."""
    store, file = sqlite(tmp_path)
    for n in range(300):
        fill(store, f"customer-{n}", f"conversation-{n}", name=f"Name{n}", phone="")
    files = [file, file.with_name(f"{file.name}-wal")]
    assert any(b"Name77" in path.read_bytes() for path in files if path.exists())
    proof = forgotten(store, "customer-77")
    store.close()
    assert proof.holds
    assert 0 == proof.counts["lifeline.db"]
    held_now = b"".join(path.read_bytes() for path in tmp_path.glob("lifeline.db*"))
    assert (0, 0) == (held_now.count(b'"customer-77"'), held_now.count(b"Name77"))


def test_bytes_that_deleting_left_are_found_and_rewritten(tmp_path: Path):
    """Where a page still holds bytes of a deleted row, the file is rewritten without them."""
    store, file = sqlite(tmp_path)
    with store.engine.begin() as connection:
        connection.execute(text("PRAGMA secure_delete = OFF"))
        for n in range(50):
            connection.execute(
                text("INSERT INTO audit VALUES (NULL, 1, 'a', 'b', :words, 'c')"),
                {"words": f'"customer-{n}"'},
            )
        connection.execute(text("DELETE FROM audit WHERE subject LIKE '%customer-7\"'"))
    connection.close()
    with store.engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        assert raw is not None
        raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store.engine.dispose()
    assert b'"customer-7"' in file.read_bytes()

    proof = prove(store, Traces(("customer-7",)))

    assert (True, 0) == (proof.holds, proof.counts["lifeline.db"])
    assert b'"customer-7"' not in file.read_bytes()
    store.close()
