from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lifeline.commands.check import check_command
from lifeline.commands.new import new_command
from lifeline.rules.pack import load

RULES = """\
format: 1
language: zh
rules:
  - id: zh.farewell.last_words
    title: Says goodbye
    category: farewell
    tier: elevated
    status: active
    terms: [永别了]
    examples:
      alert:
        - 永别了各位
      ignore:
        - 告别旧手机
    reviewed: {by: [li, wang], on: 2026-11-01, next: 9999-12-31}
"""
ID = "zh.farewell.gives_things_away"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Hold a pack of one rule."""
    (tmp_path / "pack.yaml").write_text("format: 1\nname: invented\nversion: 1.2.3\n")
    (tmp_path / "zh").mkdir()
    (tmp_path / "zh" / "goodbyes.yaml").write_text(RULES, encoding="utf-8")
    return tmp_path


def new(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(new_command, [*arguments, "--rules", str(folder)])


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_rule_goes_to_the_file_of_its_category(folder: Path):
    """At its end, as a draft; what was there stays byte for byte."""
    before = (folder / "zh" / "goodbyes.yaml").read_bytes()

    result = new(folder, ID, "--title", 'Gives "it" away: all of it', "--tier", "watch")

    assert 0 == result.exit_code
    assert (folder / "zh" / "goodbyes.yaml").read_bytes().startswith(before)
    spec = next(s for s in load(folder).all_rules if s.id == ID)
    assert ('Gives "it" away: all of it', "watch", "draft") == (spec.title, spec.tier, spec.status)
    assert f"{folder}/zh/goodbyes.yaml:{spec.place.line}" == result.stdout.splitlines()[0]


def test_check_names_what_is_to_be_filled_in(folder: Path):
    """A new rule is no error, and each gap is told with its place."""
    new(folder, ID)

    result = CliRunner().invoke(check_command, ["--rules", str(folder), "--json"])

    problems = json.loads(result.stdout)
    assert [("L048", "warning")] * 4 == [(p["code"], p["severity"]) for p in problems]
    lines = (folder / "zh" / "goodbyes.yaml").read_text(encoding="utf-8").splitlines()
    assert all("FILL_IN" in lines[problem["line"] - 1] for problem in problems)


def test_first_rule_of_a_category_makes_a_file(folder: Path):
    """With the header that a rule file needs; signals are signals."""
    result = new(folder, "zh.means.rope", "--json")

    assert {"id": "zh.means.rope", "file": f"{folder}/zh/means.yaml", "line": 4} == json.loads(
        result.stdout
    )
    assert "signal" == next(s.tier for s in load(folder).all_rules if s.id == "zh.means.rope")


@pytest.mark.parametrize("language", ["en", "es", "ru", "any"])
def test_template_loads_in_every_language(folder: Path, language: str):
    """What is written can be read, whatever the language of its phrases."""
    assert 0 == new(folder, f"{language}.farewell.x").exit_code
    assert f"{language}.farewell.x" in {s.id for s in load(folder).all_rules}


@pytest.mark.parametrize(
    "text",
    [
        RULES.replace("\n", "\r\n"),
        RULES.rstrip("\n"),
        RULES.replace("\n", "\r\n").rstrip("\r\n"),
        "\ufeff" + RULES,
        RULES + "# the end",
        RULES + "\n\n   \n",
        RULES.replace("\n  ", "\n"),
        RULES.replace("\n  ", "\n      "),
        RULES[: RULES.index("rules:")] + "concepts:\n  goodbye: [再见]",
        "",
        "\n",
    ],
    ids=[
        "windows", "no last newline", "windows, no last newline", "mark", "comment", "blank lines",
        "not indented", "far indented", "no rules yet", "empty", "blank",
    ],
)  # fmt: skip
def test_file_is_only_ever_added_to(folder: Path, text: str):
    """However the file was written, its bytes stay, its line ends are kept, and it loads."""
    path = folder / "zh" / "mine.yaml"
    path.write_bytes(text.encode())
    if not text.strip():  # such a file is a problem of its own
        assert 2 == new(folder, ID, "--file", "zh/mine.yaml").exit_code
        assert text.encode() == path.read_bytes()
        return
    if "last_words" in text:
        (folder / "zh" / "goodbyes.yaml").unlink()

    result = new(folder, ID, "--file", "zh/mine.yaml")

    assert "" == result.stderr
    written = path.read_bytes()
    assert written.startswith(text.encode())
    assert ID in {s.id for s in load(folder, drafts=True).all_rules}
    if b"\r\n" in text.encode():
        assert written.count(b"\r\n") == written.count(b"\n")


@pytest.mark.parametrize(
    ("rule_id", "code"),
    [
        ("zh.farewell.last_words", "L050"),
        ("zh.farewell.Last words", "L033"),
        ("zh.farewell", "L033"),
        ("告别", "L033"),
        ("de.farewell.x", "L018"),
        ("zh.goodbye.x", "L018"),
        ("../x.farewell.x", "L006"),
        ("zh.farewell.x\n    title: y", ""),
        ('zh.farewell.x"', "L033"),
        ("", ""),
    ],
)
def test_id_that_cannot_be_is_refused(folder: Path, rule_id: str, code: str):
    """With the messages of the check, and nothing is written."""
    before = contents(folder)

    result = new(folder, rule_id)

    assert 2 == result.exit_code
    assert f"error[{code}" in result.stderr
    assert "nothing was written" in result.stderr
    assert before == contents(folder)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("zh/mine.yaml", RULES.replace("last_words", "y") + "benign:\n  none:\n    - 再见\n"),
        ("zh/mine.yaml", "format: 1\nlanguage: zh\nrules: []\n"),
        ("zh/mine.yaml", "format: 1\nlanguage: en\nconcepts:\n  a: [b]\n"),
        ("../mine.yaml", None),
        ("zh/mine.txt", None),
        ("pack.yaml", None),
    ],
    ids=["other section last", "in brackets", "other language", "outside", "no yaml", "manifest"],
)
def test_file_that_is_no_place_for_it_is_refused(folder: Path, file: str, text: str | None):
    """A rule is never written where it would not be read."""
    if text is not None:
        (folder / file).write_text(text, encoding="utf-8")
    before = contents(folder)

    result = new(folder, ID, "--file", file)

    assert 2 == result.exit_code
    assert "error[" in result.stderr
    assert before == contents(folder)


def test_broken_pack_is_shown_first(folder: Path):
    """Nothing can be tried out on a pack that does not load."""
    (folder / "zh" / "bad.yaml").write_text("format: 2\nlanguage: zh\n")

    result = new(folder, ID, "--json")

    assert 2 == result.exit_code
    assert ["L032"] == [problem["code"] for problem in json.loads(result.stdout)]


def test_print_writes_nothing(folder: Path):
    """The rule goes to standard output, to be pasted."""
    before = contents(folder)

    result = new(folder, ID, "--print")

    assert 0 == result.exit_code
    assert f"  - id: {ID}\n" in result.stdout
    assert before == contents(folder)


def test_folder_without_a_pack_is_told(tmp_path: Path):
    """As everywhere: what is missing, and where."""
    result = new(tmp_path, ID)

    assert 2 == result.exit_code
    assert "no pack.yaml" in result.stderr
