"""`lifeline rules report`: what became of the alerts of each rule and author."""

from __future__ import annotations

import difflib
import json
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from alerts.report import terminal
from alerts.report.false_alarms import false_alarms as alarms_of
from alerts.report.page import page
from alerts.report.tally import Counts, Report, RuleInfo, known_rules, tally
from alerts.store.store import Store
from lifeline.commands.common import load_or_exit, rules_option
from lifeline.errors import LifelineError
from streams.settings import load_settings


@click.command("report")
@rules_option
@click.option("--days", type=click.IntRange(1, 3650), default=90, show_default=True)
@click.option("--rule", help="Only this rule.")
@click.option("--author", help="Only the rules of this author.")
@click.option("--language", help="Only rules of this language: zh, en, es, ru, any.")
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
    """What became of the alerts: confirmed, false, how long until the team took them.

    By rule and by author, from what the crisis team decided. Holds ids and counts, and nothing of
    what customers said.
    """
    rules = known_rules(load_or_exit(rules_folder, drafts=True))
    wanted = _wanted(rules, rule, author, language)
    until = datetime.fromtimestamp(time.time(), UTC) + timedelta(seconds=1)
    since = until - timedelta(days=days)
    given = {"store": store} if store else {}
    try:
        opened = Store.open(load_settings(**given).store)
        try:
            with opened.transaction() as tx:
                cases = list(tx.all_cases(since=int(since.timestamp() * 1000)))
                alarms = list(alarms_of(tx, cases, wanted)) if false_alarms else []
        finally:
            opened.close()
        report = tally(cases, rules, since=since, until=until, wanted=wanted)
        if html is not None:
            html.write_text(page(report), encoding="utf-8")
    except (LifelineError, OSError) as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(1)
    if as_json:
        content = as_data(report) | {"false_alarms": [asdict(alarm) for alarm in alarms]}
        click.echo(json.dumps(content, ensure_ascii=False, indent=2, default=str))
        return
    console = Console(highlight=False, soft_wrap=not sys.stdout.isatty())
    if false_alarms:
        if not terminal.list_false_alarms(console, alarms):
            console.print(f"no false alarm in the last {days} days")
        return
    terminal.show(console, report)


def as_data(report: Report) -> dict[str, Any]:
    """The report for other programs."""
    return {
        "since": report.since.isoformat(),
        "until": report.until.isoformat(),
        "whole": _counts(report.whole),
        "rules": [asdict(info) | _counts(counts) for info, counts in report.rules],
        "authors": [{"author": name} | _counts(counts) for name, counts in report.authors],
        "weeks": [{"week": name} | _counts(counts) for name, counts in report.weeks],
        "silent_active_rules": report.silent,
    }


def _counts(counts: Counts) -> dict[str, Any]:
    share = counts.share_false()
    fates = {str(fate): count for fate, count in counts.fates.items()}
    return {
        "alerts": counts.alerts,
        **fates,
        "false_alone": counts.alone,
        "false_of_decided": None if share is None else share[0],
        "false_of_decided_95": None if share is None else share[1:],
        "median_wait_ms": counts.median_wait(),
        "wait_9_in_10_ms": counts.long_wait(),
    }


def _wanted(
    rules: dict[str, RuleInfo], rule: str | None, author: str | None, language: str | None
) -> frozenset[str] | None:
    """The rules asked for; None is all. Ends the command for one that nobody knows."""
    _known("rule", rule, set(rules))
    _known("author", author, {info.author for info in rules.values()})
    _known("language", language, {info.language for info in rules.values()})
    if rule is None and author is None and language is None:
        return None
    return frozenset(
        info.id
        for info in rules.values()
        if rule in (None, info.id)
        and author in (None, info.author)
        and language in (None, info.language)
    )


def _known(what: str, name: str | None, names: set[str]) -> None:
    if name is None or name in names:
        return
    near = difflib.get_close_matches(name, names, 1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise click.BadParameter(f"the pack knows no {what} {name!r}{hint}", param_hint=f"--{what}")
