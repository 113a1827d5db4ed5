"""Near misses: each names what kept the rule from hitting, and never a rule that did hit."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifeline.context import Context, Item, Order
from lifeline.detector import Detector
from lifeline.rules.corpora import START
from lifeline.rules.trials.near import NearMisses
from lifeline.rules.trials.rehearsal import APART, Rehearsal


def dose(**changed):
    """Three groups near each other; a new value each time, since YAML must not refer back."""
    groups = [["药"], ["几片"], ["会死"]]
    return {"together": {"groups": groups, "within": {"characters": 12}} | changed}


def misses(pack, *messages, channel="chat", speaker="customer", context=None):
    """Hold a conversation; the near misses at its last message."""
    rehearsal = Rehearsal(Detector(pack), channel, context=context or Context())
    for at, text in enumerate(messages):
        rehearsal.say(text, at * APART, speaker=speaker)
    return rehearsal.misses(NearMisses(pack))


FILM = {"name": "film", "why": "a title", "phrases": ["自杀小队"]}
ALL = "3 of 3 groups: 药, 几片, 会死"
CASES = {
    "a group is missing": (
        dose(), ["这药吃几片"],
        ("groups", "2 of 3 groups: 药, 几片; missing: group 3 (会死)"),
    ),
    "too far apart in characters": (
        dose(), ["药一二三四五六七八九几片会死"],
        ("distance", f"{ALL}; 14 characters apart, 12 allowed"),
    ),
    "excluded words": (
        {"terms": ["自杀"], "exclusions": [FILM]}, ["看自杀小队"],
        ("groups", "“自杀” is excluded by `film` (“自杀小队”: a title)"),
    ),
    "another order": (
        dose(ordered="true"), ["会死吗这药几片"],
        ("order", f"{ALL}; in another order than the rule's: 会死, 药, 几片"),
    ),
    "minutes apart": (
        dose(within={"minutes": 1}), ["药", "好", "几片会死"],
        ("distance", f"{ALL}; 2 minutes apart, 1 allowed"),
    ),
    "messages apart": (
        dose(within={"messages": 2}), ["药", "好", "几片会死"],
        ("distance", f"{ALL}; over 3 messages, 2 allowed"),
    ),
    "another order over messages": (
        dose(within={"messages": 3}, ordered="true"), ["会死", "药", "几片"],
        ("order", f"{ALL}; not one after the other in the rule's order and window"),
    ),
    "too few of the groups that are enough": (
        {
            "together": {
                "groups": [["睡不着"], ["没人"], ["没意义"], ["打扰了"]],
                "within": {"minutes": 30},
                "at_least": 3,
            }
        },
        ["睡不着", "打扰了"],
        ("groups", "2 of 3 groups: 睡不着, 打扰了; 1 more of the others needed within 30 minutes"),
    ),
    "not said often enough": (
        {"terms": ["绝望"], "repeat": {"times": 3, "within": {"messages": 5}}}, ["绝望", "绝望"],
        ("repeat", "绝望: in 2 messages so far, 3 within 5 messages are needed"),
    ),
    "not where the rule looks": (
        {"terms": ["绝望"], "position": {"first": {"seconds": 30}}}, ["你好", "绝望"],
        ("position", "绝望: the rule looks only at the first 30 seconds"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("rule", "messages", "expected"), CASES.values(), ids=CASES)
def test_a_near_miss_says_what_is_wrong(make_pack, rule, messages, expected):
    """One sentence for the author, one word for programs."""
    (miss,) = misses(make_pack(rule), *messages)

    assert expected == (miss.kind, miss.what)


def test_words_of_other_languages_are_counted_in_words(make_pack):
    """The window's own unit is used."""
    rule = {"together": {"groups": [["pills"], ["die"]], "within": {"words": 3}}}
    (miss,) = misses(make_pack(rule, language="en"), "pills or whatever else to die")

    assert "2 of 2 groups: pills, die; 6 words apart, 3 allowed" == miss.what


