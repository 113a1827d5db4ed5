from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from store_support import case, profile

from alerts.store.store import Store, Transaction

THREADS, TIMES = 4, 15


def add_up(store: Store, lock: dict[str, str]) -> int:
    """Many threads each add one to a number, by reading and writing it; what it comes to."""
    with store.transaction() as transaction:
        transaction.save_cases([case(revision=0)])

    def add(_: int) -> None:
        with store.transaction(**lock) as transaction:
            number = transaction.case_rows("u-1")["c-1"].revision
            transaction.save_cases([case(revision=number + 1)])

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(add, range(THREADS * TIMES)))
    with store.transaction() as transaction:
        return transaction.case_rows("u-1")["c-1"].revision


def until_somebody_waits(transaction: Transaction) -> None:
    """Go on once another transaction waits for a lock; SQLite cannot be asked, and needs not."""
    if transaction.connection.dialect.name == "postgresql":
        waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        deadline = time.monotonic() + 20
        while not transaction.connection.execute(waiting).scalar_one():
            assert time.monotonic() < deadline, "nobody waits"


@pytest.mark.parametrize("lock", [{"person": "u-1"}, {"conversation": "c-1"}], ids=str)
def test_one_waits_for_the_other(store: Store, lock: dict[str, str]):
    """Two that work on one person, or one conversation, never see each other half done."""
    assert THREADS * TIMES == add_up(store, lock)


def test_a_move_waits_for_who_works_on_the_unnamed_person(store: Store):
    """What is written of the unnamed person until it is named moves, too."""
    unnamed = "conversation:c-1"
    with store.transaction() as transaction:
        transaction.save_cases([case(person=unnamed)])

    def name() -> str:
        with store.transaction(conversation="c-1") as transaction:
            return transaction.person_for("c-1", "u-1")

    with ThreadPoolExecutor(1) as pool:
        with store.transaction(person=unnamed) as transaction:
            named = pool.submit(name)
            until_somebody_waits(transaction)
            transaction.save_cases([case("c-1#2", unnamed)])
        assert "u-1" == named.result(60)
    with store.transaction() as transaction:
        assert {"c-1", "c-1#2"} == set(transaction.case_rows("u-1"))


def test_persons_do_not_wait_for_each_other_on_postgresql(postgres_url: str):
    """While one person is worked on, all others can be, and that one's conversation."""
    store = Store.open(postgres_url)

    def write(**locks: str) -> None:
        with store.transaction(**locks) as transaction:
            transaction.put_profile(profile("u-2"), 1)

    with ThreadPoolExecutor(1) as pool, store.transaction(person="u-1"):
        pool.submit(write, person="u-2").result(20)
        pool.submit(write, conversation="u-1").result(20)
    store.close()


def test_who_only_looks_waits_for_nobody(store: Store):
    """The worker's search for what is due goes on beside a transaction."""
    with ThreadPoolExecutor(1) as pool, store.transaction(person="u-1") as transaction:
        transaction.save_cases([case(due=1)])
        assert [] == pool.submit(store.due, 5, 5).result(20)
    assert ["u-1"] == store.due(5, 5)


def test_an_exception_undoes_the_transaction(store: Store):
    """Nothing of a transaction that failed is kept, and its locks are gone."""

    def fail() -> None:
        with store.transaction(person="u-1") as transaction:
            transaction.put_profile(profile(), 1)
            raise KeyError("x")

    with pytest.raises(KeyError):
        fail()
    with ThreadPoolExecutor(1) as pool, store.transaction(person="u-1") as transaction:
        assert transaction.about("u-1", since=0).profile is None
        assert [] == pool.submit(store.due, 5, 5).result(20)
