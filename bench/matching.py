"""What a rule pack costs: compiling it, and a message in which nothing hits.

    python bench/matching.py [--terms 2000 20000] [--rounds 5] [--json]

Packs and messages are generated from a seed: words of invented syllables (en, es, ru) and random
common characters (zh), 50 terms a rule. Each round measures every contender in turn, so that a
machine that slows down slows all of them; medians and ranges are shown. The peers get the folded
text for nothing: `re` is one alternation of all terms, pyahocorasick its plain automaton.
"""

from __future__ import annotations

import argparse
import gc
import json
import platform
import random
import re
import statistics
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import ahocorasick
import yaml

from lifeline.folding import fold
from lifeline.rules.pack import Pack, load

SYLLABLES = {
    "en": "ta lo mi ren sol ver pat nor del kin fu gra sten pol wick har".split(),  # noqa: SIM905
    "es": "ca lo mi ren sol ver pa nor del quin fu gra ten pol chi jar".split(),  # noqa: SIM905
    "ru": "та ло ми рен сол вер пат нор дел кин фу гра стен пол жик хар".split(),  # noqa: SIM905
}
# Every eighth character of the block, so that few are rare and few sound alike.
HAN = [chr(code) for code in range(0x4E00, 0x9FA5, 8)]
SHARES = {"zh": 0.4, "en": 0.25, "es": 0.15, "ru": 0.2}  # of terms and of messages
TERMS_IN_A_RULE = 50
MESSAGES = 2000
SEED = 20261122


def word(language: str, chance: random.Random) -> str:
    """An invented word; of Chinese, one character."""
    if language == "zh":
        return chance.choice(HAN[: int(len(HAN) * chance.random() ** 2) + 40])  # some are common
    return "".join(chance.choices(SYLLABLES[language], k=chance.randint(1, 4)))


def phrase(language: str, words: int, chance: random.Random) -> str:
    """So many words in a row."""
    between = "" if language == "zh" else " "
    return between.join(word(language, chance) for _ in range(words))


def terms(count: int) -> dict[str, list[str]]:
    """Terms by language."""
    chance = random.Random(SEED)
    found: dict[str, list[str]] = {}
    for language, share in SHARES.items():
        bounds = (4, 7) if language == "zh" else (3, 4)
        distinct: dict[str, None] = {}
        while len(distinct) < count * share:
            distinct[phrase(language, chance.randint(*bounds), chance)] = None
        found[language] = list(distinct)
    return found


def messages() -> list[str]:
    """Messages of the lengths that customers write: 5 to 60 words, or 8 to 120 characters."""
    chance = random.Random(SEED + 1)
    languages = chance.choices(list(SHARES), list(SHARES.values()), k=MESSAGES)
    lengths = [(8, 120) if language == "zh" else (5, 60) for language in languages]
    return [
        phrase(language, chance.randint(*bounds), chance)
        for language, bounds in zip(languages, lengths, strict=True)
    ]


def write_pack(folder: Path, of: dict[str, list[str]]) -> None:
    """The terms as rule files."""
    (folder / "pack.yaml").write_text(
        "format: 1\nname: bench\nversion: 1.0.0\nreview: {waived: generated}\n", encoding="utf-8"
    )
    for language, phrases in of.items():
        rules = [
            {
                "id": f"{language}.active_intent.r{at}",
                "title": "generated",
                "category": "active_intent",
                "tier": "elevated",
                "status": "active",
                "terms": phrases[at : at + TERMS_IN_A_RULE],
                "examples": {"alert": ["yes"], "ignore": ["no"]},
            }
            for at in range(0, len(phrases), TERMS_IN_A_RULE)
        ]
        content = {"format": 1, "language": language, "rules": rules}
        text = yaml.dump(content, allow_unicode=True, sort_keys=False)
        (folder / f"{language}.yaml").write_text(text, encoding="utf-8")


def timed(work: Callable[[], object]) -> float:
    """Seconds of CPU."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def quiet(pack: Pack, texts: list[str]) -> list[str]:
    """The texts in which no rule finds anything, however folded."""
    return [text for text in texts if not pack.lexicon.find(text)]


def measure(count: int, rounds: int) -> dict[str, list[float]]:
    """Seconds to compile a pack of so many terms, and microseconds a message by contender."""
    of = terms(count)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_pack(folder, of)
        pack = load(folder)
        gc.collect()
        figures: dict[str, list[float]] = {
            "compile s": [timed(lambda: load(folder)) for _ in range(3)]
        }
        tracemalloc.start()
        kept = load(folder)
        figures["compiled MB"] = [tracemalloc.get_traced_memory()[0] / 1e6]
        tracemalloc.stop()
        del kept
    texts = quiet(pack, messages())
    folded = [fold(text) for text in texts]
    plain = ahocorasick.Automaton()
    for phrases in of.values():
        for text in phrases:
            plain.add_word(fold(text), 1)
    plain.make_automaton()
    alternation = re.compile("|".join(re.escape(fold(t)) for ts in of.values() for t in ts))
    some = folded[:: max(1, count // 500)]  # it is slow
    contenders: dict[str, tuple[Callable[[], object], int]] = {
        "lifeline: fold, match, conditions": (
            lambda: [pack.lexicon.find(text) for text in texts], len(texts),
        ),
        "lifeline: fold only": (lambda: [fold(text) for text in texts], len(texts)),
        "pyahocorasick on folded text": (
            lambda: [list(plain.iter(text)) for text in folded], len(folded),
        ),
        "re alternation on folded text": (
            lambda: [alternation.search(text) for text in some], len(some),
        ),
    }  # fmt: skip
    for _ in range(rounds):
        for label, (work, number) in contenders.items():
            figures.setdefault(f"{label}, µs", []).append(timed(work) / number * 1e6)
    figures["messages"] = [len(texts)]
    figures["characters a message"] = [statistics.fmean(map(len, texts))]
    return figures


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--terms", type=int, nargs="+", default=[2000, 20000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    results = {count: measure(count, given.rounds) for count in given.terms}
    if given.json:
        print(json.dumps(results, ensure_ascii=False))
        return
    print(f"Python {platform.python_version()}, {platform.machine()}; median (least to most)")
    for count, figures in results.items():
        print(f"\n{count:,} terms")
        for label, values in figures.items():
            spread = f"  ({min(values):.2f} to {max(values):.2f})" if len(values) > 1 else ""
            print(f"  {label:40} {statistics.median(values):10.2f}{spread}")


if __name__ == "__main__":
    main()
