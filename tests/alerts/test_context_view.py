from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from rich.cells import cell_len
from rich.console import Console

from alerts.contract import (
    Alert,
    AlsoAsked,
    Contact,
    Customer,
    EarlierCase,
    EarlierSignal,
    History,
    Missing,
    OrderedItem,
    OrderShown,
    Responder,
    TeamDecision,
)
from alerts.tail import LastShown, Shown
from alerts.view import render

SAID = datetime(2026, 11, 22, 2, 14, tzinfo=UTC)
NOW = SAID + timedelta(minutes=10)
TABLETS = OrderShown(
    order_id="o-2", placed_at=SAID - timedelta(hours=18), status="shipped", cancellable=True,
    means=["medicine"],
    items=[OrderedItem(sku="1", title="Sleeping tablets", quantity=3, means=["medicine"])],
)  # fmt: skip
SOCKS = OrderShown(
    order_id="o-3", placed_at=SAID + timedelta(minutes=5),
    items=[OrderedItem(sku="2", title="Socks")],
)  # fmt: skip


@pytest.fixture
def opened(case) -> Alert:
    """Hold detect's record, which knows nothing of the customer."""
    return case.alert(case.say("I want to die", customer_id="u-5"))


def completed(opened: Alert, **fields: Any) -> Alert:
    """The record that follows it."""
    given: dict[str, Any] = {"missing": [], "kind": "updated", "revision": opened.revision + 1}
    return msgspec.structs.replace(opened, **{**given, **fields})


def shown(alert: Alert, before: Alert | None = None, known: Alert | None = None) -> list[str]:
    """What a terminal gets, line by line."""
    out = io.StringIO()
    Console(file=out, width=200, highlight=False).print(
        render(alert, now=NOW, before=before, known=known), soft_wrap=True
    )
    return [line.strip() for line in out.getvalue().splitlines() if line.strip()]


def line(lines: list[str], start: str) -> str:
    return next(text for text in lines if text.startswith(start))


def test_who_it_is_and_whom_to_ask(opened):
    """Name, about what age, phone, address, and the emergency contact."""
    customer = Customer(
        customer_id="u-5", name="Ann Example", birth_year=1961, phone="+1 555 0100",
        address="1 Example St", region="US-WI",
        emergency_contact=Contact(name="Bo Example", phone="+1 555 0101"),
    )  # fmt: skip
    lines = shown(completed(opened, customer=customer))

    assert "who: Ann Example · about 65 · +1 555 0100 · 1 Example St · US-WI" in lines
    assert "ask: Bo Example · +1 555 0101 (emergency contact)" in lines


def test_orders_that_hold_means_come_first(opened):
    """With when they were placed, and what can still be stopped."""
    lines = [
        text for text in shown(completed(opened, orders=[SOCKS, TABLETS])) if "order o-" in text
    ]

    tablets = "ordered 18 h before: Sleeping tablets ×3 (medicine) · shipped"
    assert [
        f"{tablets} · can still be cancelled · order o-2",
        "ordered 5 min after: Socks · order o-3",
    ] == lines


def test_many_orders_are_counted(opened):
    """A glance has no room for fifty."""
    orders = [msgspec.structs.replace(SOCKS, order_id=f"o-{n}") for n in range(9)]

    assert "5 more orders in 90 days" in shown(completed(opened, orders=orders))


def test_what_was_before_on_other_channels(opened):
    """Earlier cases with what became of them, and signals that made none."""
    history = History(
        cases=[EarlierCase(
            case_id="c-0", channel="emails", opened_at=SAID - timedelta(days=12), tier="elevated",
            priority=1, status="closed", outcome="false_alarm",
        )],
        signals=[
            EarlierSignal(
                signal_id=name, conversation_id=conversation, channel="calls",
                said_at=SAID - timedelta(hours=2), tier="signal", categories=["stressor"], rules=[],
            )
            for name, conversation in (("s-1", "c-0"), ("s-2", "c-9"))
        ],
    )  # fmt: skip
    lines = shown(completed(opened, history=history))

    assert "earlier case c-0: emails 12 d before, P1 elevated, closed, false alarm" in lines
    assert ["calls 2 h before: signal, stressor"] == [t for t in lines if t.startswith("calls")]


def test_a_long_history_is_counted(opened):
    """Cases alone, without signals, may be too many for a glance."""
    cases = [
        EarlierCase(
            case_id=f"c-{n}", channel="chat", opened_at=SAID, tier="watch", priority=3,
            status="open",
        )
        for n in range(10, 15)
    ]  # fmt: skip
    lines = shown(completed(opened, history=History(cases=cases)))

    assert 3 == sum(text.startswith("earlier case") for text in lines)
    assert "2 more of earlier in the record" in lines


def number(kind: str, dialled: str, **fields: Any) -> Responder:
    return Responder(**{"kind": kind, "number": dialled, "name": "x", "region": "US", **fields})


def test_whom_to_call_in_one_line(opened):
    """The emergency number first, and that nobody has confirmed or even compared them."""
    numbers = [
        number("crisis_line", "988", hours="by day"),
        number("poison", "1-800"),
        number("emergency", "911"),
    ]
    lines = shown(completed(opened, responders=numbers))

    assert "call in US: emergency 911 · crisis line 988 (by day) · poison centre 1-800" in lines
    assert (
        "none of these numbers were confirmed with who answers them; "
        "last compared with their sources: never"
    ) in lines


def test_numbers_of_two_countries_stand_apart(opened):
    """Where the words were said and where the customer lives may be far from each other."""
    numbers = [
        number("police", "110", region="CN"),
        number("crisis_line", "020", region="CN-44"),
        number("emergency", "911"),
    ]
    lines = shown(completed(opened, responders=numbers))

    assert ["call in CN: police 110 · crisis line 020", "call in US: emergency 911"] == [
        text for text in lines if text.startswith("call")
    ]


