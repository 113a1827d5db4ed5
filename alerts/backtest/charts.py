"""The geometry of the page's charts: where each bar stands. The template draws them as SVG.

Lengths are in SVG units of a drawing 720 wide.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from alerts.backtest.shape import Gate, Rule

WIDTH: Final = 720
_LEFT: Final = 48  # room for the scale
_TOP: Final = 10
_PLOT: Final = 150  # height of the bars
_ROW: Final = 26
_NAMES: Final = 300  # room for the names of rules
_MOST_ROWS: Final = 20
_TICKS: Final = 4


class Bar(NamedTuple):
    """A rectangle; ``kind`` is the class that colours it, ``says`` what it means in words."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    says: str


class Label(NamedTuple):
    """Words at a place, and the line that belongs to them, if any, as one coordinate."""

    x: float
    y: float
    text: str


class Chart(NamedTuple):
    """A drawing. ``scale`` are labelled lines across it, ``names`` what stands at the bars."""

    height: float
    bars: list[Bar]
    scale: list[Label]
    names: list[Label]
    says: str


def hours_chart(gate: Gate) -> Chart | None:
    """Alerts by hour of the day, base beside new; None where the recording has no hours."""
    loads = [(kind, load) for kind, load in (("base", gate.base), ("new", gate.new)) if load]
    days = [(kind, load.by_hour_of_day) for kind, load in loads if load.by_hour_of_day]
    if not days:
        return None
    most = max((mean or 0.0 for _, means in days for mean in means), default=0.0)
    step = _nice(most / _TICKS)
    top = max(step * math.ceil(most / step), step)
    slot = (WIDTH - _LEFT) / 24
    width = (slot - 4) / len(days)
    bars = []
    for place, (kind, means) in enumerate(days):
        for hour, mean in enumerate(means):
            if mean is None:
                continue
            height = mean / top * _PLOT
            x = _LEFT + hour * slot + 2 + place * width
            says = f"{hour:02}:00, {kind}: {mean:.2f} alerts an hour"
            bars.append(Bar(x, _TOP + _PLOT - height, width, height, kind, says))
    lines = [n * step for n in range(round(top / step) + 1)]
    scale = [Label(_LEFT, _TOP + _PLOT - n / top * _PLOT, f"{n:g}") for n in lines]
    names = [Label(_LEFT + (n + 0.5) * slot, _TOP + _PLOT + 18, f"{n}") for n in range(0, 24, 2)]
    peaks = [
        f"{kind} at most {max(m or 0 for m in means):.2f} alerts an hour" for kind, means in days
    ]
    return Chart(_TOP + _PLOT + 28, bars, scale, names, "; ".join(peaks))


def rules_chart(rules: list[Rule], gate: str) -> Chart | None:
    """Lost alerts to the left, new ones to the right; a row for each rule that has any."""
    counted = [(rule.rule_id, rule.gates[gate]) for rule in rules]
    rows = [(name, n) for name, n in counted if n.new or n.lost][:_MOST_ROWS]
    if not rows:
        return None
    lost, new = (max(getattr(counts, side) for _, counts in rows) for side in ("lost", "new"))
    unit = (WIDTH - _NAMES - 80) / (lost + new)
    middle = _NAMES + 40 + lost * unit
    bars, names = [], []
    for place, (name, counts) in enumerate(rows):
        y = _TOP + place * _ROW
        for kind, count, x in (
            ("lost", counts.lost, middle - counts.lost * unit),
            ("gained", counts.new, middle),
        ):
            if count:
                what = "new" if kind == "gained" else "lost"
                bars.append(Bar(x, y, count * unit, _ROW - 8, kind, f"{name}: {count} {what}"))
                at = middle + count * unit + 4 if kind == "gained" else x - 4
                names.append(Label(at, y + 14, f"+{count}" if kind == "gained" else f"−{count}"))
        names.append(Label(0, y + 14, name if len(name) <= 44 else name[:43] + "…"))  # noqa: PLR2004
    says = "; ".join(f"{name}: {counts.new} new, {counts.lost} lost" for name, counts in rows)
    return Chart(_TOP + len(rows) * _ROW, bars, [Label(middle, 0, "")], names, says)


def _nice(step: float) -> float:
    """The next of 1, 2, 5, 10, … times a power of ten, at least a hundredth."""
    if step <= 0:
        return 1.0
    power = max(10.0 ** math.floor(math.log10(step)), 0.01)
    return next(n * power for n in (1, 2, 5, 10) if n * power >= step)
