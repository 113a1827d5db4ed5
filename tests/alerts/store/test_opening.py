from __future__ import annotations

import logging
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text
from store_support import profile

from alerts.store.engine import make_engine, shown
from alerts.store.migrating import current, downgrade, head, migrate
from alerts.store.store import Store, StoreError
from alerts.store.tables import metadata


def test_migrations_make_the_tables_as_declared(store: Store):
    """What the scripts make is what the code works with, types and indexes included."""
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert [] == compare_metadata(context, metadata)
        partial = f"{connection.dialect.name}_where"
        wheres = [
            index["name"]
            for table in metadata.tables
            for index in inspect(connection).get_indexes(table)
            if partial in index.get("dialect_options", {})
        ]
    # What is compared leaves out where a partial index ends.
    assert {"alerts_unsent", "cases_due", "signals_asked", "signals_of_customer"} == set(wheres)


def test_down_and_up_again(store: Store):
    """The way back leaves nothing, and the way up makes it all again."""
    downgrade(store.engine, "base")
    with store.engine.connect() as connection:
        assert ["alembic_version"] == inspect(connection).get_table_names()
        assert current(connection) is None
    migrate(store.engine, store.place)
    with store.transaction() as transaction:
        assert transaction.put_profile(profile(), 1)


def test_of_many_threads_that_open_one_migrates(store_url: str, caplog: pytest.LogCaptureFixture):
    """All get a store that works, and each script runs once."""
    with caplog.at_level(logging.INFO, "alembic"), ThreadPoolExecutor(6) as pool:
        stores = list(pool.map(Store.open, [store_url] * 6))
    assert 1 == caplog.text.count("Running upgrade  -> 0001")
    for store in stores:
        with store.transaction() as transaction:
            transaction.put_profile(profile(), 1)
        store.close()


def test_of_many_workers_that_open_one_migrates(store_url: str):
    """Processes wait for each other, too."""
    script = (
        "import logging, sys; logging.basicConfig(level=logging.INFO)\n"
        "from alerts.store.store import Store\n"
        "sys.stdin.readline(); Store.open(sys.argv[1]).close()"
    )
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", script, store_url],
            stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for _ in range(4)
    ]  # fmt: skip
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    said = [worker.communicate(timeout=60)[1] for worker in workers]
    assert ([0] * 4, 1) == (
        [worker.returncode for worker in workers],
        "".join(said).count("Running upgrade  -> 0001"),
    ), said


def test_a_store_of_a_later_version_is_refused(store: Store, store_url: str):
    """An old worker does not touch tables it does not know, and says what to do."""
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'later'"))
    with pytest.raises(StoreError, match="a later version made it") as error:
        Store.open(store_url)
    assert not error.value.retriable
    assert "0001" == head()


def test_a_file_is_for_its_owner_and_loses_nothing(tmp_path: Path):
    """A SQLite file is readable by its owner alone, and each commit is on the disk."""
    store = Store.open(str(tmp_path / "lifeline.db"))
    with store.transaction() as transaction:
        transaction.put_profile(profile(), 1)
        settings = {
            name: transaction.connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "secure_delete")
        }
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("lifeline.db*")}
    store.close()
    assert {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1} == settings
    assert {0o600} == modes


def test_opening_a_file_again_keeps_the_locks_of_who_has_it_open(tmp_path: Path):
    """SQLite's locks go when any of its process closes the file: a second store must not."""
    path = str(tmp_path / "lifeline.db")
    first = Store.open(path)
    with first.transaction() as transaction:
        transaction.put_profile(profile(), 1)
        Store.open(path).close()
        other = (
            "import sqlite3, sys\n"
            "sqlite3.connect(sys.argv[1], timeout=0).execute('BEGIN IMMEDIATE')"
        )
        done = subprocess.run(
            [sys.executable, "-c", other, path], capture_output=True, text=True, check=False
        )
    first.close()
    assert "database is locked" in done.stderr


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://lifeline:hidden@host/lifeline", "set LIFELINE_STORE"),
        ("postgres ://lifeline:hidden@host/lifeline", "set LIFELINE_STORE"),
        ("sqlite://", "set LIFELINE_STORE"),
        ("sqlite:///:memory:", "set LIFELINE_STORE"),
        ("/nowhere/hidden-not/lifeline.db", "No such file or directory"),
        ("postgresql://lifeline:hidden@127.0.0.1:1/lifeline", "Connection refused"),
    ],
)
def test_what_cannot_be_opened_is_said_without_passwords(url: str, words: str):
    """The message names what to set, and repeats no password."""
    with pytest.raises(StoreError) as error:
        Store.open(url)
    assert words in str(error.value)
    assert "LIFELINE_STORE" in str(error.value)
    assert "hidden@" not in f"{error.value} {error.value.place}"


def test_a_url_is_shown_without_secrets():
    """Where a store is shown, passwords are not, wherever in the url they stand."""
    assert "postgresql+psycopg://me:***@host/x" == shown("postgresql://me:pw@host/x")
    assert "postgresql+psycopg://host/x?user=me" == shown("postgresql://host/x?user=me&password=pw")
    assert "a/b.db" == shown("a/b.db") == shown("sqlite:///a/b.db")


def test_what_the_url_says_wins():
    """Options of the connection that the url names are the operator's."""
    engine = make_engine("postgresql://host/x?connect_timeout=1")
    _, given = engine.dialect.create_connect_args(engine.url)
    assert "1" == str(given["connect_timeout"])
    engine.dispose()
