"""What reports ask of a case store. They make, migrate and lock nothing, so workers go on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, select

from alerts.contract import Disposition, decode_disposition, decode_signal
from alerts.store.engine import make_engine, must_exist, parse, shown
from alerts.store.errors import StoreError
from alerts.store.migrating import current, head
from alerts.store.rows import CaseRow
from alerts.store.store import Store
from alerts.store.tables import alerts, cases, dispositions, signals
from alerts.store.transaction import Transaction
from alerts.triage.facts import KnownDisposition, KnownSignal


@dataclass(frozen=True, slots=True)
class AlertMark:
    """A record of the alerts topic. Detect's name the conversation and not which of its cases."""

    case_id: str
    made: int  # milliseconds since 1970
    tier: int
    by_detect: bool


class Looking:
    """The questions; made by :func:`looking`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def cases(self, *, since: int) -> list[CaseRow]:
        """Every case that was opened since, the oldest first."""
        return list(Transaction(self._connection).all_cases(since=since))

    def marks(self, *, since: int) -> list[AlertMark]:
        """Every record made for the alerts topic since, without what it holds."""
        rows = self._connection.execute(
            select(alerts.c.case_id, alerts.c.made, alerts.c.tier, alerts.c.record.is_(None)).where(
                alerts.c.topic == "alerts", alerts.c.made >= since
            )
        )
        return [AlertMark(case, made, tier, bool(detect)) for case, made, tier, detect in rows]

    def decisions(self, *, since: int) -> list[KnownDisposition]:
        """What was decided on cases that were opened since, in the order it was received."""
        rows = self._connection.execute(
            select(dispositions.c.record, dispositions.c.received)
            .join(cases, cases.c.case_id == dispositions.c.case_id)
            .where(cases.c.opened >= since)
        )
        known = (KnownDisposition(_without_note(record), received) for record, received in rows)
        return sorted(known, key=lambda k: (k.received, k.disposition.outcome, k.disposition.by))

    def signals(self, conversation_id: str) -> list[KnownSignal]:
        """What was found in a conversation, in the order it was received."""
        rows = self._connection.execute(
            select(signals.c.record, signals.c.received)
            .where(signals.c.conversation_id == conversation_id)
            .order_by(signals.c.received, signals.c.signal_id)
        )
        return [KnownSignal(decode_signal(record), received) for record, received in rows]


@contextmanager
def looking(url: str) -> Iterator[Looking | None]:
    """A look into a store; None where no worker has made its tables yet.

    Raises :class:`StoreError` where it cannot be reached or is not of this version.
    """
    if _not_yet_made(url):
        yield None
        return
    must_exist(url)
    with closing(Store(make_engine(url), shown(url))) as store, store.reading() as connection:
        revision = current(connection)
        if revision not in {None, head()}:
            raise StoreError(
                f"the case store {store.place} is at revision {revision} and this version reads "
                f"{head()}: use the workers' version, or start a worker of this one",
                place=store.place,
            )
        yield Looking(connection) if revision else None


def _not_yet_made(url: str) -> bool:
    """Whether it is a SQLite file that is missing in a folder that is there."""
    parsed = parse(url)
    if parsed.get_backend_name() != "sqlite":
        return False
    file = Path(str(parsed.database))
    return file.parent.is_dir() and not file.exists()


def _without_note(record: bytes) -> Disposition:
    """A decision less its note, which may hold what a customer said."""
    made = decode_disposition(record)
    return Disposition(
        case_id=made.case_id, outcome=made.outcome, by=made.by, decided_at=made.decided_at,
        tier=made.tier,
    )  # fmt: skip
