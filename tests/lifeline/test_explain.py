from __future__ import annotations

import pytest

from lifeline.explain import folding_in_words, match_as_json, reason, rule_facts
from lifeline.folding import fold_character
from lifeline.readings import FOLDINGS
from lifeline.taxonomy import Tier


def _folding_names():
    """Every name that folding a character gives, over the scripts that rules are written in."""
    return {name for code in range(0x10000) for name in fold_character(chr(code))[1]}


FICTION = {
    "name": "fiction",
    "why": "about a book",
    "to": "watch",
    "nearby": ["小说"],
    "within": {"characters": 9},
}


def test_a_match_has_all_that_a_consumer_needs(make_talk):
    """Rule, words, place and what was made of them, for each stretch of words."""
    talk = make_talk({"terms": ["自杀"], "lower": [FICTION]})
    (hit,) = talk.chat("小说:自 殺", message_id="m").hits
    assert [
        {
            "rule_id": "zh.active_intent.r0",
            "rule_version": talk.pack.rules[0].version,
            "category": "active_intent",
            "tier": "watch",
            "message_id": "m",
            "speaker": "customer",
            "field": "text",
            "text": "自 殺",
            "start": 3,
            "end": 6,
            "folding": ["separator", "traditional"],
            "modifiers": ["fiction"],
            "raised": [],
            "awaits": [],
        }
    ] == match_as_json(talk.pack, hit)


def test_a_reason_says_why_in_words(make_talk):
    """The rule's title and own tier, the words and where they stood, and what lowered it."""
    talk = make_talk({"title": "Says so", "terms": ["想死", "自杀"], "lower": [FICTION]})
    (hit,) = talk.chat("小说 想死 自杀", message_id="m").hits
    assert (
        "Says so (zh.active_intent.r0, elevated): “想死”, “自杀” in m; "
        "lowered to watch by fiction (“小说”: about a book)"
    ) == reason(talk.pack, hit)


RAISED = {
    "terms": ["自杀"],
    "raise": [
        {"name": "now", "why": "at once", "to": "imminent", "with": "马上"},
        {"name": "bought", "why": "owns it", "to": "imminent", "orders": "绳子"},
    ],
}
NOTED = {
    "condition": {
        "why": "only if",
        "phrases": ["不退款"],
        "reach": {"before": 4},
        "examples": {"applies": ["不退款就自杀"], "leaves": ["自杀"]},
    }
}


def test_a_reason_says_what_raised_a_hit_what_was_noted_and_what_is_not_known(make_talk):
    """Whoever decides sees every word that changed the tier, and what else could."""
    talk = make_talk(RAISED, modifiers=NOTED)
    (hit,) = talk.chat("不退款就自杀,马上", message_id="m").hits
    assert (
        "Rule 0 (zh.active_intent.r0, elevated): “自杀” in m; "
        "raised to imminent by now (“马上”: at once); "
        "noted: condition (“不退款”); "
        "would be raised by bought if the orders were known"
    ) == reason(talk.pack, hit)


def test_a_match_names_what_raised_it_what_was_noted_and_what_is_not_known(make_talk):
    """Programs get the names."""
    talk = make_talk(RAISED, modifiers=NOTED)
    (hit,) = talk.chat("不退款就自杀,马上").hits
    (match,) = match_as_json(talk.pack, hit)
    assert ("imminent", ["now"], ["condition"], ["bought"]) == (
        match["tier"],
        match["raised"],
        match["modifiers"],
        match["awaits"],
    )


@pytest.mark.parametrize(
    ("needed", "asked"),
    [
        ({"orders": "绳子"}, "the orders were"),
        ({"product": "绳子"}, "the product were"),
        ({"product": "绳子", "orders": "绳子"}, "product and orders were"),
    ],
    ids=["orders", "product", "both"],
)
def test_a_reason_says_what_a_rule_waits_for(make_talk, needed, asked):
    """A mere signal may be more, once the customer is known."""
    talk = make_talk({"terms": ["能承重吗"], "context": needed})
    (hit,) = talk.chat("能承重吗", message_id="m", sku="s").hits
    assert (
        "Rule 0 (zh.active_intent.r0, elevated): “能承重吗” in m; "
        f"would be elevated if {asked} known and fit the rule"
    ) == reason(talk.pack, hit)


@pytest.mark.parametrize("name", sorted({*FOLDINGS, *_folding_names()}))
def test_every_folding_has_words(name):
    """A clinician is never shown a bare name."""
    assert folding_in_words(name)


def test_a_reason_names_each_message(make_talk):
    """Halves are told with the messages they stood in."""
    within = {"groups": [["药"], ["死"]], "within": {"minutes": 5}}
    talk = make_talk({"title": "Asks", "together": within})
    talk.chat("药", message_id="a")
    (hit,) = talk.chat("死", message_id="b", at=1).hits
    assert "Asks (zh.active_intent.r0, elevated): “药” in a; “死” in b" == reason(talk.pack, hit)


def test_a_reason_tells_words_once(make_talk):
    """Who says it three times is quoted once for each message."""
    talk = make_talk({"title": "Says so", "terms": ["想死"]})
    (hit,) = talk.chat("想死 想死 想死", message_id="m").hits
    assert "Says so (zh.active_intent.r0, elevated): “想死” in m" == reason(talk.pack, hit)


def test_a_report_is_explained_like_a_rule(make_talk):
    """The pressed button has a rule of its own."""
    talk = make_talk({"terms": ["想死"]})
    (hit,) = talk.report("she cries", message_id="r").hits
    assert ("lifeline.agent_report", "other_at_risk", Tier.ELEVATED) == (
        rule_facts(talk.pack, hit).id,
        rule_facts(talk.pack, hit).category,
        rule_facts(talk.pack, hit).tier,
    )
    assert (
        "A service agent reported a person at risk (lifeline.agent_report, elevated): "
        "“she cries” in r"
    ) == reason(talk.pack, hit)
