"""The report as one HTML page: no script, nothing loaded from anywhere, whatever the words hold."""

from __future__ import annotations

from typing import Any

from alerts.backtest.charts import hours_chart, rules_chart
from alerts.backtest.examples import pieces
from alerts.backtest.report import is_changed
from alerts.backtest.shape import Report
from alerts.backtest.wording import fate, in_short, local_time, pack_line, span, warnings
from alerts.pages.making import environment


def page(report: Report) -> str:
    """The page. All text is escaped, and its policy forbids the browser to load anything."""
    made = environment("alerts.backtest")
    made.filters["number"] = _number
    made.globals.update(fate=fate, local_time=local_time, pack_line=pack_line, pieces=pieces)
    return made.get_template("backtest.html").render(**_content(report))


def _content(report: Report) -> dict[str, Any]:
    compared = report.base is not None
    return {
        "report": report,
        "compared": compared,
        "span": span(report),
        "in_short": zip(in_short(report), report.gates, strict=True),
        "warnings": warnings(report),
        "packs": ["base", "new"] if compared else ["new"],
        "hours": [(gate.gate, hours_chart(gate)) for gate in report.gates],
        "by_rule": [(gate.gate, rules_chart(report.rules, gate.gate)) for gate in report.gates]
        if compared
        else [],
        "rules": [rule for rule in report.rules if not compared or is_changed(rule)],
    }


def _number(value: float | None, digits: int = 0) -> str:
    """A number with separators; a dash for what is not known."""
    return "–" if value is None else f"{value:,.{digits}f}"
