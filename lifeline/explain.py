"""A rule's hit in words, and as data for those who act on it."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from lifeline.detector import AGENT_REPORT
from lifeline.readings import FOLDINGS
from lifeline.rules.hits import RuleHit
from lifeline.rules.pack import Pack
from lifeline.rules.schema import ContextNeeded
from lifeline.taxonomy import Tier

# The foldings of every text (lifeline.folding), in words.
_PLAIN: Final = {
    "case": "capital or small letters",
    "width": "full-width or other forms of the same letters",
    "traditional": "traditional or variant characters",
    "accent": "accents left out or added",
    "invisible": "characters that cannot be seen",
    "apostrophe": "apostrophes left out or added",
    "separator": "spaces or signs added or left out",
}


def folding_in_words(name: str) -> str:
    """In which other way words were written."""
    return _PLAIN.get(name) or FOLDINGS.get(name, "")


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
    """One entry for each stretch of words, offsets in code points of the field as received.

    ``modifiers`` are the names of what lowered the hit or was only noted.
    """
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
            "modifiers": [reason.name for reason in (*hit.lowered, *hit.noted)],
            "raised": [reason.name for reason in hit.raised],
            "awaits": list(hit.awaits),
        }
        for evidence in hit.evidence
    ]


def reason(pack: Pack, hit: RuleHit) -> str:
    """Why it counts: the rule's title, the words, where they stood, and what changed the tier."""
    rule = rule_facts(pack, hit)
    by_message: dict[str, list[str]] = {}
    for evidence in hit.evidence:
        by_message.setdefault(evidence.message_id, []).append(f"“{evidence.text}”")
    words = "; ".join(
        f"{', '.join(dict.fromkeys(found))} in {where}" for where, found in by_message.items()
    )
    changes = tier_changes(pack, hit)
    return "; ".join([f"{rule.title} ({rule.id}, {rule.tier.label}): {words}", *changes])


def tier_changes(pack: Pack, hit: RuleHit) -> list[str]:
    """What raised and lowered a hit, what is only noted, and what it waits for, in words."""
    changes = [
        f"raised to {raised.to.label} by {raised.name} ({_quoted(raised.words, raised.why)})"
        for raised in hit.raised
    ]
    changes += [
        f"lowered to {lowered.to.label} by {lowered.name} ({_quoted(lowered.words, lowered.why)})"
        for lowered in hit.lowered
    ]
    changes += [f"noted: {noted.name} ({_quoted(noted.words)})" for noted in hit.noted]
    return changes + [_awaited(pack, hit, name) for name in hit.awaits]


def _quoted(words: str, why: str = "") -> str:
    return ": ".join(filter(None, (f"“{words}”" if words else "", why)))


def _awaited(pack: Pack, hit: RuleHit, name: str) -> str:
    spec = pack.rules[hit.rule]
    if name == "context" and spec.context:
        return f"would be {spec.tier} if {_asked_of(spec.context)} known and fit the rule"
    needed = next((rule.context for rule in spec.raises if rule.name == name), None)
    known = f" if {_asked_of(needed)} known" if needed else ""
    return f"would be raised by {name}{known}"


def _asked_of(needed: ContextNeeded) -> str:
    """What a condition asks about the customer, with its verb."""
    if needed.product and needed.orders:
        return "product and orders were"
    return "the product were" if needed.product else "the orders were"
