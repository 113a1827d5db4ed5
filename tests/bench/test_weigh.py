"""`make weigh`: points learned from the conversations of a pack."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from lifeline.rules.pack import load
from lifeline.taxonomy import Tier

ROOT = Path(__file__).parents[2]
MANIFEST = "format: 1\nname: invented\nversion: 1.2.3\nreview:\n  waived: it is invented\n"
RULES = """\
format: 1
language: en
rules:
{rules}
scale:
  window: 60
  points:
    word: 1 1 1
"""
RULE = """\
  - id: en.{category}.adds_up
    title: Adds up
    category: {category}
    tier: {tier}
    status: active
    adds_up: 7
    examples:
      alert:
        - nobody
      ignore:
        - hello
"""
TIERS = {"watch": "passive_ideation", "elevated": "active_intent", "imminent": "attempt"}
SORRY = ["nobody is left", "there is nobody", "nobody rings", "I have nobody", "nobody at home"]
HARMLESS = ["where is my parcel", "the parcel is late", "parcel lost", "a parcel", "my parcel"]


def weigh(folder: Path, *options: str) -> str:
    """Run it as the Makefile does."""
    command = [sys.executable, ROOT / "bench" / "weigh.py", "en", "--rules", folder, *options]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return done.stdout


def invented(folder: Path) -> Path:
    """A pack in which "nobody" is said by those who must be found, "parcel" by the others."""
    (folder / "en").mkdir(parents=True)
    (folder / "pack.yaml").write_text(MANIFEST)
    rules = "".join(RULE.format(tier=tier, category=TIERS[tier]) for tier in TIERS)
    (folder / "en" / "scale.yaml").write_text(RULES.format(rules=rules))
    found = "".join(f"    - {text} {at}\n" for text in SORRY for at in "abcdefgh")
    quiet = "".join(f"    - {text} {at}\n" for text in HARMLESS for at in "abcdefgh")
    corpora = f"must_detect:\n  imminent:\n{found}benign:\n  none:\n{quiet}"
    (folder / "en" / "corpora.yaml").write_text(f"format: 1\nlanguage: en\n{corpora}")
    return folder


def test_points_are_learned_from_the_conversations(tmp_path: Path):
    """What those say who must be found has points for it, what the others say against it."""
    folder = invented(tmp_path / "pack")
    said = weigh(folder, "--corpus", str(tmp_path))
    assert "en: 80 conversations, 0 everyday texts" in said
    points = load(folder).scales.by_language["en"].points
    assert points["nobody"][2] > 0 > points["parcel"][2]
    assert "word" not in points


def test_rules_keep_all_but_the_points_needed(tmp_path: Path):
    """The file's own text stands; each rule has a threshold of its own."""
    folder = invented(tmp_path / "pack")
    before = (folder / "en" / "scale.yaml").read_text().partition("\nscale:")[0]
    weigh(folder, "--corpus", str(tmp_path))
    after = (folder / "en" / "scale.yaml").read_text().partition("\nscale:")[0]
    number = re.compile(r"adds_up: \d+")
    assert (
        number.sub("", before)
        == number.sub("", after).rstrip("\n") + before[len(before.rstrip("\n")) :]
    )
    assert "adds_up: 7" not in after


def test_weighing_twice_gives_the_same(tmp_path: Path):
    """Chance is seeded, so that a change of points is a change of conversations."""
    folder = invented(tmp_path / "pack")
    weigh(folder, "--corpus", str(tmp_path))
    first = (folder / "en" / "scale.yaml").read_text()
    weigh(folder, "--corpus", str(tmp_path))
    assert first == (folder / "en" / "scale.yaml").read_text()
    assert {Tier.WATCH, Tier.ELEVATED, Tier.IMMINENT} == {
        Tier[spec.tier.upper()] for spec in load(folder).rules
    }
