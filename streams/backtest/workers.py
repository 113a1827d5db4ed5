"""A backtest over all cores: processes forked with both packs loaded, conversations handed out.

Each stretch of the recording is cut into :data:`SHARDS` by conversation. A shard is compared by one
process, in log order and with a memory of its own, so the result is the same for any number of
processes.
"""

from __future__ import annotations

import multiprocessing as mp
import os
import signal
import sys
import traceback
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from ctypes import c_ulonglong
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from pathlib import Path
from queue import Empty, Full
from typing import Any, Final, NamedTuple, Self

import msgspec

from alerts.backtest.compare import Comparison
from alerts.backtest.tally import Samples, Tally
from lifeline.errors import EventError, LifelineError
from lifeline.events import decode
from streams.recorded import Recorded

SHARDS: Final = 16  # of each stretch; as many processes can have work
_BATCH: Final = 250  # events handed over at once
_WAITING: Final = 16  # batches that may wait for a process
_LOOK_S: Final = 0.5  # how soon a death is noticed
_MOST_BAD: Final = 20  # bad events that are named
_KILLED: Final = -int(signal.SIGKILL)

_Batch = list[tuple[int, Recorded]]


class BacktestError(LifelineError):
    """The backtest cannot go on; there is no result."""

    code = "backtest"


class BadEvent(NamedTuple):
    """An event that cannot be read: its stretch, its place there, and what is wrong with it."""

    part: int
    number: int
    problem: str


@dataclass(frozen=True, slots=True)
class Span:
    """The log times (milliseconds since 1970) that are looked at; None is no bound."""

    since: int | None = None
    until: int | None = None

    def holds(self, received: int) -> bool:
        """Whether an event logged then is looked at: from the start to just before the end."""
        return (self.since is None or received >= self.since) and (
            self.until is None or received < self.until
        )


@dataclass(slots=True)
class Outcome:
    """What was counted, and the first of the events that could not be read, in order."""

    tally: Tally
    bad: list[BadEvent] = field(default_factory=list)

    def add(self, other: Outcome) -> None:
        """Take in what another process found."""
        self.tally.add(other.tally)
        self.bad = sorted([*self.bad, *other.bad])[:_MOST_BAD]


class _Head(msgspec.Struct):
    conversation_id: str


_head = msgspec.json.Decoder(_Head)


def shard_of(recorded: Recorded) -> int:
    """The shard that an event belongs to; all events of a conversation share one."""
    try:
        conversation = _head.decode(recorded.value).conversation_id
        of_part = zlib.crc32(conversation.encode()) % SHARDS
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        of_part = 0  # whoever takes it says what is wrong
    return recorded.part * SHARDS + of_part


class Shards:
    """What one process does: the comparisons of its shards, made as they are needed."""

    def __init__(self, make: Callable[[], Comparison], span: Span, examples: int) -> None:
        self._shards: defaultdict[int, Comparison] = defaultdict(make)
        self._span = span
        self._outcome = Outcome(Tally(Samples(examples)))

    @property
    def found_bad(self) -> bool:
        """Whether any event so far could not be read."""
        return bool(self._outcome.bad)

    def take(self, shard: int, recorded: Recorded) -> None:
        """Take one event into account; a bad one is counted, and named if it is among the first."""
        try:
            event = decode(recorded.value)
        except EventError as error:
            self._outcome.tally.unreadable += 1
            bad = BadEvent(recorded.part, recorded.number, str(error))
            self._outcome.bad = sorted([*self._outcome.bad, bad])[:_MOST_BAD]
            return
        received = recorded.received
        if received is None:
            received = int(event.sent_at.timestamp() * 1000)
        if self._span.holds(received):
            self._shards[shard].take(event, received, recorded.channel)
        else:
            self._outcome.tally.outside += 1

    def finish(self) -> Outcome:
        """The sum of all shards."""
        for shard in self._shards.values():
            self._outcome.tally.add(shard.finish())
        return self._outcome


