from __future__ import annotations

from lifeline.account import account
from lifeline.context import Context
from lifeline.events import ChatMessage, ConversationEnded
from lifeline.taxonomy import Tier


def test_each_conversation_ends_once(make_pack, make_talk):
    """One that has ended is not ended again; one that has not is, so that its end is seen."""
    rule = {"terms": ["永别"], "position": {"last": {"messages": 1}}}
    talk = make_talk({"terms": ["x"]})
    events = [
        talk.event(ChatMessage, text="永别", conversation_id="a"),
        talk.event(ChatMessage, text="永别", conversation_id="b"),
        talk.event(ConversationEnded, conversation_id="a"),
    ]
    pack = make_pack(rule)
    steps = list(account(pack, events, Context()))

    assert [("a", 1, 0), ("b", 1, 0), ("a", 2, 1), ("b", 2, 1)] == [
        (step.event.conversation_id, step.number, len(step.hits)) for step in steps
    ]
    assert [1, 1, 0, 0] == [len(step.waiting) for step in steps]


def test_rules_on_trial_are_shown_but_do_not_count(make_pack, make_talk):
    """The tier of a step is that of active rules; their hits come first."""
    trial = {"terms": ["自杀"], "status": "shadow", "tier": "imminent"}
    usual = {"terms": ["想自杀"], "tier": "watch"}
    talk = make_talk(usual)
    pack = make_pack(trial, usual)
    step, _ = account(pack, [talk.event(ChatMessage, text="想自杀")], Context())

    assert ([1, 0], Tier.WATCH) == ([hit.rule for hit in step.hits], step.tier(pack))
