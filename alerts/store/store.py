"""The case store: opened once by a worker, used from any of its threads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from alerts.store import purge
from alerts.store.engine import READS, file_of, make_engine, make_file, shown
from alerts.store.errors import StoreError, explained
from alerts.store.migrating import migrate
from alerts.store.tables import alerts, cases
from alerts.store.transaction import Transaction

__all__ = ["Store", "StoreError", "Transaction"]

_SENDING_MS: Final = 30_000  # who made an alert record sends it at once; later others may


class Store:
    """SQLite or PostgreSQL behind one face. Every method raises :class:`StoreError`."""

    def __init__(self, engine: Engine, place: str) -> None:
        self.engine = engine
        self.place = place  # its url without a password

    @classmethod
    def open(cls, url: str) -> Store:
        """Open a store and bring its tables to this version; several may do so at once.

        ``url`` is ``sqlite:///file``, a file's path or ``postgresql://…``.
        """
        store = cls(make_engine(url), shown(url))
        if file := file_of(store.engine):
            make_file(file)
        try:
            with store.saying():
                migrate(store.engine, store.place)
        except BaseException:
            store.close()
            raise
        return store

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @contextmanager
    def transaction(
        self, *, conversation: str | None = None, person: str | None = None
    ) -> Iterator[Transaction]:
        """A transaction that holds the conversation and the person; an exception undoes it."""
        with self.saying(), self.engine.begin() as connection:
            made = Transaction(connection)
            if conversation is not None:
                made.lock_conversation(conversation)
            if person is not None:
                made.lock_person(person)
            yield made

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that only reads; on SQLite it waits for no writer."""
        with self.saying(), self.engine.connect() as connection:
            yield connection.execution_options(**READS)

    def due(self, now: int, limit: int) -> list[str]:
        """Persons with a case due, or with alert records that nobody sent; the longest waiting."""
        held = select(cases.c.person, func.min(cases.c.due)).where(cases.c.due <= now)
        stuck = select(alerts.c.person, func.min(alerts.c.made)).where(
            alerts.c.sent.is_(None), alerts.c.made < now - _SENDING_MS
        )
        waiting: list[tuple[int, str]] = []
        with self.reading() as connection:
            for query, column in ((held, cases.c), (stuck, alerts.c)):
                rows = connection.execute(
                    query.group_by(column.person).order_by(query.selected_columns[1]).limit(limit)
                )
                waiting += [(since, person) for person, since in rows]
        return list(dict.fromkeys(person for _, person in sorted(waiting)))[:limit]

    def purge(self, *, signals_before: int, cases_before: int) -> dict[str, int]:
        """Delete what is older; how many rows, by table.

        Signals and orders before the one; before the other cases without a newer signal, with
        their alerts and dispositions.
        """
        counts: Counter[str] = Counter()
        for batch in purge.batches(signals_before=signals_before, cases_before=cases_before):
            while True:
                with self.saying(), self.engine.begin() as connection:
                    deleted = batch(connection)
                counts.update(deleted)
                if not any(deleted.values()):
                    break
        return dict(counts)

    @contextmanager
    def saying(self) -> Iterator[None]:
        """Errors of the database in our words, which hold no values."""
        try:
            yield
        except SQLAlchemyError as error:
            raise explained(error, self.place) from None
