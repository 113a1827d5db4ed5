from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lifeline.cli import main

RULE = """\
format: 1
language: zh
rules:
  - id: zh.active_intent.no_wish_to_live
    title: Does not want to live
    category: active_intent
    tier: elevated
    status: active
    terms: [不想活]
    examples:
      alert:
        - 我真的不想活了
      ignore:
        - 不想买了
      known_gap:
        - 想解脱
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Hold a pack of one rule."""
    (tmp_path / "pack.yaml").write_text("format: 1\nname: invented\nversion: 1.2.3\n")
    (tmp_path / "rules.yaml").write_text(RULE, encoding="utf-8")
    return tmp_path


def check(folder: Path, *options: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(main, ["rules", "check", "--rules", str(folder), *options])


def change(folder: Path, old: str, new: str) -> None:
    """Edit the rule file."""
    text = (folder / "rules.yaml").read_text(encoding="utf-8")
    assert old in text
    (folder / "rules.yaml").write_text(text.replace(old, new), encoding="utf-8")


def test_good_pack_is_summed_up(folder: Path):
    """Exit status 0, and what was checked, the hash last."""
    result = check(folder)

    assert 0 == result.exit_code
    *lines, last = result.stdout.splitlines()
    assert [
        "invented 1.2.3: 1 active, 1 terms",
        "2 examples come out as written",
        "1 known gaps",
    ] == lines
    assert "hash " == last[:5]


def test_good_pack_as_json_is_an_empty_list(folder: Path):
    """An editor gets a list whatever there is to say."""
    result = check(folder, "--json")

    assert (0, []) == (result.exit_code, json.loads(result.stdout))


def test_mistakes_go_to_standard_error(folder: Path):
    """Exit status 2, each problem with its place, and how many there are."""
    change(folder, "tier: elevated", "tier: elevatd")

    result = check(folder)

    assert 2 == result.exit_code
    assert "" == result.stdout
    assert "--> rules.yaml:7:11" in result.stderr
    assert "the rule pack has 1 problem" == result.stderr.splitlines()[-1]


def test_mistakes_as_json_hold_places_and_words_as_written(folder: Path):
    """Chinese stays readable, and exit status 2 tells without reading."""
    change(folder, "[不想活]", "[不想活,想死]")

    result = check(folder, "--json")

    assert 2 == result.exit_code
    (problem,) = json.loads(result.stdout)
    assert ("L021", "rules.yaml", 9, 16) == tuple(
        problem[key] for key in ("code", "file", "line", "column")
    )
    assert "" == result.stderr


@pytest.mark.parametrize("options", [(), ("--json",)], ids=["text", "json"])
def test_broken_example_fails_the_check(folder: Path, options: tuple[str, ...]):
    """Examples are run, not only read."""
    change(folder, "我真的不想活了", "还没到货")

    result = check(folder, *options)

    assert 2 == result.exit_code
    assert "L060" in result.stdout + result.stderr


def test_number_of_broken_examples_is_told(folder: Path):
    """One is told as one."""
    change(folder, "我真的不想活了", "还没到货")

    assert "1 example does not come out as written" == check(folder).stderr.splitlines()[-1]


def test_folder_without_a_pack_is_told_as_text(tmp_path: Path):
    """One line names the folder; nobody sees a traceback."""
    result = check(tmp_path)

    assert 2 == result.exit_code
    assert f"error: no pack.yaml in {tmp_path}" in result.stderr


def test_folder_without_a_pack_is_told_as_json(tmp_path: Path):
    """An editor gets its list even then."""
    result = check(tmp_path, "--json")

    assert 2 == result.exit_code
    assert ["L006"] == [problem["code"] for problem in json.loads(result.stdout)]


def test_rules_are_found_by_the_environment(folder: Path):
    """LIFELINE_RULES names the folder where no option does."""
    result = CliRunner().invoke(main, ["rules", "check"], env={"LIFELINE_RULES": str(folder)})

    assert (0, "invented") == (result.exit_code, result.stdout.split()[0])
