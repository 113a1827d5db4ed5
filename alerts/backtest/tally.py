"""What a backtest counts: sums that come out the same in whatever order they are added up.

Keys hold gates as tiers and hours as whole hours of log time since 1970. ``SIDES`` are the packs:
the base, then the new one.
"""

from __future__ import annotations

from bisect import insort
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from alerts.backtest.shape import Example
from lifeline.taxonomy import Tier

GATES: Final = (Tier.WATCH, Tier.ELEVATED, Tier.IMMINENT)
BASE: Final = 0
NEW: Final = 1
SIDES: Final = (BASE, NEW)
HOUR_MS: Final = 3_600_000


class Sample(NamedTuple):
    """An example and its rank: the worst tiers first, then as chance has it, always the same."""

    rank: tuple[int, int, str, str]
    example: Example


@dataclass(slots=True)
class Samples:
    """A few examples for each rule and kind, at most ``most`` for each language and channel."""

    most: int
    _kept: dict[tuple[str, str], dict[tuple[str, str], list[Sample]]] = field(
        default_factory=lambda: defaultdict(dict)
    )

    def offer(
        self,
        rule: str,
        kind: str,
        spread: tuple[str, str],
        rank: tuple[int, int, str, str],
        make: Callable[[], Example],
    ) -> None:
        """Keep an example if it ranks among the first; only then is it made."""
        kept = self._kept[rule, kind].setdefault(spread, [])
        if len(kept) < self.most or (kept and rank < kept[-1].rank):
            insort(kept, Sample(rank, make()), key=lambda sample: sample.rank)
            del kept[self.most :]

    def change(self, changed: Callable[[Example], Example]) -> None:
        """Put another in the place of each example."""
        for groups in self._kept.values():
            for kept in groups.values():
                kept[:] = [Sample(rank, changed(example)) for rank, example in kept]

    def add(self, others: Samples) -> None:
        """Take in what others kept."""
        for (rule, kind), groups in others._kept.items():
            for spread, kept in groups.items():
                for rank, example in kept:
                    self.offer(rule, kind, spread, rank, lambda example=example: example)  # type: ignore[misc]

    def of(self, rule: str, kinds: Iterable[str]) -> Iterator[Example]:
        """The examples of a rule: of each kind at most so many, languages and channels in turn."""
        for kind in kinds:
            groups = self._kept.get((rule, kind), {})
            turns = sorted(
                (place, sample.rank, sample.example)
                for kept in groups.values()
                for place, sample in enumerate(kept)
            )
            yield from [example for *_, example in turns[: self.most]]


@dataclass(slots=True)
class SideTally:
    """What one pack came to."""

    failed: int = 0
    hits: Counter[str] = field(default_factory=Counter)  # rule
    alerts: Counter[tuple[Tier, int]] = field(default_factory=Counter)  # gate, hour
    cases: Counter[tuple[Tier, int]] = field(default_factory=Counter)  # gate, hour
    by_rule: Counter[tuple[Tier, str]] = field(default_factory=Counter)  # gate, rule

    def add(self, other: SideTally) -> None:
        """Add up."""
        self.failed += other.failed
        self.hits.update(other.hits)
        self.alerts.update(other.alerts)
        self.cases.update(other.cases)
        self.by_rule.update(other.by_rule)


@dataclass(slots=True)
class Tally:
    """Everything counted over some part of a recording."""

    samples: Samples
    messages: int = 0
    unreadable: int = 0
    outside: int = 0
    forgotten: int = 0
    first: int | None = None  # milliseconds since 1970, as is last
    last: int | None = None
    hours: Counter[int] = field(default_factory=Counter)  # events
    sides: tuple[SideTally, SideTally] = field(default_factory=lambda: (SideTally(), SideTally()))
    changes: Counter[tuple[Tier, str]] = field(default_factory=Counter)  # gate, kind
    by_rule: Counter[tuple[Tier, str, str]] = field(default_factory=Counter)  # gate, rule, kind

    def note(self, received: int, *, is_message: bool) -> None:
        """Count an event that was read."""
        self.messages += is_message
        self.hours[received // HOUR_MS] += 1
        self.first = received if self.first is None else min(self.first, received)
        self.last = received if self.last is None else max(self.last, received)

    def add(self, other: Tally) -> None:
        """Add up."""
        self.messages += other.messages
        self.unreadable += other.unreadable
        self.outside += other.outside
        self.forgotten += other.forgotten
        self.first = min((t for t in (self.first, other.first) if t is not None), default=None)
        self.last = max((t for t in (self.last, other.last) if t is not None), default=None)
        self.hours.update(other.hours)
        for mine, others in zip(self.sides, other.sides, strict=True):
            mine.add(others)
        self.changes.update(other.changes)
        self.by_rule.update(other.by_rule)
        self.samples.add(other.samples)
