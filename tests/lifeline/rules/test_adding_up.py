"""Points that add up: over what was said last, over messages, each sequence once."""

from __future__ import annotations

import pytest

from lifeline.taxonomy import Tier

POINTS = {"nobody": "20 5 0", "tired": "15 5 0", "keys": "2 20 0", "parcel": "-30 -30 0"}
SCALE = {"window": 10, "points": POINTS}
DESPAIR = {"category": "passive_ideation", "tier": "watch", "adds_up": 30}
PLAN = {"category": "plan", "tier": "elevated", "adds_up": 24}


@pytest.fixture
def make_scaled(make_talk):
    """A conversation under a pack of these rules and a scale."""
    return lambda *rules, scale=SCALE: make_talk(*rules, language="en", scale=scale)


def said(finding):
    """The evidence of a finding's only hit."""
    return [e.text for e in finding.hits[0].evidence] if finding else None


def test_points_add_up_within_a_message(make_scaled):
    """Two words that are each too few are enough together, and are shown."""
    talk = make_scaled(DESPAIR)
    assert talk.chat("I am tired") is None
    finding = talk.chat("nobody here, and so Tired")
    assert (Tier.WATCH, ["nobody", "Tired"]) == (finding.tier, said(finding))


def test_points_add_up_over_messages(make_scaled):
    """The words of an earlier message count, and are shown in the order they were said."""
    talk = make_scaled(DESPAIR)
    talk.chat("nobody rings", at=0)
    assert ["nobody", "tired"] == said(talk.chat("so tired", at=60))


def test_each_sequence_counts_once(make_scaled):
    """Saying one thing over and over adds nothing."""
    talk = make_scaled(DESPAIR)
    assert talk.chat("nobody, nobody, nobody!") is None


def test_the_window_slides_over_words(make_scaled):
    """What was said more than ten words ago no longer counts."""
    talk = make_scaled(DESPAIR)
    assert talk.chat("nobody a b c d e f g h tired") is not None  # ten words
    assert talk.chat("tired a b c d e f g h i nobody", conversation_id="d") is None


def test_the_worst_stretch_of_a_long_text_counts(make_scaled):
    """Ordinary talk before and after takes nothing from it."""
    talk = make_scaled(DESPAIR)
    quiet = "parcel a b c d e f g h i j"
    assert talk.chat(f"{quiet} nobody tired {quiet}") is not None


def test_what_speaks_against_it_counts(make_scaled):
    """Points below zero are taken off."""
    talk = make_scaled(DESPAIR)
    assert talk.chat("nobody is in and I'm tired of waiting: parcel") is not None
    assert talk.chat("parcel: nobody in, tired", conversation_id="d") is None


def test_what_was_said_long_ago_does_not_count(make_scaled):
    """Half an hour later is another mood."""
    talk = make_scaled(DESPAIR)
    talk.chat("nobody rings", at=0)
    assert talk.chat("so tired", at=1801) is None


def test_only_the_customers_words_count(make_scaled):
    """What an agent says adds nothing."""
    talk = make_scaled(DESPAIR)
    talk.chat("is nobody at home?", speaker="agent")
    assert talk.chat("I'm tired") is None


def test_a_message_that_adds_nothing_does_not_hit_again(make_scaled):
    """What was said before has had its say; more of it hits again."""
    talk = make_scaled(DESPAIR)
    assert talk.chat("nobody, tired") is not None
    assert talk.chat("keys?") is not None
    assert talk.chat("ok thanks") is None


def test_a_weak_word_that_brings_it_over_is_enough(make_scaled):
    """However many weightier ones were said before: the last word fills the measure."""
    before = "abc abd abe abf abg abh abi abj"
    points = {**dict.fromkeys(before.split(), "10 0 0"), "keys": "1 0 0"}
    rule = {**DESPAIR, "adds_up": 81}
    talk = make_scaled(rule, scale={"window": 10, "points": points})
    assert talk.chat(before) is None
    assert "keys" in said(talk.chat("keys"))


def test_a_half_that_comes_late_counts_where_it_was_said(make_scaled):
    """What was said after it and read before it is added to it."""
    talk = make_scaled(DESPAIR)
    assert talk.chat("so tired", at=60) is None
    assert ["nobody", "tired"] == said(talk.chat("nobody rings", at=0))


def test_an_earlier_revision_that_comes_late_is_added_to_what_was_said_since(make_scaled):
    """Misheard or not: it was said, and is read once."""
    talk = make_scaled(DESPAIR)
    talk.segment("no body lotion", key="one", at=1)
    talk.segment("tired", key="two", at=2)
    finding = talk.segment("nobody", final=False, key="one", at=0)
    assert ["nobody", "tired"] == said(finding)


def test_each_tier_has_its_own_points(make_scaled):
    """The same words may be despair and no plan, or both."""
    talk = make_scaled(DESPAIR, PLAN)
    assert Tier.WATCH == talk.chat("nobody, tired").tier
    both = talk.chat("nobody, tired: the keys", conversation_id="d")
    assert {Tier.WATCH, Tier.ELEVATED} == {hit.tier for hit in both.hits}


def test_a_later_revision_replaces_what_an_earlier_one_added(make_scaled):
    """A word that was misheard at first no longer counts."""
    talk = make_scaled(DESPAIR)
    talk.segment("nobody", final=False, key="one", at=0)
    talk.segment("no body lotion", key="one", at=1)
    assert talk.segment("tired", key="two", at=2) is None


def test_points_count_again_under_another_pack(make_scaled):
    """What is remembered is read again by the scale of the new pack."""
    talk = make_scaled(DESPAIR, scale={"window": 10, "points": {"parcel": "1 1 1"}})
    talk.chat("nobody rings", at=0)
    talk.swap(make_scaled(DESPAIR).pack)
    assert ["nobody", "tired"] == said(talk.chat("so tired", at=60))


def test_chinese_counts_in_characters(make_talk):
    """The window of Chinese is characters, and sequences need no spaces."""
    scale = {"window": 8, "points": {"没人": "20 0 0", "累": "15 0 0"}}
    talk = make_talk(DESPAIR, scale=scale)
    assert ["没人", "累"] == said(talk.chat("身边没人，太累"))
    assert talk.chat("没人来收快递怎么办呢累", conversation_id="d") is None


def test_a_sequence_inside_another_is_not_shown(make_scaled):
    """Both count, and the longer says it all."""
    points = {"so tired": "20 0 0", "tired": "15 0 0"}
    talk = make_scaled(DESPAIR, scale={"window": 10, "points": points})
    assert ["so tired"] == said(talk.chat("I'm so tired"))


def test_evidence_stays_within_subject_or_text(make_scaled):
    """Words that stand side by side only where subject and text meet are no sequence."""
    points = {"nobody tired": "5 0 0", "nobody": "20 0 0", "tired": "15 0 0"}
    talk = make_scaled(DESPAIR, scale={"window": 10, "points": points})
    finding = talk.email("I have nobody", "tired of it")
    shown = [(e.field, e.start, e.end, e.text) for e in finding.hits[0].evidence]
    assert [("subject", 7, 13, "nobody"), ("text", 0, 5, "tired")] == shown
