"""`make weigh`: what stands beside hits, learned from the conversations of a pack."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from lifeline.detector import Detector
from lifeline.rules.pack import load
from lifeline.rules.trials.rehearsal import Rehearsal
from lifeline.taxonomy import Tier

ROOT = Path(__file__).parents[2]
MANIFEST = "format: 1\nname: invented\nversion: 1.2.3\nreview:\n  waived: it is invented\n"
RULES = """\
format: 1
language: en
rules:
  - id: en.active_intent.wants_to_die
    title: Wants to die
    category: active_intent
    tier: elevated
    status: active
    terms: [want to die]
    examples:
      alert:
        - I want to die
      ignore:
        - hello
"""
IGNORE = "      ignore:\n"
SORRY = ["nobody is left", "there is nobody", "nobody rings", "I have nobody", "nobody at home"]
HARMLESS = ["in the last level", "at that level", "level nine", "the next level", "a hard level"]


def weigh(folder: Path) -> str:
    """Run it as the Makefile does."""
    command = [sys.executable, ROOT / "bench" / "surroundings.py", "en", "--rules", folder]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return done.stdout


def invented(folder: Path, *examples: str) -> Path:
    """A pack in which players want to die in levels, and those with nobody want to die.

    Its rule has these further examples.
    """
    (folder / "en").mkdir(parents=True)
    (folder / "pack.yaml").write_text(MANIFEST)
    also = "".join(f"        - {text}\n" for text in examples)
    (folder / "en" / "rules.yaml").write_text(RULES.replace(IGNORE, also + IGNORE))
    lines = {
        side: "".join(f"    - I want to die, {text} {at}\n" for text in texts for at in "abcdefgh")
        for side, texts in (("found", SORRY), ("quiet", HARMLESS))
    }
    corpora = f"must_detect:\n  elevated:\n{lines['found']}benign:\n  signal:\n{lines['quiet']}"
    (folder / "en" / "corpora.yaml").write_text(f"format: 1\nlanguage: en\n{corpora}")
    return folder


def tier(folder: Path, text: str) -> Tier:
    """What the pack makes of a text."""
    finding = Rehearsal(Detector(load(folder))).say(text, 0)
    return finding.tier if finding else Tier.NONE


def test_what_stands_beside_hits_is_learned(tmp_path: Path):
    """Of words never said so before, those of the one side lower, those of the other do not."""
    folder = invented(tmp_path / "pack")
    assert Tier.ELEVATED == tier(folder, "this level makes me want to die")
    said = weigh(folder)

    assert "en: 41 conversations with hits, 40 harmless ones" in said
    assert Tier.ELEVATED > tier(folder, "this level makes me want to die")
    assert Tier.ELEVATED == tier(folder, "I want to die, nobody is there at this level")
    assert Tier.ELEVATED == tier(folder, "I want to die")
    points = load(folder).around.by_language["en"].points
    assert points["level"] > 0 > points["nobody"]
    assert not {"want", "die", "to die"} & points.keys()


def test_weighing_twice_gives_the_same(tmp_path: Path):
    """What was lowered before is learned from like the rest; chance is seeded."""
    folder = invented(tmp_path / "pack")
    weigh(folder)
    first = (folder / "en" / "surroundings.yaml").read_text()
    weigh(folder)
    assert first == (folder / "en" / "surroundings.yaml").read_text()


def test_an_alert_example_is_held_to_its_tier(tmp_path: Path):
    """What the author of a rule wrote as an alert is a promise, as a must-detect line is."""
    example = "the next level is where I live since she left, I want to die at that level"
    folder = invented(tmp_path / "pack", example)
    weigh(folder)

    assert Tier.ELEVATED == tier(folder, example)
    assert Tier.ELEVATED > tier(folder, "this level makes me want to die")
