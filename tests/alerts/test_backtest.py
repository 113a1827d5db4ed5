from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts.backtest.compare import ALERT, Comparison
from alerts.backtest.tally import BASE, NEW, Tally
from lifeline.events import AgentReport, CallSegment, ChatMessage, ConversationEnded
from lifeline.rules.pack import Pack, load
from lifeline.taxonomy import Tier

START = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
WISH = "en.active_intent.wish"
AMOUNT = "en.method_question.amount"
TIRED = "en.passive_ideation.tired"
RULE = """\
  - id: {id}
    title: Says so
    category: {category}
    tier: {tier}
    status: active
    terms: [{terms}]
    examples:
      alert:
        - something
      ignore:
        - hello
"""
MakePack = Callable[..., Pack]


@pytest.fixture(scope="module")
def make_pack(tmp_path_factory: pytest.TempPathFactory) -> MakePack:
    """Make packs; each rule is given as id: (tier, phrase)."""

    def make(rules: dict[str, tuple[str, str]]) -> Pack:
        folder: Path = tmp_path_factory.mktemp("pack")
        (folder / "pack.yaml").write_text("format: 1\nname: invented\nversion: 1.2.3\n")
        written = [
            RULE.format(id=rule, category=rule.split(".")[1], tier=tier, terms=phrase)
            for rule, (tier, phrase) in rules.items()
        ]
        text = "format: 1\nlanguage: en\nrules:\n" + "".join(written)
        (folder / "rules.yaml").write_text(text, encoding="utf-8")
        return load(folder)

    return make


@pytest.fixture(scope="module")
def base(make_pack: MakePack) -> Pack:
    """Hold the pack in force."""
    return make_pack({WISH: ("elevated", "want to die"), TIRED: ("watch", "tired of living")})


def compare(new: Pack, base: Pack | None, *events: Any, **given: Any) -> Tally:
    """Compare two packs over events, each logged when it was sent."""
    options = {"age": 2_100_000, "number": 50, "memory": 1 << 26, "examples": 5, "words": True}
    comparison = Comparison(new, base, **{**options, **given})
    for event in events:
        comparison.take(event, int(event.sent_at.timestamp() * 1000))
    return comparison.finish()


def say(text: str, conversation: str = "c", *, minute: float = 0, **fields: Any) -> ChatMessage:
    """Say something in the chat."""
    given = {"message_id": f"{conversation}-{minute}-{text[:9]}", "speaker": "customer", **fields}
    sent = START + timedelta(minutes=minute)
    return ChatMessage(conversation_id=conversation, sent_at=sent, text=text, **given)


def changed(tally: Tally, gate: Tier = Tier.ELEVATED) -> dict[str, int]:
    """What is counted at a gate, without the conversations."""
    conversations = ("", "as_soon", "gained", "missed", "sooner", "later")
    return {k: n for (at, k), n in tally.changes.items() if at == gate and k not in conversations}


def of_conversations(tally: Tally, gate: Tier = Tier.ELEVATED) -> dict[str, int]:
    """What became of the conversations at a gate."""
    kinds = ("gained", "missed", "sooner", "later", "as_soon")
    return {k: n for (at, k), n in tally.changes.items() if at == gate and k in kinds}


def test_same_pack_changes_nothing(base):
    """Two loads of one pack differ in nothing."""
    tally = compare(base, base, say("I want to die"), say("so tired of living", "d"))

    assert [{"same": 2}, {"same": 1}, {}] == [
        changed(tally, gate) for gate in (Tier.WATCH, Tier.ELEVATED, Tier.IMMINENT)
    ]


def test_new_rule_brings_new_alerts(make_pack, base):
    """A phrase only the new pack knows is a new alert at the gates up to its tier."""
    new = make_pack(
        {WISH: ("elevated", "want to die"), TIRED: ("watch", "tired of living"),
         AMOUNT: ("elevated", "how many would kill")}
    )  # fmt: skip

    tally = compare(new, base, say("how many would kill me?"))

    assert [{"new": 1}, {"new": 1}, {}] == [
        changed(tally, gate) for gate in (Tier.WATCH, Tier.ELEVATED, Tier.IMMINENT)
    ]
    assert 1 == tally.by_rule[Tier.ELEVATED, AMOUNT, "new"]
    assert {"gained": 1} == of_conversations(tally)
    assert (0, 1) == (tally.sides[BASE].hits[AMOUNT], tally.sides[NEW].hits[AMOUNT])


def test_lost_alert_of_a_conversation_that_alerts_no_more(make_pack, base):
    """A phrase taken away is a lost alert, and nobody hears of the conversation."""
    new = make_pack({TIRED: ("watch", "tired of living")})

    tally = compare(new, base, say("I want to die"))

    assert {"lost": 1} == changed(tally)
    assert {"missed": 1} == of_conversations(tally)
    (example,) = tally.samples.of(WISH, ["lost"])
    assert ("elevated", None, False) == (example.base.tier, example.new, example.still_alerts)


