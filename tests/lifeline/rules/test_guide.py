"""The authors' guide: every rule file it shows is one that loads, and does what it says."""

from __future__ import annotations

import re
import textwrap
from datetime import date
from pathlib import Path

import pytest

from lifeline.rules.pack import load
from lifeline.rules.trials import check_pack

GUIDE = Path(__file__).parents[3] / "rules" / "README.md"
FILES = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
FIELD = re.compile(r"`((?:foldings|reviewed|position): \{.*?\})`")
# A pack needs an active rule, also where the guide shows something else.
PLAIN = """\
format: 1
language: any
rules:
  - id: any.farewell.plain
    title: Says goodbye for ever
    category: farewell
    tier: elevated
    status: active
    terms: [goodbye for ever]
    examples:
      alert:
        - goodbye for ever
      ignore:
        - goodbye
"""
INLINE = {line for line in FIELD.findall(GUIDE.read_text("utf-8")) if "except" not in line}


@pytest.mark.parametrize(
    "file", FILES, ids=lambda file: re.findall(r"id: (\S+)|$", file)[0] or "means"
)
def test_every_file_in_the_guide_does_what_it_says(file, tmp_path):
    """Its examples, corpora and time lines come out as written; drafts count as if active."""
    assert file.startswith("format: 1\n")
    (tmp_path / "pack.yaml").write_text("format: 1\nname: guide\nversion: 1.0.0\n")
    active = file.replace("status: draft", "status: active")
    (tmp_path / "file.yaml").write_text(active, encoding="utf-8")
    if "\nrules:" not in file:
        (tmp_path / "plain.yaml").write_text(PLAIN, encoding="utf-8")
    problems = check_pack(load(tmp_path), date(2026, 11, 22))
    assert [] == [problem.render() for problem in problems]


def test_both_halves_of_the_guide_show_the_same():
    """What English readers are shown, Chinese readers are, too."""
    english, chinese = GUIDE.read_text(encoding="utf-8").split("\n## 中文\n")
    for mark in ("\n### ", "```yaml", "```sh"):
        assert english.count(mark) == chinese.count(mark), mark
    assert set(re.findall(r"lifeline rules \w+", english)) == set(
        re.findall(r"lifeline rules \w+", chinese)
    )


@pytest.mark.parametrize("line", sorted(INLINE))
def test_what_the_guide_shows_in_a_line_can_be_written(line, tmp_path):
    """A field shown within a sentence is one that a rule may have."""
    rule = f"""
        format: 1
        language: en
        rules:
          - id: en.farewell.one
            title: One
            category: farewell
            tier: elevated
            status: active
            terms: [goodbye for ever]
            {line}
            examples:
              alert:
                - goodbye for ever
              ignore:
                - goodbye
        """
    (tmp_path / "pack.yaml").write_text("format: 1\nname: guide\nversion: 1.0.0\n")
    (tmp_path / "file.yaml").write_text(textwrap.dedent(rule), encoding="utf-8")
    load(tmp_path)
