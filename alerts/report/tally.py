"""Cases and the team's decisions → counts by rule and by author. Pure.

A case counts for every rule that hit in it. ``alone`` counts the false alarms in which a rule was
the only one: those are its author's to mend.
"""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Literal

from alerts.store.rows import CaseRow
from alerts.triage.episodes import CONFIRMING
from lifeline.detector import AGENT_REPORT
from lifeline.rules.pack import Pack

Fate = Literal["confirmed", "false", "acknowledged", "undecided"]
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
    """What became of cases; ``waited`` are milliseconds from opening to the first decision."""

    fates: dict[Fate, int] = field(default_factory=lambda: dict.fromkeys(FATES, 0))
    alone: int = 0
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


def fate_of(case: CaseRow) -> Fate:
    """What the team's last decision makes of a case."""
    if case.outcome is None:
        return "undecided"
    if case.outcome == "false_alarm":
        return "false"
    return "confirmed" if case.outcome in CONFIRMING else "acknowledged"


def tally(
    cases: Iterable[CaseRow],
    rules: Mapping[str, RuleInfo],
    *,
    since: datetime,
    until: datetime,
    wanted: frozenset[str] | None = None,
) -> Report:
    """Count alerted cases opened in the time; only those of the ``wanted`` rules, if given."""
    whole = Counts()
    by_rule: dict[str, Counts] = defaultdict(Counts)
    by_author: dict[str, Counts] = defaultdict(Counts)
    by_week: dict[str, Counts] = defaultdict(Counts)
    for case in cases:
        opened = datetime.fromtimestamp(case.opened / 1000, UTC)
        hit = [rule for rule in case.rules if wanted is None or rule in wanted]
        if not case.on_alerts or not hit or not since <= opened < until:
            continue
        alone = len(case.rules) == 1
        authors = {rules[rule].author for rule in hit if rule in rules and rules[rule].author}
        year, week, _ = opened.isocalendar()
        counted = [whole, by_week[f"{year}-W{week:02}"]]
        counted += [by_rule[rule] for rule in hit] + [by_author[author] for author in authors]
        for counts in counted:
            _count(counts, case, alone=alone)
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
        weeks=sorted(by_week.items()),
        silent=len(active - by_rule.keys()),
    )


def _count(counts: Counts, case: CaseRow, *, alone: bool) -> None:
    fate = fate_of(case)
    counts.fates[fate] += 1
    counts.alone += alone and fate == "false"
    if case.acknowledged is not None:
        counts.waited.append(max(0, case.acknowledged - case.opened))


def _first(counts: Counts) -> tuple[int, int, int]:
    """What needs mending comes first."""
    return -counts.alone, -counts.fates["false"], -counts.alerts
