from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from lifeline.rules.changes.lock import Proposal, check_lock, propose
from lifeline.rules.pack import BrokenPackError, load

TODAY = date(2026, 12, 1)
ID = "zh.method_question.how_much"
OTHER = """\
  - id: zh.plan.drink_and_wrist
"""
MUST_DETECT = """\
must_detect:
  elevated:
    - 吃多少片药会死
    - 这药吃多少能死
"""


def read(folder: Path) -> Proposal:
    return propose(folder, load(folder), TODAY)


def codes(folder: Path) -> list[str]:
    return [problem.code for problem in read(folder).problems]


def change(folder: Path, *pairs: tuple[str, str], file: str = "zh/rules.yaml") -> None:
    text = (folder / file).read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    (folder / file).write_text(text, encoding="utf-8")


def version(folder: Path, number: str) -> None:
    text = (folder / "pack.yaml").read_text(encoding="utf-8").splitlines()
    lines = [f"version: {number}" if line.startswith("version:") else line for line in text]
    (folder / "pack.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def changelog(folder: Path, number: str, line: str) -> None:
    (folder / "CHANGELOG.md").write_text(f"# Changes\n\n## {number} · 2026-12-01\n\n{line}\n")


def without_rule(folder: Path, begin: str = OTHER) -> None:
    """Take a rule out of the file."""
    path = folder / "zh" / "rules.yaml"
    before, _, after = path.read_text(encoding="utf-8").partition(begin)
    assert after
    rest = after[after.index("  - id:") :]
    path.write_text(before + rest, encoding="utf-8")


@pytest.fixture
def locked(folder: Path) -> Path:
    """Hold a pack with a lock."""
    with (folder / "zh" / "rules.yaml").open("a", encoding="utf-8") as file:
        file.write(MUST_DETECT)
    read(folder).write()
    return folder


def test_first_lock_is_made_without_question(folder: Path):
    """There is nothing yet that it could contradict."""
    proposal = read(folder)
    proposal.write()

    assert proposal.old is None
    assert [] == proposal.problems
    assert read(folder).up_to_date


def test_lock_is_the_same_whenever_it_is_written(locked: Path):
    """Its order is that of the ids, and it ends with a newline."""
    before = (locked / "lock.json").read_bytes()
    read(locked).write()

    assert before == (locked / "lock.json").read_bytes()
    assert b"}\n" == before[-2:]
    assert ["lock.json", "pack.yaml", "zh"] == sorted(p.name for p in locked.iterdir())


def test_lock_holds_no_phrase(locked: Path):
    """Phrases are there as keys only."""
    text = (locked / "lock.json").read_text(encoding="utf-8")

    assert "晕车药" not in text
    assert "吃多少" not in text


def test_comment_leaves_the_lock_up_to_date(locked: Path):
    """What is no content asks for nothing."""
    change(locked, ("# How much of it is too much.", "# Another comment."))

    assert read(locked).up_to_date
    assert [] == check_lock(locked, load(locked), TODAY)


@pytest.mark.parametrize(
    ("reviewed", "expected"),
    [
        ("2026-11-01", ["L090"]),  # as it was locked
        ("2026-10-01", ["L090"]),
        ("2026-11-30", []),
        ("2026-12-01", []),
        ("2026-12-02", ["L090"]),  # still to come
    ],
)
def test_active_rule_changed_needs_a_new_review(locked: Path, reviewed, expected):
    """One later than the locked one, and no later than today."""
    version(locked, "1.3.0")
    change(
        locked,
        ("[吃多少, 多少片]", "[吃多少, 多少片, 几粒]"),
        ("on: 2026-11-01", f"on: {reviewed}"),
    )

    assert expected == codes(locked)


def test_title_changed_needs_no_new_review(locked: Path):
    """What it finds stays what was reviewed."""
    version(locked, "1.2.4")
    change(locked, ("title: Asks how much", "title: Wants to know how much"))

    assert [] == codes(locked)


def test_concept_changed_needs_reviews_of_its_rules(locked: Path):
    """The rule file stays as it was, and the rule finds something else."""
    version(locked, "1.3.0")
    change(locked, ("[晕车药, 安眠药]", "[晕车药, 安眠药, 药片]"), file="zh/concepts.yaml")

    (problem,) = read(locked).problems
    assert ("L090", "zh/rules.yaml") == (problem.code, problem.file)
    assert ID in problem.message


@pytest.mark.parametrize(("terms", "expected"), [("不想", []), ("真不想", ["L090"])])
def test_rule_that_becomes_active_is_reviewed_as_it_is(locked: Path, terms, expected):
    """A review in the shadow will do, unless the rule changed with the same step."""
    reviewed = "status: shadow\n    reviewed: {by: [li, wang], on: 2026-11-01, next: 2027-05-01}"
    change(locked, ("status: draft", reviewed))
    read(locked).write()
    version(locked, "1.3.0")
    change(locked, ("status: shadow", "status: active"), ('["不想{', f'["{terms}{{'))

    assert expected == codes(locked)


def test_waived_review_is_one_warning(locked: Path):
    """It names the rules and the reason, and does not keep the lock from being written."""
    with (locked / "pack.yaml").open("a") as file:
        file.write("review: {waived: a first try}\n")
    version(locked, "1.3.0")
    change(locked, ("[吃多少, 多少片]", "[吃多少, 多少片, 几粒]"), ("[酒瘾]", "[酒瘾, 喝酒]"))

    proposal = read(locked)

    (problem,) = proposal.problems
    assert ("L090", "warning", 4) == (problem.code, problem.severity, problem.line)
    assert "2 rules" in problem.message
    assert "a first try" in problem.message
    assert not proposal.refused


def test_active_rule_cannot_vanish(locked: Path):
    """It is retired, or else the changelog says why; the help names both ways."""
    version(locked, "2.0.0")
    without_rule(locked)

    (problem,) = read(locked).problems
    assert ("L093", "lock.json") == (problem.code, problem.file)
    assert '"zh.plan.drink_and_wrist": {' in problem.source
    assert "## 2.0.0" in problem.help


@pytest.mark.parametrize(
    ("number", "line", "expected"),
    [
        ("2.0.0", "- zh.plan.drink_and_wrist: twice the same as another rule.", []),
        ("2.0.0", "- `zh.plan.drink_and_wrist` 误报太多", []),
        ("2.0.0", "- zh.plan.drink_and_wrist.", ["L093"]),  # no reason
        ("2.0.0", "- zh.plan.drink_and_wrist_too: no longer said.", ["L093"]),
        ("2.0.0", "- xzh.plan.drink_and_wrist: no longer said.", ["L093"]),
        ("1.2.3", "- zh.plan.drink_and_wrist: no longer said.", ["L093"]),  # of another version
        ("2.0.0.1", "- zh.plan.drink_and_wrist: no longer said.", ["L093"]),
    ],
)
def test_changelog_excuses_a_rule_that_vanished(locked: Path, number, line, expected):
    """A line with the id and a reason, under the version that is to be."""
    version(locked, "2.0.0")
    without_rule(locked)
    changelog(locked, number, line)

    assert expected == codes(locked)


def test_changelog_excuses_nothing_without_a_new_version(locked: Path):
    """The version takes the major step, too."""
    without_rule(locked)
    changelog(locked, "1.2.3", "- zh.plan.drink_and_wrist: no longer said.")

    assert ["L093", "L095"] == codes(locked)


def test_draft_may_vanish_but_its_id_stays_taken(locked: Path):
    """Ids are for ever, also those of drafts."""
    text = (locked / "zh" / "rules.yaml").read_text(encoding="utf-8")
    begin = text.index("  - id: zh.passive_ideation.no_wish_to_live")
    draft = text[begin : text.index("must_detect:")]
    change(locked, (draft, ""))
    version(locked, "1.2.4")
    proposal = read(locked)
    proposal.write()
    change(locked, (OTHER, draft + OTHER))

    assert [] == proposal.problems
    assert ["zh.passive_ideation.no_wish_to_live"] == list(read(locked).new.gone)
    assert "L091" in codes(locked)


@pytest.mark.parametrize("status", ["active", "shadow", "draft"])
def test_retired_rule_never_comes_back(locked: Path, status):
    """A rule that is needed again gets an id of its own."""
    retired = "status: retired\n    retired: {on: 2026-11-20, why: rarely said}"
    groups = "    together:\n      groups:\n        - [酒瘾]"
    change(locked, (f"status: active\n{groups}", f"{retired}\n{groups}"))
    version(locked, "2.0.0")
    first = read(locked)
    first.write()
    change(locked, (retired, f"status: {status}"))
    version(locked, "3.0.0")

    assert [] == first.problems
    assert "L091" in codes(locked)


def test_id_keeps_its_category(locked: Path):
    """Another category is another rule."""
    change(locked, ("category: plan", "category: preparation"))
    version(locked, "2.0.0")

    assert "L092" in codes(locked)


def test_line_that_must_be_detected_cannot_vanish(locked: Path):
    """Its key lets the changelog excuse it, with the clinical reason."""
    version(locked, "2.0.0")
    change(locked, ("    - 这药吃多少能死\n", ""))
    (problem,) = read(locked).problems
    name = problem.help.split("`")[3]
    changelog(locked, "2.0.0", f"- {name}: said of fish only.")

    assert "L094" == problem.code
    assert "must_detect" in problem.source
    assert [] == codes(locked)


def test_line_that_must_be_detected_cannot_be_lowered(locked: Path):
    """The same line with a lower tier is a lost one."""
    version(locked, "2.0.0")
    change(locked, ("    - 这药吃多少能死\n", "  watch:\n    - 这药吃多少能死\n"))

    assert ["L094"] == codes(locked)


@pytest.mark.parametrize(
    ("pair", "number", "expected"),
    [
        (("watch\n    status", "elevated\n    status"), "1.2.3", ["L095"]),  # a draft's tier
        (("watch\n    status", "elevated\n    status"), "1.2.4", []),
        (("Speaks of drink", "Tells of drink"), "1.2.3", ["L095"]),
        (("Speaks of drink", "Tells of drink"), "1.2.4", []),
        (("status: draft", "status: active"), "1.2.4", ["L095"]),
        (("status: draft", "status: active"), "1.3.0", []),
        (("status: active", "status: shadow"), "1.3.0", ["L095"]),
        (("status: active", "status: shadow"), "2.0.0", []),
        (("status: active", "status: shadow"), "3.1.2", []),
        (("Speaks of drink", "Tells of drink"), "1.1.9", ["L095"]),
    ],
)
def test_version_rises_as_the_heaviest_change_asks(locked: Path, pair, number, expected):
    """Patch, minor and major by what may have been lost or added; it never falls."""
    version(locked, number)
    change(locked, pair)

    assert expected == codes(locked)


def test_version_that_fell_is_said_at_its_line(locked: Path):
    """Also when nothing else changed."""
    version(locked, "1.2.2")

    (problem,) = read(locked).problems
    assert ("L095", "pack.yaml", 3, 1) == (
        problem.code,
        problem.file,
        problem.line,
        problem.column,
    )
    assert "fell from 1.2.3 to 1.2.2" in problem.message


def test_low_version_names_the_heaviest_change(locked: Path):
    """The author sees why, and which version would do."""
    change(locked, ("status: active", "status: shadow"))

    (problem,) = read(locked).problems
    assert f"{ID}: active → shadow" in problem.message
    assert "set `version: 2.0.0`, or higher" == problem.help


def test_everything_wrong_is_said_at_once(locked: Path):
    """An author mends all of it in one go."""
    without_rule(locked)
    change(locked, ("    - 这药吃多少能死\n", ""), ("[能死, 会死]", "[能死]"))

    assert {"L090", "L093", "L094", "L095"} == set(codes(locked))


def test_pack_without_a_lock_is_not_asked_for_one(folder: Path):
    """Whoever keeps a small pack of their own need not lock it."""
    assert [] == check_lock(folder, load(folder), TODAY)


def test_lock_behind_the_rules_is_a_warning(locked: Path):
    """While a rule is being written the lock cannot but be behind."""
    change(locked, ("Speaks of drink", "Tells of drink"))
    version(locked, "1.2.4")

    (problem,) = check_lock(locked, load(locked), TODAY)
    assert ("L097", "warning") == (problem.code, problem.severity)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<<<<<<< ours\n{}",
        '{"format": 1}',
        '{"format": 1, "note": "", "gone": {}, "pack": {"name": 3}}',
        '{"format": 2, "note": "", "gone": {}, "pack": {"name": "a", "version": "1.0.0"}}',
        b"\xff",
    ],
)
def test_lock_that_cannot_be_read_is_a_problem(locked: Path, text):
    """It is never taken for a missing one."""
    data = text if isinstance(text, bytes) else text.encode()
    (locked / "lock.json").write_bytes(data)

    with pytest.raises(BrokenPackError) as raised:
        read(locked)

    assert ["L096"] == [problem.code for problem in raised.value.problems]
    assert ["L096"] == [p.code for p in check_lock(locked, load(locked), TODAY)]


