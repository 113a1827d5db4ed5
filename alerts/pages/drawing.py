"""What a chart is made of. Lengths are in SVG units of a drawing 720 wide; ``chart.html`` draws."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

WIDTH: Final = 720
LEFT: Final = 48  # room for the scale
TOP: Final = 10
PLOT: Final = 150  # height of upright bars
ROW: Final = 26
NAMES: Final = 300  # room for the names of rows
_MOST_NAME: Final = 44
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


class Scale(NamedTuple):
    """Heights of upright bars: ``top`` is the value of the highest line."""

    top: float
    lines: list[Label]

    def height(self, value: float) -> float:
        """How high a bar of this value is."""
        return value / self.top * PLOT


def scale_for(most: float, *, least_step: float = 0.01) -> Scale:
    """Round lines up to the highest value."""
    step = max(_nice(most / _TICKS), least_step)
    top = max(step * math.ceil(most / step), step)
    values = [n * step for n in range(round(top / step) + 1)]
    return Scale(top, [Label(LEFT, TOP + PLOT - n / top * PLOT, f"{n:g}") for n in values])


def clipped(name: str) -> str:
    """A name that fits before its row."""
    return name if len(name) <= _MOST_NAME else name[: _MOST_NAME - 1] + "…"


def _nice(step: float) -> float:
    """The next of 1, 2, 5, 10, … times a power of ten, at least a hundredth."""
    if step <= 0:
        return 1.0
    power = max(10.0 ** math.floor(math.log10(step)), 0.01)
    return next(n * power for n in (1, 2, 5, 10) if n * power >= step)
