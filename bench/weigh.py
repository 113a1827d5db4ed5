"""Weigh the scale of a language: ``python bench/weigh.py en``.

Learns from what the pack itself holds, invented conversations and examples with the tier each
deserves, and from everyday service texts where they are at hand. The points of a tier are the
coefficients of a logistic regression (scikit-learn) on which sequences a conversation holds; the
thresholds are set on conversations and texts that the weights had not seen (five parts, each judged
by the other four), so that ordinary talk stays quiet.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from lifeline.rules.pack import Pack, load, locate
from lifeline.rules.scale import SCALED
from lifeline.signs import sequence, units
from lifeline.taxonomy import RULE_TIERS, Tier

LONGEST: Final = {"zh": 4}  # units of a sequence; elsewhere three
WINDOW: Final = 60  # units
# Share of everyday texts beyond which a sequence says nothing.
COMMON: Final = {"zh": 0.001, "en": 0.02, "es": 0.005, "ru": 0.005}
RARE: Final = 2  # conversations that must hold a sequence
STRENGTH: Final = 0.3  # inverse of the regularisation
WEIGHT: Final = 0.3  # of an everyday text, where a conversation counts one
EXAMPLE: Final = 0.1  # weight of a rule's example
POINT: Final = 0.05  # of the log-odds
PARTS: Final = 5
ROUNDS: Final = 6  # of giving more weight to what comes out wrong
MARGIN: Final = 0.3  # of the log-odds, kept from the limits
SEED: Final = 20261122
CODES: Final = {"zh": ("zh-Hans", "zh-Hant")}


@dataclass(frozen=True, slots=True)
class Said:
    """What a customer said, as the sequences of its texts, and the tier it deserves.

    ``most`` is the highest tier the pack promises not to pass.
    """

    texts: tuple[str, ...]
    tier: Tier
    most: Tier
    weight: float = 1.0


def conversations(pack: Pack, language: str) -> list[Said]:
    """The conversations of the pack's corpora, each once with the worst tier it is given."""
    found: dict[tuple[str, ...], Said] = {}

    def take(messages: Iterable[str], tier: Tier, most: Tier) -> None:
        texts = tuple(filter(None, map(sequence, messages)))
        known = found.get(texts)
        if texts and (known is None or known.tier < tier):
            found[texts] = Said(texts, tier, most)

    corpora = pack.corpora
    for line in (*corpora.must_detect, *corpora.known_gaps):
        if line.language == language:
            take(line.messages, RULE_TIERS[line.tier], Tier.IMMINENT)
    for harmless in (*corpora.benign, *corpora.known_false_positives):
        if harmless.language == language:
            take(harmless.messages, Tier.NONE, Tier.NONE)
    for case in corpora.cases:
        for due in case.expect if case.language == language else ():
            tier = RULE_TIERS.get(due.tier, Tier.NONE)
            heard = sorted(case.messages, key=lambda m: m.arrives)[: due.after]
            take((m.text for m in heard if m.speaker == "customer"), tier, tier)
    return list(found.values())


def examples(pack: Pack, language: str) -> list[Said]:
    """The examples of the pack's rules: bare forms, which conversations hold few of."""
    found: dict[tuple[str, ...], Tier] = {}
    for spec in pack.all_rules:
        if spec.language != language or spec.status != "active" or spec.adds_up is not None:
            continue
        for kind, tier in (("alert", RULE_TIERS[spec.tier]), ("ignore", Tier.NONE)):
            for messages in getattr(spec.examples, kind):
                texts = tuple(filter(None, map(sequence, messages)))
                found[texts] = max(found.get(texts, Tier.NONE), tier)
    return [Said(texts, tier, Tier.IMMINENT, EXAMPLE) for texts, tier in found.items() if texts]


def everyday(folder: Path, language: str) -> list[str]:
    """Everyday service texts as sequences; none when the corpus is not there."""
    texts = []
    for code in CODES.get(language, (language,))[:1]:
        path = folder / f"service_{code}.jsonl.gz"
        if path.exists():
            with gzip.open(path, "rt", encoding="utf-8") as lines:
                texts += [sequence(json.loads(line)["text"]) for line in lines]
    return [text for text in texts if text]


