from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lifeline.commands.diff import diff_command

RULES = """\
format: 1
language: zh
concepts:
  medicine: [晕车药, 安眠药]
rules:
  - id: zh.active_intent.no_wish_to_live
    title: Does not want to live
    category: active_intent
    tier: elevated
    status: active
    terms: [不想活, 想死]
    examples:
      alert:
        - 我真的不想活了
      ignore:
        - 不想买了
  - id: zh.farewell.last_words
    title: Says goodbye
    category: farewell
    tier: elevated
    status: active
    terms: [永别了]
    examples:
      alert:
        - 永别了
      ignore:
        - 再见
"""


def pack(folder: Path, rules: str = RULES, version: str = "1.2.3") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "pack.yaml").write_text(f"format: 1\nname: invented\nversion: {version}\n")
    (folder / "rules.yaml").write_text(rules, encoding="utf-8")
    return folder


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """Hold a pack to compare with."""
    return pack(tmp_path / "base")


def diff(base: Path | str, rules: Path, *options: str) -> Result:
    return CliRunner().invoke(diff_command, [str(base), "--rules", str(rules), *options])


def test_alike_rules_end_with_zero(base: Path, tmp_path: Path):
    """Comments and order of the files do not count."""
    result = diff(base, pack(tmp_path / "new", "# the same\n" + RULES))

    assert "invented 1.2.3: the rules are alike\n" == result.stdout
    assert 0 == result.exit_code


def test_changes_are_said_worst_first(base: Path, tmp_path: Path):
    """By rule, in plain words, then the counts and the version that may follow."""
    begin, farewell = RULES.split("  - id: zh.farewell")
    begin = begin.replace("Does not want", "No longer wants").replace("想死]", '"不想{醒,在}"]')
    changed = begin + "  - id: zh.farewell" + farewell.replace("elevated", "watch")

    result = diff(base, pack(tmp_path / "new", changed, "1.3.0"))

    assert 1 == result.exit_code
    assert (
        """\
zh.active_intent.no_wish_to_live  No longer wants to live
  can lose   − 1 phrase: 想死
  can add    + 2 phrases: 不想在, 不想醒
  no effect  title: Does not want to live → No longer wants to live

zh.farewell.last_words  Says goodbye
  can lose   elevated → watch (lowered)

pack.yaml
  no effect  version: 1.2.3 → 1.3.0

5 changes in 3 places: 2 can lose, 1 can add, 2 no effect
version: 1.2.3 → 2.0.0 or higher (major); pack.yaml says 1.3.0
"""
        == result.stdout
    )


def test_rule_removed_is_shown_by_its_old_title(base: Path, tmp_path: Path):
    """What is gone can be read about only there."""
    result = diff(base, pack(tmp_path / "new", RULES[: RULES.index("  - id: zh.farewell")]))

    assert "zh.farewell.last_words  Says goodbye" in result.stdout
    assert "removed (was active, elevated)" in result.stdout


def test_long_lists_are_cut_for_people_only(base: Path, tmp_path: Path):
    """The rest is counted; JSON has all."""
    terms = ", ".join(f"再见{c}" for c in "甲乙丙丁戊己庚辛壬癸子丑寅卯")
    new = pack(tmp_path / "new", RULES.replace("[永别了]", f"[永别了, {terms}]"))

    assert ", and 2 more\n" in diff(base, new).stdout
    (change,) = json.loads(diff(base, new, "--json").stdout)["changes"]
    assert 14 == len(change["phrases"])


def test_json_says_the_same(base: Path, tmp_path: Path):
    """Both sides, the step and each change with its weight."""
    new = pack(tmp_path / "new", RULES.replace("[晕车药, 安眠药]", "[晕车药]"), "1.2.4")

    result = diff(base, new, "--json")

    assert 1 == result.exit_code
    assert {
        "base": {"name": "invented", "version": "1.2.3"},
        "rules": {"name": "invented", "version": "1.2.4"},
        "step": "patch",
        "least_version": "1.2.4",
        "changes": [
            {
                "weight": "patch",
                "about": "pack.yaml",
                "kind": "version",
                "text": "version: 1.2.3 → 1.2.4",
                "phrases": [],
            },
            {
                "weight": "patch",
                "about": "concept zh.medicine",
                "kind": "phrases_removed",
                "text": "− 1 phrase (changes no rule)",
                "phrases": ["安眠药"],
            },
        ],
    } == json.loads(result.stdout)


@pytest.mark.parametrize("broken", ["base", "rules"])
def test_broken_side_is_named_and_shown(tmp_path: Path, broken: str):
    """Its problems come with their places, and the exit status is 2."""
    sides = {
        name: pack(
            tmp_path / name, RULES.replace("elevated", "elavated") if name == broken else RULES
        )
        for name in ("base", "rules")
    }

    result = diff(sides["base"], sides["rules"])

    assert 2 == result.exit_code
    assert 2 == result.stderr.count("error[L018]")
    last = result.stderr.splitlines()[-1]
    assert last.startswith("the base, " if broken == "base" else "the rules in ")
    assert last.endswith("cannot be used: 2 problems")


@pytest.mark.parametrize("wrong", ["base", "rules"])
def test_nothing_to_compare_ends_with_two(base: Path, tmp_path: Path, wrong: str):
    """What to give instead is said in one line."""
    nowhere = tmp_path / "nowhere"

    result = diff(nowhere, base) if wrong == "base" else diff(base, nowhere)

    assert 2 == result.exit_code
    assert "error: " == result.stderr[:7]
    assert 1 == len(result.stderr.splitlines())


def test_revision_is_compared_with_the_work_tree(base: Path):
    """The usual case: what did I change since the last commit?"""
    alone = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    who = ["-c", "user.name=li", "-c", "user.email=li@example.org"]
    for command in (["init"], ["add", "-A"], [*who, "commit", "-m", "first"]):
        subprocess.run(
            ["git", "-C", str(base), *command],
            check=True,
            capture_output=True,
            env=os.environ | alone,
        )
    pack(base, RULES.replace("[不想活, 想死]", "[不想活]"))

    result = diff("HEAD", base)

    assert 1 == result.exit_code
    assert "− 1 phrase: 想死" in result.stdout
