from __future__ import annotations

from collections.abc import Iterator

import pytest

from alerts.store.store import Store


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """Open an empty store of either database."""
    opened = Store.open(store_url)
    yield opened
    opened.close()
