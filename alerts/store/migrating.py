"""Brings a store to the tables this version needs, by the scripts in ``migrations``."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from alerts.store.engine import MIGRATION, READS, lock
from alerts.store.errors import StoreError

_SCRIPTS: Final = Path(__file__).with_name("migrations")
_one_at_a_time: Final = threading.Lock()  # Alembic keeps the migration under way in its modules


def _config(connection: Connection | None = None) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def head() -> str:
    """The revision this version works with."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def current(connection: Connection) -> str | None:
    """The revision the store is at; None is an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def migrate(engine: Engine, place: str) -> None:
    """Bring the store to the head; of several that start at once, one does it and others wait.

    Raises :class:`StoreError` where a later version has made the store.
    """
    with engine.connect().execution_options(**READS) as connection:
        if current(connection) == head():
            return
    with _one_at_a_time, engine.begin() as connection:
        _hold(connection)
        revision = current(connection)
        if revision is not None and not _known(revision):
            raise StoreError(
                f"the case store {place} is at revision {revision}, which this version does not "
                "know: a later version made it; run that one",
                place=place,
            )
        command.upgrade(_config(connection), "head")


def downgrade(engine: Engine, revision: str) -> None:
    """Take the store back to a revision, ``base`` for none. What it does not hold is lost."""
    with _one_at_a_time, engine.begin() as connection:
        _hold(connection)
        command.downgrade(_config(connection), revision)


def _hold(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":  # an index on many rows takes its time
        connection.execute(text("SET LOCAL statement_timeout = 0"))
    lock(connection, MIGRATION, "")


def _known(revision: str) -> bool:
    revisions = ScriptDirectory.from_config(_config()).walk_revisions()
    return revision in {script.revision for script in revisions}
