"""The two databases made alike: SQLite for one worker, PostgreSQL for many."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from alerts.store.errors import StoreError

# First keys of PostgreSQL's advisory locks; the second tells which.
CONVERSATIONS: Final = 0x4C_1F_E0_01
PERSONS: Final = 0x4C_1F_E0_02
MIGRATION: Final = 0x4C_1F_E0_03

READS: Final = {"lifeline_reads": True}  # of a connection that never writes

_LOCK: Final = text("SELECT pg_advisory_xact_lock(:space, :key)")
_BUSY_SECONDS: Final = 30  # so long a writer waits for another
_CONNECT_SECONDS: Final = 5
_PRAGMAS: Final = (
    "PRAGMA journal_mode = WAL",
    # Kafka's offsets are committed after the store: a power cut must lose nothing.
    "PRAGMA synchronous = FULL",
    "PRAGMA secure_delete = ON",
)
_POSTGRES: Final = {
    "connect_timeout": _CONNECT_SECONDS,
    "application_name": "lifeline",
    # A worker that hangs inside a transaction would keep others from its person.
    "options": (
        f"-c statement_timeout={_BUSY_SECONDS}s -c idle_in_transaction_session_timeout=60s"
    ),
    "tcp_user_timeout": 30_000,  # a server that is gone without a word is noticed
}


def parse(url: str) -> URL:
    """The url of a store; a path alone is a SQLite file.

    Raises :class:`StoreError` for what is neither SQLite nor PostgreSQL. It does not repeat the
    url, which may hold a password.
    """
    if "://" not in url:
        return URL.create("sqlite+pysqlite", database=url)
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, ValueError):
        backend = ""
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if backend == "sqlite" and parsed.database and parsed.database != ":memory:":
        return parsed.set(drivername="sqlite+pysqlite")
    raise StoreError(
        "the store is neither a SQLite file nor a PostgreSQL database: set LIFELINE_STORE to a "
        "file's path or to postgresql://user:password@host/database",
        place="LIFELINE_STORE",
    )


def shown(url: str) -> str:
    """A store's url as it may be shown: without its password."""
    parsed = parse(url)
    if parsed.get_backend_name() == "sqlite":
        return str(parsed.database)
    secrets = [name for name in parsed.query if "password" in name]  # libpq takes them there, too
    return parsed.difference_update_query(secrets).render_as_string(hide_password=True)


def make_engine(url: str) -> Engine:
    """An engine of either database; nothing is opened yet."""
    parsed = parse(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed)
    given = {name: value for name, value in _POSTGRES.items() if name not in parsed.query}
    return create_engine(
        parsed,
        hide_parameters=True,
        # Under any other, what was read while waiting for a lock would be stale.
        isolation_level="READ COMMITTED",
        connect_args=given,
    )


def _sqlite(url: URL) -> Engine:
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": _BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        # The driver would begin where it sees fit; we do, below (SQLAlchemy's manual of SQLite).
        connection.isolation_level = None
        for pragma in _PRAGMAS:
            connection.execute(pragma).close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that reads and then writes would be refused where another wrote meanwhile.
        reads = connection.get_execution_options().get("lifeline_reads")
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine


def file_of(engine: Engine) -> Path | None:
    """The file of a SQLite store."""
    database = engine.url.database
    return Path(database) if engine.dialect.name == "sqlite" and database else None


def must_exist(url: str) -> None:
    """Raise :class:`StoreError` where the SQLite file is not there, as who looks makes none."""
    parsed = parse(url)
    if parsed.get_backend_name() == "sqlite" and not Path(str(parsed.database)).exists():
        raise StoreError(
            f"there is no case store {parsed.database}: name the workers' one with LIFELINE_STORE",
            place=str(parsed.database),
        )


def make_file(file: Path) -> None:
    """Make the file of a SQLite store, for its owner only: it will hold what customers said."""
    try:
        # One that is there is not even opened: closing it would drop SQLite's locks on it.
        os.close(os.open(file, os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return
    except OSError as error:
        raise StoreError(
            f"the case store {file} cannot be made: {error.strerror}; set LIFELINE_STORE to a "
            "file in a folder that is there and may be written",
            place=str(file),
        ) from None


def lock(connection: Connection, space: int, name: str) -> None:
    """Wait until this transaction alone holds the name. On SQLite it holds all from its start."""
    if connection.dialect.name != "postgresql":
        return
    key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big", signed=True)
    connection.execute(_LOCK, {"space": space, "key": key})
