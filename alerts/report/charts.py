"""The geometry of the report's charts: where each bar stands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

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
from alerts.report.tally import FATES, Counts, monday

MOST_ROWS: Final = 25
MOST_WEEKS: Final = 60
_BAR: Final = ROW - 8
_NUMBERS: Final = 60  # room for the number behind a row
_WIDEST: Final = 40  # of an upright bar
_APART: Final = 60  # names under upright bars
_BOUNDS: Final = (
    (60_000, "under 1 min"), (300_000, "1 to 5 min"), (900_000, "5 to 15 min"),
    (3_600_000, "15 to 60 min"), (86_400_000, "1 to 24 h"), (None, "over a day"),
)  # fmt: skip


def fates_chart(rows: list[tuple[str, Counts]]) -> Chart | None:
    """What became of the cases of each name, side by side in a row."""
    shown = rows[:MOST_ROWS]
    if not shown:
        return None
    unit = (WIDTH - NAMES - _NUMBERS) / max(counts.alerts for _, counts in shown)
    bars: list[Bar] = []
    names: list[Label] = []
    for place, (name, counts) in enumerate(shown):
        x, y = float(NAMES), float(TOP + place * ROW)
        names.append(Label(0, y + 14, clipped(name)))
        for fate in FATES:
            if count := counts.fates[fate]:
                bars.append(Bar(x, y, count * unit, _BAR, fate, f"{name}: {count:,} {fate}"))
                x += count * unit
        names.append(Label(x + 4, y + 14, f"{counts.alerts:,}"))
    return Chart(TOP + len(shown) * ROW, bars, [], names, _told(shown))


def weeks_chart(weeks: list[tuple[str, Counts]]) -> Chart | None:
    """What became of the cases opened in each week, on top of each other; the latest weeks."""
    shown = weeks[-MOST_WEEKS:]
    if not shown:
        return None
    scale = scale_for(max(counts.alerts for _, counts in shown), least_step=1)
    slot = (WIDTH - LEFT) / len(shown)
    width = min(slot * 0.8, _WIDEST)
    each = max(1, round(_APART / slot))
    bars: list[Bar] = []
    names: list[Label] = []
    for place, (week, counts) in enumerate(shown):
        middle, top = LEFT + (place + 0.5) * slot, float(TOP + PLOT)
        day = f"{monday(week):%Y-%m-%d}"
        for fate in FATES:
            if count := counts.fates[fate]:
                height = scale.height(count)
                top -= height
                says = f"week of {day}: {count:,} {fate}"
                bars.append(Bar(middle - width / 2, top, width, height, fate, says))
        if place % each == 0:
            names.append(Label(middle, TOP + PLOT + 18, day[5:]))
    told = _told([(f"week of {monday(week):%Y-%m-%d}", counts) for week, counts in shown])
    return Chart(TOP + PLOT + 28, bars, scale.lines, names, told)


def waits_chart(counts: Counts) -> Chart | None:
    """How long cases waited for the team, and how many still do."""
    if not counts.alerts:
        return None
    left = list(counts.waited)
    rows: list[tuple[str, int, str]] = []
    for bound, name in _BOUNDS:
        within = [waited for waited in left if bound is None or waited < bound]
        left = [] if bound is None else [waited for waited in left if waited >= bound]
        rows.append((name, len(within), "waited"))
    rows.append(("not yet acknowledged", counts.alerts - len(counts.waited), "undecided"))
    unit = (WIDTH - NAMES - _NUMBERS) / max(1, *(count for _, count, _ in rows))
    bars: list[Bar] = []
    names: list[Label] = []
    for place, (name, count, kind) in enumerate(rows):
        y = float(TOP + place * ROW)
        if count:
            bars.append(Bar(NAMES, y, count * unit, _BAR, kind, f"{name}: {count:,}"))
        names += [Label(0, y + 14, name), Label(NAMES + count * unit + 4, y + 14, f"{count:,}")]
    told = "; ".join(f"{name}: {count:,}" for name, count, _ in rows)
    return Chart(TOP + len(rows) * ROW, bars, [], names, told)


def _told(rows: Iterable[tuple[str, Counts]]) -> str:
    return "; ".join(
        f"{name}: {', '.join(f'{n:,} {fate}' for fate, n in counts.fates.items() if n) or 'none'}"
        for name, counts in rows
    )
