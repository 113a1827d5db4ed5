"""The words every part shares: tiers, categories, speakers, channels."""

from __future__ import annotations

import enum
from typing import Final


class Tier(enum.IntEnum):
    """How bad it is; a higher value is worse. C-SSRS levels are given in brackets."""

    NONE = 0
    SIGNAL = 1  # context that never alerts alone
    WATCH = 2  # passive wish, hopelessness, extreme emotion (1-2)
    ELEVATED = 3  # intent, plan, method question, self-injury, goodbye (3-5)
    IMMINENT = 4  # an attempt under way or about to start (behaviour)

    @property
    def label(self) -> str:
        """The tier as written in rules, alerts and docs."""
        return self.name.lower()


RULE_TIERS: Final = {tier.label: tier for tier in Tier if tier is not Tier.NONE}

# After PsyGUARD's annotated taxonomy (EMNLP 2024); the last two are for signals.
CATEGORIES: Final = (
    "attempt",
    "preparation",
    "plan",
    "active_intent",
    "passive_ideation",
    "method_question",
    "self_injury",
    "farewell",
    "other_at_risk",
    "threat_to_others",
    "extreme_emotion",
    "stressor",
    "means",
)
SIGNAL_CATEGORIES: Final = frozenset({"stressor", "means"})

SPEAKERS: Final = ("customer", "agent", "bot", "system")
CHANNELS: Final = ("chat", "calls", "emails")
