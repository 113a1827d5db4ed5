from __future__ import annotations

from pathlib import Path

import pytest

from lifeline.rules.examples import check_examples
from lifeline.rules.pack import load
from lifeline.rules.problems import Problem


def checked(folder: Path, old: str, new: str) -> list[Problem]:
    """Change the rules and run the examples."""
    path = folder / "zh" / "rules.yaml"
    text = path.read_text(encoding="utf-8")
    assert 1 == text.count(old)
    path.write_text(text.replace(old, new), encoding="utf-8")
    return check_examples(load(folder))


def test_examples_that_come_out_as_written_are_no_problem(folder: Path):
    """Silence means that every example was run and came out."""
    assert [] == check_examples(load(folder))


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ("我买的这个晕车药,吃多少片能死?", "晕车药怎么还没到?", "L060", 26),
        ("这个晕车药一次吃几片?", "这药吃多少片会死?", "L061", 29),
        ("一瓶够不够我走", "晕车药吃多少片会死", "L062", 31),
        ("          - 手腕在流血", "          - 手在流血", "L060", 47),
    ],
    ids=["alert", "ignore", "known gap", "several messages"],
)
def test_example_that_comes_out_otherwise_is_placed(
    folder: Path, old: str, new: str, code: str, line: int
):
    """Each kind of example has its code, and the problem points at the example itself."""
    (problem,) = checked(folder, old, new)

    assert (code, "zh/rules.yaml", line) == (problem.code, problem.file, problem.line)
    assert "error" in problem.render()


def test_alert_example_must_hit_at_its_last_message(folder: Path):
    """What only an earlier message completes is no example of the last."""
    (problem,) = checked(
        folder, "          - 手腕在流血\n", "          - 手腕在流血\n          - 谢谢\n"
    )

    assert "L060" == problem.code


def test_ignore_example_must_not_hit_at_any_message(folder: Path):
    """A hit at an earlier message breaks an ignore example too."""
    (problem,) = checked(
        folder,
        "        - 怎么戒掉酒瘾?\n  -",
        "        - - 怎么戒掉酒瘾?\n          - 手腕在流血\n          - 谢谢\n  -",
    )

    assert "L061" == problem.code


def test_examples_of_drafts_are_not_run(folder: Path):
    """A draft may be unfinished."""
    assert [] == checked(folder, "        - 真的不想活了", "        - 还没写好")
