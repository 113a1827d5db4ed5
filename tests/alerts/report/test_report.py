from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from rich.console import Console
from store_support import DAY, MINUTE, NOW, at, case

from alerts.contract import Disposition
from alerts.report import terminal
from alerts.report.charts import waits_chart, weeks_chart
from alerts.report.data import as_data
from alerts.report.false_alarms import FalseAlarm
from alerts.report.judged import judged
from alerts.report.page import page
from alerts.report.tally import RuleInfo, tally
from alerts.store.looking import AlertMark
from alerts.triage.facts import KnownDisposition

UNTIL = datetime.fromtimestamp(NOW / 1000, UTC) + timedelta(days=1)
SINCE = UNTIL - timedelta(days=30)
RULES = {
    "en.plan.a": RuleInfo("en.plan.a", "A plan", "li", "en", "elevated", "active"),
    "en.plan.b": RuleInfo("en.plan.b", "<b>Another", "[bold]wang", "en", "elevated", "active"),
    "en.plan.c": RuleInfo("en.plan.c", "Never", "li", "en", "elevated", "active"),
    "en.stressor.d": RuleInfo("en.stressor.d", "Debt", "zhou", "en", "signal", "active"),
}


def closed(number: int, outcome: str | None, *rules: str, waited: int = 60_000):
    taken = NOW + waited if outcome else None
    return case(f"c-{number}", outcome=outcome, acknowledged=taken, rules=rules)


def decided(case_id: str, outcome: str, tier: str | None = None, *, when: int = NOW):
    made = Disposition(case_id=case_id, outcome=outcome, by="dana", decided_at=at(when), tier=tier)
    return KnownDisposition(made, when)


def report_of(*cases, decisions=(), **given):
    return tally(judged(cases, [], decisions), RULES, since=SINCE, until=UNTIL, **given)


def shown(report, width: int) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=True, color_system=None)
    terminal.show(console, report)
    return out.getvalue()


def test_a_case_counts_for_every_rule_that_hit():
    """Two rules in one false alarm: one each, and neither was alone."""
    report = report_of(
        closed(1, "false_alarm", "en.plan.a", "en.plan.b"), closed(2, "contacted", "en.plan.a")
    )

    told = {info.id: (c.alerts, c.fates["false"], c.fates["confirmed"], c.alone)
            for info, c in report.rules}  # fmt: skip
    assert {"en.plan.a": (2, 1, 1, 0), "en.plan.b": (1, 1, 0, 0)} == told
    assert (2, 2) == (report.whole.alerts, report.silent)


def test_the_rule_that_alone_was_false_comes_first():
    """What an author should mend is on top."""
    report = report_of(
        *(closed(n, "contacted", "en.plan.a") for n in range(5)),
        closed(9, "false_alarm", "en.plan.b"),
    )

    assert ["en.plan.b", "en.plan.a"] == [info.id for info, _ in report.rules]
    assert ["[bold]wang", "li"] == [author for author, _ in report.authors]


@pytest.mark.parametrize(
    ("outcome", "fate"),
    [(None, "undecided"), ("acknowledged", "acknowledged"), ("contacted", "confirmed"),
     ("handed_to_emergency_services", "confirmed"), ("resolved", "confirmed"),
     ("false_alarm", "false")],
)  # fmt: skip
def test_what_becomes_of_a_case(outcome, fate):
    """Each decision counts as one of four."""
    assert 1 == report_of(closed(1, outcome, "en.plan.a")).whole.fates[fate]


def test_a_share_of_few_is_no_share():
    """Of nine decided cases it says nothing; of ten it says how sure it is."""
    few = report_of(*(closed(n, "false_alarm", "en.plan.a") for n in range(9)))
    enough = report_of(*(closed(n, "false_alarm", "en.plan.a") for n in range(10)))

    assert few.whole.share_false() is None
    share, low, high = enough.whole.share_false()
    assert (1.0, 0.72, 1.0) == (share, round(low, 2), high)


def test_waits_are_from_the_alert_to_the_first_decision():
    """The median, and within what nine in ten were taken."""
    report = report_of(
        *(closed(n, "contacted", "en.plan.a", waited=n * 1000) for n in range(1, 11))
    )

    assert (5500, 9000) == (report.whole.median_wait(), report.whole.long_wait())


