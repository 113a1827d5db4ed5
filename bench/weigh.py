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
from typing import Final, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from lifeline.rules.adding_up import Stretch
from lifeline.rules.pack import Pack, load, locate
from lifeline.rules.scale import SCALED
from lifeline.signs import REST, sequence, units
from lifeline.taxonomy import RULE_TIERS, Tier

CORPUS: Final = Path(__file__).parents[2] / "shared" / "corpus"
LONGEST: Final = {"zh": 4}  # units of a sequence; elsewhere three
BEGINNING: Final = 5  # letters: longer last words are also counted by how they begin
WINDOW: Final = 60  # units
RARE: Final = 2  # conversations that must hold a sequence
STRENGTH: Final = 0.3  # inverse of the regularisation
WEIGHT: Final = 1.0  # of an everyday text, where a conversation counts one
EXAMPLE: Final = 0.03  # weight of a rule's example
POINT: Final = 0.05  # of the log-odds
MOST: Final = 999  # points of a sequence
PARTS: Final = 5
ROUNDS: Final = 6  # of giving more weight to what comes out wrong
MARGIN: Final = 0.3  # of the log-odds, kept from the limits
SEED: Final = 20261122
# How often the scale may reach a tier where it should not: of everyday texts, how many times as
# often of posts that are no service talk, and of harmless conversations that sound otherwise.
EVERYDAY: Final = {Tier.WATCH: 1e-3, Tier.ELEVATED: 1e-4, Tier.IMMINENT: 0.5e-4}
OTHER_POSTS: Final = 15
HARMLESS: Final = {Tier.WATCH: 0.13, Tier.ELEVATED: 0.08, Tier.IMMINENT: 0.04}


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


class Everyday(NamedTuple):
    """A text that holds no risk, as a sequence; posts of forums are not service talk."""

    text: str
    is_service: bool


