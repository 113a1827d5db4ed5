"""`lifeline responders`: whom to call in a region."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lifeline.cli import main

NUMBERS = """\
format: 1
language: any
responders:
  - region: CN
    checked: 2026-06-01
    next: 2026-11-01
    confirmed_by: [li, wang]
    numbers:
      - {kind: crisis_line, number: "12356", name: 援助热线, hours: "8:00 to 2:00", source: 卫健委}
      - {kind: police, number: "110", name: 公安报警, source: 公安部}
  - region: CN-44
    next: 9999-12-31
    numbers:
      - {kind: crisis_line, number: 020-81899120, name: 热线, source: 医院, seen: "a.org, 2025"}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A pack of numbers; rules have nothing to do with them."""
    (tmp_path / "pack.yaml").write_text("format: 1\nname: invented\nversion: 1.0.0\n")
    (tmp_path / "numbers.yaml").write_text(NUMBERS, encoding="utf-8")
    return tmp_path


def responders(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["responders", "--rules", str(folder), *arguments])


def test_a_province_shows_its_lines_and_its_countrys(folder: Path):
    """By kind, the province's first, with what tells how far each can be trusted."""
    shown = responders(folder, "cn-44")

    assert 0 == shown.exit_code
    lines = [line.strip() for line in shown.output.splitlines()]
    assert "CN-44: numbers of CN-44, then CN" == lines[0]
    order = ["110  公安报警", "020-81899120  热线", "12356  援助热线"]
    assert order == [line for line in lines if line in order]
    assert 1 == lines.count("never compared with its source; seen in a.org, 2025")
    assert 2 == lines.count("compared with its source on 2026-06-01")
    assert 1 == lines.count("not confirmed with who answers")
    assert "hours: 8:00 to 2:00" in lines
    assert ["CN-44: next review due on 9999-12-31", "CN: next review due on 2026-11-01"] == (
        lines[-2:]
    )


def test_json_is_what_an_alert_carries(folder: Path):
    """One object a number, in the order of the alert."""
    shown = json.loads(responders(folder, "CN-44", "--json").output)

    assert ["020-81899120", "12356", "110"] == [number["number"] for number in shown]
    assert ("CN", True) == (shown[1]["region"], shown[1]["confirmed"])


def test_without_a_region_all_are_listed(folder: Path):
    """Counts, what is overdue, and the earliest next review."""
    lines = responders(folder).output.splitlines()

    assert ["CN", "2", "2026-11-01", "2026-06-01,", "confirmed", "overdue"] == lines[1].split()
    assert ["CN-44", "1", "9999-12-31", "never"] == lines[2].split()
    assert ["1 country, 3 numbers", "the earliest next review is 2026-11-01"] == lines[-2:]
    rows = json.loads(responders(folder, "--json").output)
    assert [("CN", 2), ("CN-44", 1)] == [(row["region"], row["numbers"]) for row in rows]


@pytest.mark.parametrize(
    ("region", "said"),
    [("Wonderland", "`Wonderland` is no region: give a country"), ("VA", "are kept for VA: an")],
)
def test_a_region_without_numbers_ends_with_two(folder: Path, region: str, said: str):
    """What is wrong with it, and where to look next."""
    shown = responders(folder, region)

    assert 2 == shown.exit_code
    assert said in shown.stderr
    assert "`lifeline responders` lists" in shown.stderr


def test_a_mistake_in_the_numbers_is_shown_with_its_place(folder: Path):
    """No number is shown beside one that could not be read."""
    path = folder / "numbers.yaml"
    path.write_text(NUMBERS.replace("kind: police", "kind: fire"), encoding="utf-8")

    shown = responders(folder, "CN-44")

    assert (2, "") == (shown.exit_code, shown.stdout)
    assert "error[L018]" in shown.stderr
    assert "numbers.yaml:10:16" in shown.stderr


def test_a_folder_without_a_pack_is_told(tmp_path: Path):
    """One plain line."""
    shown = responders(tmp_path, "CN")

    assert 2 == shown.exit_code
    assert "no pack.yaml" in shown.stderr
