"""Corpora and cases: each failure has its code, its place, and a way out."""

from __future__ import annotations

from copy import deepcopy
from datetime import date

import pytest

from lifeline.rules.trials import check_corpora, check_pack
from lifeline.rules.trials.examples import check_examples

TODAY = date(2026, 11, 22)
SUICIDE = {
    "terms": ["自杀"],
    "examples": {"alert": ["我想自杀"], "ignore": ["没事"]},
}
HOPELESS = {
    "terms": ["没希望"],
    "category": "passive_ideation",
    "tier": "watch",
    "examples": {"alert": ["没希望了"], "ignore": ["没事"]},
}
DOSE = {
    "together": {"groups": [["药"], ["几片"], ["会死"]], "within": {"characters": 12}},
    "category": "method_question",
    "examples": {"alert": ["药吃几片会死"], "ignore": ["没事"]},
}


@pytest.fixture
def check(make_pack):
    """Hold a pack with these headings to its corpora; code, line and text of each problem."""

    def check(*rules, today=TODAY, **headings):
        pack = make_pack(*(rules or (SUICIDE, HOPELESS, DOSE)), **headings)
        return [
            (problem.code, problem.message, problem.help) for problem in check_corpora(pack, today)
        ]

    return check


def test_corpora_that_come_out_as_written_are_no_problem(check):
    """One of each kind, run in silence."""
    assert [] == check(
        must_detect={"watch": ["没希望了"], "elevated": ["我要自杀", ["你好", "我要自杀"]]},
        benign={"none": ["快递到哪了"], "watch": ["没希望了"]},
        known_false_positives=[
            {"phrase": "自杀小队", "reason": "a film", "expires": "2026-11-22"},
        ],
        cases=[
            {
                "name": "worse and worse",
                "messages": [{"at": "0s", "text": "没希望了"}, {"at": "1m", "text": "我要自杀"}],
                "expect": [
                    {"after": 1, "tier": "watch", "rule": "zh.passive_ideation.r1"},
                    {"after": 2, "tier": "elevated", "rule": "zh.active_intent.r0"},
                ],
            }
        ],
    )


def test_a_lost_line_names_the_rule_that_is_nearest(check):
    """The author knows where a phrase is lacking."""
    assert [
        (
            "L082",
            "this must reach `elevated`, but no rule hits",
            "nearest is zh.method_question.r2: 2 of 3 groups: 药, 几片; missing: group 3 (会死)",
        )
    ] == check(must_detect={"elevated": ["这药几片能走"]})


def test_a_line_that_is_too_low_names_what_hits(check):
    """What is found, but not bad enough, is told from what is not found."""
    assert [
        (
            "L082",
            "this must reach `elevated`, but reaches `watch`",
            "zh.passive_ideation.r1 (watch) hits",
        )
    ] == check(must_detect={"elevated": ["没希望了"]})


def test_a_line_that_was_lowered_names_what_lowered_it(check):
    """A lowering word that goes too far is found out."""
    lower = [{"name": "film", "why": "about a film", "to": "watch", "nearby": ["电影"]}]
    (problem,) = check(SUICIDE | {"lower": lower}, must_detect={"elevated": ["看完电影我要自杀"]})

    assert "zh.active_intent.r0 (elevated) hits, but film (“电影”) lowers it to watch" == problem[2]


def test_a_line_nothing_is_near_says_so(check):
    """There is not always a rule to begin with."""
    (problem,) = check(must_detect={"watch": ["快递到哪了"]})

    assert "no rule is near; write a phrase for it" == problem[2]


@pytest.mark.parametrize(("status", "near"), [("active", True), ("shadow", False)])
def test_only_an_active_rule_is_named_as_nearest(check, status, near):
    """A phrase added to a rule on trial would not bring the line back."""
    ((_, _, help_),) = check(
        SUICIDE, DOSE | {"status": status}, must_detect={"elevated": ["这药几片能走"]}
    )

    assert near == ("zh.method_question.r1" in help_)


def test_only_a_rule_that_is_bad_enough_is_named_as_nearest(check):
    """One that could never reach the tier would lead the author astray."""
    help_of = {
        tier: check(must_detect={tier: ["这药几片能走"]})[0][2] for tier in ("elevated", "imminent")
    }

    assert help_of["elevated"].startswith("nearest is zh.method_question.r2")
    assert "no rule is near; write a phrase for it" == help_of["imminent"]


