"""One transaction of the case store: facts in, facts out, under the lock of a person."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

import msgspec
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Executable,
    RowMapping,
    Table,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from alerts.contract import Missing, decode_disposition, decode_signal, encode
from alerts.store.engine import CONVERSATIONS, PERSONS, lock
from alerts.store.erasing import erase
from alerts.store.rows import AlertRow, AuditRow, CaseRow
from alerts.store.tables import (
    alerts,
    audit,
    cases,
    conversation_of,
    customers,
    dispositions,
    orders,
    signals,
)
from alerts.triage.facts import About, Facts, KnownDisposition, KnownSignal, person_of
from lifeline.customers import CustomerOrder, Profile, decode_order, decode_profile
from lifeline.taxonomy import RULE_TIERS

_UNNAMED: Final = "nobody has named the customer"
_NO_PROFILE: Final = "no profile is known"
_COUNTED: Final = {"preserve_rowcount": True}  # else it is told of UPDATE and DELETE only
_alert_columns: Final = tuple(field.name for field in dataclasses.fields(AlertRow))

# Built once: what is asked for every record.
_PERSON: Final = (
    select(signals.c.person)
    .where(signals.c.conversation_id == bindparam("conversation"))
    .union_all(select(cases.c.person).where(cases.c.conversation_id == bindparam("conversation")))
    .limit(1)
)
_PLACED: Final = (
    select(orders.c.record)
    .where(orders.c.customer_id == bindparam("person"), orders.c.placed_at >= bindparam("since"))
    .order_by(orders.c.placed_at.desc(), orders.c.order_id)
    .limit(bindparam("most"))
    .subquery()
)
_ABOUT: Final = union_all(
    select(literal_column("'profile'").label("what"), customers.c.record).where(
        customers.c.customer_id == bindparam("person")
    ),
    select(literal_column("'order'"), _PLACED.c.record),
)
_LIVE: Final = (
    select(signals.c.conversation_id)
    .where(signals.c.person == bindparam("person"), signals.c.received >= bindparam("since"))
    .distinct()
)
_SIGNALS: Final = (
    select(signals.c.record, signals.c.received)
    .where(signals.c.person == bindparam("person"), signals.c.conversation_id.in_(_LIVE))
    .order_by(signals.c.received.desc(), signals.c.signal_id)
    .limit(bindparam("most"))
)
_AMONG: Final[BindParameter[Any]] = bindparam("conversations", expanding=True)
_DECIDED: Final = select(dispositions.c.record, dispositions.c.received).where(
    or_(dispositions.c.conversation_id.in_(_AMONG), dispositions.c.case_id.in_(_AMONG))
)
_CASES: Final = select(cases).where(cases.c.person == bindparam("person"))
_ASKED: Final = select(func.count(signals.c.person.distinct())).where(
    signals.c.asked == bindparam("asked"),
    signals.c.said_at.between(bindparam("since"), bindparam("until")),
)
_UNSENT: Final = (
    select(*(alerts.c[name] for name in _alert_columns))
    .where(alerts.c.person == bindparam("person"), alerts.c.sent.is_(None))
    .order_by(alerts.c.made, alerts.c.revision)
)


class Transaction:
    """What can be asked of the store and told it; made by ``Store.transaction``.

    All it writes is idempotent: the log may be read again from anywhere.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._dialect = connection.dialect.name

    def lock_conversation(self, conversation_id: str) -> None:
        """Wait until nobody else moves the conversation; to be taken before a person's lock."""
        lock(self.connection, CONVERSATIONS, conversation_id)

    def lock_person(self, person: str) -> None:
        """Wait until nobody else works on the person."""
        lock(self.connection, PERSONS, person)

    # --- who ------------------------------------------------------------------------------------

    def person_for(self, conversation_id: str, customer_id: str | None) -> str:
        """The person of the conversation, locked: the customer, once anybody named one.

        What was kept of the conversation until then moves to the customer. The first customer
        named stays. Lock the conversation before.
        """
        unnamed = person_of(None, conversation_id)
        while True:
            kept = self.person_of_conversation(conversation_id)
            named = kept if kept not in {None, unnamed} else customer_id
            person = person_of(named, conversation_id)
            if kept != unnamed or person == unnamed:
                self.lock_person(person)
                return person
            self.lock_person(unnamed)  # who works on it must be done before it moves
            self.lock_person(person)
            if kept == self.person_of_conversation(conversation_id):
                self._move(unnamed, person)
                return person
            # else the person was forgotten while we waited

    def person_of_conversation(self, conversation_id: str) -> str | None:
        """The person of the conversation; None where nothing of it is kept."""
        found = self.connection.execute(_PERSON, {"conversation": conversation_id}).scalar()
        return None if found is None else str(found)

    def _move(self, old: str, new: str) -> None:
        for table in (signals, cases, alerts):
            self.connection.execute(update(table).where(table.c.person == old).values(person=new))

    # --- facts in -------------------------------------------------------------------------------

    def add_signal(self, known: KnownSignal, person: str, asked: str | None) -> bool:
        """Keep a signal; False if it was there. ``asked`` is a fingerprint of the question."""
        signal = known.signal
        return self._add(
            signals,
            {
                "signal_id": signal.signal_id,
                "said_at": _ms(signal.said_at),
                "person": person,
                "received": known.received,
                "conversation_id": signal.conversation_id,
                "tier": int(RULE_TIERS[signal.tier]),
                "customer_id": signal.customer_id,
                "message_id": signal.message_id,
                "channel": signal.channel,
                "asked": asked,
                "record": encode(signal),
            },
        )

    def put_profile(self, profile: Profile, received: int) -> bool:
        """Keep a profile; False if it was there, or one received later."""
        row = {
            "customer_id": profile.customer_id,
            "received": received,
            "record": msgspec.json.encode(profile),
        }
        return self._put(customers, row)

    def forget_profile(self, customer_id: str, received: int) -> None:
        """Drop the customer's profile, unless it was received later."""
        self.connection.execute(
            customers.delete().where(
                customers.c.customer_id == customer_id, customers.c.received <= received
            )
        )

    def put_order(self, order: CustomerOrder, received: int) -> bool:
        """Keep an order as it now is; False if it was there, or one received later."""
        row = {
            "customer_id": order.customer_id,
            "order_id": order.order_id,
            "placed_at": _ms(order.placed_at),
            "received": received,
            "record": msgspec.json.encode(order),
        }
        return self._put(orders, row)

    def add_disposition(self, known: KnownDisposition) -> bool:
        """Keep what the team decided; False if it was there."""
        disposition = known.disposition
        record = encode(disposition)
        return self._add(
            dispositions,
            {
                "disposition_id": hashlib.sha256(record).hexdigest(),
                "received": known.received,
                "case_id": disposition.case_id,
                "conversation_id": conversation_of(disposition.case_id),
                "record": record,
            },
        )

    # --- facts out ------------------------------------------------------------------------------

    def about(self, person: str, *, since: int, limit: int = 50) -> About:
        """The profile, and the orders placed since, the latest first."""
        if person.startswith(person_of(None, "")):
            unnamed = tuple(Missing(what=what, why=_UNNAMED) for what in ("customer", "orders"))
            return About(missing=unnamed)
        asked = {"person": person, "since": since, "most": limit}
        profile, placed = None, []
        for what, record in self.connection.execute(_ABOUT, asked):
            if what == "profile":
                profile = decode_profile(record)
            else:
                placed.append(decode_order(record))
        return About(
            profile=profile,
            orders=tuple(sorted(placed, key=lambda order: (-_ms(order.placed_at), order.order_id))),
            missing=(Missing(what="customer", why=_NO_PROFILE),) if profile is None else (),
        )

    def facts(self, person: str, *, since: int, limit: int = 500) -> Facts:
        """All signals of conversations with one received since, and what was decided on them."""
        asked = {"person": person, "since": since, "most": limit}
        rows = self.connection.execute(_SIGNALS, asked)
        known = tuple(KnownSignal(decode_signal(row.record), row.received) for row in rows)
        return Facts(person, known, self._decided({k.signal.conversation_id for k in known}))

    def _decided(self, conversations: set[str]) -> tuple[KnownDisposition, ...]:
        if not conversations:
            return ()
        rows = self.connection.execute(_DECIDED, {"conversations": sorted(conversations)})
        return tuple(KnownDisposition(decode_disposition(row.record), row.received) for row in rows)

    def also_asked(self, asked: str, *, since: int, until: int) -> int:
        """How many persons asked the same from ``since`` to ``until``."""
        values = {"asked": asked, "since": since, "until": until}
        return int(self.connection.execute(_ASKED, values).scalar_one())

    # --- cases and alerts -----------------------------------------------------------------------

    def case_rows(self, person: str) -> dict[str, CaseRow]:
        """The cases of the person as last kept, by their ids."""
        rows = self.connection.execute(_CASES, {"person": person}).mappings()
        return {row["case_id"]: _case(row) for row in rows}

    def all_cases(self, *, since: int = 0) -> Iterator[CaseRow]:
        """Every case that is kept and was opened since, the oldest first."""
        rows = self.connection.execute(
            select(cases).where(cases.c.opened >= since).order_by(cases.c.opened, cases.c.case_id)
        )
        return (_case(row) for row in rows.mappings())

    def save_cases(self, rows: Iterable[CaseRow]) -> None:
        """Keep the cases as they are now."""
        statement = _upsert_of_cases(self._dialect)
        for row in rows:
            values = dataclasses.asdict(row) | {"rules": msgspec.json.encode(row.rules)}
            self.connection.execute(statement, values)

    def add_alerts(self, rows: Iterable[AlertRow]) -> None:
        """Keep alert records; one whose id is there stays as it is."""
        statement = _insert_once(self._dialect, alerts)
        for row in rows:
            self.connection.execute(statement, dataclasses.asdict(row))

    def unsent(self, person: str) -> list[AlertRow]:
        """The alert records still to be sent, in the order they were made."""
        rows = self.connection.execute(_UNSENT, {"person": person}).mappings()
        return [AlertRow(**row) for row in rows]

    def mark_sent(self, alert_ids: Iterable[str], at: int) -> None:
        """Kafka has acknowledged these."""
        self.connection.execute(
            update(alerts)
            .where(alerts.c.alert_id.in_(list(alert_ids)), alerts.c.sent.is_(None))
            .values(sent=at)
        )

    # --- forgetting -----------------------------------------------------------------------------

    def forget(self, person: str) -> dict[str, int]:
        """Erase all rows of the person; how many, by table."""
        return erase(self.connection, person)

    def audit(self, row: AuditRow) -> None:
        """Keep who did what."""
        self.connection.execute(audit.insert().values(dataclasses.asdict(row)))

    # --- how ------------------------------------------------------------------------------------

    def _add(self, table: Table, row: dict[str, Any]) -> bool:
        statement = _insert_once(self._dialect, table)
        return self.connection.execute(statement, row, execution_options=_COUNTED).rowcount == 1

    def _put(self, table: Table, row: dict[str, Any]) -> bool:
        """Insert or replace; at the same millisecond the one that differs came later in the log."""
        statement = _insert_or_replace(self._dialect, table)
        return self.connection.execute(statement, row, execution_options=_COUNTED).rowcount == 1


