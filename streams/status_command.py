"""`lifeline rules status`: which worker runs which pack."""

from __future__ import annotations

import sys
from datetime import datetime

import click
import msgspec
from rich import box
from rich.console import Console
from rich.table import Table

from lifeline.errors import LifelineError
from streams.settings import load_settings
from streams.status import Fleet, Worker, fleet

_WIDE = 240  # columns, where nobody's terminal breaks the lines


@click.command("status")
@click.option("--brokers", help="Kafka bootstrap servers (LIFELINE_BROKERS).")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def status_command(brokers: str | None, *, as_json: bool) -> None:
    """Show which worker runs which rule pack.

    Exit status 0 when every partition is read and all workers read by the same pack, 1 when not.
    """
    try:
        settings = load_settings(**({"brokers": brokers} if brokers else {}))
    except LifelineError as error:
        click.echo(f"settings cannot be used:\n{error}", err=True)
        sys.exit(2)
    try:
        found = fleet(settings)
    except LifelineError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(1)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(found.as_json()), indent=2).decode())
    else:
        _show(found)
    sys.exit(1 if found.problems else 0)


def _show(found: Fleet) -> None:
    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console.width = _WIDE
    if found.workers:
        table = Table(box=box.SIMPLE)
        for name in ("worker", "host", "partitions", "pack", "hash", "gate", "since", "refused"):
            table.add_column(name, overflow="fold", justify="left")
        for worker in found.workers:
            table.add_row(*_row(worker))
        console.print(table)
    for problem in found.problems:
        console.print(problem, soft_wrap=True)
    if not found.problems:
        count = len(found.workers)
        console.print(f"all well: {count} worker{'s' * (count != 1)}, one pack")


def _row(worker: Worker) -> tuple[str, ...]:
    numbers = str(len(worker.partitions))
    reader = worker.reader
    if reader is None:
        waiting = "not said yet" if worker.partitions else "waits for partitions"
        return worker.name, worker.host, numbers, waiting, "", "", "", ""
    pack, _, gate = reader.rules.partition("/")
    since = datetime.fromtimestamp(reader.since).astimezone()
    return (
        worker.name, worker.host, numbers, f"{reader.pack} {reader.version}", pack[:12], gate,
        f"{since:%Y-%m-%d %H:%M:%S}", reader.refused or "—",
    )  # fmt: skip
