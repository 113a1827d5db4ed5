"""Weigh the surroundings of a language: ``python bench/surroundings.py en``.

Plays the conversations of the pack's corpora and the examples of its rules, and learns from what
is said around each hit, lowered or not, whether the conversation was one that must be found. The
points are the coefficients of a logistic regression (scikit-learn); the limits are set on
conversations that the weights had not seen (five parts, each judged by the other four), so that few
who must be found are lowered.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter, defaultdict
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression
from weigh import MOST, PARTS, ROUNDS, SEED, matrix, occurrences

from lifeline.detector import Detector, scanned_text
from lifeline.rules.pack import Pack, load, locate
from lifeline.rules.surroundings import Neighbourhood, heard_until, spans_of
from lifeline.rules.trials.rehearsal import APART, Rehearsal
from lifeline.signs import sequence, units
from lifeline.taxonomy import RULE_TIERS, Tier

REACH: Final = 30  # units on each side of a hit
RARE: Final = 3  # conversations in whose surroundings a sequence must stand
STRENGTH: Final = 0.2  # inverse of the regularisation
POINT: Final = 0.02  # of the log-odds
LEAST: Final = 15  # points that lower a hit, at least: a stray word does not
# Of conversations that must be found, and that a rule hits, how many may come to a lower tier.
LOWERED: Final = {Tier.WATCH: 0.05, Tier.SIGNAL: 0.02}


class Heard(NamedTuple):
    """A hit: its conversation, whether somebody is to be found there, what is said around it."""

    conversation: int
    is_alert: bool
    is_promised: bool  # the pack promises to find it
    said: frozenset[str]


class Given(NamedTuple):
    """A conversation, whether somebody is to be found in it, and whether the pack promises to."""

    messages: tuple[str, ...]
    is_alert: bool
    is_promised: bool


def conversations(pack: Pack, language: str) -> list[Given]:
    """The conversations of the pack's corpora and the examples of its rules, each once."""
    corpora = pack.corpora
    rules = [spec for spec in pack.all_rules if spec.status == "active"]
    cases = {
        (case.language, tuple(m.text for m in case.messages if m.speaker == "customer"))
        for case in corpora.cases
        if any(RULE_TIERS.get(due.tier, 0) >= Tier.WATCH for due in case.expect)
    }
    alerts = [
        *sorted(cases),
        *((line.language, line.messages) for line in (*corpora.must_detect, *corpora.known_gaps)),
        *((spec.language, messages) for spec in rules for messages in spec.examples.alert),
    ]
    quiet = [(x.language, x.messages) for x in (*corpora.benign, *corpora.known_false_positives)]
    promised = {said for _, said in cases}
    promised.update(line.messages for line in corpora.must_detect)
    promised.update(
        messages
        for spec in rules
        if RULE_TIERS[spec.tier] >= Tier.WATCH
        for messages in spec.examples.alert
    )
    return [
        Given(messages, is_alert, messages in promised)
        for (spoken, messages), is_alert in (
            dict.fromkeys(quiet, False) | dict.fromkeys(alerts, True)
        ).items()
        if spoken == language
    ]


def heard(pack: Pack, language: str) -> list[Heard]:
    """Every hit of these conversations, by the rules that can be lowered."""

    def spot(text: str) -> tuple[int, list[tuple[int, str]]]:
        said = sequence(text)
        return len(units(said)), list(occurrences((said,), language))

    found = []
    for number, given in enumerate(conversations(pack, language)):
        rehearsal = Rehearsal(Detector(pack))
        for at, text in enumerate(given.messages):
            finding = rehearsal.say(text, at * APART)
            hits = [hit for hit in (finding.hits if finding else ()) if pack.around.counts(hit)]
            if finding and hits:
                texts = heard_until(finding.message, finding.conversation, scanned_text)
                beside = Neighbourhood(texts, spans_of(hits, texts), spot)
                each = dict.fromkeys(frozenset(beside.around(hit, REACH)) for hit in hits)
                found += [Heard(number, given.is_alert, given.is_promised, said) for said in each]
    return found


