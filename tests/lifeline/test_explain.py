from __future__ import annotations

from lifeline.explain import match_as_json, reason, rule_facts
from lifeline.taxonomy import Tier

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
