from __future__ import annotations

import json

import pytest

from lifeline.conversation import Conversations
from lifeline.detector import Detector
from lifeline.events import ConversationEnded
from lifeline.rules.pack import Pack, load, locate
from lifeline.taxonomy import Tier
from streams.day import Invented, invented_day
from streams.people import happenings, together

SPLIT = [("en-069", "en-070"), ("es-069", "es-070"), ("ru-069", "ru-070"),
         ("zh-hans-073", "zh-hans-072")]  # fmt: skip


@pytest.fixture(scope="module")
def pack() -> Pack:
    """Hold the shipped rules."""
    return load(locate(None))


@pytest.fixture(scope="module")
def day() -> dict[str, Invented]:
    """Hold the day by conversation."""
    return {conversation.id: conversation for conversation in invented_day()}


def worst(pack: Pack, conversation: Invented) -> Tier:
    """What one conversation comes to by itself."""
    memory = Conversations(age=1 << 40, number=50, memory=1 << 26)
    found = [
        finding.tier
        for event in conversation.events
        if (finding := Detector(pack).observe(
            memory, event, int(event.sent_at.timestamp() * 1000), conversation.channel
        ))
    ]  # fmt: skip
    return max(found, default=Tier.NONE)


def customer(conversation: Invented) -> str | None:
    event = conversation.events[0]
    return None if isinstance(event, ConversationEnded) else event.customer_id


@pytest.mark.parametrize(("first", "then"), SPLIT)
def test_only_together_the_two_reach_the_team(pack, day, first, then):
    """Of one customer, on two channels, each at watch and no more."""
    assert [Tier.WATCH, Tier.WATCH] == [worst(pack, day[name]) for name in (first, then)]
    assert customer(day[first]) == customer(day[then])
    assert day[first].channel != day[then].channel


def test_orders_and_decisions_are_of_people_and_cases_there_are(day):
    """Each order has its customer, each customer a conversation, each decision a case."""
    found = list(happenings())
    keys = {
        topic: {each.key.decode() for each in found if each.topic == topic}
        for topic in ("customers", "orders", "dispositions")
    }

    assert keys["orders"] <= keys["customers"] <= {customer(c) for c in day.values()}
    assert keys["dispositions"] <= day.keys()
    assert 25 <= len(keys["customers"])


def test_everything_happens_in_order_of_time(day):
    """Events, orders and decisions as they fall due; profiles are there before."""
    found = list(happenings())
    merged = list(together(list(day.values()), found))

    assert sorted(each.at for each in merged) == [each.at for each in merged]
    dated = sum(each.at is not None for each in found)
    assert dated + sum(len(c.events) for c in day.values()) == len(merged)
    assert {None} == {each.at for each in found if each.topic == "customers"}


def test_numbers_of_people_are_nobodys():
    """Phones are of ranges kept for fiction, or cannot be dialled."""
    for each in happenings():
        if each.topic == "customers":
            profile = json.loads(each.value)
            phones = [profile["phone"], profile.get("emergency_contact", {}).get("phone", "555 01")]
            for phone in phones:
                assert any(
                    mark in phone for mark in ("555 01", "7700 900", "491 570", "000", "0000")
                )
