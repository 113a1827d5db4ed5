"""The life of a case as detect sees it: which findings are news, and how urgent.

A case is a conversation. Its rank is tier, then priority. The first hit opens it, and only a higher
rank is news after that; every hit goes to `signals` besides. All of it follows from what was said
within the remembered past, so a replay comes to the same result.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Final, Literal

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
    """1 to 3. Elevated by more than one category (a wish and a method) is as urgent as imminent."""
    if tier is Tier.IMMINENT or (tier is Tier.ELEVATED and len(categories) > 1):
        return 1
    return 2 if tier is Tier.ELEVATED else 3


def advance(finding: Finding, pack: Pack, gate: Tier) -> Step | None:
    """Take a finding into the case's life; the step it makes due, if any."""
    conversation = finding.conversation
    if finding.tier < min(Tier.WATCH, gate):
        return None
    reports = conversation.reports
    worst = max((Tier(r.tier) for r in reports), default=None)
    # Categories said before count at the same tier: a wish now, a method question earlier.
    categories = categories_of(finding, pack, finding.tier)
    so_far = frozenset(c for r in reports if r.tier == finding.tier for c in r.categories)
    rank = (finding.tier, -priority(finding.tier, categories | so_far))
    seen = max(((Tier(r.tier), -r.priority) for r in reports), default=None)
    if seen is not None and rank <= seen:
        return None
    on_alerts = finding.tier >= gate
    opened = not any(r.on_alerts for r in reports) if on_alerts else not reports
    revision = max(finding.received, 1, *(r.revision + 1 for r in reports))
    urgency = -rank[1]
    reports.append(Report(finding.received, finding.tier, urgency, revision, on_alerts, categories))
    case, key = conversation.id, finding.message.event.key
    return Step(
        kind="opened" if opened else "escalated",
        tier=finding.tier,
        previous_tier=worst,
        priority=urgency,
        categories=tuple(sorted(categories | so_far)),
        revision=revision,
        on_alerts=on_alerts,
        alert_id=_uuid("alert", case, key, finding.tier.label, str(urgency)),
    )


def signal_id(finding: Finding, pack: Pack) -> str:
    """The same for the same hits in the same message, however often it is read."""
    rules = sorted({f"{rule_facts(pack, h).id}={h.tier.label}" for h in finding.hits})
    return _uuid("signal", finding.conversation.id, finding.message.event.key, *rules)


def _uuid(*evidence: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, "\0".join(evidence)))