def test_lost_alert_of_a_conversation_that_alerts_later(make_pack, base):
    """An alert that comes by a later message is lost and new, and the case only later."""
    new = make_pack({AMOUNT: ("elevated", "how many would kill")})

    tally = compare(new, base, say("I want to die"), say("how many would kill me?", minute=2))

    assert {"lost": 1, "lost_elsewhere": 1, "new": 1} == changed(tally)
    assert {"later": 1} == of_conversations(tally)
    assert 1 == tally.by_rule[Tier.ELEVATED, WISH, "lost_elsewhere"]
    (example,) = tally.samples.of(WISH, ["lost"])
    assert example.still_alerts


def test_still_alerts_asks_at_the_gate_of_the_lost_alert(make_pack, base):
    """A conversation that now only reaches the watchlist no longer alerts at its old tier."""
    new = make_pack({TIRED: ("watch", "tired of living")})

    tally = compare(new, base, say("I want to die"), say("so tired of living", minute=2))

    assert 0 == tally.changes[Tier.ELEVATED, "lost_elsewhere"]
    assert 1 == tally.changes[Tier.WATCH, "lost_elsewhere"]
    (example,) = tally.samples.of(WISH, ["lost"])
    assert not example.still_alerts


def test_sooner(make_pack, base):
    """A conversation that alerts by an earlier message alerts sooner."""
    new = make_pack({WISH: ("elevated", "want to die"), AMOUNT: ("elevated", "how many")})

    tally = compare(new, base, say("how many?"), say("I want to die", minute=1))

    assert {"sooner": 1} == of_conversations(tally)


def test_raised_and_lowered(make_pack, base):
    new = make_pack(
        {WISH: ("elevated", "want to die"), AMOUNT: ("elevated", "how many would kill")}
    )
    new = make_pack({WISH: ("imminent", "want to die"), TIRED: ("elevated", "tired of living")})
    events = say("I want to die"), say("so tired of living", "d")

    up, down = compare(new, base, *events), compare(base, new, *events)

    assert [{"raised": 2}, {"raised": 1, "new": 1}, {"new": 1}] == [
        changed(up, gate) for gate in (Tier.WATCH, Tier.ELEVATED, Tier.IMMINENT)
    ]
    assert [{"lowered": 2}, {"lowered": 1, "lost": 1}, {"lost": 1}] == [
        changed(down, gate) for gate in (Tier.WATCH, Tier.ELEVATED, Tier.IMMINENT)
    ]
    assert (1, 1) == (
        up.by_rule[Tier.WATCH, WISH, "raised"],
        up.by_rule[Tier.WATCH, TIRED, "raised"],
    )


def test_second_category_raises_the_priority(make_pack, base):
    """A rule that adds a sign at the same tier makes the alert more urgent; it is the one named."""
    new = make_pack(
        {WISH: ("elevated", "want to die"), AMOUNT: ("elevated", "how many would kill")}
    )

    tally = compare(new, base, say("I want to die, how many would kill me?"))

    assert {"raised": 1} == changed(tally)
    assert [1, 0] == [tally.by_rule[Tier.ELEVATED, rule, "raised"] for rule in (AMOUNT, WISH)]


def test_same_alert_by_other_rules(make_pack, base):
    """The same tier and priority by another rule is told apart from an unchanged alert."""
    other = "en.active_intent.other"
    new = make_pack({other: ("elevated", "want to die"), TIRED: ("watch", "tired of living")})

    tally = compare(new, base, say("I want to die"))

    assert {"other_rules": 1} == changed(tally)
    assert (1, 1) == tuple(
        tally.by_rule[Tier.ELEVATED, rule, "other_rules"] for rule in (WISH, other)
    )


def test_rules_below_the_gate_change_nothing_at_it(make_pack, base):
    """A watch rule that hits as well is no change for a team that sees only elevated."""
    new = make_pack({WISH: ("elevated", "want to die"), "en.passive_ideation.x": ("watch", "die")})

    tally = compare(new, base, say("I want to die"))

    assert ({"same": 1}, {"other_rules": 1}) == (changed(tally), changed(tally, Tier.WATCH))


def test_cases_are_opened_once(base):
    """More of the same in a conversation is neither an alert nor a case."""
    tally = compare(base, base, *(say("I want to die", minute=n) for n in range(3)))

    hour = int(START.timestamp()) // 3600
    assert {(Tier.WATCH, hour): 1, (Tier.ELEVATED, hour): 1} == dict(+tally.sides[NEW].alerts)
    assert {(Tier.WATCH, hour): 1, (Tier.ELEVATED, hour): 1} == dict(+tally.sides[NEW].cases)
    assert 3 == tally.sides[NEW].hits[WISH]