def occurrences(texts: Iterable[str], language: str) -> Iterator[tuple[int, str]]:
    """Each sequence of what was said, with the unit it ends at; none goes over Chinese clauses."""
    longest = LONGEST.get(language, 3)
    base = 0
    for text in texts:
        row = units(text)
        for at in range(len(row)):
            for size in range(1, min(longest, at + 1) + 1):
                said = text[row[at - size + 1].start : row[at].end]
                if language != "zh" or " " not in said:
                    yield base + at, said
        base += len(row)


def stretches(texts: Iterable[str], language: str) -> Iterator[frozenset[str]]:
    """The sequences of what was said, cut into pieces of one window."""
    pieces: dict[int, set[str]] = {}
    for end, said in occurrences(texts, language):
        pieces.setdefault(end // WINDOW, set()).add(said)
    return (frozenset(piece) for piece in pieces.values())


class Weighed:
    """Sequences and their log-odds towards each tier, learned from what is given."""

    def __init__(self, learned: list[Said], ordinary: list[str], language: str) -> None:
        self.language = language
        held = [frozenset(s for _, s in occurrences(said.texts, language)) for said in learned]
        pieces = [piece for text in ordinary for piece in stretches((text,), language)]
        often = Counter(said for signs in held for said in signs)
        common = Counter(said for piece in pieces for said in piece if said in often)
        most = COMMON[language] * max(len(pieces), 1)
        kept = sorted(s for s, times in often.items() if times >= RARE and common[s] <= most)
        self.sequences = {said: number for number, said in enumerate(kept)}
        rows = self._matrix([*held, *pieces])
        weights = np.array([said.weight for said in learned] + [WEIGHT] * len(pieces))
        tiers = np.array([said.tier for said in learned] + [Tier.NONE] * len(pieces))
        self.weights = np.zeros((len(SCALED), len(kept)))
        self.odds = np.zeros(len(SCALED))
        for at, tier in enumerate(SCALED):
            model = LogisticRegression(C=STRENGTH, max_iter=3000)
            model.fit(rows, tiers >= tier, sample_weight=weights)
            self.weights[at] = model.coef_[0]
            self.odds[at] = model.intercept_[0]

    def _matrix(self, held: list[frozenset[str]]) -> csr_matrix:
        columns = [
            sorted(self.sequences[s] for s in signs if s in self.sequences) for signs in held
        ]
        ends = np.cumsum([0, *map(len, columns)])
        flat = np.array([c for row in columns for c in row], dtype=np.int64)
        return csr_matrix((np.ones(len(flat)), flat, ends), shape=(len(held), len(self.sequences)))

    def worst(self, texts: tuple[str, ...]) -> np.ndarray:
        """Per tier the highest log-odds of a window over these texts, as the detector slides it."""
        row = [
            (end, self.sequences[said])
            for end, said in occurrences(texts, self.language)
            if said in self.sequences
        ]
        total = self.odds.copy()
        best = total.copy()
        inside: Counter[int] = Counter()
        first = 0
        for at, (end, key) in enumerate(row):
            inside[key] += 1
            if inside[key] == 1:
                total += self.weights[:, key]
            while end - row[first][0] >= WINDOW:
                gone = row[first][1]
                first += 1
                inside[gone] -= 1
                if not inside[gone]:
                    total -= self.weights[:, gone]
            if at + 1 == len(row) or row[at + 1][0] != end:
                np.maximum(best, total, out=best)
        return best


def held_out(
    learned: list[Said], extra: list[Said], ordinary: list[str], language: str
) -> tuple[np.ndarray, np.ndarray]:
    """The worst sums of conversations and everyday texts, each weighed by the other parts."""
    shuffled = random.Random(SEED)
    part_of = [shuffled.randrange(PARTS) for _ in learned]
    part_of_text = [shuffled.randrange(PARTS) for _ in ordinary]
    sums = np.zeros((len(learned), len(SCALED)))
    of_text = np.zeros((len(ordinary), len(SCALED)))
    for part in range(PARTS):
        others = [said for said, at in zip(learned, part_of, strict=True) if at != part]
        texts = [text for text, at in zip(ordinary, part_of_text, strict=True) if at != part]
        weighed = Weighed([*others, *extra], texts, language)
        for at, said in enumerate(learned):
            if part_of[at] == part:
                sums[at] = weighed.worst(said.texts)
        for at, text in enumerate(ordinary):
            if part_of_text[at] == part:
                of_text[at] = weighed.worst((text,))
    return sums, of_text


# How often the scale may reach a tier where it should not: of everyday texts, and of harmless
# conversations that sound otherwise.
EVERYDAY: Final = {Tier.WATCH: 5e-4, Tier.ELEVATED: 1e-4, Tier.IMMINENT: 0.5e-4}
HARMLESS: Final = {Tier.WATCH: 0.06, Tier.ELEVATED: 0.03, Tier.IMMINENT: 0.01}


def enough(sums: np.ndarray, tiers: list[Tier], of_text: np.ndarray) -> dict[Tier, float]:
    """The log-odds at which each tier is reached, by what was held out."""
    harmless = np.array([tier is Tier.NONE for tier in tiers])
    found = {}
    for at, tier in enumerate(SCALED):
        bounds = [np.quantile(sums[harmless, at], 1 - HARMLESS[tier])]
        if len(of_text):
            ranked = np.sort(of_text[:, at])
            bounds.append(ranked[-1 - max(int(len(ranked) * EVERYDAY[tier]), 1)])
        found[tier] = max(bounds) + POINT
    return found


def insisted(
    learned: list[Said], ordinary: list[str], language: str, limits: dict[Tier, float]
) -> Weighed:
    """Weighed so that the pack's conversations stay below the limits they must not pass.

    Those that don't are given more weight, a few times over: a `benign` line is a promise.
    """
    for _ in range(ROUNDS):
        weighed = Weighed(learned, ordinary, language)
        wrong = [
            any(
                sum_ >= limits[tier] - MARGIN
                for tier, sum_ in zip(SCALED, weighed.worst(said.texts), strict=True)
                if tier > said.most
            )
            for said in learned
        ]
        if not any(wrong):
            break
        learned = [
            replace(said, weight=said.weight * 2) if is_wrong else said
            for said, is_wrong in zip(learned, wrong, strict=True)
        ]
    return weighed


def report(
    sums: np.ndarray, tiers: list[Tier], of_text: np.ndarray, limits: dict[Tier, float]
) -> Iterator[str]:
    """What the scale alone finds of what was held out."""
    given = np.array(tiers)
    for at, tier in enumerate(SCALED):
        reached = sums[:, at] >= limits[tier]
        found = f"{reached[given >= tier].mean():.0%} of {int((given >= tier).sum())}"
        wrong = f"{reached[given == Tier.NONE].mean():.1%} of harmless ones"
        texts = f", {(of_text[:, at] >= limits[tier]).mean() * 1e4:.1f} in 10,000 everyday texts"
        yield f"  {tier.label}: {found}; {wrong}{texts if len(of_text) else ''}"


def written(text: str, weighed: Weighed, limits: dict[Tier, float]) -> str:
    """The rule file with new points: all behind `scale:`, and the numbers of `adds_up`."""
    points = np.rint(weighed.weights / POINT).astype(int)
    lines = [
        f"    {json.dumps(said, ensure_ascii=False)}: {' '.join(map(str, points[:, number]))}"
        for said, number in weighed.sequences.items()
        if np.abs(points[:, number]).max() > 1
    ]
    head = text.partition("\nscale:")[0].rstrip("\n")
    for at, tier in enumerate(SCALED):
        needed = max(round((limits[tier] - weighed.odds[at]) / POINT), 1)
        head = re.sub(
            rf"(tier: {tier.label}\n(?:    (?!id:).*\n)*?    adds_up: )\d+", rf"\g<1>{needed}", head
        )
    scale = ["", "scale:", f"  window: {WINDOW}", "  points:", *lines]
    return "\n".join([head, *scale]) + "\n"


def main() -> None:
    """Weigh one language and write its file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("language", choices=("zh", "en", "es", "ru"))
    parser.add_argument("--rules", type=Path, default=None)
    parser.add_argument("--corpus", type=Path, default=Path("../shared/corpus"))
    given = parser.parse_args()
    folder = locate(given.rules)
    pack = load(folder)
    learned = conversations(pack, given.language)
    bare = examples(pack, given.language)
    ordinary = everyday(given.corpus, given.language)
    sums, of_text = held_out(learned, bare, ordinary, given.language)
    tiers = [said.tier for said in learned]
    limits = enough(sums, tiers, of_text)
    print(f"{given.language}: {len(learned)} conversations, {len(ordinary)} everyday texts")
    print(*report(sums, tiers, of_text, limits), sep="\n")
    weighed = insisted([*learned, *bare], ordinary, given.language, limits)
    path = folder / given.language / "scale.yaml"
    path.write_text(
        written(path.read_text(encoding="utf-8"), weighed, limits),
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
