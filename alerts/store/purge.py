"""Deletes what is older than it may be kept, a few rows at a time, so that nobody waits long."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, exists, not_, or_, select
from sqlalchemy import tuple_ as row_of

from alerts.store.tables import alerts, cases, dispositions, orders, signals

AT_ONCE: Final = 500  # rows of a transaction

Batch = Callable[[Connection], dict[str, int]]


def batches(*, signals_before: int, cases_before: int) -> tuple[Batch, ...]:
    """What to do again and again, each time in a transaction, until it deletes nothing."""
    return (
        lambda connection: _delete(connection, signals, signals.c.received < signals_before),
        lambda connection: _delete(connection, orders, orders.c.received < signals_before),
        lambda connection: _delete_cases(connection, cases_before),
        lambda connection: _delete(connection, dispositions, _undecided(cases_before)),
    )


def _delete(connection: Connection, table: Table, which: ColumnElement[bool]) -> dict[str, int]:
    key = row_of(*table.primary_key)
    some = (
        # Rows that a worker is writing stay for the next time; SQLite knows no such thing.
        select(*table.primary_key).where(which).limit(AT_ONCE).with_for_update(skip_locked=True)
    )
    return {table.name: connection.execute(delete(table).where(key.in_(some))).rowcount}


def _delete_cases(connection: Connection, before: int) -> dict[str, int]:
    """Old cases with their alerts and what was decided, unless they have a newer signal."""
    newer = exists().where(
        signals.c.conversation_id == cases.c.conversation_id, signals.c.received >= before
    )
    old = connection.execute(
        select(cases.c.case_id)
        .where(cases.c.last_said < before, not_(newer))
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    ).scalars()
    case_ids = list(old)
    if not case_ids:
        return {}
    return {
        table.name: connection.execute(delete(table).where(table.c.case_id.in_(case_ids))).rowcount
        for table in (alerts, dispositions, cases)
    }


def _undecided(before: int) -> ColumnElement[bool]:
    """Old decisions on what is no case here, and has no newer signal."""
    same = or_(
        cases.c.case_id == dispositions.c.case_id,
        cases.c.conversation_id == dispositions.c.conversation_id,
    )
    newer = signals.c.conversation_id == dispositions.c.conversation_id
    return and_(
        dispositions.c.received < before,
        not_(exists().where(same)),
        not_(exists().where(newer, signals.c.received >= before)),
    )
