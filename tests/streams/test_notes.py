from __future__ import annotations

import msgspec
import pytest

from streams.notes import CommitNote, Reader, read_note

READER = Reader(worker="host-1", rules="ab12/elevated", pack="care", version="1.0.0", since=5)
NOTE = CommitNote(rebuild_from=5, window_from=7, rules_from=6, reader=READER)


def test_note_comes_back_as_it_was():
    """What a worker notes is what the next one reads."""
    assert NOTE == read_note(NOTE.encode())


@pytest.mark.parametrize("name", ["x" * 10_000, "护" * 10_000, "\0" * 10_000, '"' * 10_000])
def test_note_is_never_longer_than_kafka_takes(name: str):
    """A pack of an endless name does not keep anybody from committing."""
    reader = msgspec.structs.replace(
        READER, worker="h" * 100, pack=name, version=name, refused="f" * 12
    )
    note = msgspec.structs.replace(NOTE, reader=reader, rebuild_from=2**63 - 1)

    assert len(note.encode().encode()) <= 4096
    assert 2**63 - 1 == read_note(note.encode()).rebuild_from  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        "",
        "someone else's",
        "{}",
        "[" * 100_000,
        "rebuild-from=5 window-from=7 rules=v1",
        NOTE.encode().replace("5", "-5", 1),
        NOTE.encode().replace("5", "9" * 5000, 1),
        NOTE.encode().replace("5", "1.5", 1),
        NOTE.encode().replace("window_from", "window"),
        "\ud800",
    ],
)
def test_metadata_that_is_not_ours_counts_as_none(metadata: str | None):
    """An operator who moved the offsets left none, or words of their own."""
    assert read_note(metadata) is None
