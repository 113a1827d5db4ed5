"""The report in a terminal, or as plain text where it is piped."""

from __future__ import annotations

from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from alerts.backtest.examples import pieces
from alerts.backtest.report import is_changed
from alerts.backtest.shape import Gate, Report, Rule
from alerts.backtest.wording import fate, in_short, pack_line, span, warnings
from alerts.contract import ExcerptMessage

_PIPED_WIDTH: Final = 160
_MOST_RULES: Final = 30
_KINDS: Final = {
    "new": "NEW",
    "lost": "LOST",
    "raised": "RAISED",
    "lowered": "LOWERED",
    "other_rules": "OTHER RULES",
    "alert": "ALERT",
}


def show_report(report: Report, console: Console | None = None) -> None:
    """Print the report on standard output."""
    out = console or Console(highlight=False)
    if not out.is_terminal:
        out = Console(file=out.file, width=_PIPED_WIDTH, highlight=False)
    for line in _head(report):
        out.print(line)
    out.print(_gates(report))
    if report.base is not None:
        out.print(_changes(report))
    shown = [rule for rule in report.rules if report.base is None or is_changed(rule)]
    out.print(_rules(report, shown[:_MOST_RULES]))
    if len(shown) > _MOST_RULES:
        out.print(f"and {len(shown) - _MOST_RULES} more rules; --html and --json hold them all")
    for rule in shown[:_MOST_RULES]:
        for line in _of_rule(rule, report):
            out.print(line, soft_wrap=not out.is_terminal)


def _head(report: Report) -> list[Text]:
    lines = [Text(line, style="bold red") for line in warnings(report)]
    lines.append(Text(span(report)))
    lines.append(Text(f"new:  {pack_line(report.new)}"))
    if report.base is not None:
        lines.append(Text(f"base: {pack_line(report.base)}"))
    lines += [Text(line, style="bold") for line in in_short(report)]
    return [*lines, Text()]


def _gates(report: Report) -> Table:
    """The load at each gate, base and new."""
    table = Table(title="Alerts for the team, by gate", box=box.SIMPLE, title_justify="left")
    packs = ["base", "new"] if report.base else ["new"]
    table.add_column("gate")
    for what in ("alerts", "cases", "per million", "per hour", "busiest hour"):
        for pack in packs:
            table.add_column(f"{what}\n{pack}", justify="right")
    for gate in report.gates:
        loads = [load for load in (gate.base, gate.new) if load is not None]
        table.add_row(
            gate.gate,
            *(f"{load.alerts:,}" for load in loads),
            *(f"{load.cases:,}" for load in loads),
            *(f"{load.per_million:,.1f}" for load in loads),
            *("–" if load.per_hour is None else f"{load.per_hour:,.2f}" for load in loads),
            *("–" if load.busiest is None else f"{load.busiest:,}" for load in loads),
        )
    return table


def _changes(report: Report) -> Table:
    table = Table(title="What changed, by gate", box=box.SIMPLE, title_justify="left")
    table.add_column("gate")
    names = {
        "alerts\nnew": "new",
        "alerts\nlost": "lost",
        "of these the case\nstill alerts": "lost_elsewhere",
        "raised": "raised",
        "lowered": "lowered",
        "by other\nrules": "other_rules",
        "unchanged": "same",
        "conversations\ngained": "gained",
        "conversations\nmissed": "missed",
        "sooner": "sooner",
        "later": "later",
    }
    for title in names:
        table.add_column(title, justify="right")
    for gate in report.gates:
        changes = gate.changes
        table.add_row(gate.gate, *(f"{getattr(changes, name):,}" for name in names.values()))
    return table


def _rules(report: Report, rules: list[Rule]) -> Table:
    title = "Rules that changed" if report.base else "Rules that hit"
    table = Table(title=f"{title}, alerts at each gate", box=box.SIMPLE, title_justify="left")
    table.add_column("rule", overflow="fold")
    table.add_column("tier")
    table.add_column("messages hit", justify="right")
    for gate in report.gates:
        table.add_column(gate.gate, justify="right")
    for rule in rules:
        hits = f"{rule.hits_new:,}"
        tier = rule.tier_new or "–"
        if report.base is not None:
            hits = f"{rule.hits_base:,} → {hits}"
            if rule.tier_base != rule.tier_new:
                tier = f"{rule.tier_base or '–'} → {tier}"
        table.add_row(rule.rule_id, tier, hits, *(_counts(rule, gate) for gate in report.gates))
    return table


def _counts(rule: Rule, gate: Gate) -> str:
    counts = rule.gates[gate.gate]
    if gate.changes is None:
        return f"{counts.alerts_new:,}"
    signs = (
        ("+", counts.new),
        ("-", counts.lost),
        ("↑", counts.raised),
        ("↓", counts.lowered),
        ("±", counts.other_rules),
    )
    changed = " ".join(f"{sign}{count:,}" for sign, count in signs if count)
    total = f"{counts.alerts_base:,} → {counts.alerts_new:,}"
    return f"{total} ({changed})" if changed else total


def _of_rule(rule: Rule, report: Report) -> list[Text]:
    """How a rule is written now and before, and its examples."""
    lines = []
    if report.base is not None:
        for change in rule.text:
            old = " | ".join(change.base)
            new = " | ".join(change.new)
            more = f" and {change.more} more" if change.more else ""
            lines.append(Text(f"  {change.part}: - {old or '(nothing)'}", style="dim"))
            lines.append(Text(f"  {' ' * len(change.part)}  + {new or '(nothing)'}{more}"))
    for example in rule.examples:
        ids = f"{example.conversation_id} {example.message_id}"
        facts = f"{example.channel}, {example.language or 'language unknown'}"
        kind = Text(f"  {_KINDS[example.kind]}", style="bold")
        lines.append(kind.append(_plain(f" {fate(example)}; {facts}; {ids}"), style="not bold dim"))
        lines += [_message(message) for message in example.messages]
    if not lines:
        return []
    return [Text(f"{rule.rule_id}: {rule.title}", style="bold"), *lines, Text()]


def _message(message: ExcerptMessage) -> Text:
    line = Text(f"    {message.speaker}: ", style="dim")
    fields = ("text",) if message.subject is None else ("subject", "text")
    for number, field in enumerate(fields):
        line.append(" — " * bool(number))
        for words, is_hit in pieces(message, field):
            if is_hit:
                line.append(f"«{_plain(words)}»", style="not dim bold red")
            else:
                line.append(_plain(words), style="not dim")
    return line


def _plain(text: str) -> str:
    """The text with a space for each character that could move the cursor or colour the screen."""
    return "".join(c if c.isprintable() else " " for c in text)
