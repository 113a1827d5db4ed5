"""The geometry of the page's charts: where each bar stands."""

from __future__ import annotations

from typing import Final

from alerts.backtest.shape import Gate, Rule
from alerts.pages.drawing import (
    LEFT,
    NAMES,
    PLOT,
    ROW,
    TOP,
    WIDTH,
    Bar,
    Chart,
    Label,
    clipped,
    scale_for,
)

_MOST_ROWS: Final = 20


def hours_chart(gate: Gate) -> Chart | None:
    """Alerts by hour of the day, base beside new; None where the recording has no hours."""
    loads = [(kind, load) for kind, load in (("base", gate.base), ("new", gate.new)) if load]
    days = [(kind, load.by_hour_of_day) for kind, load in loads if load.by_hour_of_day]
    if not days:
        return None
    most = max((mean or 0.0 for _, means in days for mean in means), default=0.0)
    scale = scale_for(most)
    slot = (WIDTH - LEFT) / 24
    width = (slot - 4) / len(days)
    bars = []
    for place, (kind, means) in enumerate(days):
        for hour, mean in enumerate(means):
            if mean is None:
                continue
            height = scale.height(mean)
            x = LEFT + hour * slot + 2 + place * width
            says = f"{hour:02}:00, {kind}: {mean:.2f} alerts an hour"
            bars.append(Bar(x, TOP + PLOT - height, width, height, kind, says))
    names = [Label(LEFT + (n + 0.5) * slot, TOP + PLOT + 18, f"{n}") for n in range(0, 24, 2)]
    peaks = [
        f"{kind} at most {max(m or 0 for m in means):.2f} alerts an hour" for kind, means in days
    ]
    return Chart(TOP + PLOT + 28, bars, scale.lines, names, "; ".join(peaks))


def rules_chart(rules: list[Rule], gate: str) -> Chart | None:
    """Lost alerts to the left, new ones to the right; a row for each rule that has any."""
    counted = [(rule.rule_id, rule.gates[gate]) for rule in rules]
    rows = [(name, n) for name, n in counted if n.new or n.lost][:_MOST_ROWS]
    if not rows:
        return None
    lost, new = (max(getattr(counts, side) for _, counts in rows) for side in ("lost", "new"))
    unit = (WIDTH - NAMES - 80) / (lost + new)
    middle = NAMES + 40 + lost * unit
    bars, names = [], []
    for place, (name, counts) in enumerate(rows):
        y = TOP + place * ROW
        for kind, count, x in (
            ("lost", counts.lost, middle - counts.lost * unit),
            ("gained", counts.new, middle),
        ):
            if count:
                what = "new" if kind == "gained" else "lost"
                bars.append(Bar(x, y, count * unit, ROW - 8, kind, f"{name}: {count} {what}"))
                at = middle + count * unit + 4 if kind == "gained" else x - 4
                names.append(Label(at, y + 14, f"+{count}" if kind == "gained" else f"−{count}"))
        names.append(Label(0, y + 14, clipped(name)))
    says = "; ".join(f"{name}: {counts.new} new, {counts.lost} lost" for name, counts in rows)
    return Chart(TOP + len(rows) * ROW, bars, [Label(middle, 0, "")], names, says)
