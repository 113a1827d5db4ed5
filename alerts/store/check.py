"""What a store is and holds, for people who look after it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from alerts.store.engine import make_engine, must_exist, shown
from alerts.store.migrating import current, head
from alerts.store.store import Store
from alerts.store.tables import metadata, signals


@dataclass(frozen=True, slots=True)
class Checked:
    """A store as found; ``rows`` by table, only where the revision is the head."""

    place: str
    database: str
    revision: str | None
    head: str
    rows: dict[str, int]
    oldest: int | None  # when the oldest signal was said


def check(url: str) -> Checked:
    """Look at a store without changing it. Raises :class:`StoreError`."""
    must_exist(url)
    store = Store(make_engine(url), shown(url))
    rows: dict[str, int] = {}
    oldest = None
    try:
        with store.reading() as connection:
            revision = current(connection)
            if revision == head():
                for table in metadata.sorted_tables:
                    count = select(func.count()).select_from(table)
                    rows[table.name] = connection.execute(count).scalar_one()
                oldest = connection.execute(select(func.min(signals.c.said_at))).scalar()
    finally:
        store.close()
    return Checked(store.place, store.engine.dialect.name, revision, head(), rows, oldest)
