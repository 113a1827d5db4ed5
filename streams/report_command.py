"""`lifeline rules report`: what became of the alerts of each rule and author."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from lifeline.commands.common import load_or_exit, rules_option
from lifeline.errors import LifelineError
from lifeline.rules.schema import LANGUAGES


@click.command("report")
@rules_option
@click.option(
    "--since", "--days", "days",
    type=click.IntRange(1, 3650), default=90, show_default=True, metavar="DAYS",
    help="Cases opened in so many days.",
)  # fmt: skip
@click.option("--rule", help="Only this rule.")
@click.option("--author", help="Only the rules of this author.")
@click.option("--language", type=click.Choice(LANGUAGES), help="Only rules of this language.")
@click.option("--false-alarms", is_flag=True, help="List each false alarm, by ids.")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the report as one page, which needs no network.",
)
@click.option("--store", help="The case store (LIFELINE_STORE).")
def report_command(
    rules_folder: Path | None,
    days: int,
    rule: str | None,
    author: str | None,
    language: str | None,
    html: Path | None,
    store: str | None,
    *,
    false_alarms: bool,
    as_json: bool,
) -> None:
    """What became of the alerts: confirmed, false, how long until acknowledged.

    By rule and by author, from what the crisis team decided. Holds ids and counts, and nothing of
    what customers said. The store is only read.
    """
    pack = load_or_exit(rules_folder, drafts=True)
    from streams import report  # noqa: PLC0415 - `lifeline scan` starts without the store

    asked = report.Asked(days, rule, author, language, store, listed=false_alarms)
    try:
        found = report.found(pack, asked)
        if html is not None:
            report.write_report(found, html)
    except report.UnknownNameError as error:
        raise click.BadParameter(str(error), param_hint=f"--{error.option}") from None
    except (LifelineError, OSError) as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(1)
    report.show(found, as_json=as_json)
