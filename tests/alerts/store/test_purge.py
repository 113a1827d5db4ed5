from __future__ import annotations

import pytest
from sqlalchemy import func, select
from store_support import DAY, NOW, alert, case, decided, order, profile, signal

from alerts.store import purge
from alerts.store.store import Store
from alerts.store.tables import metadata


def left(store: Store) -> dict[str, int]:
    with store.reading() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
        }


def test_what_is_older_goes_and_the_rest_stays(store: Store, monkeypatch: pytest.MonkeyPatch):
    """Each row is kept until its own time is over, however many there are."""
    monkeypatch.setattr(purge, "AT_ONCE", 2)
    with store.transaction() as transaction:
        for n in range(5):
            transaction.add_signal(signal(f"s-{n}", said=NOW - n * DAY), "u-1", None)
            transaction.put_order(order(f"o-{n}"), NOW - n * DAY)
        for n in range(5):
            name = f"old-{n}"
            transaction.save_cases([case(name, last_said=NOW - 400 * DAY)])
            transaction.add_alerts([alert(f"a-{n}", case_id=name)])
            transaction.add_disposition(decided(name))
        transaction.save_cases([case("c-1", last_said=NOW - 400 * DAY), case("c-2")])
        transaction.add_alerts([alert("a-kept", case_id="c-2")])
        transaction.add_disposition(decided("c-2"))
        transaction.add_disposition(decided("nobody's", when=NOW - 400 * DAY))
        transaction.add_disposition(decided("to come"))
        transaction.put_profile(profile(), 1)

    before = {"signals_before": NOW - DAY, "cases_before": NOW - 365 * DAY}
    assert {"signals": 3, "orders": 3, "cases": 5, "alerts": 5, "dispositions": 6} == store.purge(
        **before
    )
    # c-1 is old, but has signals of this week.
    assert {
        "customers": 1, "orders": 2, "signals": 2, "cases": 2, "alerts": 1, "dispositions": 2,
        "audit": 0,
    } == left(store)  # fmt: skip
    assert 0 == sum(store.purge(**before).values())
