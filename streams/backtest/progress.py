"""How far a backtest has come, on standard error: a bar on a terminal, else a line now and then."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

_EVERY_S: Final = 5.0  # between lines where there is no terminal


class BacktestProgress:
    """Shows counts and rates, and nothing of what the events hold."""

    def __init__(self, total: int | None) -> None:
        self._total = total
        self._console = Console(stderr=True)
        self._bar: Progress | None = None
        self._task = TaskID(0)
        self._start = self._said = time.monotonic()

    def __enter__(self) -> Self:
        self._start = self._said = time.monotonic()
        if self._console.is_terminal:
            columns = (TextColumn("reading"), BarColumn(), TextColumn("{task.fields[counts]}"))
            self._bar = Progress(*columns, TimeRemainingColumn(), console=self._console)
            self._bar.start()
            self._task = self._bar.add_task("", total=self._total, counts="")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def show(self, done: int) -> None:
        """So many events are done."""
        now = time.monotonic()
        if self._bar is not None:
            self._bar.update(self._task, completed=done, counts=self._counts(done, now))
        elif now - self._said >= _EVERY_S:
            self._said = now
            self._console.print(self._counts(done, now) + self._left(done, now), highlight=False)

    def end(self, done: int) -> None:
        """All is done."""
        now = time.monotonic()
        if self._bar is not None:
            self._bar.update(self._task, completed=done, counts=self._counts(done, now))
        else:
            seconds = f" in {now - self._start:.0f} s"
            self._console.print(self._counts(done, now) + seconds, highlight=False)

    def _counts(self, done: int, now: float) -> str:
        rate = done / max(now - self._start, 0.001)
        of = f" of {self._total:,}" if self._total is not None else ""
        return f"{done:,}{of} events, {rate:,.0f}/s"

    def _left(self, done: int, now: float) -> str:
        if self._total is None or not done:
            return ""
        return f", about {(self._total - done) * (now - self._start) / done:,.0f} s left"
