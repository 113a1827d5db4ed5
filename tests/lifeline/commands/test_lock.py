from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lifeline.commands.lock import lock_command

RULES = """\
format: 1
language: zh
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
    reviewed: {by: [li, wang], on: 2026-11-01, next: 2027-05-01}
"""


def pack(folder: Path, rules: str = RULES, version: str = "1.2.3") -> None:
    (folder / "pack.yaml").write_text(f"format: 1\nname: invented\nversion: {version}\n")
    (folder / "rules.yaml").write_text(rules, encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Hold a pack of one rule."""
    pack(tmp_path)
    return tmp_path


def lock(folder: Path, *options: str) -> Result:
    arguments = ["--rules", str(folder), "--today", "2026-12-01", *options]
    return CliRunner().invoke(lock_command, arguments)


def test_lock_is_written_and_then_up_to_date(folder: Path):
    """The second time there is nothing to do."""
    first = lock(folder)
    second = lock(folder)

    assert (0, 0) == (first.exit_code, second.exit_code)
    assert f"locked invented 1.2.3, 1 rule: {folder / 'lock.json'}\n" == first.stdout
    assert "invented 1.2.3, 1 rule: the lock is up to date\n" == second.stdout


def test_good_change_is_shown_and_locked(folder: Path):
    """Reviewed, and with the version that it asks for."""
    lock(folder)
    pack(folder, RULES.replace("想死]", "想死, 不想醒]").replace("11-01", "11-30"), "1.3.0")

    result = lock(folder)

    assert 0 == result.exit_code
    assert "  can add    + 1 phrase: 不想醒\n" in result.stdout
    assert 0 == lock(folder, "--check").exit_code


def test_refused_change_leaves_the_lock_alone(folder: Path):
    """All problems are shown with their places; the exit status is 2."""
    lock(folder)
    before = (folder / "lock.json").read_bytes()
    pack(folder, RULES.replace(", 想死]", "]"))

    result = lock(folder)

    assert 2 == result.exit_code
    assert "  can lose   − 1 phrase\n" in result.stdout  # which one, the keys cannot tell
    assert "error[L090]" in result.stderr
    assert "error[L095]" in result.stderr
    assert "refused; nothing was written" in result.stderr
    assert before == (folder / "lock.json").read_bytes()


@pytest.mark.parametrize("state", ["missing", "behind", "refused"])
def test_check_ends_with_two_and_writes_nothing(folder: Path, state: str):
    """For CI: the lock is missing, behind the files, or stands against them."""
    if state != "missing":
        lock(folder)
        title = RULES.replace("title: Does not", "title: Doesn't")
        pack(folder, title, "1.2.4" if state == "behind" else "1.2.3")
    before = sorted((p.name, p.read_bytes()) for p in folder.iterdir())

    result = lock(folder, "--check")

    assert 2 == result.exit_code
    assert "[L097]" in result.stderr
    assert ("error[L095]" in result.stderr) == (state == "refused")
    assert before == sorted((p.name, p.read_bytes()) for p in folder.iterdir())


def test_check_of_a_lock_that_is_up_to_date_ends_with_zero(folder: Path):
    """A comment changes nothing."""
    lock(folder)
    pack(folder, "# a comment\n" + RULES)

    result = lock(folder, "--check")

    assert 0 == result.exit_code
    assert "" == result.stderr


def test_json_holds_problems_and_changes(folder: Path):
    """For editors and CI."""
    first = json.loads(lock(folder, "--json").stdout)
    pack(folder, RULES.replace("tier: elevated", "tier: watch").replace("11-01", "11-30"))
    second = lock(folder, "--json")

    assert {"up_to_date": True, "written": True, "problems": [], "changes": []} == first
    assert 2 == second.exit_code
    found = json.loads(second.stdout)
    assert (False, False) == (found["up_to_date"], found["written"])
    assert ["L095"] == [problem["code"] for problem in found["problems"]]
    assert ["major", "patch"] == [change["weight"] for change in found["changes"]]


@pytest.mark.parametrize("as_json", [False, True])
def test_broken_pack_is_shown_and_not_locked(folder: Path, *, as_json: bool):
    """The loader's problems, and exit status 2."""
    pack(folder, RULES.replace("tier: elevated", "tier: elavated"))

    result = lock(folder, *["--json"] * as_json)

    assert 2 == result.exit_code
    assert "L018" in (result.stdout if as_json else result.stderr)
    assert not (folder / "lock.json").exists()


def test_broken_lock_is_shown(folder: Path):
    """A merge left its marks in it."""
    lock(folder)
    (folder / "lock.json").write_text("<<<<<<< ours\n")

    result = lock(folder)

    assert 2 == result.exit_code
    assert "error[L096]" in result.stderr
    assert "after a merge" in result.stderr


def test_folder_without_a_pack_is_said(tmp_path: Path):
    """It is no crash."""
    result = lock(tmp_path / "nowhere")

    assert 2 == result.exit_code
    assert "pack.yaml" in result.stderr


def test_lock_that_cannot_be_written_is_said(folder: Path):
    """Something stands where it is prepared; the pack is left as it was."""
    (folder / ".lock.json.new").mkdir()

    result = lock(folder)

    assert 2 == result.exit_code
    assert "error[L007]: this cannot be written" in result.stderr
    assert not (folder / "lock.json").exists()
