"""`lifeline rules stats`: what a pack covers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from lifeline.cli import main

RULES = """\
format: 1
language: en
concepts:
  wish: ["{want,wish} to", going to]
rules:
  - id: en.active_intent.invented
    title: Means to
    category: active_intent
    tier: elevated
    status: active
    terms: ["@wish", "{want,need} to"]
    examples:
      alert:
        - want to
        - going to
      ignore:
        - went to
      known_gap:
        - wanna
    reviewed: {by: [li, wang], on: 2026-11-01, next: 2027-11-01}
  - id: en.farewell.invented
    title: Says goodbye
    category: farewell
    tier: watch
    status: draft
    terms: [goodbye]
    examples:
      alert:
        - goodbye
      ignore:
        - hello
must_detect:
  elevated:
    - need to
benign:
  none:
    - hello
    - good day
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A pack of one active rule and a draft."""
    (tmp_path / "pack.yaml").write_text("format: 1\nname: invented\nversion: 1.2.3\n")
    (tmp_path / "rules.yaml").write_text(RULES)
    return tmp_path


def test_what_there_is_is_counted(folder: Path):
    """Rules by status, phrases once each, examples of active rules, and the corpora."""
    shown = CliRunner().invoke(main, ["rules", "stats", "--rules", str(folder), "--json"])

    (english,) = json.loads(shown.output)["languages"]
    assert {"draft": 1, "shadow": 0, "active": 1, "retired": 0} == english["rules"]
    # "want to" stands in the concept and in the rule.
    assert (1, 3, 4) == tuple(english[k] for k in ("active_rules", "phrases_written", "phrases"))
    assert {"alert": 2, "ignore": 1, "known_gap": 1} == english["examples"]
    assert (1, 2) == (english["corpora"]["must_detect"], english["corpora"]["benign"])
    assert 1 == english["reviewed_rules"]
    assert 1 == english["categories"]["active_intent"]["active_rules"]
    assert 1 == english["tiers"]["elevated"]["active_rules"]
    assert 0 == english["tiers"]["watch"]["active_rules"]
    assert "farewell" in english["categories_without_a_rule"]  # there is only a draft


def test_means_and_rules_across_conversations_are_counted(folder: Path):
    """Words of means with braces filled in, and active rules; a language of no other rules, too."""
    (folder / "more.yaml").write_text(
        """\
format: 1
language: any
across:
  - id: any.across.invented
    title: Says goodbye
    why: They said goodbye.
    status: active
    signs:
      - {categories: [farewell], tier: watch}
    raise: {to: elevated}
    examples:
      alert:
        - - {at: 0m, sign: farewell watch}
      ignore:
        - - {at: 0m, sign: farewell signal}
means:
  rope: ["rope{,s}", cord]
""",
        encoding="utf-8",
    )
    shown = CliRunner().invoke(main, ["rules", "stats", "--rules", str(folder), "--json"])

    english, shared = json.loads(shown.output)["languages"]
    assert (0, 0) == (english["means"], english["across"])
    assert ("any", 3, 1) == (shared["language"], shared["means"], shared["across"])


def test_gaps_are_named(folder: Path):
    """Who reads the table is told what no active rule is for."""
    shown = CliRunner().invoke(main, ["rules", "stats", "--rules", str(folder)])

    assert 0 == shown.exit_code
    assert "en: no active rule for attempt, preparation, plan" in shown.output
    assert "1 (4)" in shown.output


def test_a_broken_pack_is_refused(folder: Path):
    """Nothing is counted of a pack that cannot be used."""
    (folder / "rules.yaml").write_text("format: 1\nlanguage: xx\n")
    shown = CliRunner().invoke(main, ["rules", "stats", "--rules", str(folder)])

    assert 2 == shown.exit_code
