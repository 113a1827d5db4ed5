from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from rich.console import Console
from store_support import NOW, case
from triage_support import decided, said

from alerts.report import terminal
from alerts.report.page import page
from alerts.report.tally import RuleInfo, tally
from alerts.store.store import Store
from alerts.triage.triage import Policy, Triage
from lifeline.taxonomy import Tier
from streams.cli import main

UNTIL = datetime.fromtimestamp(NOW / 1000, UTC) + timedelta(days=1)
SINCE = UNTIL - timedelta(days=30)
RULES = {
    "en.plan.a": RuleInfo("en.plan.a", "A plan", "li", "en", "elevated", "active"),
    "en.plan.b": RuleInfo("en.plan.b", "<b>Another", "wang", "en", "elevated", "active"),
    "en.plan.c": RuleInfo("en.plan.c", "Never", "li", "en", "elevated", "active"),
}


def closed(number: int, outcome: str | None, *rules: str, waited: int = 60_000):
    taken = NOW + waited if outcome else None
    return case(f"c-{number}", outcome=outcome, acknowledged=taken, rules=rules)


def report_of(*cases, **given):
    return tally(cases, RULES, since=SINCE, until=UNTIL, **given)


def test_a_case_counts_for_every_rule_that_hit():
    """Two rules in one false alarm: one each, and neither was alone."""
    report = report_of(
        closed(1, "false_alarm", "en.plan.a", "en.plan.b"), closed(2, "contacted", "en.plan.a")
    )

    told = {info.id: (c.alerts, c.fates["false"], c.fates["confirmed"], c.alone)
            for info, c in report.rules}  # fmt: skip
    assert {"en.plan.a": (2, 1, 1, 0), "en.plan.b": (1, 1, 0, 0)} == told
    assert (2, 1) == (report.whole.alerts, report.silent)


def test_the_rule_that_alone_was_false_comes_first():
    """What an author should mend is on top."""
    report = report_of(
        *(closed(n, "contacted", "en.plan.a") for n in range(5)),
        closed(9, "false_alarm", "en.plan.b"),
    )

    assert ["en.plan.b", "en.plan.a"] == [info.id for info, _ in report.rules]
    assert ["wang", "li"] == [author for author, _ in report.authors]


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


def test_the_page_escapes_and_loads_nothing():
    """A title is text, no script is there, and each chart tells itself in words."""
    html = page(report_of(closed(1, "contacted", "en.plan.b")))

    assert "&lt;b&gt;Another" in html
    assert "<script" not in html
    assert "default-src &#39;none&#39;" in html or "default-src 'none'" in html
    assert "en.plan.b: 1 confirmed" in html
    assert 4 == html.count("<svg")


def test_the_terminal_tells_the_same():
    """Counts, shares and waits as words."""
    out = io.StringIO()
    terminal.show(Console(file=out, width=160), report_of(closed(1, "contacted", "en.plan.b")))

    assert "1 cases alerted in 30 days: 1 confirmed; taken after 1.0 min (median)" in out.getvalue()
    assert "too few (1 of 10)" in out.getvalue()


@pytest.fixture
def store(store_url, pack):
    """Hold one false alarm, and one case nobody looked at."""
    opened = Store.open(store_url)
    triage = Triage(opened, lambda: pack, Policy(Tier.ELEVATED, "en", 0), lambda: NOW)
    for known in (said("c", 0, "plan elevated"), said("d", 0, "plan elevated", customer="u-2")):
        triage.signal(known.signal, NOW)
    decision = decided("c", 3, "false_alarm")
    triage.disposition(decision.disposition, NOW + 1000)
    opened.close()
    return store_url


@pytest.fixture
def rules(tmp_path):
    """Hold the rule that hit."""
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "pack.yaml").write_text("format: 1\nname: invented\nversion: 1.0.0\n")
    (folder / "en.yaml").write_text(
        "format: 1\nlanguage: en\nrules:\n  - id: en.plan.invented\n    title: A plan\n"
        "    category: plan\n    tier: elevated\n    status: active\n    terms: [a plan]\n"
        "    author: li\n    examples:\n      alert:\n        - a plan\n      ignore:\n"
        "        - none\n"
    )
    return str(folder)


def run(*arguments: str):
    return CliRunner().invoke(main, ["rules", "report", "--days", "3650", *arguments])


def test_the_command_reads_either_database(store, rules):
    """As data: one false, one undecided, under their author."""
    done = run("--store", store, "--rules", rules, "--json")

    data = json.loads(done.output)
    assert (1, 1) == (data["whole"]["false"], data["whole"]["undecided"])
    assert ["li"] == [row["author"] for row in data["authors"]]


def test_false_alarms_are_listed_by_ids_and_no_words(store, rules):
    """An author finds the case, its messages and signals, and not what was said."""
    done = run("--store", store, "--rules", rules, "--false-alarms")

    assert "case c\n" in done.output
    assert "messages c-1" in done.output
    assert "decided 2026-11-22 02:03 by dana" in done.output
    assert "case d" not in done.output
    assert "words" not in done.output


def test_no_output_holds_words(store, rules, tmp_path):
    """Neither the page nor the data hold what a customer said."""
    html = tmp_path / "report.html"
    done = run("--store", store, "--rules", rules, "--json", "--false-alarms", "--html", str(html))

    assert 0 == done.exit_code
    assert "words of plan" not in done.output + html.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("option", "expected"),
    [("--rule", "did you mean en.plan.invented?"), ("--author", "knows no author")],
)
def test_an_unknown_name_is_refused(store, rules, option, expected):
    """A typing error gives no empty report."""
    done = run("--store", store, "--rules", rules, option, "en.plan.invente")

    assert 2 == done.exit_code
    assert expected in done.output
