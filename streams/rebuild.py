"""Where to start reading again so that the memory of a partition is as it was.

The memory is a function of the recent log, so whoever takes a partition over reads that stretch
first, writing nothing. Its first offset travels in the metadata of each commit: exact, without
clocks, and on every broker.
"""

from __future__ import annotations

import re
from collections import deque
from typing import Final, NamedTuple

# Marks are this far apart, so a rebuild reads at most so much more than it needs.
_EVERY_MS: Final = 10_000
_METADATA: Final = re.compile(
    r"rebuild-from=(?P<start>\d{1,19}) window-from=(?P<window>\d{1,19}) rules=(?P<rules>\S+)"
)
# Without our metadata (an operator moved the offsets), go back by count.
FALLBACK_RECORDS: Final = 100_000


class RebuildPoint:
    """Tracks the first offset that still matters to one partition's memory.

    A finding can reach two windows back: to what was said up to a window before the reports that
    themselves lie up to a window back.
    """

    def __init__(self, window_ms: int) -> None:
        self._window = window_ms
        self._horizon = 2 * window_ms
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

    def metadata(self, rules: str) -> str:
        """What to attach to a commit made under ``rules``; empty before anything was read."""
        if not self._marks:
            return ""
        newest = self._marks[-1][0]
        within = [offset for at, offset in self._marks if at <= newest - self._window]
        window = within[-1] if within else self._marks[0][1]
        return f"rebuild-from={self._marks[0][1]} window-from={window} rules={rules}"


class Resume(NamedTuple):
    """Where to read on: from ``start``; what lies below ``live`` only rebuilds the memory."""

    start: int
    live: int


def resume(metadata: str | None, committed: int, rules: str) -> Resume:
    """Where to read on, given a partition's commit and the rules now in force.

    Under the rules that the commit was made with, what was read before is only remembered. Under
    others its last window is read anew: what only these find must alert, and what alerted before
    comes to the same ids.
    """
    found = _METADATA.fullmatch(metadata or "")
    if found is None:
        return Resume(max(0, committed - FALLBACK_RECORDS), committed)
    start = min(int(found["start"]), committed)
    if found["rules"] == rules:
        return Resume(start, committed)
    return Resume(start, min(max(start, int(found["window"])), committed))
