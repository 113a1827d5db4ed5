from __future__ import annotations

from pathlib import Path

import pytest

from lifeline.rules.pack import load
from lifeline.rules.problems import Problem
from lifeline.rules.trials.examples import check_examples


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


def test_examples_of_drafts_are_run_only_when_they_are_loaded(folder: Path):
    """A draft may be unfinished; its author asks how it stands."""
    path = folder / "zh" / "rules.yaml"
    assert [] == checked(folder, "        - 真的不想活了", "        - 还没写好")
    assert ["L060"] == [problem.code for problem in check_examples(load(folder, drafts=True))]
    assert [] == check_examples(load(folder, drafts=True), "zh.plan.drink_and_wrist")
    assert "还没写好" in path.read_text("utf-8")


def test_examples_of_rules_in_the_shadow_are_run(folder: Path):
    """A rule on trial has to work as well as one that alerts."""
    path = folder / "zh" / "rules.yaml"
    path.write_text(path.read_text("utf-8").replace("status: active", "status: shadow", 1), "utf-8")
    assert [] == check_examples(load(folder))
    (problem,) = checked(folder, "我买的这个晕车药,吃多少片能死?", "晕车药怎么还没到?")

    assert "L060" == problem.code


DOSE = "我买的这个晕车药,吃多少片能死?"
EXCLUDED = (
    "2 of 3 groups: 晕车药, 吃多少; “会死” is excluded by `fish` (“鱼会死”: dosing an aquarium)"
)


@pytest.mark.parametrize(
    ("old", "new", "help_"),
    [
        (DOSE, "这个晕车药吃多少片好",
         "2 of 3 groups: 晕车药, 吃多少; missing: group 3 (能死, 会死)"),
        (DOSE, "晕车药吃多少片鱼会死", EXCLUDED),
        (DOSE, "你好", "too few of the rule's 3 groups are found in it"),
        ("          - 手腕在流血", "          - 手在流血",
         "1 of 2 groups: 酒瘾; missing: group 2 (手腕) within 10 minutes"),
        ("          - 手腕在流血\n", "          - 手腕在流血\n          - 谢谢\n",
         "it hits at message 2 already; the last one must be what completes it"),
    ],
    ids=["missing", "excluded", "nothing near", "over messages", "too early"],
)  # fmt: skip
def test_an_alert_example_that_does_not_hit_says_what_is_lacking(
    folder: Path, old: str, new: str, help_: str
):
    """The author need not guess which group, exclusion or window it is."""
    (problem,) = checked(folder, old, new)

    assert help_ == problem.help


def test_an_ignore_example_that_hits_names_the_words(folder: Path):
    """The author sees which phrase, where, and by which folding."""
    (problem,) = checked(folder, "这个晕车药一次吃几片?", "這藥吃多少會死?")

    assert (
        "zh.method_question.how_much: this `ignore` example hits: "
        "“藥” at 2 (by traditional), “吃多少” at 3, “會死” at 6 (by traditional)"
    ) == problem.message


def test_an_alert_example_that_is_lowered_is_no_failure(folder: Path):
    """It hits, and that is what it shows."""
    old, new = "我买的这个晕车药,吃多少片能死?", "小说里写晕车药吃多少片能死"

    assert [] == checked(folder, old, new)


GAME = {"reach": 6, "watch": 20, "signal": 40, "points": {"level": 15, "boss": 15, "alone": -20}}
LOWERED = "en.active_intent.mine: this `alert` example comes to `watch` by what is said around it"


@pytest.mark.parametrize(
    ("example", "more", "messages"),
    [
        ("I want to die by the boss, level 3", {}, [LOWERED]),
        ("I want to die by the boss, level 3", {"unaffected_by": ["surroundings"]}, []),
        ("I want to die alone by the boss, level 3", {}, []),
    ],
    ids=["lowered", "unaffected", "not lowered"],
)
def test_an_alert_example_that_the_surroundings_lower_is_a_failure(
    make_pack, example, more, messages
):
    """Numbers that nobody wrote may not take away what an author promised."""
    examples = {"alert": [example], "ignore": ["hello"]}
    rule = {"id": "en.active_intent.mine", "terms": ["want to die"], "examples": examples} | more
    problems = check_examples(make_pack(rule, language="en", surroundings=GAME))

    assert messages == [problem.message for problem in problems]
    assert ["L111"] * len(messages) == [problem.code for problem in problems]
    assert all("boss, level" in problem.help for problem in problems)


def test_an_example_of_a_rule_for_the_end_hits_as_the_conversation_ends(make_pack):
    """An example is a whole conversation."""
    rule = {
        "terms": ["永别"],
        "position": {"last": {"messages": 1}},
        "examples": {"alert": ["永别了"], "ignore": [["永别了", "谢谢"]]},
    }

    assert [] == check_examples(make_pack(rule))


@pytest.mark.parametrize("channel", ["chat", "calls", "emails"])
@pytest.mark.parametrize("speaker", ["customer", "agent", "any"])
def test_an_example_is_said_where_its_rule_looks(make_pack, channel, speaker):
    """By whom and on which channel is the rule's affair."""
    rule = {
        "terms": ["自杀"],
        "channels": [channel],
        "speaker": speaker,
        "examples": {"alert": ["要自杀"], "ignore": ["好"]},
    }

    assert [] == check_examples(make_pack(rule))
