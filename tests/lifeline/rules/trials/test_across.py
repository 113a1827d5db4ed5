"""Examples of rules across conversations and of means: each failure has its code and a way out."""

from __future__ import annotations

import json

import pytest

from lifeline.rules.trials import check_pack
from lifeline.rules.trials.across import check_across, check_means

SUICIDE = {"terms": ["自杀"], "examples": {"alert": ["我想自杀"], "ignore": ["没事"]}}
MEANS = {"rope": {"terms": ["绳子"], "titles": ["绳子 10米"], "not": ["手机壳"]}}
ASKED = {"at": "0m", "sign": "method_question elevated"}
ROPE = {"at": "1h", "order": "绳子 10米"}
QUESTION = {
    "signs": [{"categories": ["method_question"], "tier": "elevated"}],
    "orders": {"means": ["rope"], "while_open": True},
    "raise": {"to": "imminent"},
}


@pytest.fixture
def check(make_pack):
    """Try one rule across conversations; code, message and help of each problem."""

    def check(alert, ignore, means=MEANS, status="active", **rule):
        given = {"id": "zh.across.one", "title": "One", "why": "One.", "status": status}
        across = given | QUESTION | rule | {"examples": {"alert": [alert], "ignore": [ignore]}}
        across = {key: value for key, value in across.items() if value is not None}
        across = json.loads(json.dumps(across))  # or YAML would write anchors
        pack = make_pack(SUICIDE, across=[across], means=means)
        return [(p.code, p.message, p.help) for p in check_across(pack)]

    return check


def test_time_lines_that_come_out_as_written(check):
    """Its order while the case is open is what the rule looks for."""
    assert [] == check([ASKED, ROPE], [ASKED])


def test_alert_that_does_not_complete_the_rule(check):
    """It says what is needed, and which title is no means."""
    ((code, message, help_),) = check([ASKED, ROPE | {"order": "线 10米"}], [ASKED])
    assert "L105" == code
    assert "zh.across.one: this `alert` example does not complete the rule" == message
    assert (
        "needed: method_question (elevated or worse) with an order of means (rope) while the case "
        "is open; `线 10米` is no means by the pack's `means:`"
    ) == help_


def test_ignore_that_completes_the_rule(check):
    """It says how little is needed."""
    ((code, message, _),) = check([ASKED, ROPE], [ASKED, ROPE | {"at": "9d"}])
    assert ("L106", "zh.across.one: this `ignore` example completes the rule") == (code, message)


def test_closed_case_is_open_no_more(check):
    """Until a sign opens the next one."""
    closed = {"at": "30m", "closed": "a"}
    again = {"at": "40m", "sign": "method_question elevated"}
    assert [] == check([ASKED, closed, again, ROPE], [ASKED, closed, ROPE])


def test_customers_are_counted_within_the_window(check):
    """Each once, however often they ask."""
    rule = {
        "orders": None,
        "raise": None,
        "customers": 2,
        "show": "also_asked",
        "within": {"minutes": 60},
    }
    said = [ASKED | {"customer": "one"}, ASKED | {"customer": "two", "at": "1h"}]
    assert [] == check(said, [said[0], said[1] | {"customer": "one"}], **rule)
    assert [] == check(said, [said[0], said[1] | {"at": "61m"}], **rule)


def test_retired_rule_is_not_tried(check):
    """Its examples stand there for the record."""
    retired = {"on": "2026-11-01", "why": "not needed"}
    assert [] == check([ASKED], [ASKED, ROPE], status="retired", retired=retired)


def test_titles_of_means(make_pack):
    """Those that must be found, and those that must not."""
    rope = {"terms": ["绳"], "titles": ["绳子", "线"], "not": ["跳绳", "手机壳"]}
    pack = make_pack(SUICIDE, means={"rope": rope})
    assert [
        ("L107", "this title is not found to be `rope`"),
        ("L108", "this title is found to be `rope`"),
    ] == [(p.code, p.message) for p in check_means(pack)]
    assert {"L107", "L108"} == {p.code for p in check_pack(pack, None)}