class Weighed:
    """Sequences and their log-odds of standing beside somebody who must be found."""

    def __init__(self, learned: list[Heard], weights: np.ndarray) -> None:
        holding: dict[str, set[int]] = defaultdict(set)
        for hit in learned:
            for said in hit.said:
                holding[said].add(hit.conversation)
        kept = sorted(said for said, where in holding.items() if len(where) >= RARE)
        self.sequences = {said: number for number, said in enumerate(kept)}
        model = LogisticRegression(C=STRENGTH, max_iter=3000)
        rows = matrix([hit.said for hit in learned], self.sequences)
        model.fit(rows, [hit.is_alert for hit in learned], sample_weight=weights)
        self.weights: np.ndarray = model.coef_[0]

    def harmless(self, hits: list[Heard]) -> np.ndarray:
        """How much speaks for harmless talk around each hit, in log-odds; 0 with nothing around."""
        return -(matrix([hit.said for hit in hits], self.sequences) @ self.weights)


def held_out(learned: list[Heard], weights: np.ndarray) -> np.ndarray:
    """How harmless the surroundings of each hit are, by the other parts."""
    shuffled = random.Random(SEED)
    numbers = sorted({hit.conversation for hit in learned})
    part_of = {number: shuffled.randrange(PARTS) for number in numbers}
    parts = np.array([part_of[hit.conversation] for hit in learned])
    sums = np.zeros(len(learned))
    for part in range(PARTS):
        others = [hit for hit, at in zip(learned, parts, strict=True) if at != part]
        weighed = Weighed(others, weights[parts != part])
        sums[parts == part] = weighed.harmless(
            [hit for hit, at in zip(learned, parts, strict=True) if at == part]
        )
    return sums


def least(learned: list[Heard], sums: np.ndarray, *, alert: bool) -> np.ndarray:
    """Of each conversation, how harmless what is said around its most telling hit is."""
    best: dict[int, float] = {}
    for hit, total in zip(learned, sums, strict=True):
        if hit.is_alert == alert:
            best[hit.conversation] = min(total, best.get(hit.conversation, total))
    return np.array(list(best.values()))


def insisted(learned: list[Heard], weights: np.ndarray, limit: float) -> Weighed:
    """Weighed so that conversations which the pack promises to find stay below the limit.

    Those that don't are given more weight, a few times over.
    """
    for _ in range(ROUNDS):
        weighed = Weighed(learned, weights)
        sums = weighed.harmless(learned)
        wrong = np.array([hit.is_promised for hit in learned]) & (sums >= limit)
        if not wrong.any():
            break
        weights = np.where(wrong, weights * 2, weights)
    return weighed


def written(language: str, weighed: Weighed, limits: dict[Tier, int]) -> str:
    """The rule file of the surroundings."""
    points = np.rint(-weighed.weights / POINT).clip(-MOST, MOST).astype(int)
    lines = [
        f"    {json.dumps(said, ensure_ascii=False)}: {points[number]}"
        for said, number in weighed.sequences.items()
        if abs(points[number]) > 1
    ]
    head = [
        "# Written by `make weigh`: what is said around a hit, above 0 for harmless talk.",
        "format: 1",
        f"language: {language}",
        "surroundings:",
        f"  reach: {REACH}",
        f"  watch: {limits[Tier.WATCH]}",
        f"  signal: {limits[Tier.SIGNAL]}",
        "  points:",
    ]
    return "\n".join([*head, *lines]) + "\n"


def main() -> None:
    """Weigh one language and write its file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("language", choices=("zh", "en", "es", "ru"))
    parser.add_argument("--rules", type=Path, default=None)
    given = parser.parse_args()
    folder = locate(given.rules)
    learned = heard(load(folder), given.language)
    hits_of = Counter(hit.conversation for hit in learned)
    weights = np.array([1 / hits_of[hit.conversation] for hit in learned])
    sums = held_out(learned, weights)
    alerts, harmless = (least(learned, sums, alert=which) for which in (True, False))
    print(f"{given.language}: {len(alerts)} conversations with hits, {len(harmless)} harmless ones")
    limits = {}
    for tier, share in LOWERED.items():
        limits[tier] = max(round(float(np.quantile(alerts, 1 - share)) / POINT), LEAST)
        lowered, spared = (float((x >= limits[tier] * POINT).mean()) for x in (alerts, harmless))
        print(f"  {tier.label} from {limits[tier]} points: {lowered:.1%}; {spared:.0%} of harmless")
    weighed = insisted(learned, weights, limits[Tier.WATCH] * POINT)
    path = folder / given.language / "surroundings.yaml"
    path.write_text(written(given.language, weighed, limits), encoding="utf-8")


if __name__ == "__main__":
    main()
