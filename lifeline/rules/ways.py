"""Ways: the choices of one hit from each group that a text offers, in linear time."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lifeline.lexicon import TermHit

    Groups = dict[int, list[TermHit]]  # by the group's number, in the order of their places
    Way = tuple[TermHit, ...]


def in_any_order(groups: Groups) -> Iterator[Way]:
    """For each place to begin at, the hits from there on that complete all groups soonest."""
    every = [(hit, index) for index, hits in groups.items() for hit in hits]
    every.sort(key=lambda entry: entry[0].start, reverse=True)
    soonest: dict[int, TermHit] = {}
    for hit, index in every:
        if index not in soonest or hit.end < soonest[index].end:
            soonest[index] = hit
            if len(soonest) == len(groups):
                yield tuple(soonest.values())


def in_order(groups: Groups) -> list[Way]:
    """For each hit of the first group, the hits behind it that complete the others soonest."""
    *earlier, last = (groups[index] for index in sorted(groups))
    ways: list[Way] = [(hit,) for hit in last]
    for hits in reversed(earlier):
        starts = [way[0].start for way in ways]
        soonest = list(accumulate(reversed(ways), _sooner))[::-1]
        nexts = ((hit, bisect_left(starts, hit.end)) for hit in hits)
        ways = [(hit, *soonest[at]) for hit, at in nexts if at < len(soonest)]
    return ways


def _sooner(known: Way, way: Way) -> Way:
    return way if way[-1].end <= known[-1].end else known


def extent(way: Way) -> tuple[int, int]:
    """Where the hits begin, and where they end."""
    return min(hit.start for hit in way), max(hit.end for hit in way)


def breadth(way: Way) -> int:
    """How many characters the hits span."""
    start, end = extent(way)
    return end - start
