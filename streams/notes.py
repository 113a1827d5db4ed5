"""What each commit says besides its offset: where memory is rebuilt from, and who read by what.

It travels as the commit's metadata, so it is exact, needs no clock, and is there on every broker.
"""

from __future__ import annotations

from typing import Annotated, Final, NamedTuple

import msgspec
from msgspec import Meta

_MOST_NAME: Final = 100  # Kafka takes 4,096 bytes of metadata
_Offset = Annotated[int, Meta(ge=0, le=2**63 - 1)]


class Reach(NamedTuple):
    """How far back a partition's memory reaches, as offsets: two windows, and one."""

    start: int
    window: int


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """A worker and the rules it reads by. ``since`` is in seconds since 1970.

    ``rules`` is what decides on alerts: the pack's short hash, and the gate. ``refused`` names the
    broken pack in its folder that it did not take.
    """

    worker: str
    rules: str
    pack: str
    version: str
    since: int
    refused: str = ""


class CommitNote(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The note of one partition's commit.

    What lies below ``rules_from`` was settled under other rules than the reader's.
    """

    rebuild_from: _Offset
    window_from: _Offset
    rules_from: _Offset
    reader: Reader

    def encode(self) -> str:
        """The note as metadata, always short enough."""
        reader = self.reader
        short = msgspec.structs.replace(
            reader,
            pack=reader.pack[:_MOST_NAME],
            version=reader.version[:_MOST_NAME],
        )
        return msgspec.json.encode(msgspec.structs.replace(self, reader=short)).decode()


def read_note(metadata: str | None) -> CommitNote | None:
    """The note in a commit's metadata; None where it is not ours (an operator moved the offset)."""
    try:
        return msgspec.json.decode(metadata or "", type=CommitNote)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return None
