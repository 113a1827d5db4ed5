"""Rules across conversations: which signs and orders of one customer raise which case."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifeline.across import KnownOrder, Sign, asked_by, raised, status_of
from lifeline.context import Item, Order
from lifeline.rules.across_spec import UNITS, AcrossSpec, OrdersNeeded, SignNeeded
from lifeline.rules.means import Means, MeansOfKind
from lifeline.taxonomy import Tier

HOUR, DAY = UNITS["hours"], UNITS["days"]
HOPELESS = SignNeeded(("passive_ideation", "farewell"), Tier.WATCH, 2)
QUESTION = SignNeeded(("method_question",), Tier.ELEVATED)


def spec(*signs, name="one", **fields):
    """An active rule that raises to imminent within a day, unless told otherwise."""
    fields = {"within_ms": DAY, "to": Tier.IMMINENT, "language": "any", "status": "active"} | fields
    return AcrossSpec(id=f"any.across.{name}", title="", why="", signs=signs, **fields)


def sign(said, conversation="a", category="passive_ideation", tier=Tier.WATCH, message=None):
    """A sign in a message of its own, unless that is named."""
    message = message or f"m{said}"
    return Sign(f"s-{message}", conversation, message, "chat", said, category, tier, "r")


def order(placed, *means, name="o", cancelled=False, delivered=False):
    return KnownOrder(name, placed, means or ("rope",), cancelled, delivered)


def cases(found):
    """The conversations that are raised, each with the times of its evidence."""
    return [(one.conversation_id, [sign.said for sign in one.signs]) for one in found]


def test_weak_signs_in_two_conversations_add_up():
    """The case of the last one is raised; one conversation alone is not enough."""
    rule = spec(HOPELESS, conversations=2)
    signs = [sign(0), sign(HOUR), sign(2 * HOUR, "b")]

    assert [] == raised([rule], signs[:2], None, {})
    assert [("b", [HOUR, 2 * HOUR])] == cases(raised([rule], signs, None, {}))


def test_window_slides_and_holds_its_edge():
    """From the first sign to the last there is at most the window, whatever day that is."""
    rule = spec(HOPELESS)
    assert [("a", [5, 5 + DAY])] == cases(raised([rule], [sign(5), sign(5 + DAY)], None, {}))
    assert [] == raised([rule], [sign(5), sign(6 + DAY)], None, {})


def test_every_conversation_with_a_last_sign_is_raised():
    """Not only the newest, and each by the signs up to its own."""
    rule = spec(HOPELESS, conversations=2)
    signs = [sign(1), sign(2, "b"), sign(3, "c")]

    assert [("b", [1, 2]), ("c", [2, 3])] == cases(raised([rule], signs, None, {}))


def test_each_sign_needs_a_message_of_its_own():
    """One message that is both does not count twice; shared out another way it is enough."""
    farewell = SignNeeded(("farewell",), Tier.WATCH)
    either = SignNeeded(("farewell", "passive_ideation"), Tier.WATCH)
    both = [sign(1, message="m"), sign(1, category="farewell", message="m")]

    assert [] == raised([spec(farewell, either)], both, None, {})
    # The second message is a farewell only, so the first has to be the other one.
    more = [*both, sign(2, category="farewell")]
    assert [("a", [1, 1, 2])] == cases(raised([spec(farewell, either)], more, None, {}))


def test_sign_below_the_tier_does_not_count():
    """A tier is the least that counts."""
    low = [sign(1, tier=Tier.SIGNAL), sign(2)]
    assert [] == raised([spec(HOPELESS)], low, None, {})


def test_signs_of_one_millisecond_stand_in_one_window():
    """Whichever is taken for the last, both conversations are raised."""
    signs = [sign(7, "a"), sign(7, "b")]
    found = raised([spec(HOPELESS, conversations=2)], signs, None, {})
    assert ["a", "b"] == [one.conversation_id for one in found]
    assert ["a", "b"] == [one.signs[-1].conversation_id for one in found]


def test_orders_not_known_raise_nothing():
    """And so do orders known to be none, or of another kind, or too long ago."""
    rule = spec(QUESTION, within_ms=0, orders=OrdersNeeded(("medicine",), days=30))
    asked = [sign(40 * DAY, category="method_question", tier=Tier.ELEVATED)]

    for orders in (None, [], [order(39 * DAY, "rope")], [order(9 * DAY, "medicine")]):
        assert [] == raised([rule], asked, orders, {})
    (found,) = raised([rule], asked, [order(10 * DAY, "medicine", "rope")], {})
    assert ("o",) == found.orders


def test_cancelled_order_counts_only_while_a_case_is_open():
    """Somebody did order it."""
    asked = [sign(DAY, category="method_question", tier=Tier.ELEVATED)]
    before = spec(QUESTION, within_ms=0, orders=OrdersNeeded(days=30))
    during = spec(QUESTION, within_ms=0, orders=OrdersNeeded(while_open=True))

    assert [] == raised([before], asked, [order(1, cancelled=True)], {"a": [(DAY, None)]})
    later = [order(DAY + HOUR, cancelled=True)]
    assert 1 == len(raised([during], asked, later, {"a": [(DAY, None)]}))


@pytest.mark.parametrize(
    ("placed", "spans", "count"),
    [
        (2 * DAY, [(DAY, None)], 1),
        (DAY, [(DAY, None)], 0),  # with the case, not after it began
        (2 * DAY, [(DAY, 2 * DAY - 1)], 0),  # after it was closed
        (2 * DAY, [(DAY, DAY + 1), (2 * DAY - 1, None)], 0),  # in a later case, of other signs
        (2 * DAY, [], 0),
        (9 * DAY, [(DAY, None)], 0),  # a case left open for long
    ],
)
def test_order_while_the_case_of_the_sign_is_open(placed, spans, count):
    """It is placed after that case began, before it was closed, and within the days."""
    rule = spec(QUESTION, within_ms=0, orders=OrdersNeeded(days=7, while_open=True))
    asked = [sign(DAY, category="method_question", tier=Tier.ELEVATED)]
    assert count == len(raised([rule], asked, [order(placed)], {"a": spans}))


def test_what_is_delivered_is_not_undelivered():
    """Neither is what was cancelled."""
    rule = spec(QUESTION, within_ms=0, orders=OrdersNeeded(days=7, undelivered=True))
    asked = [sign(DAY, category="method_question", tier=Tier.ELEVATED)]
    orders = [order(1, name="a", delivered=True), order(2, name="b", cancelled=True), order(3)]
    assert [("o",)] == [found.orders for found in raised([rule], asked, orders, {})]


def test_each_case_of_a_conversation_is_raised_by_its_own_signs():
    """A sign after a closed case raises the next one, not the closed one again."""
    rule = spec(QUESTION, within_ms=0)
    asked = [sign(at, category="method_question", tier=Tier.ELEVATED) for at in (1, 2, 9)]
    found = raised([rule], asked, None, {"a": [(1, 5), (9, None)]})
    assert [("a", [1]), ("a", [9])] == cases(found)


def test_first_sign_that_completes_a_rule_stays_the_evidence():
    """What is said later changes nothing about why the case was raised."""
    rule = spec(HOPELESS)
    signs = [sign(at) for at in range(5)]
    assert [("a", [0, 1])] == cases(raised([rule], signs, None, {}))


def test_rules_that_count_people_raise_nothing():
    """They are asked by category and tier."""
    rule = spec(QUESTION, customers=5, to=None)
    asked = [sign(1, category="method_question", tier=Tier.ELEVATED)]

    assert [] == raised([rule], asked, [], {})
    assert rule is asked_by([spec(HOPELESS), rule], "method_question", Tier.IMMINENT)
    assert asked_by([rule], "method_question", Tier.WATCH) is None
    assert asked_by([rule], "farewell", Tier.ELEVATED) is None


def test_an_order_knows_its_means_and_status():
    """By titles of all its items, and the shop's word for its state."""
    means = Means([MeansOfKind("rope", "en", ("rope",)), MeansOfKind("blade", "en", ("knife",))])
    placed = datetime(2026, 1, 1, tzinfo=UTC)
    items = (Item(sku="1", title="Rope 10 m"), Item(sku="2", title="Bread knife"))
    bought = Order(order_id="o", placed_at=placed, status="Delivered", items=items)

    known = status_of(bought, means)
    assert KnownOrder("o", 1767225600000, ("blade", "rope"), False, True) == known  # noqa: FBT003


