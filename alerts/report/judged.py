"""A case with when it alerted, how high, and what the team decided. Pure; times are milliseconds.

The case's row is not enough: a case may open on the watchlist hours before it alerts, and a
decision may take its tier down again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from alerts.contract import Disposition
from alerts.store.looking import AlertMark
from alerts.store.rows import CaseRow
from alerts.triage.episodes import CONFIRMING
from alerts.triage.facts import KnownDisposition
from lifeline.taxonomy import RULE_TIERS, Tier

Fate = Literal["confirmed", "false", "acknowledged", "undecided"]


@dataclass(frozen=True, slots=True)
class Judged:
    """A case that alerted. ``tier`` is the highest it alerted with."""

    row: CaseRow
    alerted: int
    tier: Tier
    until: int | None = None  # when the next case of the conversation opened
    decided: Disposition | None = None  # the latest
    right: Tier | None = None  # what the team last said it should have been

    @property
    def fate(self) -> Fate:
        """What the team's last decision makes of it."""
        outcome = self.row.outcome
        if outcome is None:
            return "undecided"
        if outcome == "false_alarm":
            return "false"
        return "confirmed" if outcome in CONFIRMING else "acknowledged"

    @property
    def waited(self) -> int | None:
        """From its first alert to the team's first decision; None while there is none."""
        taken = self.row.acknowledged
        return None if taken is None else max(0, taken - self.alerted)


def judged(
    rows: Iterable[CaseRow], marks: Iterable[AlertMark], decisions: Iterable[KnownDisposition]
) -> list[Judged]:
    """The cases that alerted, in the order of ``rows``; decisions come as they were received."""
    rows = list(rows)
    until = _until(rows)
    of_case: dict[str, list[AlertMark]] = defaultdict(list)
    for mark in marks:
        of_case[mark.case_id].append(mark)
    decided: dict[str, list[Disposition]] = defaultdict(list)
    for known in decisions:
        decided[known.disposition.case_id].append(known.disposition)
    found = []
    for row in rows:
        if not row.on_alerts:
            continue
        end = until.get(row.case_id)
        # One that triage made names the case; detect's fall to the case that was open then.
        own = [mark for mark in of_case[row.case_id] if not mark.by_detect]
        own += [
            mark
            for mark in of_case[row.conversation_id]
            if mark.by_detect and row.opened <= mark.made and (end is None or mark.made < end)
        ]
        said = decided[row.case_id]
        found.append(
            Judged(
                row,
                alerted=min((mark.made for mark in own), default=row.opened),
                tier=Tier(max([row.tier, *(mark.tier for mark in own)])),
                until=end,
                decided=said[-1] if said else None,
                right=next((RULE_TIERS[each.tier] for each in reversed(said) if each.tier), None),
            )
        )
    return found


def _until(rows: list[CaseRow]) -> dict[str, int]:
    """When the next case of the same conversation opened, for those that have one."""
    of_conversation: dict[str, list[CaseRow]] = defaultdict(list)
    for row in rows:
        of_conversation[row.conversation_id].append(row)
    return {
        earlier.case_id: later.opened
        for cases in of_conversation.values()
        for earlier, later in pairwise(sorted(cases, key=lambda row: row.opened))
    }
