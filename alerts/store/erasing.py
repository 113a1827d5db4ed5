"""Erases one person from every table."""

from __future__ import annotations

from itertools import islice
from typing import Final

from sqlalchemy import ColumnElement, Connection, Table, delete, or_, select

from alerts.store.tables import alerts, cases, customers, dispositions, orders, signals
from alerts.triage.facts import person_of

_AT_ONCE: Final = 500  # ids in one statement


def conversations_of(connection: Connection, person: str) -> set[str]:
    """The conversations of the person."""
    found: set[str] = set()
    for table in (signals, cases):
        found.update(
            connection.execute(
                select(table.c.conversation_id).where(table.c.person == person).distinct()
            ).scalars()
        )
    unnamed = person_of(None, "")
    if person.startswith(unnamed):
        found.add(person.removeprefix(unnamed))
    return found


def rows_of(person: str) -> dict[Table, ColumnElement[bool]]:
    """Which rows of which table are the person's; those of dispositions go by conversation."""
    return {
        customers: customers.c.customer_id == person,
        orders: orders.c.customer_id == person,
        # Somebody else's conversation may hold one that names this customer.
        signals: or_(signals.c.person == person, signals.c.customer_id == person),
        cases: cases.c.person == person,
        alerts: alerts.c.person == person,
    }


def decided_on(conversations: list[str]) -> ColumnElement[bool]:
    """The dispositions of these conversations."""
    return or_(
        dispositions.c.conversation_id.in_(conversations),
        dispositions.c.case_id.in_(conversations),
    )


def erase(connection: Connection, person: str) -> dict[str, int]:
    """Delete all rows of the person; how many, by table. The person must be locked."""
    left = iter(sorted(conversations_of(connection, person)))
    count = 0
    while some := list(islice(left, _AT_ONCE)):
        count += connection.execute(delete(dispositions).where(decided_on(some))).rowcount
    counts = {
        table.name: connection.execute(delete(table).where(which)).rowcount
        for table, which in rows_of(person).items()
    }
    return counts | {dispositions.name: count}
