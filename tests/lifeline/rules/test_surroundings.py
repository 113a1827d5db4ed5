"""What is said around a hit: when it lowers, how far, and what never counts."""

from __future__ import annotations

from bisect import bisect_right
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from lifeline.detector import Detector
from lifeline.rules.hits import Evidence, RuleHit, Scanned
from lifeline.rules.pack import load
from lifeline.rules.surroundings import Neighbourhood
from lifeline.rules.trials.rehearsal import Rehearsal
from lifeline.taxonomy import Tier

POINTS = {"broadband": 30, "the game": 20, "boss": 15, "level": 10, "alone": -25}
SURROUNDINGS = {"reach": 6, "watch": 20, "signal": 40, "points": POINTS}
DESPAIR = {"terms": ["want to die"], "category": "active_intent", "tier": "elevated"}


@pytest.fixture
def make_heard(make_talk):
    """A conversation under a pack of these rules and surroundings."""

    def make(*rules, surroundings=SURROUNDINGS):
        return make_talk(*(rules or [DESPAIR]), language="en", surroundings=surroundings)

    return make


def test_harmless_talk_beside_a_hit_lowers_it(make_heard):
    """To watch with enough points, to signal with more; the words that counted are the reason."""
    talk = make_heard()
    assert Tier.ELEVATED == talk.chat("I want to die, where is my parcel").tier
    watch = talk.chat("my broadband makes me want to die", conversation_id="d")
    signal = talk.chat("in the game I want to die by the boss, level 3", conversation_id="e")

    assert (Tier.WATCH, Tier.SIGNAL) == (watch.tier, signal.tier)
    (reason,) = watch.hits[0].lowered
    assert ("surroundings", "broadband", Tier.WATCH) == (reason.name, reason.words, reason.to)
    assert "the game, boss, level" == signal.hits[0].lowered[0].words


def test_talk_of_distress_beside_it_speaks_against_that(make_heard):
    """Points below zero are taken off."""
    talk = make_heard()
    assert Tier.ELEVATED == talk.chat("alone with my broadband, I want to die").tier


def test_a_bare_statement_is_never_lowered(make_heard):
    """Not even by words of its own that are harmless beside others."""
    talk = make_heard(surroundings=SURROUNDINGS | {"points": {"want to die": 99, "die": 99}})
    assert Tier.ELEVATED == talk.chat("I want to die").tier


def test_words_of_another_hit_are_no_surroundings(make_heard):
    """What one rule takes for a sign does not excuse what another finds."""
    game = {"terms": ["the game is over"], "category": "farewell", "tier": "watch"}
    talk = make_heard(DESPAIR, game)
    assert Tier.ELEVATED == talk.chat("I want to die, the game is over").tier
    signal = {"terms": ["the game"], "category": "stressor", "tier": "signal"}
    assert Tier.WATCH == make_heard(DESPAIR, signal).chat("I want to die in the game").tier


def test_an_attempt_under_way_is_never_lowered(make_heard):
    """Whatever else is said."""
    attempt = {"terms": ["took them all"], "category": "attempt", "tier": "imminent"}
    assert Tier.IMMINENT == make_heard(attempt).chat("broadband boss: I took them all").tier


def test_only_what_is_near_counts(make_heard):
    """Six words on each side of the hit, and no further."""
    tiers = {
        "broadband a b c d e want to die": Tier.WATCH,
        "broadband a b c d e f want to die": Tier.ELEVATED,
        "want to die a b c d e broadband": Tier.WATCH,
        "want to die a b c d e f broadband": Tier.ELEVATED,
    }
    assert tiers == {text: make_heard().chat(text).tier for text in tiers}


def test_each_sequence_counts_once(make_heard):
    """Saying one harmless thing over and over adds nothing."""
    assert Tier.ELEVATED == make_heard().chat("boss boss boss I want to die").tier


def test_what_the_customer_said_before_counts(make_heard):
    """For half an hour; an agent's words never do, nor what is said after."""
    talk = make_heard()
    talk.chat("my broadband", at=0)
    assert Tier.WATCH == talk.chat("want to die", at=1800).tier
    assert Tier.ELEVATED == talk.chat("I do want to die", at=1801).tier
    talk.chat("broadband?", speaker="agent", conversation_id="d")
    assert Tier.ELEVATED == talk.chat("want to die", conversation_id="d").tier
    assert Tier.ELEVATED == talk.chat("want to die", at=10, conversation_id="e").tier
    assert talk.chat("broadband", at=20, conversation_id="e") is None