def test_numbers_tell_when_they_were_compared(opened):
    """The oldest date of those in doubt; numbers that were confirmed need no warning."""
    sure = number("emergency", "911", confirmed=True, checked="2026-01-02")
    doubtful = number("crisis_line", "988", checked="2026-10-02")
    lines = shown(completed(opened, responders=[sure, doubtful]))

    assert (
        "not all of these numbers were confirmed with who answers them; "
        "last compared with their sources: on 2026-10-02"
    ) in lines
    assert not any("confirmed" in text for text in shown(completed(opened, responders=[sure])))


def test_what_the_team_decided_comes_first(opened):
    """Another desk sees at once that someone is on it."""
    decision = TeamDecision(outcome="contacted", by="dana", decided_at=SAID)
    lines = shown(completed(opened, status="quiet", decisions=[decision], previous_case="c-1x"))

    assert "quiet: contacted by dana at 02:14" in lines
    assert "goes on from case c-1x, which was closed" in lines


def test_a_post_that_goes_round_is_told(opened):
    """How many others asked the same."""
    lines = shown(completed(opened, also_asked=AlsoAsked(customers=6, minutes=60)))

    assert "5 others asked the same within 60 min: a post may be going round" in lines


def test_what_is_missing_is_told_with_why(opened):
    """But not what is only still to come."""
    missing = [Missing(what="customer", why="no profile is known")]

    assert "not known: customer: no profile is known" in shown(completed(opened, missing=missing))
    assert not any(text.startswith("not known") for text in shown(opened))


def test_the_completed_record_repeats_nothing(opened):
    """What was said was shown a moment ago: who and why are news, the words are not."""
    reasons = ["means in an order: o-2", *opened.reasons]
    lines = shown(completed(opened, reasons=reasons, customer=Customer(customer_id="u-5")), opened)

    assert " completed " in f" {lines[0]} "
    assert ["why: means in an order: o-2"] == [text for text in lines if text.startswith("why")]
    assert not any("customer: " in text and "want to die" in text for text in lines)


def test_an_escalation_says_from_what(opened):
    """Priority rose by what is known of the customer."""
    lines = shown(completed(opened, kind="escalated", priority=1), opened)

    assert "escalated from P2" in lines[0]


def test_of_what_was_known_only_news_is_shown(opened):
    """Who it is and whom to call was shown a minute ago; an order since then was not."""
    known = completed(
        opened, customer=Customer(customer_id="u-5", name="Ann"), orders=[TABLETS],
        responders=[number("emergency", "911")], missing=[Missing(what="history", why="late")],
        history=History(),
    )  # fmt: skip
    later = msgspec.structs.replace(
        known, orders=[SOCKS, TABLETS], also_asked=AlsoAsked(customers=6, minutes=60)
    )
    lines = shown(later, opened, known)[2:]

    assert [
        "ordered 5 min after: Socks · order o-3",
        "5 others asked the same within 60 min: a post may be going round",
    ] == [text for text in lines if text != f"{later.summary}"]


def test_what_changed_is_shown_again(opened):
    """An order that can no longer be stopped is news."""
    known = completed(opened, orders=[TABLETS])
    sent = msgspec.structs.replace(TABLETS, cancellable=False, status="delivered")
    lines = shown(completed(opened, orders=[sent]), opened, known)

    assert "ordered 18 h before: Sleeping tablets ×3 (medicine) · delivered · order o-2" in lines


def test_who_grows_more_urgent_is_shown_whole(opened):
    """Whoever takes it up now has all they need before them."""
    known = completed(opened, orders=[TABLETS], customer=Customer(customer_id="u-5", name="Ann"))
    for rise in ({"tier": "imminent"}, {"priority": 1}):
        lines = shown(msgspec.structs.replace(known, **rise), opened, known)
        assert {"who: Ann"} <= set(lines)
        assert any("order o-2" in text for text in lines)


def test_what_was_shown_long_ago_is_shown_again(opened):
    """Nobody scrolls back an hour at night: words and customer alike."""
    known = completed(opened, customer=Customer(customer_id="u-5", name="Ann"))
    emitted = known.times.emitted
    for minutes, expected in ((10, 0), (11, 2)):
        times = msgspec.structs.replace(known.times, emitted=emitted + timedelta(minutes=minutes))
        lines = shown(msgspec.structs.replace(known, times=times), known, known)
        repeated = [text for text in lines if text in ("who: Ann", "02:14 customer: I want to die")]
        assert expected == len(repeated)


def test_a_long_reason_is_cut(opened):
    """The evidence of a rule across conversations may be a page; the record holds it."""
    why = line(shown(completed(opened, reasons=["weighty 证据 " * 100])), "why")

    assert 200 >= cell_len(why) > 190
    assert why.endswith("…")


def test_names_cannot_move_the_cursor(opened):
    """Whatever a profile or a shop holds, it is printed as text."""
    customer = Customer(customer_id="u-5", name="Ann\x1b[2J\rExample")
    lines = shown(completed(opened, customer=customer))

    assert "who: Ann [2J Example" == line(lines, "who")


def test_the_record_shown_last_is_remembered(opened):
    """Of each case the latest, and the last that told of the customer; a late one is by itself."""
    last = LastShown(most=1)
    newer = completed(opened)
    again = msgspec.structs.replace(opened, revision=newer.revision + 1)
    other = msgspec.structs.replace(opened, case_id="c-2")

    assert Shown() == last.take(newer)
    assert Shown() == last.take(opened)
    assert Shown(newer, newer) == last.take(again)
    assert Shown(again, newer) == last.take(again)
    assert Shown() == last.take(other)
    assert Shown() == last.take(newer)
