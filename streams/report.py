"""What became of the alerts, from the case store to the terminal, JSON or a page."""

from __future__ import annotations

import difflib
import json
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from rich.console import Console

from alerts.pages.making import write_page
from alerts.report import terminal
from alerts.report.data import as_data
from alerts.report.false_alarms import FalseAlarm, false_alarms
from alerts.report.judged import Judged, judged
from alerts.report.page import page
from alerts.report.tally import Report, RuleInfo, known_rules, tally
from alerts.store.looking import Looking, looking
from lifeline.errors import LifelineError
from lifeline.rules.pack import Pack
from streams.settings import load_settings


@dataclass(frozen=True, slots=True)
class Asked:
    """What the report is to be about; None is all. ``listed``: with each false alarm."""

    days: int
    rule: str | None = None
    author: str | None = None
    language: str | None = None
    store: str | None = None
    listed: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """The report, and the false alarms if they were asked for."""

    report: Report
    alarms: list[FalseAlarm] | None


class UnknownNameError(LifelineError):
    """Neither the pack nor the store knows the name given with ``option``."""

    code = "report"

    def __init__(self, option: str, name: str, names: Collection[str]) -> None:
        near = difflib.get_close_matches(name, names, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        super().__init__(f"nobody knows the {option} {name!r}{hint}")
        self.option = option


def found(pack: Pack, asked: Asked) -> Found:
    """Read the store and count. Raises :class:`StoreError` and :class:`UnknownNameError`."""
    url = load_settings(**({"store": asked.store} if asked.store else {})).store
    until = datetime.fromtimestamp(time.time(), UTC) + timedelta(seconds=1)
    since = until - timedelta(days=asked.days)
    rules = known_rules(pack)
    with looking(url) as look:
        cases = [] if look is None else _cases(look, since)
        wanted = _wanted(rules, {rule for case in cases for rule in case.row.rules}, asked)
        alarms = list(false_alarms(look, cases, wanted)) if look and asked.listed else []
    if look is None:
        click.echo("there is no case store yet (LIFELINE_STORE): a worker makes it", err=True)
    report = tally(cases, rules, since=since, until=until, wanted=wanted)
    return Found(report, alarms if asked.listed else None)


def write_report(found: Found, path: Path) -> None:
    """Write the report as a page that only its owner can read."""
    write_page(page(found.report, found.alarms), path)


def show(found: Found, *, as_json: bool) -> None:
    """Print the report; in words, a list of false alarms stands alone."""
    if as_json:
        click.echo(json.dumps(as_data(found.report, found.alarms), ensure_ascii=False, indent=2))
        return
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=terminal.PIPED_WIDTH)
    if found.alarms is None:
        terminal.show(console, found.report)
    elif not terminal.list_false_alarms(console, found.alarms):
        days = (found.report.until - found.report.since).days
        click.echo(f"no false alarm in the last {days} days")


def _cases(look: Looking, since: datetime) -> list[Judged]:
    start = int(since.timestamp() * 1000)
    return judged(look.cases(since=start), look.marks(since=start), look.decisions(since=start))


def _wanted(rules: Mapping[str, RuleInfo], seen: set[str], asked: Asked) -> frozenset[str] | None:
    """The rules asked for, those among them that only the store still knows; None is all."""
    known = dict(rules) | {rule: RuleInfo(rule) for rule in seen - rules.keys()}
    authors = {info.author for info in known.values()} - {""}
    for option, name, names in (
        ("rule", asked.rule, known.keys()),
        ("author", asked.author, authors),
    ):
        if name is not None and name not in names:
            raise UnknownNameError(option, name, names)
    if asked.rule is None and asked.author is None and asked.language is None:
        return None
    return frozenset(
        info.id
        for info in known.values()
        if asked.rule in {None, info.id}
        and asked.author in {None, info.author}
        and asked.language in {None, info.language}
    )