_SIGNS = st.lists(
    st.builds(
        lambda number, conversation, category, tier: Sign(
            f"s{number}", conversation, f"{number}", "chat", number * HOUR, category, tier, "r"
        ),
        st.integers(0, 60),
        st.sampled_from("abc"),
        st.sampled_from(["passive_ideation", "farewell", "method_question", "stressor"]),
        st.sampled_from([Tier.SIGNAL, Tier.WATCH, Tier.ELEVATED]),
    ),
    max_size=25,
)
_ORDERS = st.lists(
    st.builds(
        lambda number, cancelled: order(number * HOUR, name=f"o{number}", cancelled=cancelled),
        st.integers(0, 60),
        st.booleans(),
    ),
    max_size=4,
)
_SPANS = st.dictionaries(
    st.sampled_from("abc"),
    st.sampled_from([[(5 * HOUR, None)], [(2 * HOUR, 20 * HOUR), (30 * HOUR, None)]]),
)
SPECS = [
    spec(HOPELESS, conversations=2, name="two"),
    spec(HOPELESS, SignNeeded(("farewell", "stressor")), name="mixed", within_ms=6 * HOUR),
    spec(QUESTION, within_ms=0, orders=OrdersNeeded(days=1), name="bought"),
    spec(QUESTION, within_ms=0, orders=OrdersNeeded(while_open=True), name="while_open"),
]