# Statements are built once for each database: building one costs as much as running it.


@cache
def _insert_once(dialect: str, table: Table) -> Executable:
    return _insert(dialect, table).on_conflict_do_nothing()


@cache
def _insert_or_replace(dialect: str, table: Table) -> Executable:
    statement = _insert(dialect, table)
    keys: Sequence[ColumnElement[Any]] = list(table.primary_key)
    new = {c.name: statement.excluded[c.name] for c in table.c if not c.primary_key}
    later = or_(
        table.c.received < statement.excluded.received,
        (table.c.received == statement.excluded.received)
        & (table.c.record != statement.excluded.record),
    )
    return statement.on_conflict_do_update(index_elements=keys, set_=new, where=later)


@cache
def _upsert_of_cases(dialect: str) -> Executable:
    statement = _insert(dialect, cases)
    new = {name: column for name, column in statement.excluded.items() if name != "case_id"}
    return statement.on_conflict_do_update(index_elements=[cases.c.case_id], set_=new)


def _insert(dialect: str, table: Table) -> postgresql.Insert | sqlite.Insert:
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def _ms(time: datetime) -> int:
    return round(time.timestamp() * 1000)


def _case(row: RowMapping) -> CaseRow:
    rules = tuple(msgspec.json.decode(row["rules"], type=list[str]))
    return CaseRow(**{**row, "rules": rules})