def test_a_benign_line_that_is_too_high_names_rule_and_words(check):
    """The author sees which phrase cries wolf."""
    ((code, message, help_),) = check(benign={"watch": ["自殺小队什么时候上映"]})

    assert ("L083", "this may reach `watch` at most, but reaches `elevated`") == (code, message)
    assert help_.startswith("zh.active_intent.r0 hits: “自殺” at 1 (by traditional): ")


@pytest.mark.parametrize("status", ["draft", "shadow"])
def test_only_active_rules_count(check, status):
    """What alerts nobody neither saves a line nor breaks one."""
    trial = SUICIDE | {"status": status}
    problems = check(
        trial, HOPELESS, must_detect={"elevated": ["我要自杀"]}, benign={"none": ["自杀小队"]}
    )

    assert ["L082"] == [code for code, _, _ in problems]


def test_the_end_of_a_conversation_counts_for_lines(check):
    """A line is a whole conversation, so a rule for its last words is tried, too."""
    last = SUICIDE | {"position": {"last": {"messages": 1}}}

    assert [] == check(last, must_detect={"elevated": [["你好", "我要自杀"]]})
    assert ["L082"] == [
        code for code, _, _ in check(last, must_detect={"elevated": [["我要自杀", "你好"]]})
    ]


def test_a_known_gap_that_is_found_moves_to_must_detect(check):
    """A gap of the pack stands until it reaches its tier; from then on it is held to it."""
    assert [] == check(known_gaps={"elevated": ["没希望"], "imminent": ["我要自杀"]})

    ((code, message, _),) = check(known_gaps={"elevated": ["没希望", ["你好", "我要自杀"]]})
    assert ("L089", "this known gap reaches `elevated` now: move it to `must_detect`") == (
        code,
        message,
    )


def test_a_known_false_positive_that_is_quiet_moves_to_benign(check):
    """What no longer alerts need not be borne."""
    ((code, message, _),) = check(
        known_false_positives=[{"phrase": "没希望", "reason": "x", "expires": "2027-01-01"}]
    )

    assert ("L084", "this known false positive is quiet now: move it to `benign`") == (
        code,
        message,
    )


@pytest.mark.parametrize(
    ("today", "codes"),
    [(date(2026, 11, 1), []), (date(2026, 11, 2), ["L085"]), (None, [])],
    ids=["last day", "day after", "no date given"],
)
def test_a_known_false_positive_expires_after_its_day(check, today, codes):
    """Nothing is borne for ever; without a date nothing expires."""
    known = [{"phrase": "自杀小队", "reason": "a film", "expires": "2026-11-01"}]

    assert codes == [code for code, _, _ in check(known_false_positives=known, today=today)]


def case(messages, expect, **fields):
    """One case under its heading."""
    said = [{"at": at, "text": text} | more for at, text, more in messages]
    expected = [dict(zip(("after", "tier", "rule"), e, strict=False)) for e in expect]
    return {"cases": [{"name": "a case", "messages": said, "expect": expected} | fields]}


def test_a_case_is_at_exactly_the_tier_expected(check):
    """Too low and too high are both wrong, and each says by what."""
    assert [
        (
            "L086",
            "a case: after message 1 the case is at `none`, not at `watch`",
            "no rule is near; write a phrase for it",
        ),
        (
            "L086",
            "a case: after message 2 the case is at `elevated`, not at `watch`",
            "zh.active_intent.r0 hits: “自杀” at 2",
        ),
    ] == check(**case([("0s", "你好", {}), ("9s", "要自杀", {})], [(1, "watch"), (2, "watch")]))


def test_the_tier_of_a_case_is_the_worst_so_far(check):
    """What was said is not taken back by what follows."""
    said = [("0s", "要自杀", {}), ("9s", "没事了", {})]

    assert [] == check(**case(said, [(1, "elevated"), (2, "elevated")]))


def test_messages_of_a_case_come_in_the_order_in_which_they_arrive(check):
    """A late message counts once it is there."""
    said = [("0s", "要自杀", {"arrives": "2m"}), ("30s", "在吗", {})]

    assert [] == check(**case(said, [(1, "none"), (2, "elevated")]))


