"""What `rules test` runs, counts and answers; what each failure says is in the tests of trials."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lifeline.commands.test import test_command as command

PACK = Path(__file__).parent / "explained" / "pack"
CORPORA = """\
format: 1
language: en
must_detect:
  elevated:
    - I am going to kill myself
benign:
  none:
    - where is my parcel
    - the battery is dead
known_false_positives:
  - phrase: "the song is called I kill myself"
    reason: the title of a song
    expires: 2098-05-01
  - phrase: "kill myself laughing"
    reason: an idiom
    expires: 2097-05-01
cases:
  - name: she says it on the phone
    channel: calls
    messages:
      - {at: 0s, speaker: agent, text: "how can I help?"}
      - {at: 9s, text: I will kill myself}
    expect:
      - {after: 1, tier: none}
      - {after: 2, tier: elevated, rule: en.active_intent.kill_self}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Hold a pack with corpora in which everything comes out as written."""
    shutil.copytree(PACK, tmp_path / "pack")
    (tmp_path / "pack" / "corpora.yaml").write_text(CORPORA, "utf-8")
    return tmp_path / "pack"


def run(folder: Path, *arguments: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(command, ["--rules", str(folder), *arguments])


def change(path: Path, old: str, new: str) -> None:
    """Put other words into a file."""
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_a_sound_pack_is_counted_by_kind(folder: Path):
    """Drafts count as rules with examples, since their examples are run."""
    result = run(folder)

    assert (
        0,
        """\
explained 1.0.0
      15 rules
      30 examples
       0 time-lines
       0 known gaps of rules
       4 modifiers' examples
       0 titles of means
       1 must-detect
       0 known gaps of the pack
       2 benign
       1 cases
       1 examples that only rules on trial find
       2 known false positives, the next expires 2097-05-01
all come out as written
""",
    ) == (result.exit_code, result.output)


def test_a_failure_is_shown_at_its_place_and_ends_with_2(folder: Path):
    """The problem is for the author, the exit status for the machine."""
    change(folder / "corpora.yaml", "where is my parcel", "no parcel so I will kill myself")
    result = run(folder)

    assert 2 == result.exit_code
    assert "error[L083]" in result.stderr
    assert "corpora.yaml:8:" in result.stderr
    assert "1 does not come out as written" in result.stdout


def test_examples_of_drafts_are_run(folder: Path):
    """An author sees whether a draft works before anybody else does."""
    change(folder / "en.yaml", "they are better off without me", "they are better off")
    result = run(folder)

    assert 2 == result.exit_code
    assert "en.passive_ideation.burden: this `alert` example does not hit" in result.stderr


def test_one_rule_is_run_alone(folder: Path):
    """While a rule is written, only its own examples matter."""
    change(folder / "en.yaml", "they are better off without me", "they are better off")
    sound, broken = (
        run(folder, "--rule", f"en.{name}")
        for name in ("active_intent.kill_self", "passive_ideation.burden")
    )

    assert (0, 2) == (sound.exit_code, broken.exit_code)
    assert "       1 rules\n       2 examples\n" in sound.output


def test_a_rule_that_is_not_there_is_not_taken_for_a_success(folder: Path):
    """A slip in the id runs nothing, and says so."""
    result = run(folder, "--rule", "en.active_intent.kill_sel")

    assert 2 == result.exit_code
    assert "did you mean en.active_intent.kill_self?" in result.stderr


def test_json_has_problems_and_counts(folder: Path):
    """The same for programs."""
    good = json.loads(run(folder, "--json").output)
    change(folder / "corpora.yaml", "tier: none}", "tier: watch}")
    bad = run(folder, "--json")
    (problem,) = json.loads(bad.output)["problems"]

    assert (True, 30, "2097-05-01") == (
        good["ok"],
        good["counts"]["examples"],
        good["next_expires"],
    )
    assert (2, "L086", "corpora.yaml", 24) == (
        bad.exit_code,
        problem["code"],
        problem["file"],
        problem["line"],
    )


def test_a_broken_pack_shows_the_loaders_problems(folder: Path):
    """What cannot be read cannot be run; there is no traceback."""
    change(folder / "corpora.yaml", "expires: 2098-05-01", "expires: soon")
    result = run(folder)

    assert 2 == result.exit_code
    assert "error[L045]" in result.stderr
    assert isinstance(result.exception, SystemExit)


def test_a_missing_pack_is_said_in_words(tmp_path: Path):
    """A wrong folder is no traceback either."""
    result = run(tmp_path)

    assert 2 == result.exit_code
    assert "no pack.yaml in" in result.stderr


def test_watch_waits_through_a_broken_save_and_ends_on_interrupt(folder: Path):
    """A save that breaks the pack shows why; the next one runs the tests again."""
    start = "from lifeline.commands.test import test_command; test_command()"
    arguments = [sys.executable, "-c", start, "--rules", str(folder), "--watch"]
    with subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8"
    ) as watching:
        assert "all come out as written" in until_it_waits(watching)
        change(folder / "corpora.yaml", "tier: none}", "tier: nothing}")
        assert "nothing was run" in until_it_waits(watching)
        change(folder / "corpora.yaml", "tier: nothing}", "tier: none}")
        assert "all come out as written" in until_it_waits(watching)
        watching.send_signal(signal.SIGINT)
        assert 0 == watching.wait(timeout=60)


def until_it_waits(watching: subprocess.Popen[str]) -> str:
    """All it says until it waits for a change."""
    said = []
    assert watching.stdout is not None
    for line in watching.stdout:
        if line.startswith("waiting for a change"):
            return "".join(said)
        said.append(line)
    raise AssertionError("".join(said))


def test_watch_and_json_exclude_each_other(folder: Path):
    """One is for people, the other for programs."""
    assert 2 == run(folder, "--watch", "--json").exit_code


ACROSS = """\
format: 1
language: any
across:
  - id: any.across.invented
    title: Says goodbye
    why: They said goodbye.
    status: draft
    signs:
      - {categories: [farewell], tier: watch}
    raise: {to: elevated}
    examples:
      alert:
        - - {at: 0m, sign: farewell signal}
      ignore:
        - - {at: 0m, sign: farewell signal}
means:
  rope:
    terms: [rope]
    titles:
      - Cord 10 m
"""


def test_rules_across_conversations_and_means_are_run(folder: Path):
    """Those of drafts, too; of a rule that is named, only its own."""
    (folder / "across.yaml").write_text(ACROSS, "utf-8")
    whole = run(folder)
    assert 2 == whole.exit_code
    assert "error[L105]" in whole.output
    assert "error[L107]" in whole.output
    assert "       2 time-lines\n" in whole.output

    alone = run(folder, "--rule", "any.across.invented")
    assert 2 == alone.exit_code
    assert "error[L105]" in alone.output
    assert "L107" not in alone.output
