"""A real PostgreSQL for whoever asks: one server a session, a database of its own for each test."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from e2e_support import ROOT, free_port

SCRIPT = ROOT / "deploy" / "postgres" / "postgres"


@dataclass(frozen=True)
class Postgres:
    """A server: a folder and a port, and the script to command it."""

    folder: Path
    port: int

    def run(self, command: str) -> str:
        """Run `postgres COMMAND`; what it says. The long timeout is for the first installation."""
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("PG")},
            "PG_PORT": str(self.port),
            "PG_DIR": str(self.folder),
        }
        done = subprocess.run(
            [SCRIPT, command], env=environment, capture_output=True, text=True, timeout=600,
            check=False,
        )  # fmt: skip
        assert 0 == done.returncode, done.stderr
        return done.stdout.strip()

    @contextmanager
    def database(self) -> Iterator[str]:
        """The url of a new database, dropped afterwards."""
        url, name = self.run("url"), f"test_{uuid.uuid4().hex}"
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")  # type: ignore[call-overload]
            yield f"{url.rpartition('/')[0]}/{name}"
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[call-overload]


@contextmanager
def serving() -> Iterator[Postgres]:
    """A server of its own. Its folder is one that the user postgres may enter: pytest's are not."""
    above = Path(tempfile.mkdtemp(prefix="lifeline-postgres-"))
    above.chmod(0o755)
    server = Postgres(above / "server", free_port())
    server.run("up")
    try:
        yield server
    finally:
        server.run("down")
        shutil.rmtree(above)