@pytest.mark.parametrize(
    ("rule", "scene", "what"),
    [
        ({"speaker": "agent"}, {}, "said by the customer, the rule is for the agent"),
        ({"channels": ["calls"]}, {"channel": "emails"}, "this is emails, the rule is for calls"),
    ],
    ids=["speaker", "channel"],
)
def test_who_and_where_keep_a_rule_from_hitting(make_pack, rule, scene, what):
    """All the words are there, and still it is not for this rule."""
    (miss,) = misses(make_pack({"terms": ["自杀"]} | rule), "自杀", **scene)

    assert f"自杀: {what}" == miss.what


def test_what_the_customer_ordered_keeps_a_rule_from_hitting(make_pack):
    """An order of something else, or too long ago, is named as what is wrong."""
    rule = {"terms": ["能承重吗"], "context": {"orders": ["绳子"], "days": 7}}
    item = Item(sku="1", title="绳子")
    old = Order(order_id="1", placed_at=START - timedelta(days=8), items=(item,))
    new = Order(order_id="1", placed_at=START - timedelta(days=6), items=(item,))
    pack = make_pack(rule)
    (miss,) = misses(pack, "能承重吗", context=Context(orders=(old,)))

    assert ("context", "能承重吗: no order of the last 7 days has any of: 绳子") == (
        miss.kind,
        miss.what,
    )
    assert [] == misses(pack, "能承重吗", context=Context(orders=(new,)))


def test_words_found_only_by_a_folding_that_is_off_are_named(make_pack):
    """The author learns what turning it off costs."""
    rule = {"terms": ["自杀"], "foldings": {"initials": "off"}}
    (miss,) = misses(make_pack(rule), "我想zs")

    assert ("groups", "“zs” is found only by `initials`, which this rule turns off") == (
        miss.kind,
        miss.what,
    )


def test_one_of_three_groups_is_not_near(make_pack):
    """Near is more than half of the groups, or all but one."""
    pack = make_pack(dose())

    assert [] == misses(pack, "这药")


def test_the_nearest_comes_first(make_pack):
    """All found stands before two of three, two of three before one of two."""
    half = dose(groups=[["药"], ["绳"]])
    most = dose(groups=[["药"], ["几片"], ["绳"]])
    every = dose(within={"characters": 3})
    found = misses(make_pack(half, most, every), "药吃几片会死")

    assert [2, 1, 0] == [miss.rule for miss in found]


def test_braces_are_shown_as_what_they_stand_for(make_pack):
    """A reader sees phrases, and that there are more."""
    groups = [["药"], ["{会,能,可以}死", "要命"]]
    pack = make_pack({"together": {"groups": groups, "within": {"characters": 9}}})
    (miss,) = misses(pack, "药")

    assert "1 of 2 groups: 药; missing: group 2 (会死, 要命, 能死, …)" == miss.what


WORDS = ["药", "几片", "会死", "鱼会死", "绝望", "。", ",", "一二三四五六", "好"]
RULES = [
    dose(),
    dose(ordered="true"),
    dose(within={"minutes": 1}),
    dose(within={"messages": 2}, ordered="true"),
    dose() | {"exclusions": [{"name": "fish", "why": "an aquarium", "phrases": ["鱼会死"]}]},
    {"terms": ["绝望"], "repeat": {"times": 3, "within": {"minutes": 2}}},
    {"terms": ["绝望"], "position": {"first": {"messages": 1}}},
]


@pytest.fixture(scope="module")
def varied(make_pack):
    """Hold a pack of rules of every kind, and what looks for its near misses."""
    pack = make_pack(*RULES)
    return pack, NearMisses(pack)


@given(messages=st.lists(st.lists(st.sampled_from(WORDS), max_size=7).map("".join), max_size=5))
def test_a_rule_with_all_its_groups_hits_or_says_why_not(varied, messages):
    """No rule with all its words is passed over in silence, none that hit is called a miss."""
    pack, near = varied
    rehearsal = Rehearsal(Detector(pack))
    for at, text in enumerate(messages):
        finding = rehearsal.say(text, at * APART)
        hit = {hit.rule for hit in finding.hits} if finding else set()
        found = rehearsal.misses(near)
        missed = {miss.rule for miss in found}
        every = {
            rule
            for rule, spec in enumerate(pack.rules)
            if not spec.across_messages
            and all(any(phrase in text for phrase in group) for group in spec.groups)
        }

        assert set() == hit & missed
        assert set() == every - hit - missed
        assert all(miss.what for miss in found)
