"""Where to start reading again so that the memory of a partition is as it was.

The memory is a function of the recent log, so whoever takes a partition over reads that stretch
first, writing nothing. Its first offset travels with each commit (:mod:`streams.notes`).
"""

from __future__ import annotations

from collections import deque
from typing import Final, NamedTuple

from streams.notes import CommitNote, Reach

# Marks are this far apart, so a rebuild reads at most so much more than it needs.
_EVERY_MS: Final = 10_000
# Without our note (an operator moved the offsets), go back by count.
FALLBACK_RECORDS: Final = 100_000


class RebuildPoint:
    """Tracks the first offset that still matters to one partition's memory.

    A finding can reach two windows back: to what was said up to a window before the reports that
    themselves lie up to a window back. ``known`` is what the last commit said.
    """

    def __init__(self, window_ms: int, known: Reach) -> None:
        self._window = window_ms
        self._horizon = 2 * window_ms
        self._known = known
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

    def reach(self) -> Reach:
        """How far back the memory reaches. A commit may say so before the rebuild has ended."""
        if not self._marks:
            return self._known
        newest = self._marks[-1][0]
        within = [offset for at, offset in self._marks if at <= newest - self._window]
        window = within[-1] if within else self._marks[0][1]
        return Reach(self._marks[0][1], max(window, self._known.window))


class Resume(NamedTuple):
    """Where to read on: from ``reach.start``; what lies below ``live`` only rebuilds the memory.

    What lies from ``rules_from`` on was or will be settled under the rules now in force.
    """

    reach: Reach
    live: int
    rules_from: int


def resume(note: CommitNote | None, committed: int, rules: str) -> Resume:
    """Where to read on, given a partition's commit and the rules now in force.

    Where its last window was read by these rules, what was read before is only remembered.
    Otherwise that window is read anew: what only these find must alert, and what alerted before
    comes to the same ids.
    """
    if note is None:
        start = max(0, committed - FALLBACK_RECORDS)
        return Resume(Reach(start, start), committed, start)
    start = min(note.rebuild_from, committed)
    window = min(max(start, note.window_from), committed)
    if note.reader.rules == rules and note.rules_from <= window:
        return Resume(Reach(start, window), committed, note.rules_from)
    return Resume(Reach(start, window), window, window)
