"""Stores for whoever asks: SQLite, and a real PostgreSQL of one server a session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres_support import Postgres, serving


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Run a server for the whole session."""
    with serving() as server:
        yield server


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """Run a server that the test may stop."""
    with serving() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """Name an empty PostgreSQL database."""
    with postgres.database() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Name an empty store, of either database in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/lifeline.db"
    return request.getfixturevalue("postgres_url")
