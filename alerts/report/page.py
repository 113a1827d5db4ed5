"""The report as one HTML page: no script, nothing loaded from anywhere, no words of customers."""

from __future__ import annotations

from typing import Final, NamedTuple

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from alerts.report.tally import FATES, Counts, Report
from alerts.report.terminal import duration, in_short, share

_WIDTH: Final = 720
_NAMES: Final = 300
_ROW: Final = 26
_MOST_ROWS: Final = 25
_MOST_NAME: Final = 44
_BOUNDS_MS: Final = (60_000, 300_000, 900_000, 3_600_000, 86_400_000)
_BOUNDS: Final = ("under 1 min", "1–5 min", "5–15 min", "15–60 min", "1–24 h", "over a day")


class Bar(NamedTuple):
    """A rectangle of a chart; ``kind`` colours it, ``says`` what it means in words."""

    x: float
    y: float
    width: float
    kind: str
    says: str


class Chart(NamedTuple):
    """Stacked bars, a row each, with a name before and a number behind."""

    title: str
    height: int
    bars: list[Bar]
    names: list[tuple[float, float, str]]
    says: str


def page(report: Report) -> str:
    """The page. All text is escaped, and its policy forbids the browser to load anything."""
    environment = Environment(
        loader=ChoiceLoader([PackageLoader("alerts.report"), PackageLoader("alerts.backtest")]),
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters.update(duration=duration, share=share)
    charts = [
        _stacked("Cases by rule", [(info.id, counts) for info, counts in report.rules]),
        _stacked("Cases by author", report.authors),
        _stacked("Cases by week", report.weeks),
        _waits(report.whole),
    ]
    return environment.get_template("report.html").render(
        report=report, short=in_short(report), fates=FATES, width=_WIDTH, row=_ROW - 8,
        charts=[chart for chart in charts if chart],
    )  # fmt: skip


def _stacked(title: str, rows: list[tuple[str, Counts]]) -> Chart | None:
    """What became of the cases of each, side by side."""
    shown = rows[:_MOST_ROWS]
    if not shown:
        return None
    unit = (_WIDTH - _NAMES - 60) / max(counts.alerts for _, counts in shown)
    bars: list[Bar] = []
    names: list[tuple[float, float, str]] = []
    for place, (name, counts) in enumerate(shown):
        x, y = float(_NAMES), float(place * _ROW)
        names.append((0, y + 13, _clipped(name)))
        for fate in FATES:
            if count := counts.fates[fate]:
                bars.append(Bar(x, y, count * unit, fate, f"{name}: {count} {fate}"))
                x += count * unit
        names.append((x + 4, y + 13, f"{counts.alerts:,}"))
    told = (
        f"{name}: {', '.join(f'{n} {f}' for f, n in c.fates.items() if n)}" for name, c in shown
    )
    return Chart(title, len(shown) * _ROW, bars, names, "; ".join(told))


def _waits(counts: Counts) -> Chart | None:
    """How long cases waited for the team."""
    if not counts.waited:
        return None
    held = [0] * len(_BOUNDS)
    for waited in counts.waited:
        held[sum(waited >= bound for bound in _BOUNDS_MS)] += 1
    unit = (_WIDTH - _NAMES - 60) / max(held)
    bars, names = [], []
    for place, (name, count) in enumerate(zip(_BOUNDS, held, strict=True)):
        y = float(place * _ROW)
        bars.append(Bar(_NAMES, y, count * unit, "waited", f"{name}: {count}"))
        names += [(0.0, y + 13, name), (_NAMES + count * unit + 4, y + 13, f"{count:,}")]
    told = "; ".join(f"{name}: {count}" for name, count in zip(_BOUNDS, held, strict=True))
    return Chart("From alert to the team taking it", len(held) * _ROW, bars, names, told)


def _clipped(name: str) -> str:
    return name if len(name) <= _MOST_NAME else name[: _MOST_NAME - 1] + "…"
