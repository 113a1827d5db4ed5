"""What a match comes to once what it waited for is known of the customer.

Detect waits for no table: a rule that asks for orders hits at the tier it has without them, and
says what it awaits. Here the same is weighed again, with the reasons by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from lifeline.context import Context
from lifeline.readings import FOLDINGS, LOSSY
from lifeline.rules.schema import ContextNeeded, RuleSpec
from lifeline.rules.surroundings import NAME as SURROUNDINGS
from lifeline.rules.weighing import Raised
from lifeline.taxonomy import RULE_TIERS, Tier

if TYPE_CHECKING:
    from lifeline.rules.pack import Pack

CONTEXT: Final = "context"  # among what a hit awaits: the condition of the rule itself
WHY_CONTEXT: Final = "the product or order the rule asks for is there"


def settled(
    pack: Pack,
    rule_id: str,
    rule_version: str,
    tier: Tier,
    awaits: Sequence[str],
    context: Context,
    sku: str | None,
    at: datetime,
    *,
    raised: Sequence[str] = (),
    modifiers: Sequence[str] | None = None,
) -> tuple[Tier, list[Raised]]:
    """The tier of a match now, never lower than before, and what raised it.

    ``raised`` and ``modifiers`` are the names the match holds; where modifiers are not given
    (None), a match below its rule's own tier stays there, for what lowers wins. A rule that the
    pack has not, or in another version, leaves the match as it is.
    """
    rules = (spec for spec in pack.rules if spec.id == rule_id and spec.version == rule_version)
    spec = next(rules, None)
    if spec is None or not awaits:
        return tier, []

    def holds(needed: ContextNeeded | None) -> bool:
        found = needed and pack.customer_words.hold(needed, spec.language, context, sku, at)
        return bool(found)

    reasons: list[Raised] = []
    if CONTEXT in awaits:
        if not holds(spec.context):
            return tier, []
        reasons.append(Raised(CONTEXT, WHY_CONTEXT, "", RULE_TIERS[spec.tier]))
    reasons += [
        Raised(rule.name, rule.why, "", RULE_TIERS[rule.to])
        for rule in spec.raises
        if rule.name in awaits and holds(rule.context)
    ]
    if not reasons:
        return tier, []
    own = RULE_TIERS[spec.tier]
    before = [RULE_TIERS[rule.to] for rule in spec.raises if rule.name in raised]
    top = max([own, *before, *(reason.to for reason in reasons)])
    if modifiers is None:
        was_lowered = tier < own and CONTEXT not in awaits
        now = tier if was_lowered else top
    else:
        now = min([top, *_caps(pack, spec, top, modifiers)])
        # Surroundings lower no attempt, and no mere signal; what else they lowered stays so.
        if SURROUNDINGS in modifiers and now < Tier.IMMINENT:
            now = min(now, tier)
    return (now, reasons) if now > tier else (tier, [])


def _caps(pack: Pack, spec: RuleSpec, top: Tier, names: Sequence[str]) -> Iterator[Tier]:
    """The tiers that what stands beside a hit leaves to it, as in weighing."""
    yield from (RULE_TIERS[rule.to] for rule in spec.lower if rule.name in names)
    for modifier in pack.modifiers.all:
        reaches = modifier.language in (spec.language, "any") and modifier.name in names
        if reaches and modifier.to and (top < Tier.IMMINENT or modifier.categories):
            yield RULE_TIERS[modifier.to]
    usual = dict(spec.foldings)
    for name in names:
        if name in FOLDINGS and usual.get(name, "lower" if name in LOSSY else "keep") == "lower":
            yield Tier(max(top - 1, Tier.SIGNAL))