class Workers:
    """Processes that share a backtest. Make them before any Kafka client or thread exists.

    ``make`` is called in each, with the number of stretches that the recording has.
    """

    def __init__(self, make: Callable[[int], Shards], number: int) -> None:
        context = mp.get_context("fork")
        self._done = context.RawArray(c_ulonglong, number)
        self._bad = context.RawArray(c_ulonglong, number)
        self._queues: list[Any] = [context.Queue(_WAITING) for _ in range(number)]
        self._results: list[Connection] = []
        self._processes: list[ForkProcess] = []
        self._batches: list[_Batch] = [[] for _ in range(number)]
        # Ctrl-C waits until each process ignores it, or one that just began would show a traceback.
        held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            for index, queue in enumerate(self._queues):
                results, mine = context.Pipe(duplex=False)
                process = context.Process(
                    target=_work,
                    args=(make, queue, mine, self._done, self._bad, index, os.getpid()),
                    daemon=True,
                )
                process.start()
                mine.close()
                self._results.append(results)
                self._processes.append(process)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, held)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End what still runs."""
        for queue in self._queues:
            queue.cancel_join_thread()
            queue.close()
        for process in self._processes:
            process.kill()
            process.join()

    @property
    def done(self) -> int:
        """How many events are done."""
        return sum(self._done)

    @property
    def found_bad(self) -> bool:
        """Whether any event so far could not be read."""
        return any(self._bad)

    def begin(self, parts: int) -> None:
        """Say how many stretches the recording has; it comes before the first event."""
        for index in range(len(self._queues)):
            self._put(index, parts)

    def take(self, recorded: Recorded) -> bool:
        """Hand an event out; whether a batch went with it.

        Raises :class:`BacktestError` when a process has died.
        """
        shard = shard_of(recorded)
        index = shard % len(self._queues)
        batch = self._batches[index]
        batch.append((shard, recorded))
        if len(batch) < _BATCH:
            return False
        self._batches[index] = []
        self._check(index)
        self._put(index, batch)
        return True

    def finish(self, progress: Callable[[], None]) -> Outcome:
        """The whole result, once everything handed out is done."""
        for index, batch in enumerate(self._batches):
            self._put(index, batch)
            self._put(index, None)
        found: dict[int, Outcome] = {}
        while len(found) < len(self._results):
            waiting = [r for index, r in enumerate(self._results) if index not in found]
            for results in wait(waiting, _LOOK_S):
                index = self._results.index(results)  # type: ignore[arg-type] # one of them
                found[index] = self._result(index)
            progress()
        first, *others = (found[index] for index in range(len(found)))
        for outcome in others:
            first.add(outcome)
        return first

    def _put(self, index: int, batch: _Batch | int | None) -> None:
        while True:
            try:
                self._queues[index].put(batch, timeout=_LOOK_S)
            except Full:
                self._check(index)
            else:
                return

    def _check(self, index: int) -> None:
        if not self._processes[index].is_alive():
            raise self._died(index)

    def _result(self, index: int) -> Outcome:
        try:
            found = self._results[index].recv()
        except EOFError:
            raise self._died(index) from None
        if isinstance(found, Outcome):
            return found
        raise BacktestError(f"a process of the backtest failed: {found}; please report this")

    def _died(self, index: int) -> BacktestError:
        process = self._processes[index]
        process.join(_LOOK_S)
        code = process.exitcode
        why = f"ended by signal {-code}" if code is not None and code < 0 else f"exit status {code}"
        advice = "; was memory short? Try --workers 1" if code == _KILLED else ""
        return BacktestError(f"a process of the backtest died ({why}){advice}")


def until_bad(recording: Iterable[Recorded], workers: Workers) -> Iterator[Recorded]:
    """The recording, ended some way after an event that could not be read.

    All that stands before the first such event has been handed out by then.
    """
    for recorded in recording:
        if workers.found_bad:
            return
        yield recorded


def _work(
    make: Callable[[int], Shards],
    queue: Any,
    results: Connection,
    done: Any,
    bad: Any,
    index: int,
    parent: int,
) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's; it ends the others
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    try:
        shards = make(_next(queue, parent))
        while (batch := _next(queue, parent)) is not None:
            for shard, recorded in batch:
                shards.take(shard, recorded)
            bad[index] = shards.found_bad
            done[index] += len(batch)
        results.send(shards.finish())
    except Exception as error:  # noqa: BLE001 - its text may hold what a customer said
        last = traceback.extract_tb(error.__traceback__)[-1]
        results.send(f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}")


def _next(queue: Any, parent: int) -> Any:
    """What comes next; ends the process once its parent was killed, since nobody waits then."""
    while True:
        try:
            return queue.get(timeout=_LOOK_S)
        except Empty:
            if os.getppid() != parent:
                sys.exit(1)
