"""Cases and the team's decisions → counts by rule and by author. Pure.

A case counts for every rule that hit in it. ``alone`` counts the false alarms in which a rule was
the only one that could alert: those are its author's to mend.
"""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from alerts.report.judged import Fate, Judged
from lifeline.detector import AGENT_REPORT
from lifeline.rules.pack import Pack

FATES: Final[tuple[Fate, ...]] = ("confirmed", "false", "acknowledged", "undecided")
FEWEST: Final = 10  # decided cases below which a share says nothing
_Z: Final = 1.96  # 95 %


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """What the pack says of a rule; a rule it no longer has has neither author nor status."""

    id: str
    title: str = ""
    author: str = ""
    language: str = ""
    tier: str = ""
    status: str = "not in the pack"


@dataclass(slots=True)
class Counts:
    """What became of cases; ``waited`` are milliseconds from alert to the first decision.

    ``higher`` and ``lower`` are those that the team said should have had another tier.
    """

    fates: dict[Fate, int] = field(default_factory=lambda: dict.fromkeys(FATES, 0))
    alone: int = 0
    higher: int = 0
    lower: int = 0
    waited: list[int] = field(default_factory=list)

    @property
    def alerts(self) -> int:
        """All cases."""
        return sum(self.fates.values())

    @property
    def decided(self) -> int:
        """Cases known to be true or false."""
        return self.fates["confirmed"] + self.fates["false"]

    def share_false(self) -> tuple[float, float, float] | None:
        """False among decided, and its 95 % interval after Wilson (1927); None of too few."""
        n = self.decided
        if n < FEWEST:
            return None
        share = self.fates["false"] / n
        middle = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
        reach = _Z * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n * n)) / (1 + _Z**2 / n)
        return share, max(0.0, middle - reach), min(1.0, middle + reach)

    def median_wait(self) -> float | None:
        """Median milliseconds to the first decision; None where nobody decided anything."""
        return statistics.median(self.waited) if self.waited else None

    def long_wait(self) -> float | None:
        """Nine in ten were decided within so many milliseconds."""
        waited = sorted(self.waited)
        return waited[min(len(waited) - 1, math.ceil(0.9 * len(waited)) - 1)] if waited else None


@dataclass(frozen=True, slots=True)
class Report:
    """Counts by rule and by author, what an author should look at first; and by week."""

    since: datetime
    until: datetime
    whole: Counts
    rules: list[tuple[RuleInfo, Counts]]
    authors: list[tuple[str, Counts]]
    weeks: list[tuple[str, Counts]]
    silent: int  # active rules that alerted nobody


def known_rules(pack: Pack) -> dict[str, RuleInfo]:
    """What the pack says of each rule, those across conversations and the button included."""
    found = {
        spec.id: RuleInfo(spec.id, spec.title, spec.author, spec.language, spec.tier, spec.status)
        for spec in pack.all_rules
    }
    for across in pack.all_across:
        tier = across.to.label if across.to is not None else ""
        found[across.id] = RuleInfo(
            across.id, across.title, across.author, across.language, tier, across.status
        )
    button = "A service agent reported a person at risk"
    found[AGENT_REPORT] = RuleInfo(AGENT_REPORT, button, "", "any", "elevated", "active")
    return found


def tally(
    cases: Iterable[Judged],
    rules: Mapping[str, RuleInfo],
    *,
    since: datetime,
    until: datetime,
    wanted: frozenset[str] | None = None,
) -> Report:
    """Count cases opened in the time; only those of the ``wanted`` rules, if given."""
    whole = Counts()
    by_rule: dict[str, Counts] = defaultdict(Counts)
    by_author: dict[str, Counts] = defaultdict(Counts)
    by_week: dict[str, Counts] = defaultdict(Counts)
    for case in cases:
        opened = datetime.fromtimestamp(case.row.opened / 1000, UTC)
        hit = [rule for rule in case.row.rules if wanted is None or rule in wanted]
        if not hit or not since <= opened < until:
            continue
        cause = _only_cause(case.row.rules, rules)
        cause = cause if cause in hit else None
        _count(whole, case, alone=cause is not None)
        _count(by_week[_week(opened)], case, alone=cause is not None)
        for rule in hit:
            _count(by_rule[rule], case, alone=rule == cause)
        authors = {known.author for rule in hit if (known := rules.get(rule)) and known.author}
        for author in authors:
            own = cause is not None and cause in rules and rules[cause].author == author
            _count(by_author[author], case, alone=own)
    active = {info.id for info in rules.values() if info.status == "active"}
    if wanted is not None:
        active &= wanted
    named = [(rules.get(rule) or RuleInfo(rule), counts) for rule, counts in by_rule.items()]
    return Report(
        since=since,
        until=until,
        whole=whole,
        rules=sorted(named, key=lambda row: (*_first(row[1]), row[0].id)),
        authors=sorted(by_author.items(), key=lambda row: (*_first(row[1]), row[0])),
        weeks=_without_gaps(by_week, until),
        silent=len(active - by_rule.keys()),
    )


def _only_cause(hit: tuple[str, ...], rules: Mapping[str, RuleInfo]) -> str | None:
    """The one rule that can have alerted; None of several. Those of tier signal never do alone."""
    able = [rule for rule in hit if rule not in rules or rules[rule].tier != "signal"]
    return able[0] if len(able) == 1 else None


def _week(day: datetime) -> str:
    return f"{day:%G-W%V}"


def _without_gaps(weeks: Mapping[str, Counts], until: datetime) -> list[tuple[str, Counts]]:
    """Every week from the first that has any, those without included."""
    if not weeks:
        return []
    day = monday(min(weeks))
    names = []
    while day < until:
        names.append(_week(day))
        day += timedelta(days=7)
    return [(name, weeks.get(name) or Counts()) for name in names]


def monday(week: str) -> datetime:
    """When a week as in 2026-W47 begins."""
    return datetime.strptime(f"{week}-1 +0000", "%G-W%V-%u %z")


def _count(counts: Counts, case: Judged, *, alone: bool) -> None:
    fate = case.fate
    counts.fates[fate] += 1
    counts.alone += alone and fate == "false"
    counts.higher += case.right is not None and case.right > case.tier
    counts.lower += case.right is not None and case.right < case.tier
    if case.waited is not None:
        counts.waited.append(case.waited)


def _first(counts: Counts) -> tuple[int, int, int]:
    """What needs mending comes first."""
    return -counts.alone, -counts.fates["false"], -counts.alerts
