"""What raises and lowers a tier: words, modifiers, foldings, and what the customer ordered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lifeline.context import Context, Item, Order
from lifeline.taxonomy import Tier

START = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)  # when the conversations of the tests begin
NEGATION = {
    "why": "they say they do not",
    "phrases": ["没有", "不是"],
    "except": ["不是不"],
    "reach": {"before": 4},
    "to": "watch",
    "examples": {"applies": ["没有想死"], "leaves": ["想死"]},
}
QUOTED = {
    "why": "somebody else said so",
    "phrases": ["他说"],
    "reach": {"before": 8, "after": 5, "over": "sentence"},
    "examples": {"applies": ["他说想死"], "leaves": ["想死"]},
}


def names(hit):
    """What lowered, noted and raised a hit."""
    return [[reason.name for reason in reasons] for reasons in (hit.lowered, hit.noted, hit.raised)]


# Modifiers


@pytest.mark.parametrize(
    ("text", "tier"),
    [
        ("我没有想死", Tier.WATCH),
        ("没有啊我想死", Tier.WATCH),
        ("没有一点点啊我想死", Tier.ELEVATED),  # out of reach
        ("没有,想死", Tier.ELEVATED),  # another clause
        ("想死不是", Tier.ELEVATED),  # it reaches forward only
        ("我不是不想死", Tier.ELEVATED),  # an exception
    ],
)
def test_a_modifier_reaches_so_far(make_talk, text, tier):
    """Negation lowers a hit it stands before, in one clause, within its reach."""
    talk = make_talk({"terms": ["想死"]}, modifiers={"negation": NEGATION})
    assert tier is talk.chat(text).tier


def test_a_modifier_says_what_it_did(make_talk):
    """The hit names the modifier, its reason and the words."""
    talk = make_talk({"terms": ["想死"]}, modifiers={"negation": NEGATION})
    (hit,) = talk.chat("我没有想死").hits
    assert [("negation", "they say they do not", "没有", Tier.WATCH)] == list(hit.lowered)


def test_words_inside_the_hit_are_no_modifier(make_talk):
    """What belongs to the phrase itself negates nothing."""
    talk = make_talk({"terms": ["不是想活", "没有活路"]}, modifiers={"negation": NEGATION})
    assert Tier.ELEVATED is talk.chat("没有活路").tier


def test_a_modifier_without_tier_is_only_noted(make_talk):
    """A quotation, to be taken as authentic, stays visible and changes nothing."""
    talk = make_talk({"terms": ["想死"]}, modifiers={"quotation": QUOTED})
    (hit,) = talk.chat("他说,我想死").hits
    assert Tier.ELEVATED is hit.tier
    assert [[], ["quotation"], []] == names(hit)
    (hit,) = talk.chat("想死,他说", at=1).hits
    assert [[], ["quotation"], []] == names(hit)


def test_an_imminent_hit_is_lowered_only_where_its_category_is_named(make_talk):
    """Nothing common to all rules takes an attempt under way down."""
    rule = {"terms": ["吃了药"], "category": "attempt", "tier": "imminent"}
    talk = make_talk(rule, modifiers={"negation": NEGATION})
    (hit,) = talk.chat("没有吃了药").hits
    assert Tier.IMMINENT is hit.tier
    assert [[], ["negation"], []] == names(hit)
    named = NEGATION | {"categories": ["attempt"]}
    assert Tier.WATCH is make_talk(rule, modifiers={"negation": named}).chat("没有吃了药").tier


def test_a_modifier_keeps_to_its_categories(make_talk):
    """One for another category leaves the hit alone."""
    only = NEGATION | {"categories": ["farewell"]}
    talk = make_talk({"terms": ["想死"]}, modifiers={"negation": only})
    assert [[], [], []] == names(talk.chat("没有想死").hits[0])


def test_a_rule_may_be_unaffected(make_talk):
    """A rule that says so is left alone by a modifier."""
    rule = {"terms": ["想死"], "unaffected_by": ["negation"]}
    talk = make_talk(rule, modifiers={"negation": NEGATION})
    assert Tier.ELEVATED is talk.chat("没有想死").tier


def test_one_hit_negated_leaves_the_other(make_talk):
    """Of two hits in a message, the one that is not negated counts in full."""
    talk = make_talk({"terms": ["想死"]}, modifiers={"negation": NEGATION})
    finding = talk.chat("以前没有想死,现在我想死")
    assert Tier.ELEVATED is finding.tier
    assert {Tier.ELEVATED, Tier.WATCH} == {hit.tier for hit in finding.hits}


def test_reach_counts_words_where_words_are_written(make_talk):
    """In English the reach is in words."""
    rule = {"terms": ["want to die"]}
    negation = NEGATION | {
        "phrases": ["don't", "never"],
        "except": ["cannot"],
        "reach": {"before": 2},
    }
    talk = make_talk(rule, language="en", modifiers={"negation": negation})
    assert Tier.WATCH is talk.chat("I don't really want to die").tier
    assert Tier.ELEVATED is talk.chat("I never said that I want to die", at=1).tier


# Raising


def raising(to="imminent", **given):
    """A rule of words that something raises."""
    return {"terms": ["吃多少会死"], "raise": [{"name": "now", "why": "because", "to": to} | given]}


def test_words_raise(make_talk):
    """Words near a hit raise it, and the hit names them."""
    talk = make_talk(raising(**{"with": ["现在", "已经"], "within": {"characters": 6}}))
    (hit,) = talk.chat("我现在吃多少会死").hits
    assert Tier.IMMINENT is hit.tier
    assert [("now", "because", "现在", Tier.IMMINENT)] == list(hit.raised)
    assert Tier.ELEVATED is talk.chat("现在天气不错啊今天吃多少会死", at=1).tier


def test_what_lowers_wins_over_what_raises(make_talk):
    """A raised hit is still lowered to where the author said."""
    lower = [{"name": "fiction", "why": "because", "to": "watch", "nearby": ["小说"]}]
    talk = make_talk(raising(**{"with": "现在"}) | {"lower": lower})
    (hit,) = talk.chat("小说里现在吃多少会死").hits
    assert (Tier.WATCH, [["fiction"], [], ["now"]]) == (hit.tier, names(hit))


def bought(title, *, days_ago=1, category="", sku="1"):
    """An order of one thing."""
    item = Item(sku=sku, title=title, category=category)
    return Order(order_id="o", placed_at=START - timedelta(days=days_ago), items=(item,))


@pytest.mark.parametrize(
    ("orders", "tier", "awaits"),
    [
        (None, Tier.ELEVATED, ("now",)),
        ((), Tier.ELEVATED, ()),
        ((bought("茶苯海明 晕车药 24片"),), Tier.IMMINENT, ()),
        ((bought("24片", category="晕車藥"),), Tier.IMMINENT, ()),
        ((bought("晕车药", days_ago=31),), Tier.ELEVATED, ()),
        ((bought("雨伞"),), Tier.ELEVATED, ()),
    ],
)
def test_orders_raise_where_they_are_known(make_talk, orders, tier, awaits):
    """What was ordered of late raises a hit; while it is not known, the hit says what it awaits."""
    talk = make_talk(raising(orders="晕车药", days=30))
    (hit,) = talk.chat("吃多少会死", context=Context(orders=orders)).hits
    assert (tier, awaits) == (hit.tier, hit.awaits)


def test_orders_and_words_must_both_be_there(make_talk):
    """With both given, neither alone raises."""
    talk = make_talk(raising(orders=["晕车药"], **{"with": ["现在"]}))
    held = Context(orders=(bought("晕车药"),))
    assert Tier.ELEVATED is talk.chat("吃多少会死", context=held).tier
    assert Tier.ELEVATED is talk.chat("现在吃多少会死", at=1, context=Context(orders=())).tier
    assert Tier.IMMINENT is talk.chat("现在,吃多少会死", at=2, context=held).tier


def test_a_rule_may_ask_for_the_product(make_talk):
    """A rule about a product counts where the product asked about is one, and waits unknown."""
    rule = {"terms": ["几片会死"], "context": {"product": ["晕车药"]}}
    talk = make_talk(rule)
    known = Context(orders=(bought("晕车药", sku="77"), bought("雨伞", sku="78")))
    assert Tier.ELEVATED is talk.chat("几片会死", sku="77", context=known).tier
    assert talk.chat("几片会死?", at=1, sku="78", context=known) is None
    assert talk.chat("几片会死!", at=2, context=known) is None  # no product is asked about
    waiting = talk.chat("几片会死…", at=3, sku="79", context=known)
    assert (Tier.SIGNAL, ("context",)) == (waiting.tier, waiting.hits[0].awaits)


# Foldings


def test_a_lossy_folding_counts_one_tier_lower(make_talk):
    """What only sounds alike is a tier lower, and says so."""
    talk = make_talk({"terms": ["自杀"]})
    (hit,) = talk.chat("想紫砂").hits
    assert Tier.WATCH is hit.tier
    assert ["homophone"] == [reason.name for reason in hit.lowered]
    assert ("homophone",) == hit.evidence[0].foldings


@pytest.mark.parametrize(
    ("choice", "tier"), [("keep", Tier.ELEVATED), ("lower", Tier.WATCH), ("off", None)]
)
def test_a_rule_decides_on_a_folding(make_talk, choice, tier):
    """The author may keep the tier, lower it or turn the folding off for a rule."""
    talk = make_talk({"terms": ["自杀"], "foldings": {"homophone": choice}})
    finding = talk.chat("想紫砂")
    assert tier is (finding.tier if finding else None)


def test_a_pack_turns_a_folding_off_or_names_exceptions(make_talk):
    """What the pack excepts is no hit by that folding; others still are."""
    manifest = {"foldings": {"homophone": {"except": ["紫砂"]}, "pinyin": "off"}}
    talk = make_talk({"terms": ["自杀"]}, manifest=manifest)
    assert talk.chat("紫砂") is None
    assert talk.chat("zisha") is None
    assert talk.chat("我想自砂") is not None


def test_the_plain_words_beside_count_in_full(make_talk):
    """A lossy hit lowers nothing else in the message."""
    talk = make_talk({"terms": ["自杀"]})
    assert Tier.ELEVATED is talk.chat("紫砂,自杀").tier


def test_what_only_sounds_alike_takes_nothing_from_words_as_written(make_talk):
    """An exclusion, a lowering word or a negation heard by its sound leaves a plain hit alone."""
    rule = {
        "terms": ["不想活"],
        "exclusions": [{"name": "idiom", "why": "because", "phrases": ["得不想活"]}],
        "lower": [{"name": "fiction", "why": "because", "to": "watch", "nearby": ["小说"]}],
    }
    talk = make_talk(rule, modifiers={"negation": NEGATION})
    assert Tier.ELEVATED is talk.chat("我真的不想活了,小硕,xiaoshuo").tier
    assert Tier.ELEVATED is talk.chat("meiyou不想活", at=1).tier
    assert talk.chat("累得不想活", at=2) is None


def test_a_hit_that_only_sounds_alike_does_not_hide_the_words_as_written(make_talk):
    """Around them, or in their group before them, it lowers nothing."""
    talk = make_talk({"terms": ["不想活", "死不想活了"]})
    assert Tier.ELEVATED is talk.chat("4不想活了").tier
    groups = [["杀死自己", "杀死"], ["会疼吗"]]
    talk = make_talk({"together": {"groups": groups, "within": {"characters": 20}}})
    assert Tier.ELEVATED is talk.chat("杀4,杀死自己会疼吗").tier


def test_a_disguise_does_not_hide_the_word_behind_a_gap(make_talk):
    """A gap reaches past an emoji that stands for the word to the word itself."""
    talk = make_talk({"terms": ["in my hand … die"]}, language="en")
    assert Tier.ELEVATED is talk.chat("in my hand 💀 die").tier
    off = {"terms": ["in my hand … die"], "foldings": {"emoji": "off"}}
    assert Tier.ELEVATED is make_talk(off, language="en").chat("in my hand 💀 die").tier


def test_a_disguise_in_this_message_does_not_outdo_words_said_before(make_talk):
    """Over several messages, words as written come first."""
    groups = [["绳子"], ["活着没意思"]]
    talk = make_talk({"together": {"groups": groups, "within": {"minutes": 10}}})
    talk.chat("家里有绳子")
    assert Tier.ELEVATED is talk.chat("活着没意思🪢", at=1).tier


def test_a_repeat_does_not_reach_over_a_sentence(make_talk):
    """Two sentences that end and begin alike are no stutter, so nothing spans them."""
    rule = {
        "terms": ["adiós a todos"],
        "exclusions": [{"name": "days", "why": "because", "phrases": ["adiós a todos los días"]}],
    }
    talk = make_talk(rule, language="es")
    assert talk.chat("adiós a todos. Todos los días es lo mismo") is not None
    finding = make_talk({"terms": ["want to die"]}, language="en").email("I want to", "to die")
    assert finding is None


def test_a_wail_denies_nothing(make_talk):
    """Nooo is a cry: neither an exclusion nor a negation is heard in it."""
    rule = {
        "terms": ["me quiero matar"],
        "exclusions": [{"name": "denied", "why": "because", "phrases": ["no me quiero matar"]}],
    }
    negation = NEGATION | {"phrases": ["no"], "except": ["no sé"]}
    talk = make_talk(rule, language="es", modifiers={"negation": negation})
    assert Tier.ELEVATED is talk.chat("Nooo me quiero matar").tier
    assert talk.chat("no me quiero matar", at=1) is None


def test_outcomes_of_the_same_name_and_other_tiers_stay_apart(make_talk):
    """Two lowerings may bear one name; the hit they lower less is not lost behind the other."""
    lower = [
        {
            "name": "a",
            "why": "because",
            "to": "signal",
            "nearby": ["歌"],
            "within": {"characters": 3},
        },
        {
            "name": "a",
            "why": "because",
            "to": "watch",
            "nearby": ["书"],
            "within": {"characters": 3},
        },
    ]
    talk = make_talk({"terms": ["想死"], "lower": lower})
    assert Tier.WATCH is talk.chat("歌里想死,然后呢,再往后一点,书里想死").tier
