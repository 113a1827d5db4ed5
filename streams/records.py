"""Records as read from Kafka and as written to it."""

from __future__ import annotations

from typing import Final, NamedTuple

from alerts.contract import CONTENT_TYPE

Headers = list[tuple[str, bytes]]

JSON: Final[Headers] = [("content-type", b"application/json")]
CLOUDEVENT: Final[Headers] = [("content-type", CONTENT_TYPE)]


class Output(NamedTuple):
    """A record to be written; ``topic`` is its name without the prefix."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers


class Record(NamedTuple):
    """A record as read. ``timestamp`` is the log's, in milliseconds since 1970."""

    topic: str  # without the prefix
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
