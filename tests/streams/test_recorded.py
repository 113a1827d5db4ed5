from __future__ import annotations

import io
from pathlib import Path

from streams.recorded import FileRecording, Recorded


def test_lines_are_events_in_order(tmp_path: Path):
    """Each line is an event with its number; empty lines are passed over, and counted."""
    path = tmp_path / "day.jsonl"
    path.write_bytes(b'{"a":1}\n\n  \n{"b":2}')
    with path.open("rb") as file:
        recording = FileRecording(file)

        found = list(recording)

    assert [
        Recorded(0, 1, None, None, b'{"a":1}\n'), Recorded(0, 4, None, None, b'{"b":2}'),
    ] == found  # fmt: skip
    assert (str(path), 1) == (recording.name, recording.parts)


def test_total_is_known_before_reading(tmp_path: Path):
    """The lines of a file are counted for the progress, and then read from the start."""
    path = tmp_path / "day.jsonl"
    path.write_bytes(b"{}\n" * 700_000)  # more than one chunk
    with path.open("rb") as file:
        recording = FileRecording(file)

        assert 700_000 == recording.total == sum(1 for _ in recording)


def test_what_cannot_be_read_twice_has_no_total():
    """A pipe is read once, without knowing how much there will be."""

    class Pipe(io.BytesIO):
        name = "<stdin>"

        def seekable(self) -> bool:
            return False

    recording = FileRecording(Pipe(b"{}\n{}\n"))

    assert (None, "standard input") == (recording.total, recording.name)
    assert 2 == len(list(recording))
