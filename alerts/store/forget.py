"""Forgets a person: what is to be erased, erasing it, and the trail of it. ``proof`` follows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection, func, select

from alerts.store.erasing import conversations_of, decided_on, rows_of
from alerts.store.proof import Proof, Traces, prove, traces_of
from alerts.store.rows import AuditRow
from alerts.store.store import Store
from alerts.store.tables import dispositions

ACTION: Final = "forget"
PROOF: Final = "forget: proof"


def held(store: Store, person: str) -> dict[str, int]:
    """How many rows of the person the store holds, by table."""
    with store.reading() as connection:
        return _held(connection, person)


def _held(connection: Connection, person: str) -> dict[str, int]:
    conversations = sorted(conversations_of(connection, person))
    counts = {
        table.name: connection.execute(
            select(func.count()).select_from(table).where(which)
        ).scalar_one()
        for table, which in rows_of(person).items()
    }
    decided = select(func.count()).select_from(dispositions).where(decided_on(conversations))
    return counts | {dispositions.name: connection.execute(decided).scalar_one()}


def forget(
    store: Store, person: str, *, by: str, now: int, tell: Callable[[], None]
) -> tuple[dict[str, int], Traces]:
    """Erase the person; how many rows, by table, and what to look for in the proof.

    ``tell`` tells others, too; where it raises, nothing is erased. The trail names who asked for
    it, and whom by a digest.
    """
    with store.transaction(person=person) as transaction:
        traces = traces_of(transaction.connection, person)
        counts = transaction.forget(person)
        transaction.audit(AuditRow(now, by, ACTION, subject(person), said(counts)))
        tell()
    return counts, traces


def prove_forgotten(store: Store, person: str, traces: Traces, *, by: str, now: int) -> Proof:
    """Look for the person everywhere, and keep what came of it in the trail."""
    proof = prove(store, traces)
    with store.transaction() as transaction:
        details = said(proof.left) if proof.left else "nothing left"
        transaction.audit(AuditRow(now, by, PROOF, subject(person), details))
    return proof


def subject(person: str) -> str:
    """Whom the trail is about: SHA-256, in hexadecimal."""
    return hashlib.sha256(person.encode()).hexdigest()


def said(counts: dict[str, int]) -> str:
    """Counts as the trail keeps them."""
    return ", ".join(f"{name} {count}" for name, count in counts.items())