def test_only_alerts_of_the_time_count():
    """What stayed on the watchlist, or was before, is left out."""
    old = replace(closed(1, None, "en.plan.a"), opened=NOW - 40 * 86_400_000)
    watched = replace(closed(2, None, "en.plan.a"), on_alerts=False)

    assert 0 == report_of(old, watched).whole.alerts


def test_a_rule_the_pack_no_longer_has_is_named_so():
    """Its alerts still count."""
    [(info, counts)] = report_of(closed(1, None, "en.plan.gone")).rules

    assert ("not in the pack", 1) == (info.status, counts.alerts)


def test_only_what_was_asked_for():
    """Rules not wanted neither count nor are shown."""
    report = report_of(closed(1, None, "en.plan.a", "en.plan.b"), wanted=frozenset({"en.plan.b"}))

    assert ["en.plan.b"] == [info.id for info, _ in report.rules]


def test_a_rule_that_never_alerts_alone_is_not_to_blame():
    """Beside context of tier signal, the other rule was alone; so was its author."""
    report = report_of(closed(1, "false_alarm", "en.plan.a", "en.stressor.d"))

    assert {"en.plan.a": 1, "en.stressor.d": 0} == {r.id: c.alone for r, c in report.rules}
    assert {"li": 1, "zhou": 0} == {author: c.alone for author, c in report.authors}


def test_the_rule_alone_is_none_of_those_asked_for():
    """A false alarm of another rule alone is not counted as one of the rules asked for."""
    report = report_of(
        closed(1, "false_alarm", "en.plan.a", "en.stressor.d"), wanted=frozenset({"en.stressor.d"})
    )

    assert (1, 0) == (report.whole.fates["false"], report.whole.alone)


def test_where_the_team_said_another_tier():
    """Compared with the highest tier alerted; the latest decision that names one counts."""
    report = report_of(
        *(closed(n, "contacted", "en.plan.a") for n in (1, 2, 3)),
        decisions=[
            decided("c-1", "contacted", "watch"),
            decided("c-1", "contacted", "imminent", when=NOW + 1),
            decided("c-1", "resolved", when=NOW + 2),
            decided("c-2", "contacted", "watch"),
            decided("c-3", "contacted", "elevated"),
        ],
    )

    assert (1, 1) == (report.whole.higher, report.whole.lower)


def test_a_wait_begins_with_the_first_alert():
    """What lay on the watchlist for hours kept nobody waiting; a decision takes no tier down."""
    row = case("c", opened=NOW - 300 * MINUTE, tier=2, outcome="false_alarm", acknowledged=NOW)
    marks = [
        AlertMark("c", NOW - MINUTE, 3, by_detect=False),
        AlertMark("c", NOW, 2, by_detect=False),
    ]

    [found] = judged([row], marks, [])

    assert (MINUTE, "elevated") == (found.waited, found.tier.label)


def test_what_detect_sent_belongs_to_the_case_then_open():
    """Detect names the conversation; its later records are those of the case that goes on."""
    first = case("c", opened=NOW, status="closed", outcome="false_alarm", acknowledged=NOW + 5)
    second = case("c#2", opened=NOW + 10, tier=3)
    marks = [
        AlertMark("c", NOW, 3, by_detect=True),
        AlertMark("c", NOW + 6, 3, by_detect=False),  # the record of the decision
        AlertMark("c", NOW + 10, 4, by_detect=True),
        AlertMark("c#2", NOW + 30, 3, by_detect=False),
    ]

    found = judged([first, second], marks, [])

    assert [(NOW, 3, NOW + 10), (NOW + 10, 4, None)] == [
        (each.alerted, each.tier, each.until) for each in found
    ]


def test_weeks_without_a_case_are_shown_as_such():
    """No gap in time: the charts' columns are weeks, those of nothing included."""
    earlier = replace(closed(1, "contacted", "en.plan.a"), opened=NOW - 21 * DAY)
    report = report_of(earlier, closed(2, None, "en.plan.a"))

    assert [f"2026-W{n}" for n in range(44, 49)] == [week for week, _ in report.weeks]
    assert [1, 0, 0, 1, 0] == [counts.alerts for _, counts in report.weeks]
    assert "week of 2026-11-02: none" in weeks_chart(report.weeks).says


