from __future__ import annotations

import traceback
from collections.abc import Callable

import pytest
from sqlalchemy import text
from store_support import alert, order, profile, signal

from alerts.store.store import Store, StoreError, Transaction

WORDS = "how many would kill me"


def error_of(store: Store, do: Callable[[Transaction], object]) -> tuple[StoreError, str]:
    """What goes wrong in a transaction, with all that a log could show of it."""
    with pytest.raises(StoreError) as caught, store.transaction(person="u-1") as transaction:
        do(transaction)
    return caught.value, "".join(traceback.format_exception(caught.value))


def test_a_database_that_is_down_may_be_asked_again(own_postgres):
    """Down is retriable; once it is up again the same store works, without being opened anew."""
    store = Store.open(own_postgres.run("url"))
    with store.transaction(person="u-1") as transaction:
        transaction.put_profile(profile(), 1)

    def break_off(transaction: Transaction) -> None:
        transaction.put_profile(profile(name="never kept"), 2)
        own_postgres.run("down")
        transaction.about("u-1", since=0)

    for work in (break_off, lambda transaction: transaction.about("u-1", since=0)):
        error, shown = error_of(store, work)
        assert error.retriable
        assert store.engine.url.password not in shown

    own_postgres.run("up")
    with store.transaction(person="u-1") as transaction:
        assert profile() == transaction.about("u-1", since=0).profile
    store.close()


def test_errors_hold_no_values(store: Store):
    """What a statement was told is in no message, not even where the database quotes it."""
    row = {"now": 1, "words": WORDS}
    statement = text("INSERT INTO customers VALUES (:words, :now, :words)")

    def twice(transaction: Transaction) -> None:
        transaction.connection.execute(statement, row)
        transaction.connection.execute(statement, row)

    def of_another_type(transaction: Transaction) -> None:
        transaction.add_alerts([alert("a-1", made=WORDS)])
        transaction.connection.execute(text("SELECT no_such_function(:words)"), row)

    for mistake in (twice, of_another_type):
        error, shown = error_of(store, mistake)
        assert not error.retriable
        assert WORDS not in shown.replace(f'WORDS = "{WORDS}"', "")
        assert "store check" in str(error)


def test_an_id_too_long_for_an_index_stays_too_long(postgres_url: str):
    """PostgreSQL calls it operational, but trying again would never end."""
    store = Store.open(postgres_url)
    long = "".join(chr(0x4E00 + n) for n in range(20_000))
    error, shown = error_of(store, lambda transaction: transaction.put_order(order(long), 1))
    assert (False, True) == (error.retriable, long[:20] not in shown)
    store.close()


def test_a_file_in_use_may_be_asked_again(tmp_path, monkeypatch):
    """A writer that another keeps waiting too long gets a retriable error."""
    monkeypatch.setattr("alerts.store.engine._BUSY_SECONDS", 0)
    store = Store.open(str(tmp_path / "lifeline.db"))
    with store.transaction():
        error, _ = error_of(store, lambda _: None)
    assert (True, True) == (error.retriable, "SQLITE_BUSY" in str(error))
    store.close()


def test_a_statement_that_takes_too_long_may_be_tried_again(postgres_url: str):
    """A wait for a lock ends: the transaction is given up, and may be tried again."""
    store = Store.open(f"{postgres_url}?options=-c%20statement_timeout%3D200")
    other = Store.open(postgres_url)
    with other.transaction(person="u-1"):
        error, _ = error_of(store, lambda _: None)
    assert (True, True) == (error.retriable, "QueryCanceled" in str(error))
    with store.transaction(person="u-1") as transaction:
        assert transaction.add_signal(signal("s-1"), "u-1", None)
    store.close()
    other.close()