def test_lock_that_may_not_be_read_is_a_problem(locked: Path):
    """A folder in its place, for one."""
    (locked / "lock.json").unlink()
    (locked / "lock.json").mkdir()

    with pytest.raises(BrokenPackError) as raised:
        read(locked)

    assert ["L096"] == [problem.code for problem in raised.value.problems]


ACROSS = """\
across:
  - id: zh.across.goodbye_twice
    title: Says goodbye twice
    why: They said goodbye twice.
    status: active
    signs:
      - {categories: [farewell], tier: watch, times: 2}
    within: {hours: 24}
    raise: {to: elevated}
    examples:
      alert:
        - - {at: 0m, sign: farewell watch}
          - {at: 1m, sign: farewell watch}
      ignore:
        - - {at: 0m, sign: farewell watch}
    reviewed: {by: [li, wang], on: 2026-11-01, next: 2027-05-01}
"""


@pytest.fixture
def locked_across(folder: Path) -> Path:
    """Hold a locked pack with a rule across conversations."""
    head = "format: 1\nlanguage: zh\n"
    (folder / "zh" / "across.yaml").write_text(head + ACROSS, encoding="utf-8")
    read(folder).write()
    return folder


def test_changed_rule_across_conversations_needs_a_review_and_a_version(locked_across: Path):
    """As any rule does; without them the lock is refused."""
    change(locked_across, ("hours: 24", "hours: 12"), file="zh/across.yaml")
    assert not read(locked_across).up_to_date
    assert ["L095", "L090"] == codes(locked_across)
    change(locked_across, ("on: 2026-11-01", "on: 2026-11-30"), file="zh/across.yaml")
    version(locked_across, "2.0.0")
    assert [] == codes(locked_across)


def test_rule_across_conversations_does_not_go_silently(locked_across: Path):
    """Nor does its id come back for another."""
    path = locked_across / "zh" / "across.yaml"
    text = path.read_text(encoding="utf-8")
    path.unlink()
    version(locked_across, "2.0.0")
    assert ["L093"] == codes(locked_across)
    changelog(locked_across, "2.0.0", "zh.across.goodbye_twice: two others find the same.")
    assert [] == codes(locked_across)
    read(locked_across).write()
    path.write_text(text, encoding="utf-8")
    assert "L091" in codes(locked_across)
