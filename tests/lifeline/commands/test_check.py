from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lifeline.commands.check import check_command

MANIFEST = "format: 1\nname: invented\nversion: 1.2.3\n"
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
    reviewed: {by: [li, wang], on: 2026-11-01, next: 9999-12-31}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Hold a pack of one rule."""
    (tmp_path / "pack.yaml").write_text(MANIFEST)
    (tmp_path / "rules.yaml").write_text(RULE, encoding="utf-8")
    return tmp_path


def check(folder: Path, *options: str) -> Result:
    return CliRunner().invoke(check_command, ["--rules", str(folder), *options])


def change(folder: Path, old: str, new: str) -> None:
    text = (folder / "rules.yaml").read_text(encoding="utf-8")
    assert old in text
    (folder / "rules.yaml").write_text(text.replace(old, new), encoding="utf-8")


def test_good_pack_is_summed_up(folder: Path):
    """Exit status 0, what was checked, and the hash last."""
    result = check(folder)

    assert 0 == result.exit_code
    first, last = result.stdout.splitlines()
    assert "invented 1.2.3: 1 active, 1 terms, 0 errors, 0 warnings" == first
    assert "hash " == last[:5]
    assert 64 == len(last[5:])


def test_error_of_the_reader_ends_with_two(folder: Path):
    """What keeps the pack from loading stands on standard error, the counts on standard output."""
    change(folder, "tier: elevated", "tier: elavated")

    result = check(folder)

    assert 2 == result.exit_code
    assert "error[L018]" in result.stderr
    assert "1 error, 0 warnings\n" == result.stdout


def test_error_of_a_lint_ends_with_two(folder: Path):
    """A pack that loads may still be wrong."""
    change(folder, "    reviewed: {by: [li, wang]", "    reviewed: {by: [li]")

    result = check(folder)

    assert 2 == result.exit_code
    assert "error[L081]" in result.stderr
    assert "1 error" in result.stdout


@pytest.mark.parametrize(("options", "status"), [((), 0), (("--strict",), 2)])
def test_warning_counts_when_strict(folder: Path, options: tuple[str, ...], status: int):
    """Warnings are shown in any case."""
    change(folder, "[不想活]", "[不想活, 不想活了, 死]")

    result = check(folder, *options)

    assert status == result.exit_code
    assert "warning[L073]" in result.stderr
    assert "0 errors, 1 warning" in result.stdout


@pytest.mark.parametrize("old", ["", "不想活]", "tier: elevated"], ids=["good", "lint", "broken"])
def test_json_holds_the_problems_and_nothing_else(folder: Path, old: str):
    """Standard output is a list in JSON in any case."""
    if old:
        change(folder, old, {"不想活]": "死]", "tier: elevated": "tier: x"}[old])

    result = check(folder, "--json")

    expected = {"": [], "不想活]": ["L073"], "tier: elevated": ["L018"]}[old]
    assert expected == [problem["code"] for problem in json.loads(result.stdout)]
    assert "" == result.stderr
    assert (2 if old == "tier: elevated" else 0) == result.exit_code


def test_folder_without_a_pack_is_a_problem(tmp_path: Path):
    """No traceback: the folder, and what is missing in it."""
    result = check(tmp_path)

    assert 2 == result.exit_code
    assert "no pack.yaml" in result.stderr


def test_drafts_are_checked_too(folder: Path):
    """A rule is linted before it is on trial, so that its author hears of it."""
    change(folder, "status: active", "status: draft")
    change(folder, "[不想活]", "[死]")

    result = check(folder)

    assert "warning[L073]" in result.stderr


def test_broken_examples_are_for_another_command(folder: Path):
    """Examples are run by `rules test`; the check only reads them."""
    change(folder, "我真的不想活了", "你好")

    assert 0 == check(folder).exit_code


def test_watch_and_json_exclude_each_other(folder: Path):
    """One is for people, the other for programs."""
    result = check(folder, "--watch", "--json")

    assert 2 == result.exit_code
    assert "--watch" in result.stderr


@pytest.fixture
def watching(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Run the command in a process of its own, as an author does."""
    code = "from lifeline.commands.check import check_command; check_command()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "--rules", str(folder), "--watch"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"},
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout
        process.stdout.close()


def until(process: subprocess.Popen[str], words: str) -> list[str]:
    """Read lines up to the one with these words."""
    assert process.stdout
    lines = []
    for line in process.stdout:
        lines.append(line)
        if words in line:
            return lines
    raise AssertionError("".join(lines))


def test_watch_checks_again_after_a_change(folder: Path, watching: subprocess.Popen[str]):
    """A broken and a mended file are each told, with the time; Ctrl-C ends with status 0."""
    first = until(watching, "waiting for a change")
    change(folder, "tier: elevated", "tier: elavated")
    broken = until(watching, "waiting for a change")
    change(folder, "tier: elavated", "tier: elevated")
    mended = until(watching, "waiting for a change")
    watching.send_signal(signal.SIGINT)

    assert 0 == watching.wait(timeout=30)
    assert "0 errors" in "".join(first)
    assert "error[L018]" in "".join(broken)
    assert "0 errors" in "".join(mended)
    assert str(folder) == mended[0].split(maxsplit=1)[1].strip()
    assert "\x1b" not in "".join(first + broken + mended)
