"""deploy/postgres/postgres, run for real: what tests and developers rely on."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from e2e_support import ROOT, free_port

SCRIPT = ROOT / "deploy" / "postgres" / "postgres"
WRONG_SETUP = 2
NOT_RUNNING = 3


@dataclass(frozen=True, slots=True)
class Postgres:
    """One instance: a folder and a port, and the script to command it."""

    folder: Path
    port: int

    def run(self, command: str, **settings: str) -> subprocess.CompletedProcess[str]:
        env = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
        env |= {"PG_DIR": str(self.folder), "PG_PORT": str(self.port)}
        return subprocess.run(
            [SCRIPT, command],
            env=env | settings,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    def up(self) -> None:
        started = self.run("up")
        assert 0 == started.returncode, started.stderr

    def ask(self, statement: str) -> object:
        """The first value of the answer."""
        with psycopg.connect(self.run("url").stdout.strip(), autocommit=True) as connection:
            cursor = connection.execute(statement)  # type: ignore[call-overload]
            row = cursor.fetchone() if cursor.description else None
            return row and row[0]


@pytest.fixture
def folder() -> Iterator[Path]:
    """Make a folder that every user may pass through, which pytest's are not."""
    made = Path(tempfile.mkdtemp(prefix="lifeline-postgres-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def postgres(folder: Path) -> Iterator[Postgres]:
    """An instance that is not up; its folder has what trips a careless script."""
    instance = Postgres(folder / f"a folder, ünlike 'others' {'x' * 100}", free_port())
    yield instance
    instance.run("down")


def test_up_serves_and_down_ends_it_and_the_data_stays(postgres: Postgres):
    """After `up` clients are served at once, after `down` nothing runs; both may be repeated."""
    assert NOT_RUNNING == postgres.run("status").returncode
    assert NOT_RUNNING == postgres.run("url").returncode

    postgres.up()
    assert 0 == postgres.run("status").returncode
    postgres.ask("CREATE TABLE kept AS SELECT 7 AS number")
    again = postgres.run("up")
    assert (0, True) == (again.returncode, "already up" in again.stdout)

    assert 0 == postgres.run("down").returncode
    assert NOT_RUNNING == postgres.run("status").returncode
    again = postgres.run("down")
    assert (0, "postgres: not up\n") == (again.returncode, again.stdout)
    with socket.socket() as client:
        assert 0 != client.connect_ex(("127.0.0.1", postgres.port))

    postgres.up()
    assert 7 == postgres.ask("SELECT number FROM kept")


def test_only_this_machine_and_only_with_the_password(postgres: Postgres):
    """It listens on loopback, and lets nobody in without the password that its folder keeps."""
    postgres.up()
    assert "127.0.0.1" == postgres.ask("SHOW listen_addresses")
    assert 0o600 == (postgres.folder / "password").stat().st_mode & 0o777
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(f"postgresql://lifeline:wrong@127.0.0.1:{postgres.port}/lifeline")
    assert (postgres.folder / f".s.PGSQL.{postgres.port}").is_socket()


def test_a_taken_port_is_named(postgres: Postgres):
    """`up` on a taken port starts nothing and says in one line which setting to change."""
    with socket.create_server(("127.0.0.1", postgres.port)):
        refused = postgres.run("up")

    assert WRONG_SETUP == refused.returncode
    assert [
        (
            f"postgres: port {postgres.port} is taken: set PG_PORT to a free port, "
            "or stop what listens there (ss -ltnp names it)"
        )
    ] == refused.stderr.splitlines()
    assert NOT_RUNNING == postgres.run("status").returncode


def test_another_port_than_it_is_up_on_is_refused(postgres: Postgres):
    """`up` never says yes about a port that the folder's server does not serve."""
    postgres.up()
    refused = postgres.run("up", PG_PORT=str(free_port()))
    assert WRONG_SETUP == refused.returncode
    assert f"on port {postgres.port}" in refused.stderr


@pytest.mark.parametrize(
    ("setting", "value"),
    [("PG_PORT", "sql"), ("PG_PORT", "65536"), ("PG_DIR", "/dev/null/postgres")],
)
def test_a_wrong_setting_is_one_line(postgres: Postgres, setting: str, value: str):
    """A setting that cannot work is refused in one line before anything starts."""
    refused = postgres.run("up", **{setting: value})
    assert WRONG_SETUP == refused.returncode
    assert 1 == len(refused.stderr.splitlines())


def test_a_folder_that_is_there_keeps_its_owner(folder: Path, postgres: Postgres):
    """A folder named by mistake is neither given away nor closed to others."""
    folder.chmod(0o700)
    before = folder.stat()
    postgres.run("up", PG_DIR=str(folder))
    postgres.run("down", PG_DIR=str(folder))
    after = folder.stat()
    assert (before.st_uid, before.st_mode) == (after.st_uid, after.st_mode)


def test_a_reused_pid_is_left_alone(postgres: Postgres):
    """A pid file that names somebody else's process stops nobody."""
    postgres.folder.mkdir()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        (postgres.folder / "postgres.pid").write_text(f"{stranger.pid}\n1 {postgres.port}\n")
        assert NOT_RUNNING == postgres.run("status").returncode
        assert 0 == postgres.run("down").returncode
        stranger.communicate(b"\n")
    assert 0 == stranger.returncode