def everyday(folder: Path, language: str) -> list[Everyday]:
    """Everyday texts; none when the corpus is not there."""
    texts = []
    for path in sorted(folder.glob(f"service_{language}*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            given = [json.loads(line) for line in lines]
        texts += [Everyday(sequence(one["text"]), "general" not in one["source"]) for one in given]
    return [one for one in texts if one.text]


def occurrences(texts: Iterable[str], language: str) -> Iterator[tuple[int, str]]:
    """Each sequence of what was said, with the unit it ends at; none goes over Chinese clauses."""
    longest = LONGEST.get(language, 3)
    base = 0
    for text in texts:
        row = units(text)
        for at, last in enumerate(row):
            for size in range(1, min(longest, at + 1) + 1):
                first = row[at - size + 1]
                said = text[first.start : last.end]
                if language != "zh" or " " not in said:
                    yield base + at, said
                if language != "zh" and last.end - last.start >= BEGINNING:
                    yield base + at, text[first.start : last.start + BEGINNING] + REST
        base += len(row)


def stretches(texts: Iterable[str], language: str) -> Iterator[frozenset[str]]:
    """The sequences of what was said, cut into pieces of one window."""
    pieces: dict[int, set[str]] = {}
    for end, said in occurrences(texts, language):
        pieces.setdefault(end // WINDOW, set()).add(said)
    return (frozenset(piece) for piece in pieces.values())


def matrix(held: list[frozenset[str]], numbers: dict[str, int]) -> csr_matrix:
    """A row for each set of sequences, a column for each sequence that has a number."""
    columns = [sorted(numbers[s] for s in signs if s in numbers) for signs in held]
    ends = np.cumsum([0, *map(len, columns)])
    flat = np.array([c for row in columns for c in row], dtype=np.int64)
    return csr_matrix((np.ones(len(flat)), flat, ends), shape=(len(held), len(numbers)))


class Weighed:
    """Sequences and their log-odds towards each tier, learned from what is given."""

    def __init__(self, learned: list[Said], ordinary: list[Everyday], language: str) -> None:
        self.language = language
        held = [frozenset(s for _, s in occurrences(said.texts, language)) for said in learned]
        pieces = [piece for one in ordinary for piece in stretches((one.text,), language)]
        often = Counter(said for signs in held for said in signs)
        kept = sorted(said for said, times in often.items() if times >= RARE)
        self.sequences = {said: number for number, said in enumerate(kept)}
        rows = matrix([*held, *pieces], self.sequences)
        weights = np.array([said.weight for said in learned] + [WEIGHT] * len(pieces))
        tiers = np.array([said.tier for said in learned] + [Tier.NONE] * len(pieces))
        self.weights = np.zeros((len(SCALED), len(kept)))
        self.odds = np.zeros(len(SCALED))
        for at, tier in enumerate(SCALED):
            model = LogisticRegression(C=STRENGTH, max_iter=3000)
            model.fit(rows, tiers >= tier, sample_weight=weights)
            self.weights[at] = model.coef_[0]
            self.odds[at] = model.intercept_[0]

    def worst(self, texts: tuple[str, ...]) -> np.ndarray:
        """Per tier the highest log-odds of a window over these texts, as the detector slides it."""
        row = [
            (end, self.sequences[said])
            for end, said in occurrences(texts, self.language)
            if said in self.sequences
        ]
        stretch = Stretch(WINDOW, dict(zip(SCALED, self.weights.tolist(), strict=True)))
        best = np.zeros(len(SCALED))
        for at, (end, key) in enumerate(row):
            stretch.take(end, key, is_own=True)
            if at + 1 == len(row) or row[at + 1][0] != end:
                np.maximum(best, list(stretch.totals.values()), out=best)
        return best + self.odds


def held_out(
    learned: list[Said], extra: list[Said], ordinary: list[Everyday], language: str
) -> tuple[np.ndarray, np.ndarray]:
    """The worst sums of conversations and everyday texts, each weighed by the other parts."""
    shuffled = random.Random(SEED)
    part_of = [shuffled.randrange(PARTS) for _ in learned]
    part_of_text = [shuffled.randrange(PARTS) for _ in ordinary]
    sums = np.zeros((len(learned), len(SCALED)))
    of_text = np.zeros((len(ordinary), len(SCALED)))
    for part in range(PARTS):
        others = [said for said, at in zip(learned, part_of, strict=True) if at != part]
        texts = [one for one, at in zip(ordinary, part_of_text, strict=True) if at != part]
        weighed = Weighed([*others, *extra], texts, language)
        for at, said in enumerate(learned):
            if part_of[at] == part:
                sums[at] = weighed.worst(said.texts)
        for at, one in enumerate(ordinary):
            if part_of_text[at] == part:
                of_text[at] = weighed.worst((one.text,))
    return sums, of_text


def enough(
    sums: np.ndarray, tiers: list[Tier], of_text: np.ndarray, ordinary: list[Everyday]
) -> dict[Tier, float]:
    """The log-odds at which each tier is reached, by what was held out."""
    harmless = np.array([tier is Tier.NONE for tier in tiers])
    service = np.array([one.is_service for one in ordinary], dtype=bool)
    found = {}
    for at, tier in enumerate(SCALED):
        bounds = [np.quantile(sums[harmless, at], 1 - HARMLESS[tier])]
        for which, times in ((service, 1), (~service, OTHER_POSTS)):
            ranked = np.sort(of_text[which, at])
            if len(ranked):
                bounds.append(ranked[-1 - max(int(len(ranked) * EVERYDAY[tier] * times), 1)])
        found[tier] = max(bounds) + POINT
    return found


def insisted(
    learned: list[Said], ordinary: list[Everyday], language: str, limits: dict[Tier, float]
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
        found = f"{_share(reached[given >= tier]):.0%} of {int((given >= tier).sum())}"
        wrong = f"{_share(reached[given == Tier.NONE]):.1%} of harmless ones"
        texts = _share(of_text[:, at] >= limits[tier]) * 1e4
        yield f"  {tier.label}: {found}; {wrong}, {texts:.1f} in 10,000 everyday texts"


def _share(reached: np.ndarray) -> float:
    return float(reached.mean()) if len(reached) else 0.0


def written(text: str, weighed: Weighed, limits: dict[Tier, float]) -> str:
    """The rule file with new points: all behind `scale:`, and the numbers of `adds_up`."""
    points = np.rint(weighed.weights / POINT).clip(-MOST, MOST).astype(int)
    lines = [
        f"    {json.dumps(said, ensure_ascii=False)}: {' '.join(map(str, points[:, number]))}"
        for said, number in weighed.sequences.items()
        if np.abs(points[:, number]).max() > 1
    ]
    head = text.partition("\nscale:")[0].rstrip("\n")
    for at, tier in enumerate(SCALED):
        needed = min(max(round((limits[tier] - weighed.odds[at]) / POINT), 1), MOST)
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
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    given = parser.parse_args()
    folder = locate(given.rules)
    pack = load(folder)
    learned = conversations(pack, given.language)
    bare = examples(pack, given.language)
    ordinary = everyday(given.corpus, given.language)
    sums, of_text = held_out(learned, bare, ordinary, given.language)
    tiers = [said.tier for said in learned]
    limits = enough(sums, tiers, of_text, ordinary)
    print(f"{given.language}: {len(learned)} conversations, {len(ordinary)} everyday texts")
    print(*report(sums, tiers, of_text, limits), sep="\n")
    weighed = insisted([*learned, *bare], ordinary, given.language, limits)
    path = folder / given.language / "scale.yaml"
    text = written(path.read_text(encoding="utf-8"), weighed, limits)
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
