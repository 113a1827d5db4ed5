"""The report as plain text."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from alerts.report.false_alarms import FalseAlarm
from alerts.report.tally import FEWEST, Counts, Report


def show(console: Console, report: Report) -> None:
    """Print the report: the whole, by rule, by author."""
    console.print(in_short(report))
    if not report.rules:
        return
    table = _table("by rule", "rule", "author")
    for info, counts in report.rules:
        name = info.id if info.status == "active" else f"{info.id} ({info.status})"
        table.add_row(name, info.author or "–", *_cells(counts))
    console.print(table)
    if report.authors:
        table = _table("by author", "author")
        for author, counts in report.authors:
            table.add_row(author, *_cells(counts))
        console.print(table)
    console.print(
        f"{report.silent:,} active rules alerted nobody. A case counts for every rule that hit in "
        "it; “alone” are false alarms in which no other rule did.",
        style="dim",
    )


def in_short(report: Report) -> str:
    """The whole in one sentence."""
    whole = report.whole
    days = (report.until - report.since).days
    if not whole.alerts:
        return f"no case was alerted in the last {days} days"
    told = ", ".join(f"{count:,} {fate}" for fate, count in whole.fates.items() if count)
    return f"{whole.alerts:,} cases alerted in {days} days: {told}; {waited(whole)}"


def waited(counts: Counts) -> str:
    """How long it took the team to take the cases."""
    median, long = counts.median_wait(), counts.long_wait()
    if median is None or long is None:
        return "none was taken by the team yet"
    return f"taken after {duration(median)} (median), 9 in 10 within {duration(long)}"


def duration(ms: float) -> str:
    """A length of time, in the largest unit that is not zero."""
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("min", 60_000)):
        if ms >= size:
            return f"{ms / size:.1f} {unit}"
    return f"{ms / 1000:.1f} s"


def share(counts: Counts) -> str:
    """False among decided, with how sure that is."""
    found = counts.share_false()
    if found is None:
        return f"too few ({counts.decided} of {FEWEST})"
    return f"{found[0]:.0%} ({found[1]:.0%} to {found[2]:.0%})"


def list_false_alarms(console: Console, alarms: Iterable[FalseAlarm]) -> int:
    """Print each on lines of its own; how many there were."""
    count = 0
    for alarm in alarms:
        count += 1
        at = f"{alarm.decided_at:%Y-%m-%d %H:%M}" if alarm.decided_at else "–"
        right = f", should have been {alarm.right_tier}" if alarm.right_tier else ""
        console.print(f"{alarm.opened:%Y-%m-%d %H:%M} case {alarm.case_id}", markup=False)
        console.print(f"   decided {at} by {alarm.decided_by or '–'}{right}", markup=False)
        console.print(f"   rules {', '.join(alarm.rules)}", markup=False)
        console.print(f"   messages {', '.join(alarm.messages) or '–'}", markup=False)
        console.print(f"   signals {', '.join(alarm.signals) or '–'}", markup=False)
    return count


def _table(title: str, *names: str) -> Table:
    table = Table(title=title, title_justify="left")
    for name in names:
        table.add_column(name, overflow="fold")
    for name in ("alerts", "confirmed", "false", "alone", "taken on", "undecided"):
        table.add_column(name, justify="right")
    table.add_column("false of decided")
    table.add_column("median to take")
    return table


def _cells(counts: Counts) -> list[str]:
    median = counts.median_wait()
    fates = counts.fates
    return [
        f"{counts.alerts:,}",
        f"{fates['confirmed']:,}",
        f"{fates['false']:,}",
        f"{counts.alone:,}",
        f"{fates['acknowledged']:,}",
        f"{fates['undecided']:,}",
        share(counts),
        duration(median) if median is not None else "–",
    ]
