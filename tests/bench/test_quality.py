"""`make quality`: the report tells what the pack does with the unseen conversations."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "bench" / "quality.py"
REPORT = ROOT / "docs" / "detection-quality.md"
MANIFEST = """\
format: 1
name: invented
version: 1.2.3
review:
  waived: it is invented
"""
RULES = """\
format: 1
language: en
rules:
  - id: en.active_intent.invented
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


def run(*options: str | Path) -> str:
    """What the script prints."""
    done = subprocess.run(
        [sys.executable, SCRIPT, *options], capture_output=True, text=True, check=True
    )
    return done.stdout


def section(text: str, name: str) -> list[str]:
    """The lines of a section as the script prints them."""
    return text.split(f"[{name}]\n")[1].split("\n\n[", maxsplit=1)[0].strip().splitlines()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A pack of one rule, and four conversations."""
    pack = tmp_path / "pack"
    pack.mkdir()
    (pack / "pack.yaml").write_text(MANIFEST)
    (pack / "rules.yaml").write_text(RULES)
    said = [
        ("alert", "elevated", [["c", "chat", 0, "hello"], ["c", "emails", 70, "I want to die"]]),
        ("alert", "imminent", [["c", "calls", 0, "so I want to um to die"]]),
        ("alert", "watch", [["a", "chat", 0, "I want to die"], ["c", "chat", 1, "pardon?"]]),
        ("tricky", "none", [["c", "chat", 0, "the hero says: I want to die"]]),
    ]
    lines = [
        {"id": f"x-{n}", "lang": "en", "set": "plain", "kind": kind, "expect": tier,
         "phenomenon": "invented", "turns": turns}
        for n, (kind, tier, turns) in enumerate(said)
    ]  # fmt: skip
    unseen = tmp_path / "unseen"
    unseen.mkdir()
    (unseen / "en.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return tmp_path


def test_conversations_are_counted_over_their_channels(folder: Path):
    """Two of three are found, one of them on its second channel; one tricky one alarms."""
    shown = run(
        "--rules", folder / "pack", "--unseen", folder / "unseen", "--corpus", folder / "none"
    )

    cells = section(shown, "unseen")[2].strip("| ").split(" | ")
    assert ["plain, en", "2 of 3 (67 %)", "2 of 2 (100 %)", "0 of 1 (0 %)"] == cells[:4]
    assert ["1 of 1 (100 %)", "1 of 1 (100 %)", "–"] == cells[4:]
    assert "no corpus" in shown


def test_misses_and_alarms_are_shown(folder: Path):
    """Whoever looks for the cause sees the conversation, and the words that hit."""
    options = "--rules", folder / "pack", "--unseen", folder / "unseen", "--corpus", folder / "none"
    shown = run(*options, "--misses", "--alarms")

    assert "x-1 plain alert invented: meant imminent, came to elevated" in shown
    assert "elevated en.active_intent.invented: want to um to die" in shown
    assert "x-3 plain tricky invented: meant none, came to elevated" in shown
    assert "x-0 " not in shown


def test_the_report_is_of_this_pack():
    """What the report says of the unseen conversations is what the pack does; `make quality`."""
    shown = run("--corpus", "none")
    report = REPORT.read_text(encoding="utf-8")

    for name in ("pack", "unseen", "phenomena"):
        (written,) = re.findall(
            rf"<!-- {name} -->\n(.*?)\n<!-- end of {name} -->", report, re.DOTALL
        )
        assert section(shown, name) == written.splitlines()