@given(_SIGNS, _ORDERS, _SPANS, st.randoms())
def test_order_of_arrival_does_not_matter(signs, orders, spans, chance):
    """Signs and orders in any order, and signs taken in twice, come to the same."""
    expected = raised(SPECS, signs, orders, spans)
    shuffled = [*signs, *signs[:3]]
    chance.shuffle(shuffled)
    chance.shuffle(orders)
    assert expected == raised(SPECS, shuffled, orders, spans)


@given(_SIGNS, _SIGNS, _ORDERS, _SPANS)
def test_more_signs_never_take_a_raise_away(signs, more, orders, spans):
    """What was raised stays so, with at least as many cases of each conversation."""

    def count(found):
        return sorted((one.spec.id, one.conversation_id) for one in found)

    before = count(raised(SPECS, signs, orders, spans))
    after = count(raised(SPECS, [*signs, *more], orders, spans))
    for one in set(before):
        assert before.count(one) <= after.count(one)


@given(_SIGNS, _SPANS)
def test_evidence_completes_the_rule_by_itself(signs, spans):
    """The signs shown are enough to raise the same case again, and end in its conversation."""
    for one in raised(SPECS[:2], signs, None, spans):
        assert one.conversation_id == one.signs[-1].conversation_id
        assert one.conversation_id in {
            again.conversation_id for again in raised([one.spec], one.signs, None, {})
        }


def test_work_is_bounded_for_many_signs():
    """Of five hundred signs only those shown are kept."""
    signs = [sign(at, f"c{at % 250}") for at in range(500)]
    found = raised([spec(HOPELESS, conversations=2)], signs, None, {})
    assert {2} == {len(one.signs) for one in found}