def test_escalation_opens_a_case_only_at_the_gates_it_newly_reaches(base):
    """From the watchlist to elevated: two alerts at watch, of one case; one of each at elevated."""
    tally = compare(base, base, say("so tired of living"), say("I want to die", minute=1))

    hour = int(START.timestamp()) // 3600
    assert (2, 1) == (
        tally.sides[NEW].alerts[Tier.WATCH, hour],
        tally.sides[NEW].cases[Tier.WATCH, hour],
    )
    assert (1, 1) == (
        tally.sides[NEW].alerts[Tier.ELEVATED, hour], tally.sides[NEW].cases[Tier.ELEVATED, hour],
    )  # fmt: skip


def test_event_that_came_twice_alerts_once(base):
    """A redelivered event counts as read and brings nothing."""
    event = say("I want to die")

    tally = compare(base, base, event, event)

    assert (2, {"same": 1}) == (tally.messages, changed(tally))


def test_end_of_conversation_is_no_message(base):
    """Messages are what was said; the end of a conversation only lets it open again."""
    end = ConversationEnded(conversation_id="c", message_id="e", sent_at=START)

    tally = compare(base, base, say("I want to die"), end, say("I want to die", minute=1))

    assert (2, 3, {"same": 2}) == (tally.messages, tally.hours.total(), changed(tally))


def test_report_by_an_agent_belongs_where_its_conversation_is(base):
    """A pressed button has a rule of its own, and the channel of its call."""
    call = CallSegment(
        conversation_id="c", message_id="m", segment_id="s", is_final=True, start_ms=0, end_ms=1,
        sent_at=START, speaker="customer", text="hello",
    )  # fmt: skip
    report = AgentReport(conversation_id="c", message_id="r", sent_at=START, reason="in danger")

    tally = compare(base, None, call, report)

    (example,) = tally.samples.of("lifeline.agent_report", [ALERT])
    assert ("calls", "in danger") == (example.channel, example.messages[-1].text)
    assert [("reason", 0, 9)] == [(s.field, s.start, s.end) for s in example.messages[-1].spans]


def test_pack_that_fails_is_counted_and_the_other_goes_on(base):
    """What makes one pack fail is a dead letter under it; the other is not touched."""
    broken = replace(base, lexicon=None)  # type: ignore[arg-type]

    tally = compare(broken, base, say("I want to die"))

    assert (1, 0) == (tally.sides[NEW].failed, tally.sides[BASE].failed)
    assert {"lost": 1} == changed(tally)


def test_example_shows_the_words_with_the_hit_marked(base):
    """The words of the message and the span of the hit in them; other messages stay out."""
    tally = compare(base, None, say("hello there"), say("well, I want to die now", minute=1))

    (example,) = tally.samples.of(WISH, [ALERT])
    (message,) = example.messages
    (span,) = message.spans
    assert ("want to die", ALERT) == (message.text[span.start : span.end], example.kind)


def test_without_words_an_example_holds_ids_only(base):
    """Nothing that was said is kept."""
    tally = compare(base, None, say("I want to die", "c-7"), words=False)

    (example,) = tally.samples.of(WISH, [ALERT])
    assert ([], "c-7") == (example.messages, example.conversation_id)


def test_long_message_is_cut_round_the_hit(base):
    """Of a long message the part with the hit is shown, and its offset told."""
    tally = compare(base, None, say("well " * 400 + "I want to die" + " bye" * 400))

    (example,) = tally.samples.of(WISH, [ALERT])
    (message,) = example.messages
    (span,) = message.spans
    start, end = span.start - message.text_offset, span.end - message.text_offset
    assert "want to die" == message.text[start:end]
    assert 600 == len(message.text)


def test_examples_are_few_and_spread_over_languages(base):
    """Of many alike a few are kept, each language having its turn."""
    events = [say("I want to die", f"en{n}", language="en") for n in range(20)]
    events += [say("I want to die", f"es{n}", language="es") for n in range(3)]

    tally = compare(base, None, *events, examples=4)

    kept = [example.language for example in tally.samples.of(WISH, [ALERT])]
    assert ["en", "en", "es", "es"] == sorted(kept)


def test_worst_examples_come_first(make_pack):
    """Where only some can be shown, the highest tiers are."""
    new = make_pack({WISH: ("elevated", "die"), "en.attempt.took": ("imminent", "took them")})
    events = [say("die", f"c{n}") for n in range(9)] + [say("die, took them", "worst")]

    tally = compare(new, None, *events, examples=1)

    (example,) = tally.samples.of(WISH, [ALERT])
    assert "worst" == example.conversation_id
