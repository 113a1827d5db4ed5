"""What only rules on trial hear: who would be missed if nothing took their place."""

from __future__ import annotations

from collections.abc import Iterator

from lifeline.detector import Detector
from lifeline.rules.pack import Pack
from lifeline.rules.problems import Problem
from lifeline.rules.trials.examples import play
from lifeline.taxonomy import Tier


def only_on_trial(pack: Pack, rule_id: str | None = None) -> Iterator[Problem]:
    """Each ``alert`` example that a rule in shadow brings to watch or above, and no active rule.

    Only those of one rule, if it is given. Warnings: a rule on trial may well find alone what it
    is on trial for; its author should know whom the team will not hear of meanwhile.
    """
    detector = Detector(pack)
    for number, spec in enumerate(pack.rules):
        if spec.status != "shadow" or rule_id not in (None, spec.id) or not spec.examples.alert:
            continue
        speaker = "customer" if spec.speaker == "any" else spec.speaker
        places = spec.examples.places["alert"]
        for messages, place in zip(spec.examples.alert, places, strict=True):
            played = play(detector, messages, speaker=speaker, channel=spec.channels[0])
            counted = [hit for found in played for hit in found if hit.tier >= Tier.WATCH]
            on_trial = any(hit.rule == number for hit in counted)
            if on_trial and all(pack.rules[hit.rule].status != "active" for hit in counted):
                yield place.problem(
                    "L100", f"{spec.id} is on trial, and no active rule finds this",
                    "while it is, nobody is alerted; if somebody must be, write it to the"
                    " must-detect conversations, or find it with a narrower rule",
                    "warning",
                )  # fmt: skip
