"""The same question by several people in a short time: by what it is known again.

Not the words are kept but a digest of them: the rule, and the words that it counted, folded.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from alerts.contract import Signal
from lifeline.across import asked_by
from lifeline.folding import fold
from lifeline.rules.across_spec import AcrossSpec
from lifeline.rules.pack import Pack
from lifeline.taxonomy import RULE_TIERS


class Asked(NamedTuple):
    """A question that is counted, and the rule that counts it."""

    fingerprint: str
    spec: AcrossSpec


def asked(signal: Signal, pack: Pack) -> Asked | None:
    """The question in a signal, if a rule counts who asks the like: the worst of its matches."""
    for match in signal.matches:  # the worst first
        spec = asked_by(pack.across, match.category, RULE_TIERS[match.tier])
        if spec is not None:
            words = [
                f"{other.field}:{fold(other.text)}"
                for other in signal.matches
                if other.rule_id == match.rule_id
            ]
            told = "\0".join([match.rule_id, *sorted(set(words))])
            return Asked(hashlib.sha256(told.encode()).hexdigest(), spec)
    return None
