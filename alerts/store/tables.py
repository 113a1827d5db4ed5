"""The tables of the case store. Times are milliseconds since 1970.

Records are kept whole as JSON, beside the columns by which they are found. Each index serves a
query: its comment names it. What a migration makes must equal this; a test compares them.
"""

from __future__ import annotations

import re
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

_ANOTHER: Final = re.compile(r"#[1-9][0-9]*\Z")


def conversation_of(case_id: str) -> str:
    """The conversation of a case: ``<conversation>`` and ``<conversation>#<n>`` are its cases."""
    return _ANOTHER.sub("", case_id)


class Json(TypeDecorator[bytes]):
    """JSON in UTF-8, kept as text, so that it can be read and searched where it lies."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> str | None:
        """Bytes to text."""
        _ = dialect
        return None if value is None else value.decode()

    def process_result_value(self, value: Any | None, dialect: Dialect) -> bytes | None:
        """Text to bytes."""
        _ = dialect
        return None if value is None else str(value).encode()


metadata: Final = MetaData()


def _text(name: str, *, key: bool = False, none: bool = False) -> Column[str]:
    return Column(name, Text, primary_key=key, nullable=none)


def _time(name: str, *, none: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=none)


def _small(name: str) -> Column[int]:
    return Column(name, SmallInteger, nullable=False)


def _json(name: str, *, none: bool = False) -> Column[bytes]:
    return Column(name, Json, nullable=none)


customers: Final = Table(
    "customers", metadata, _text("customer_id", key=True), _time("received"), _json("record")
)

orders: Final = Table(
    "orders",
    metadata,
    _text("customer_id", key=True),
    _text("order_id", key=True),
    _time("placed_at"),
    _time("received"),
    _json("record"),
    Index("orders_of_customer", "customer_id", "placed_at"),  # about
    Index("orders_by_age", "received"),  # purge
)

signals: Final = Table(
    "signals",
    metadata,
    _text("signal_id", key=True),
    _time("said_at"),
    _text("person"),
    _time("received"),
    _text("conversation_id"),
    _small("tier"),
    _text("customer_id", none=True),
    _text("message_id"),
    _text("channel"),
    _text("asked", none=True),
    _json("record"),
    Index("signals_of_person", "person", "received"),  # facts
    Index("signals_of_conversation", "conversation_id"),  # person_of_conversation
    Index("signals_by_age", "received"),  # purge
)
Index(  # forget
    "signals_of_customer",
    signals.c.customer_id,
    postgresql_where=signals.c.customer_id.is_not(None),
    sqlite_where=signals.c.customer_id.is_not(None),
)
Index(  # also_asked
    "signals_asked",
    signals.c.asked,
    signals.c.said_at,
    signals.c.person,
    postgresql_where=signals.c.asked.is_not(None),
    sqlite_where=signals.c.asked.is_not(None),
)

cases: Final = Table(
    "cases",
    metadata,
    _text("case_id", key=True),
    _time("opened"),
    _text("person"),
    _time("last_said"),
    _text("conversation_id"),
    _small("tier"),
    _small("priority"),
    _text("channel"),
    _text("status"),
    _text("outcome", none=True),
    _time("acknowledged", none=True),
    _time("closed", none=True),
    _time("revision"),
    _text("digest"),
    _text("sent_digest"),
    _time("sent", none=True),
    _time("due", none=True),
    Column("on_alerts", Boolean, nullable=False),
    _json("rules"),
    Index("cases_of_person", "person"),  # case_rows
    Index("cases_of_conversation", "conversation_id"),  # person_of_conversation
    Index("cases_by_age", "last_said"),  # purge
)
Index(  # due
    "cases_due",
    cases.c.due,
    cases.c.person,
    postgresql_where=cases.c.due.is_not(None),
    sqlite_where=cases.c.due.is_not(None),
)

alerts: Final = Table(
    "alerts",
    metadata,
    _text("alert_id", key=True),
    _time("made"),
    _text("person"),
    _time("revision"),
    _text("case_id"),
    _small("tier"),
    _small("priority"),
    _text("kind"),
    _text("topic"),
    _time("sent", none=True),
    _json("record", none=True),
    Index("alerts_of_person", "person"),  # forget, moves
    Index("alerts_of_case", "case_id"),  # purge
)
Index(  # due, unsent
    "alerts_unsent",
    alerts.c.person,
    alerts.c.made,
    postgresql_where=alerts.c.sent.is_(None),
    sqlite_where=alerts.c.sent.is_(None),
)

dispositions: Final = Table(
    "dispositions",
    metadata,
    _text("disposition_id", key=True),
    _time("received"),
    _text("case_id"),
    _json("record"),
    _text("conversation_id"),  # after the case's id
    Index("dispositions_of_case", "case_id"),  # facts: an id may itself end as in `#2`
    Index("dispositions_of_conversation", "conversation_id"),  # facts, forget
    Index("dispositions_by_age", "received"),  # purge
)

audit: Final = Table(
    "audit",
    metadata,
    # SQLite counts up by itself only where the type is INTEGER.
    Column("audit_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    _time("at"),
    _text("actor"),
    _text("action"),
    _text("subject"),
    _text("details"),
)
