"""Each query finds its rows by an index, whatever the number of customers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, text
from store_support import NOW, alert, case, decided, order, profile, signal

from alerts.store.store import Store
from alerts.store.tables import metadata
from alerts.triage.facts import KnownSignal

_TABLES = "|".join(metadata.tables)
_SCAN = re.compile(rf"\bSCAN ({_TABLES})$|Seq Scan on ({_TABLES})\b", re.MULTILINE)
_CUSTOMERS = 400


@contextmanager
def explained(store: Store) -> Iterator[list[str]]:
    """The plan of every statement that is run within, as the database would run it."""
    plans: list[str] = []
    how = "EXPLAIN" if store.engine.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"

    def explain(_: Any, cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE")) and "pg_advisory" not in statement:
            again = cursor.connection.cursor()
            again.execute(f"{how} {statement}", parameters)
            steps = [str(row[-1]) for row in again.fetchall()]
            plans.append("\n".join([statement, *steps]))
            again.close()

    event.listen(store.engine, "before_cursor_execute", explain)
    try:
        yield plans
    finally:
        event.remove(store.engine, "before_cursor_execute", explain)


@pytest.fixture
def filled(store: Store) -> Store:
    """Hold facts of some hundred customers, and let the database take stock of them."""

    def known(n: int) -> KnownSignal:
        return signal(f"s-{n}", f"c-{n}", f"u-{n}" if n % 2 else None, said=NOW + n)

    with store.transaction() as transaction:
        for n in range(_CUSTOMERS):
            person = f"u-{n}"
            transaction.put_profile(profile(person), 1)
            transaction.put_order(order("o-1", person, placed=NOW + n), 1)
            transaction.add_signal(known(n), person, f"asked {n}")
            transaction.add_disposition(decided(f"c-{n}", when=NOW + n))
        numbers = range(_CUSTOMERS)
        transaction.save_cases(
            case(f"c-{n}", f"u-{n}", last_said=NOW + n, due=n if n < 9 else None) for n in numbers
        )
        transaction.add_alerts(
            alert(f"a-{n}", f"u-{n}", f"c-{n}", made=NOW + n, sent=None if n < 9 else NOW)
            for n in numbers
        )
    with store.engine.begin() as connection:
        connection.execute(text("ANALYZE"))
        if store.engine.dialect.name == "postgresql":  # so few rows are read faster in a row
            name = connection.engine.url.database
            connection.execute(text(f"ALTER DATABASE {name} SET enable_seqscan = off"))
    store.engine.dispose()
    return store


def test_a_record_is_handled_by_indexes(filled: Store):
    """No step of a worker's transaction, nor of forgetting, reads a whole table."""
    with explained(filled) as plans, filled.transaction(person="u-7") as transaction:
        transaction.person_for("c-7", "u-7")
        transaction.person_for("c-none", None)
        transaction.about("u-7", since=NOW)
        transaction.facts("u-7", since=0)
        transaction.also_asked("asked 7", since=0, until=NOW + 9)
        transaction.case_rows("u-7")
        transaction.unsent("u-7")
        transaction.mark_sent(["a-7"], NOW)
        transaction.forget("u-7")
    assert 16 <= len(plans)
    assert [] == [plan for plan in plans if _SCAN.search(plan)]


def test_what_is_due_and_what_is_old_is_found_by_indexes(filled: Store):
    """The worker's looking around does not grow with the store."""
    with explained(filled) as plans:
        assert 9 == len(filled.due(NOW + 60_000, 50))
        filled.purge(signals_before=NOW + 3, cases_before=NOW + 3)
    assert 7 <= len(plans)
    assert [] == [plan for plan in plans if _SCAN.search(plan)]
