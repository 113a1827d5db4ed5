"""A rule's hit in words, and as data for those who act on it."""

from __future__ import annotations

from typing import Any, NamedTuple

from lifeline.detector import AGENT_REPORT
from lifeline.rules.hits import RuleHit
from lifeline.rules.pack import Pack
from lifeline.taxonomy import Tier


class RuleFacts(NamedTuple):
    """What there is to say of the rule behind a hit."""

    id: str
    version: str
    title: str
    category: str
    tier: Tier


def rule_facts(pack: Pack, hit: RuleHit) -> RuleFacts:
    """The rule behind a hit; a report by an agent has a rule of its own."""
    if hit.rule < 0:
        return RuleFacts(
            AGENT_REPORT, "1", "A service agent reported a person at risk", "other_at_risk",
            Tier.ELEVATED,
        )  # fmt: skip
    spec = pack.rules[hit.rule]
    return RuleFacts(spec.id, spec.version, spec.title, spec.category, Tier[spec.tier.upper()])


def match_as_json(pack: Pack, hit: RuleHit) -> list[dict[str, Any]]:
    """One entry for each stretch of words, offsets in code points of the field as received."""
    rule = rule_facts(pack, hit)
    return [
        {
            "rule_id": rule.id,
            "rule_version": rule.version,
            "category": rule.category,
            "tier": hit.tier.label,
            "message_id": evidence.message_id,
            "speaker": evidence.speaker,
            "field": evidence.field,
            "text": evidence.text,
            "start": evidence.start,
            "end": evidence.end,
            "folding": list(evidence.foldings),
            "modifiers": [lowered.name for lowered in hit.lowered],
        }
        for evidence in hit.evidence
    ]


def reason(pack: Pack, hit: RuleHit) -> str:
    """Why it counts: the rule's title, the words, where they stood, and what lowered it."""
    rule = rule_facts(pack, hit)
    by_message: dict[str, list[str]] = {}
    for evidence in hit.evidence:
        by_message.setdefault(evidence.message_id, []).append(f"“{evidence.text}”")
    words = "; ".join(
        f"{', '.join(dict.fromkeys(found))} in {where}" for where, found in by_message.items()
    )
    text = f"{rule.title} ({rule.id}, {rule.tier.label}): {words}"
    for lowered in hit.lowered:
        text += (
            f"; lowered to {hit.tier.label} by {lowered.name} (“{lowered.words}”: {lowered.why})"
        )
    return text