def test_what_was_said_before_is_read_no_further_back_than_needed(make_heard):
    """However long a conversation is, a hit costs no more."""
    talk = make_heard()
    talk.chat("my broadband", at=0)
    talk.chat("! " * 999, at=1)  # no words
    assert Tier.WATCH == talk.chat("want to die", at=2).tier
    talk.chat("! " * 999, at=3)
    assert Tier.ELEVATED == talk.chat("I want to die", at=4).tier


def test_halves_in_several_messages_have_surroundings_in_each(make_heard):
    """What stands beside either half counts."""
    halves = {
        "together": {"groups": [["tablets"], ["not wake up"]], "within": {"minutes": 10}},
        "category": "method_question",
        "tier": "elevated",
    }
    talk = make_heard(halves)
    talk.chat("tablets for the boss level", at=0)
    assert Tier.WATCH == talk.chat("a b c d e f would not wake up", at=60).tier
    talk.chat("some tablets", at=0, conversation_id="d")
    assert Tier.ELEVATED == talk.chat("would not wake up", at=60, conversation_id="d").tier


def test_subject_and_body_of_an_email_are_one_text(make_heard):
    """The place of a hit is counted in its field, its surroundings over both."""
    assert Tier.WATCH == make_heard().email("broadband", "I want to die").tier
    assert Tier.WATCH == make_heard().email("want to die", "my broadband").tier
    assert Tier.ELEVATED == make_heard().email("broadband", "a b c d e f I want to die").tier


def test_a_rule_may_be_unaffected(make_heard):
    """By name, as with modifiers."""
    rule = DESPAIR | {"unaffected_by": ["surroundings"]}
    assert Tier.ELEVATED == make_heard(rule).chat("my broadband, I want to die").tier


def test_a_rule_on_trial_excuses_nothing_and_is_left_as_it_is(make_heard):
    """Its words are surroundings like any others."""
    trial = DESPAIR | {"terms": ["broadband"], "status": "shadow"}
    finding = make_heard(DESPAIR, trial).chat("my broadband, I want to die")
    assert (Tier.WATCH, [Tier.ELEVATED]) == (finding.tier, [hit.tier for hit in finding.shadow])


def test_only_rules_of_the_language_are_lowered(tmp_path: Path):
    """English surroundings say nothing about a hit of a Spanish rule."""
    english = {"format": 1, "language": "en", "surroundings": SURROUNDINGS}
    rule = DESPAIR | {"title": "Quiere morir", "status": "active", "terms": ["quiero morir"]}
    rule["examples"] = {"alert": ["quiero morir"], "ignore": ["hola"]}
    spanish = [rule | {"id": "es.active_intent.quiere"}]
    rules = {"format": 1, "language": "es", "rules": spanish}
    manifest = {"format": 1, "name": "test", "version": "1.0.0"}
    for name, content in {"pack": manifest, "en": english, "es": rules}.items():
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(content), "utf-8")
    rehearsal = Rehearsal(Detector(load(tmp_path)))

    finding = rehearsal.say("my broadband, the game, quiero morir", 0)
    assert finding is not None
    assert Tier.ELEVATED == finding.tier


texts = st.lists(st.text("ab ", max_size=12), min_size=1, max_size=4)


@given(texts, st.data())
def test_the_neighbourhood_is_what_counting_by_hand_finds(said: list[str], data: st.DataObject):
    """For every hit and reach: the units cut out, the others numbered, those near enough kept."""
    scanned = {str(at): Scanned(text) for at, text in enumerate(said)}
    spans = {
        key: data.draw(st.lists(span(len(text.text)), max_size=3)) for key, text in scanned.items()
    }
    own = [(key, one) for key, each in spans.items() for one in each]
    if not own:
        return
    chosen = data.draw(st.lists(st.sampled_from(own), min_size=1, max_size=2))
    reach = data.draw(st.integers(1, 5))

    beside = Neighbourhood(scanned, spans, lambda text: (len(text), list(enumerate(text))))
    evidence = tuple(Evidence(key, "m", "customer", "text", *one, "", ()) for key, one in chosen)
    found = beside.around(RuleHit(0, Tier.WATCH, evidence, ()), reach)

    left = [
        (key, at)
        for key, text in scanned.items()
        for at in range(len(text.text))
        if not any(start <= at < end for start, end in spans[key])
    ]
    marks = [bisect_right(left, (key, start - 0.5)) for key, (start, _) in chosen]
    near = {
        at for mark in marks for at in range(max(mark - reach, 0), min(mark + reach, len(left)))
    }
    assert {scanned[left[at][0]].text[left[at][1]] for at in near} == found


def span(length: int) -> st.SearchStrategy[tuple[int, int]]:
    """A stretch of a text, at least one character of it if it has any."""
    if not length:
        return st.just((0, 0))
    return st.integers(0, length - 1).flatmap(
        lambda start: st.tuples(st.just(start), st.integers(start + 1, length))
    )
