"""`lifeline rules backtest`: what a changed pack would have done to recorded traffic."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

import click

from lifeline.commands.common import load_or_exit, rules_option, settle_memory
from lifeline.errors import LifelineError
from lifeline.rules.changes.base import resolve_base
from lifeline.rules.pack import locate

_SOURCES: Final = ("chat", "calls", "emails")
_MOST_WORKERS: Final = 16  # shards, in streams.backtest.workers
_INTERRUPTED: Final = 130


class _Time(click.ParamType):
    """A point in time; without a zone, the machine's."""

    name = "TIME"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Read it."""
        try:
            return datetime.fromisoformat(str(value)).astimezone()
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is no time as in 2026-11-22T02:00+08:00", param, ctx)


@click.command("backtest")
@click.argument("file", type=click.File("rb"), required=False)
@rules_option
@click.option("--against", help="The rules to compare with: a folder, or a git revision of yours.")
@click.option(
    "--topic",
    "topics",
    multiple=True,
    type=click.Choice(_SOURCES),
    help="Without FILE: topics to read from Kafka (default: all).",
)
@click.option("--brokers", help="Without FILE: Kafka bootstrap servers (LIFELINE_BROKERS).")
@click.option("--from", "since", type=_Time(), help="Leave out what was logged before.")
@click.option("--until", type=_Time(), help="Leave out what was logged then or later.")
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the report as one page, which needs no network.",
)
@click.option("--json", "as_json", is_flag=True, help="The whole report as JSON.")
@click.option(
    "--examples",
    type=click.IntRange(0, 100),
    default=5,
    show_default=True,
    help="Examples of each kind for each rule.",
)
@click.option("--no-words", is_flag=True, help="Ids and counts only, nothing of what was said.")
@click.option(
    "--workers", type=click.IntRange(1, _MOST_WORKERS), help="Processes (default: cores)."
)
@click.option("--skip-bad", is_flag=True, help="Report bad lines and go on.")
def backtest_command(
    file: BinaryIO | None,
    rules_folder: Path | None,
    against: str | None,
    topics: tuple[str, ...],
    brokers: str | None,
    since: datetime | None,
    until: datetime | None,
    html: Path | None,
    examples: int,
    workers: int | None,
    *,
    as_json: bool,
    no_words: bool,
    skip_bad: bool,
) -> None:
    """Recorded conversation events in; new, lost and changed alerts and the team's load out.

    FILE is JSON Lines, or - for standard input; without it the events are read from Kafka, without
    a group and without committing anything. With --against the rules are compared with others.

    The report holds what customers said, unless --no-words is given: keep it as you keep the
    conversations. Exit status 2 on a bad line, 1 when Kafka or a process fails.
    """
    if (file is None) == (not topics and not brokers):
        raise click.UsageError("give either FILE, or --topic or --brokers to read from Kafka")
    new = load_or_exit(rules_folder)
    base = None
    if against is not None:
        try:
            with resolve_base(against, locate(rules_folder)) as folder:
                base = load_or_exit(folder)
        except LifelineError as error:
            click.echo(f"error: {error}", err=True)
            sys.exit(2)
    settle_memory()
    from streams.backtest import run  # noqa: PLC0415 - `lifeline scan` starts without it

    cores = min(os.cpu_count() or 1, _MOST_WORKERS)
    job = run.Job(
        new=new, base=base, given=(against or "", str(rules_folder or "")), since=since,
        until=until, examples=examples, words=not no_words, workers=workers or cores,
    )  # fmt: skip
    opened = run.from_file(file) if file else run.from_kafka(topics or _SOURCES, brokers, since)
    try:
        report = run.backtest(job, opened, strict=file is not None and not skip_bad)
        if html is not None:
            run.write_report(report, html)
    except run.BadLineError as error:
        click.echo(f"{error}; use --skip-bad to go on past bad lines", err=True)
        sys.exit(2)
    except (LifelineError, OSError) as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        click.echo("interrupted; there is no report", err=True)
        sys.exit(_INTERRUPTED)
    run.show(report, as_json=as_json)


if __name__ == "__main__":
    backtest_command()
