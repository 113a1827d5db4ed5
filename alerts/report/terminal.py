"""The report in a terminal, or as plain text where it is piped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from alerts.plain import plain
from alerts.report.false_alarms import FalseAlarm
from alerts.report.tally import Counts, Report
from alerts.report.wording import HEADS, cells, how_to_read, in_short, lines, name_of

PIPED_WIDTH: Final = 200
_TABLE_WIDTH: Final = 150  # below, each row is told in sentences
_MOST_ROWS: Final = 30


def show(console: Console, report: Report) -> None:
    """Print the report: the whole, by rule, by author."""
    _say(console, f"{in_short(report)}.")
    if not report.rules:
        return
    rules = [
        ((name_of(info), info.author or "–"), counts)
        for info, counts in report.rules[:_MOST_ROWS]
    ]  # fmt: skip
    _rows(console, "By rule", ("rule", "author"), rules)
    if more := len(report.rules) - len(rules):
        _say(console, f"and {more:,} more rules; --html and --json hold them all")
    authors = [((author,), counts) for author, counts in report.authors]
    if authors:
        _rows(console, "By author", ("author",), authors)
    for line in how_to_read(report):
        _say(console, line, "dim")


def _rows(
    console: Console,
    title: str,
    names: Sequence[str],
    rows: Sequence[tuple[Sequence[str], Counts]],
) -> None:
    console.print()
    if console.width < _TABLE_WIDTH:
        _say(console, title, "bold")
        for named, counts in rows:
            _say(console, ", ".join(name for name in named if name != "–"), "bold")
            for line in lines(counts):
                _say(console, f"   {line}")
        console.print()
        return
    table = Table(title=title, title_justify="left", box=box.SIMPLE, padding=(0, 1, 0, 0))
    for name in names:
        table.add_column(name, overflow="fold", max_width=60)
    for head in HEADS:
        table.add_column(head, justify="right")
    for named, counts in rows:
        # As Text: square brackets in an author's name are no markup.
        table.add_row(*(Text(plain(name)) for name in named), *cells(counts))
    console.print(table)


def list_false_alarms(console: Console, alarms: Iterable[FalseAlarm]) -> int:
    """Print each on lines of its own; how many there were."""
    count = 0
    for alarm in alarms:
        count += 1
        decided = f"{alarm.decided_at:%Y-%m-%d %H:%M} " if alarm.decided_at else ""
        right = f"; should have been {alarm.right_tier}" if alarm.right_tier else ""
        _say(console, f"{alarm.opened:%Y-%m-%d %H:%M} case {alarm.case_id} ({alarm.tier})", "bold")
        if alarm.conversation_id != alarm.case_id:
            _say(console, f"   conversation {alarm.conversation_id}")
        _say(console, f"   decided {decided}by {alarm.decided_by or '–'}{right}")
        _say(console, f"   rules {', '.join(alarm.rules)}")
        if alarm.other_rules:
            _say(console, f"   other rules that hit {', '.join(alarm.other_rules)}")
        _say(console, f"   messages {', '.join(alarm.messages) or '–'}")
        _say(console, f"   signals {', '.join(alarm.signals) or '–'}")
    return count


def _say(console: Console, line: str, style: str = "") -> None:
    console.print(Text(plain(line), style=style), soft_wrap=not console.is_terminal)
