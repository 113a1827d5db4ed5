"""What a match that awaited something comes to, once it is known of the customer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lifeline.context import Context, Item, Order
from lifeline.rules.settling import settled
from lifeline.taxonomy import Tier

BOUGHT = {
    "name": "bought_it",
    "why": "they bought it",
    "to": "imminent",
    "orders": ["安眠药"],
    "days": 30,
}
RULE = {"terms": ["想死"], "raise": [BOUGHT]}
START = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)  # when the conversations of the tests begin
NEGATION = {
    "why": "they say they do not",
    "phrases": ["没有"],
    "reach": {"before": 4},
    "to": "watch",
    "categories": ["active_intent"],
    "examples": {"applies": ["没有想死"], "leaves": ["想死"]},
}  # fmt: skip


@pytest.fixture
def settle(make_talk):
    """Say it while nothing is known; then settle its one hit by the orders, and compare.

    Yields the tier then and now, with the names of the reasons; it must be the tier that the same
    words have where the orders are known at once.
    """

    def run(text, *titles, modifiers=None, days=3, names=True, **rule):
        talk = make_talk(RULE | rule, modifiers=modifiers)
        spec = talk.pack.rules[0]
        items = tuple(Item(sku=str(n), title=title) for n, title in enumerate(titles))
        order = Order(order_id="o", placed_at=START - timedelta(days=days), items=items)
        known = Context(orders=(order,))
        (hit,) = talk.chat(text).hits
        at_once = talk.chat(text, conversation_id="d", context=known)
        given = (
            {
                "raised": [r.name for r in hit.raised],
                "modifiers": [r.name for r in (*hit.lowered, *hit.noted)],
            }
            if names
            else {}
        )
        now, reasons = settled(
            talk.pack, spec.id, spec.version, hit.tier, hit.awaits, known, None, START, **given
        )
        if names and at_once:
            assert at_once.hits[0].tier == now
        return hit.tier, now, [reason.name for reason in reasons]

    return run


def test_what_was_bought_raises_a_match(settle):
    """With the rule's own name and reason for it."""
    assert (Tier.ELEVATED, Tier.IMMINENT, ["bought_it"]) == settle("我想死", "安眠药 12片")


def test_other_orders_leave_it(settle):
    """Of something else, or too long ago."""
    assert (Tier.ELEVATED, Tier.ELEVATED, []) == settle("我想死", "手机壳")
    assert (Tier.ELEVATED, Tier.ELEVATED, []) == settle("我想死", "安眠药 12片", days=40)


def test_what_lowers_wins(settle):
    """By the names the match holds, or without them by its tier."""
    negated = {"modifiers": {"negation": NEGATION}}
    assert (Tier.WATCH, Tier.WATCH, []) == settle("我没有想死", "安眠药 12片", **negated)
    assert (Tier.WATCH, Tier.WATCH, []) == settle(
        "我没有想死", "安眠药 12片", names=False, **negated
    )


def test_disguised_words_come_one_tier_higher(settle):
    """A lossy folding takes one tier, from whatever the rule comes to."""
    assert (Tier.WATCH, Tier.ELEVATED, ["bought_it"]) == settle("我想4了", "安眠药 12片")


def test_rule_that_waited_for_orders_counts_now(settle):
    """A mere signal until the orders are known, then the rule's tier."""
    context = {"context": {"orders": ["安眠药"], "days": 30}, "raise": []}
    assert (Tier.SIGNAL, Tier.ELEVATED, ["context"]) == settle("我想死", "安眠药 12片", **context)
    assert (Tier.SIGNAL, Tier.SIGNAL, []) == settle("我想死", "手机壳", **context)


def test_unknown_rule_or_version_leaves_the_match(make_pack):
    """Whoever found it went by other rules."""
    pack = make_pack(RULE)
    spec = pack.rules[0]
    for name, version in (("zh.active_intent.gone", spec.version), (spec.id, "older")):
        found = settled(
            pack, name, version, Tier.ELEVATED, ["bought_it"], Context(orders=()), None, START
        )
        assert (Tier.ELEVATED, []) == found
