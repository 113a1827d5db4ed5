from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from lifeline.rules.pack import BrokenPackError, Pack
from lifeline.rules.schema import Exclusion, Lower, RuleSpec, Within

Load = Callable[..., Pack]


def only(pack: Pack) -> RuleSpec:
    """Give the pack's one rule."""
    (spec,) = pack.all_rules
    return spec


def test_rule_is_read_as_written(load_file: Load):
    """Every field arrives; what is left out has its documented default."""
    spec = only(
        load_file(
            "    terms: [不想活, 活不下去]",
            "    exclusions:",
            "      - {name: event, why: not wanting to move, phrases: [不想活动]}",
            "    lower:",
            "      - {name: book, why: about a book, to: watch, nearby: [小说]}",
            "      - {name: film, why: a film, to: watch, nearby: [电影], within: {characters: 9}}",
            "    references: [C-SSRS]",
            "    author: li",
        )
    )

    assert (("不想活", "活不下去"),) == spec.groups
    assert (Exclusion("event", "not wanting to move", ("不想活动",)),) == spec.exclusions
    assert (
        Lower("book", "about a book", "watch", ("小说",), Within(messages=1)),
        Lower("film", "a film", "watch", ("电影",), Within(characters=9)),
    ) == spec.lower
    assert ("customer", ("chat", "calls", "emails")) == (spec.speaker, spec.channels)
    assert (("C-SSRS",), "li") == (spec.references, spec.author)
    assert (Within(), False) == (spec.within, spec.ordered)


@pytest.mark.parametrize("word", ["no", "yes", "0123", "null", "2026-11-01"])
def test_word_that_yaml_would_convert_is_a_term(load_file: Load, word: str):
    """Such a word is looked for as written."""
    spec = only(load_file("    terms:", f"      - {word}"))

    assert ((word,),) == spec.groups


@pytest.mark.parametrize(
    ("within", "across"),
    [
        ("{characters: 5}", False),
        ("{words: 5}", False),
        ("{messages: 1, characters: 9}", False),
        ("{messages: 2}", True),
        ("{minutes: 1}", True),
        ("{messages: 1, minutes: 3}", True),
    ],
)
def test_window_tells_whether_messages_are_joined(load_file: Load, within: str, across: bool):  # noqa: FBT001
    """Minutes, and messages above one, let the groups stand in several messages."""
    spec = only(
        load_file(
            "    together:",
            "      groups:",
            "        - [不想]",
            "        - [活]",
            f"      within: {within}",
        )
    )

    assert across == spec.within.across_messages


@pytest.mark.parametrize(
    "change",
    [
        {"groups": (("不想活", "想死"),)},
        {"tier": "watch"},
        {"status": "shadow"},
        {"speaker": "any"},
        {"channels": ("chat",)},
        {"ordered": True},
        {"within": Within(words=3)},
        {"exclusions": (Exclusion("a", "b", ("c",)),)},
        {"lower": (Lower("a", "b", "watch", ("c",), Within()),)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_version_changes_with_what_decides(load_file: Load, change: dict[str, object]):
    """Whatever changes what a rule finds changes its version."""
    spec = only(load_file())

    assert spec.version != replace(spec, **change).version  # type: ignore[arg-type]


def test_version_stays_when_only_words_about_the_rule_change(load_file: Load):
    """Title, author, references and place do not make another version."""
    spec = only(load_file())
    other = replace(
        spec, title="x", author="y", references=("z",), place=spec.place._replace(line=9)
    )

    assert spec.version == other.version


def test_version_is_the_same_in_every_process(load_file: Load):
    """A version depends on the content alone; this one must not change by accident."""
    assert "e897bbb367f0" == only(load_file()).version


def test_example_over_several_messages_keeps_them_apart(load_file: Load):
    """A nested list is one example; each message stays a text of its own."""
    rules = """\
  - id: zh.plan.two_halves
    title: Says it in two messages
    category: plan
    tier: elevated
    status: active
    together:
      groups: [[酒瘾], [手腕]]
      within: {minutes: 5}
    examples:
      alert:
        - - 怎么戒掉酒瘾?
          - 手腕在流血
      ignore:
        - |
          第一行
          第二行
"""
    examples = only(load_file(rules=rules)).examples

    assert (("怎么戒掉酒瘾?", "手腕在流血"),) == examples.alert
    assert (("第一行\n第二行",),) == examples.ignore
    assert (14, 17) == (examples.places["alert"][0].line, examples.places["ignore"][0].line)


def test_lowering_to_the_same_tier_is_a_mistake(load_file: Load):
    """It would be recorded as lowered and change nothing."""
    lower = "      - {name: book, why: about a book, to: elevated, nearby: [小说]}"

    with pytest.raises(BrokenPackError) as broken:
        load_file("    terms: [不想活]", "    lower:", lower)

    assert ["L046"] == [problem.code for problem in broken.value.problems]
