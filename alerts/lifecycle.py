"""The life of a case as detect sees it: which findings are news, and how urgent.

A case is a conversation. Its rank is tier, then priority. The first hit opens it, and only a higher
rank than the remembered past already reached is news after that; every hit goes to `signals`
besides. What a finding comes to depends on the findings of one window before it and on nothing
older, so a replay of the recent log comes to the same result.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Final, Literal

from alerts.priority import row_for, several_signs
from lifeline.conversation import Report
from lifeline.detector import Finding
from lifeline.explain import rule_facts
from lifeline.rules.pack import Pack
from lifeline.taxonomy import Tier

_NAMESPACE: Final = uuid.UUID("5b0d7a5e-6f5c-5d0b-9b59-3c1f7a8e4d21")  # for ever; ids depend on it


@dataclass(frozen=True, slots=True)
class Step:
    """A step in a case's life that is due. ``on_alerts`` is False below the gate (watchlist)."""

    kind: Literal["opened", "escalated"]
    tier: Tier
    previous_tier: Tier | None
    priority: int
    categories: tuple[str, ...]
    revision: int
    on_alerts: bool
    alert_id: str


def categories_of(finding: Finding, pack: Pack, at_least: Tier) -> frozenset[str]:
    """The categories of the finding's hits at or above a tier."""
    return frozenset(rule_facts(pack, h).category for h in finding.hits if h.tier >= at_least)


def priority(tier: Tier, categories: frozenset[str]) -> int:
    """1 to 3, by what was said alone."""
    return row_for(tier, several_signs(categories)).priority


def step_due(finding: Finding, pack: Pack, gate: Tier) -> Step | None:
    """The step that a finding makes due, if any. It is taken in by :func:`take_in`, once built."""
    if finding.tier < Tier.WATCH:
        return None
    reports = finding.conversation.reports
    reached = _reached(reports)
    # Categories said before count at the same tier: a wish now, a method question earlier.
    categories = _categories(finding, pack) | reached.get(finding.tier, frozenset())
    rank = _rank(finding.tier, categories)
    if reached and rank <= max(_rank(tier, said) for tier, said in reached.items()):
        return None
    on_alerts = finding.tier >= gate
    opened = not any(r.on_alerts for r in reports) if on_alerts else not reports
    urgency = priority(finding.tier, categories)
    case, key = finding.conversation.id, finding.message.event.key
    return Step(
        kind="opened" if opened else "escalated",
        tier=finding.tier,
        previous_tier=max(reached, default=None),
        priority=urgency,
        categories=tuple(sorted(categories)),
        revision=_revision(finding),
        on_alerts=on_alerts,
        alert_id=evidence_id("alert", case, key, finding.tier.label, str(urgency)),
    )


def shadow_step(finding: Finding, pack: Pack) -> Step:
    """What rules on trial found, as a step of its own that leaves the case as it is.

    ``finding`` holds their hits. Each finding is one; ids are those of the same words and rules.
    """
    categories = _categories(finding, pack)
    return Step(
        kind="opened",
        tier=finding.tier,
        previous_tier=None,
        priority=priority(finding.tier, categories),
        categories=tuple(sorted(categories)),
        revision=max(finding.received, 1),
        on_alerts=False,
        alert_id=evidence_id(
            "shadow", finding.conversation.id, finding.message.event.key, *_rules(finding, pack)
        ),
    )


def take_in(finding: Finding, pack: Pack, gate: Tier) -> None:
    """Remember a finding, so that what follows is compared with it."""
    if finding.tier < Tier.WATCH:
        return
    conversation, categories = finding.conversation, _categories(finding, pack)
    report = Report(
        finding.received,
        finding.tier,
        priority(finding.tier, categories),
        _revision(finding),
        finding.tier >= gate,
        categories,
    )
    # Of findings alike, only the latest matters; so the list stays short however often they come.
    kept = [r for r in conversation.reports if (r.tier, r.categories) != (report.tier, categories)]
    conversation.reports = [*kept, report]


def _reached(reports: list[Report]) -> dict[Tier, frozenset[str]]:
    """The tiers reached within the remembered past, each with the categories said at it."""
    reached: dict[Tier, frozenset[str]] = {}
    for report in reports:
        tier = Tier(report.tier)
        reached[tier] = reached.get(tier, frozenset()) | report.categories
    return reached


def _categories(finding: Finding, pack: Pack) -> frozenset[str]:
    return categories_of(finding, pack, finding.tier)


def _rank(tier: Tier, categories: frozenset[str]) -> tuple[Tier, int]:
    return tier, -priority(tier, categories)


def _revision(finding: Finding) -> int:
    reports = finding.conversation.reports
    return max(finding.received, 1, *(report.revision + 1 for report in reports))


def signal_id(finding: Finding, pack: Pack) -> str:
    """The same for the same hits in the same message, however often it is read."""
    case, key = finding.conversation.id, finding.message.event.key
    return evidence_id("signal", case, key, *_rules(finding, pack))


def _rules(finding: Finding, pack: Pack) -> list[str]:
    return sorted({f"{rule_facts(pack, h).id}={h.tier.label}" for h in finding.hits})


def evidence_id(*evidence: str) -> str:
    """UUIDv5 of the evidence: the same whenever it is the same."""
    return str(uuid.uuid5(_NAMESPACE, "\0".join(evidence)))
