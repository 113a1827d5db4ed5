"""One backtest from start to end: processes, recording, progress, report, page."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import click
import msgspec

from alerts.backtest.compare import Comparison
from alerts.backtest.page import page
from alerts.backtest.report import build_report
from alerts.backtest.shape import Report
from alerts.backtest.terminal import show_report
from alerts.pages.making import write_page
from lifeline.commands.common import AGE_MS, MEMORY, MESSAGES
from lifeline.errors import LifelineError
from lifeline.rules.pack import Pack
from streams.backtest.progress import BacktestProgress
from streams.backtest.workers import SHARDS, Outcome, Shards, Span, Workers, until_bad
from streams.recorded import FileRecording, KafkaRecording
from streams.settings import load_settings

Recording = FileRecording | KafkaRecording


class BadLineError(LifelineError):
    """A line of the file is no conversation event."""

    code = "bad_line"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is asked for. ``given`` is what was written for the base and for the new pack."""

    new: Pack
    base: Pack | None
    given: tuple[str, str]
    since: datetime | None
    until: datetime | None
    examples: int
    words: bool
    workers: int

    def shards(self, parts: int) -> Shards:
        """The comparisons of one process, for a recording of so many stretches."""
        packs = 1 if self.base is None else 2
        memory = MEMORY // (packs * parts * SHARDS)

        def make() -> Comparison:
            return Comparison(
                self.new, self.base, age=AGE_MS, number=MESSAGES, memory=memory,
                examples=self.examples, words=self.words,
            )  # fmt: skip

        span = Span(*(int(t.timestamp() * 1000) if t else None for t in (self.since, self.until)))
        return Shards(make, span, self.examples)


@contextmanager
def from_file(file: BinaryIO) -> Iterator[FileRecording]:
    """The recording in a file."""
    yield FileRecording(file)


@contextmanager
def from_kafka(
    topics: Sequence[str], brokers: str | None, since: datetime | None
) -> Iterator[KafkaRecording]:
    """The recording that is in Kafka now."""
    settings = load_settings(**({"brokers": brokers} if brokers else {}))
    recording = KafkaRecording(settings, topics, since)
    try:
        yield recording
    finally:
        recording.close()


def backtest(job: Job, opened: AbstractContextManager[Recording], *, strict: bool) -> Report:
    """Read the recording and say what the packs make of it. It is opened after the processes are.

    Raises :class:`BadLineError` for the first event that cannot be read, if it is ``strict``;
    otherwise these are counted, and those of a file named on standard error.
    """
    with Workers(job.shards, job.workers) as workers, opened as recording:
        outcome = _read(recording, workers, strict=strict)
        name = recording.name
        for bad in outcome.bad if isinstance(recording, FileRecording) else ():
            problem = f"{name}: line {bad.number}: {bad.problem}"
            if strict:
                raise BadLineError(problem)
            click.echo(f"{problem}; skipped", err=True)
    zone = datetime.now().astimezone().tzinfo
    assert zone is not None  # noqa: S101 - astimezone sets it
    return build_report(
        outcome.tally, job.new, job.base,
        source=name, given=job.given, zone=zone, words=job.words,
    )  # fmt: skip


def _read(recording: Recording, workers: Workers, *, strict: bool) -> Outcome:
    workers.begin(recording.parts)
    with BacktestProgress(recording.total) as progress:
        for recorded in until_bad(recording, workers) if strict else recording:
            if workers.take(recorded):
                progress.show(workers.done)
        outcome = workers.finish(lambda: progress.show(workers.done))
        progress.end(workers.done)
    return outcome


def write_report(report: Report, path: Path) -> None:
    """Write the report as a page that only its owner can read, whole or not at all."""
    write_page(page(report), path)


def show(report: Report, *, as_json: bool) -> None:
    """Print the report."""
    if as_json:
        encoded = msgspec.json.format(msgspec.json.encode(report), indent=2)
        sys.stdout.buffer.write(encoded + b"\n")
        sys.stdout.buffer.flush()
    else:
        show_report(report)
