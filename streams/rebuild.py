"""Where to start reading again so that the memory of a partition is as it was.

The memory is a function of the recent log, so whoever takes a partition over reads that stretch
first, writing nothing. Its first offset travels in the metadata of each commit: exact, without
clocks, and on every broker.
"""

from __future__ import annotations

from collections import deque
from typing import Final

# Marks are this far apart, so a rebuild reads at most so much more than it needs.
_EVERY_MS: Final = 10_000
_PREFIX: Final = "rebuild-from="
# Without our metadata (an operator moved the offsets), go back by count.
FALLBACK_RECORDS: Final = 100_000


class RebuildPoint:
    """Tracks the first offset that still matters to one partition's memory.

    ``horizon_ms`` is how far back a finding can reach: what was said up to a window before the
    reports that themselves lie up to a window back, hence two windows.
    """

    def __init__(self, horizon_ms: int) -> None:
        self._horizon = horizon_ms
        self._marks: deque[tuple[int, int]] = deque()  # (newest timestamp so far, offset)

    def note(self, offset: int, timestamp: int) -> None:
        """Take a record that was read into account."""
        marks = self._marks
        # A record stamped far ahead must not hold the marks where it stood: what follows goes on
        # from the mark before it.
        while len(marks) > 1 and marks[-2][0] < timestamp < marks[-1][0] - self._horizon:
            marks.pop()
        if not marks or timestamp >= marks[-1][0] + _EVERY_MS:
            marks.append((timestamp, offset))
            while len(marks) > 1 and marks[1][0] <= timestamp - self._horizon:
                marks.popleft()

    def metadata(self) -> str | None:
        """What to attach to a commit."""
        return f"{_PREFIX}{self._marks[0][1]}" if self._marks else None


def rebuild_from(metadata: str | None, committed: int) -> int:
    """The offset to start reading at, given a partition's commit."""
    text = (metadata or "").removeprefix(_PREFIX)
    if metadata and metadata.startswith(_PREFIX) and text.isascii() and text.isdigit():
        return min(int(text), committed)
    return max(0, committed - FALLBACK_RECORDS)