@pytest.mark.parametrize(
    ("rule", "help_"),
    [
        ("zh.active_intent.r9", "there is no such rule; did you mean `zh.active_intent.r0`?"),
        ("zh.method_question.r2", "2 of 3 groups: 药, 几片; missing: group 3 (会死)"),
        ("zh.passive_ideation.r3", "it is draft; only active rules count here"),
    ],
    ids=["unknown", "near", "draft"],
)
def test_a_rule_that_does_not_hit_says_why(check, rule, help_):
    """The rule named by a case has to be among those that hit at that message."""
    draft = deepcopy(HOPELESS) | {"status": "draft"}
    said = case([("0s", "药吃几片就自杀", {})], [(1, "elevated", rule)])

    assert [("L087", f"a case: after message 1 the rule `{rule}` does not hit", help_)] == check(
        SUICIDE, HOPELESS, DOSE, draft, **said
    )


def test_a_case_knows_orders_and_product(check):
    """Context is what the case says, and otherwise not known."""
    wanted = [{"name": "bought", "why": "x", "to": "imminent", "orders": "绳子", "days": 7}]
    rule = SUICIDE | {"raise": wanted}
    said, expect = [("0s", "要自杀", {})], [(1, "imminent")]
    orders = {"orders": [{"days_ago": 6, "title": "尼龙绳子"}]}
    ((_, _, help_),) = check(rule, **case(said, expect))

    assert [] == check(rule, **case(said, expect, **orders))
    assert "bought waits for what is known of the customer" in help_


def test_a_case_that_ends_brings_what_its_end_completes(check):
    """The expectation after the last message includes the end; without an end it does not."""
    last = SUICIDE | {"position": {"last": {"messages": 1}}}
    said = [("0s", "要自杀", {})]

    assert [] == check(last, **case(said, [(1, "elevated")], ends="true"))
    assert [] == check(last, **case(said, [(1, "none")]))


@pytest.mark.parametrize("channel", ["chat", "calls", "emails"])
def test_a_case_is_held_on_its_channel(check, channel):
    """A rule for one channel is tried where it looks."""
    rule = SUICIDE | {"channels": ["calls"]}
    expected = "elevated" if channel == "calls" else "none"

    assert [] == check(rule, **case([("0s", "要自杀", {})], [(1, expected)], channel=channel))


def test_the_agent_of_a_case_is_not_the_customer(check):
    """Who speaks decides."""
    assert [] == check(**case([("0s", "要自杀", {"speaker": "agent"})], [(1, "none")]))


def test_problems_stand_where_the_line_does(make_pack):
    """The author is led to the line itself."""
    pack = make_pack(SUICIDE, benign={"none": ["没事", "要自杀"]})
    (problem,) = check_pack(pack, TODAY)

    assert ("rules.yaml", "  - 要自杀") == (problem.file, problem.source)


NEGATION = {
    "why": "says it is not so",
    "phrases": ["没有"],
    "reach": {"before": 3},
    "to": "watch",
}

OUT_OF_REACH = (
    "no phrase of it stands within its reach of “自杀” at 7; lengthen `reach`, or add phrases"
)


@pytest.mark.parametrize(
    ("kind", "text", "code", "message", "help_"),
    [
        ("applies", "没事", "L098", "hits no rule, so it shows nothing",
         "write a sentence that some rule of the pack finds"),
        ("applies", "没有人管我要自杀", "L098", "is left as it is", OUT_OF_REACH),
        ("leaves", "没事", "L099", "hits no rule, so it shows nothing",
         "write a sentence that some rule of the pack finds"),
        ("leaves", "没有想自杀", "L099", "is changed: “没有” reaches “自杀” at 4",
         "shorten `reach`, or add the words to `except`"),
    ],
    ids=["applies to nothing", "out of reach", "leaves nothing", "changed"],
)  # fmt: skip
def test_examples_of_modifiers_are_run(make_pack, kind, text, code, message, help_):
    """A modifier that reaches too far hides people; one that falls short cries wolf."""
    examples = {"applies": ["没有想自杀"], "leaves": ["自杀"]} | {kind: [text]}
    pack = make_pack(SUICIDE, modifiers={"negation": NEGATION | {"examples": examples}})
    (problem,) = check_examples(pack)

    assert (code, f"the modifier `negation`: this `{kind}` example {message}", help_) == (
        problem.code,
        problem.message,
        problem.help,
    )


def test_a_modifier_is_not_shown_by_drafts(make_pack):
    """An example that only a draft finds shows nothing of what is used."""
    examples = {"applies": ["没有想自杀"], "leaves": ["自杀"]}
    modifiers = {"negation": NEGATION | {"examples": examples}}
    pack = make_pack(SUICIDE | {"status": "draft"}, HOPELESS, modifiers=modifiers, drafts=True)

    assert ["L098", "L099"] == [problem.code for problem in check_examples(pack)]