def test_weeks_shown_are_the_latest():
    """Of many years the page shows the last weeks, whose columns do not overlap."""
    rows = [
        replace(closed(n, "contacted", "en.plan.a"), opened=NOW - 7 * n * DAY) for n in range(200)
    ]
    report = tally(judged(rows, [], []), RULES, since=UNTIL - timedelta(days=3650), until=UNTIL)

    bars = weeks_chart(report.weeks).bars

    assert "week of 2026-11-16: 1 confirmed" == bars[-1].says
    assert 59 == len(bars)  # the week that has just begun has none
    assert all(left.x + left.width <= right.x for left, right in pairwise(bars))


def test_times_are_spread_and_the_waiting_told():
    """A chart of how long it took, with those that nobody acknowledged yet."""
    report = report_of(
        closed(1, "contacted", "en.plan.a", waited=30_000),
        closed(2, "contacted", "en.plan.a", waited=60_000),
        closed(3, "contacted", "en.plan.a", waited=2 * DAY),
        closed(4, None, "en.plan.a"),
    )

    said = waits_chart(report.whole).says

    assert (
        "under 1 min: 1; 1 to 5 min: 1; 5 to 15 min: 0; 15 to 60 min: 0; 1 to 24 h: 0; "
        "over a day: 1; not yet acknowledged: 1" == said
    )


def test_the_page_escapes_and_loads_nothing():
    """A title is text, no script is there, and each chart tells itself in words."""
    html = page(report_of(closed(1, "contacted", "en.plan.b")))

    assert "&lt;b&gt;Another" in html
    assert "<script" not in html
    assert "default-src 'none'" in html
    assert "en.plan.b: 1 confirmed" in html
    assert 4 == html.count("<svg") == html.count("<desc")
    assert "False alarms" not in html


def test_the_page_lists_false_alarms_by_ids():
    """Where asked for; an id of somebody else's system is text, too."""
    alarm = FalseAlarm(
        "<i>c#2", "<i>c", at(NOW), "elevated", ("en.plan.a",), ("en.plan.b",), ("m-1",), ("s-1",),
        "dana", at(NOW), "watch",
    )  # fmt: skip

    html = page(report_of(closed(1, "false_alarm", "en.plan.a")), [alarm])

    for words in ("&lt;i&gt;c#2", "m-1", "s-1", "dana", "should have been watch"):
        assert words in html
    assert "<i>" not in html


@pytest.mark.parametrize("width", [80, 200])
def test_the_terminal_tells_the_same_at_any_width(width):
    """Counts, shares and waits as words; brackets in a name are no markup."""
    out = shown(report_of(closed(1, "false_alarm", "en.plan.b", "en.stressor.d")), width)

    told = "1 case alerted in 30 days: 1 false; acknowledged after 1.0 min (median)"
    assert told in " ".join(out.split())
    assert "too few to say (1)" in out
    assert "[bold]wang" in out
    assert "2 active rules alerted nobody." in out
    assert width >= max(map(len, out.splitlines()))


def test_the_terminal_is_not_moved_by_an_id():
    """An escape sequence in an id of somebody else's system does nothing."""
    out = io.StringIO()
    alarm = FalseAlarm(
        "c\x1b[2J", "c", at(NOW), "elevated", ("en.plan.a",), (), (), (), "", None, ""
    )

    assert 1 == terminal.list_false_alarms(Console(file=out, width=80), [alarm])

    assert "\x1b" not in out.getvalue()


def test_nothing_alerted_is_a_plain_sentence():
    """No table without rows."""
    assert "no case was alerted in the last 30 days.\n" == shown(report_of(), 80)
    assert "no case was alerted in the last 30 days" in page(report_of())


def test_other_programs_get_the_same():
    """Counts, the interval as two numbers, and false alarms only where asked for."""
    rows = [closed(n, "false_alarm", "en.plan.a") for n in range(10)]

    data = as_data(report_of(*rows))

    assert "false_alarms" not in data
    assert {"rule": 10, "author": 10} == {
        "rule": data["rules"][0]["false_alone"],
        "author": data["authors"][0]["false_alone"],
    }
    assert (0.72, 1.0) == tuple(round(end, 2) for end in data["whole"]["false_of_decided_95"])
