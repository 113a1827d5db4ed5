from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest
from rich.console import Console

from alerts.backtest.compare import Comparison
from alerts.backtest.page import page
from alerts.backtest.report import build_report
from alerts.backtest.shape import Report, Rule
from alerts.backtest.terminal import show_report
from alerts.backtest.wording import in_short
from lifeline.events import ChatMessage
from lifeline.rules.pack import Pack, load

START = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
WISH = "zh.active_intent.wish"
RULES = """\
format: 1
language: zh
rules:
  - id: zh.active_intent.wish
    title: Says they do not want to live
    category: active_intent
    tier: {tier}
    status: {status}
    terms: [{terms}]
    examples:
      alert:
        - 不想活了
      ignore:
        - 你好
"""
MakePack = Callable[..., Pack]


@pytest.fixture(scope="module")
def make_pack(tmp_path_factory: pytest.TempPathFactory) -> MakePack:
    """Make packs of one rule."""

    def make(terms: str = "不想活", tier: str = "elevated", status: str = "active") -> Pack:
        folder: Path = tmp_path_factory.mktemp("pack")
        (folder / "pack.yaml").write_text("format: 1\nname: invented\nversion: 1.2.3\n")
        text = RULES.format(terms=terms, tier=tier, status=status)
        (folder / "rules.yaml").write_text(text, encoding="utf-8")
        # A pack needs a rule that is evaluated.
        other = RULES.replace("wish", "other").format(terms="绝", tier="watch", status="active")
        (folder / "other.yaml").write_text(other, encoding="utf-8")
        return load(folder)

    return make


def report_of(
    new: Pack,
    base: Pack | None,
    said: list[tuple[float, str]],
    *,
    words: bool = True,
    hours_east: float = 0,
) -> Report:
    """Report on messages said so many hours after the start, each in a conversation of its own."""
    comparison = Comparison(
        new, base, age=2_100_000, number=50, memory=1 << 26, examples=5, words=words
    )
    for number, (hour, text) in enumerate(said):
        sent = START + timedelta(hours=hour)
        event = ChatMessage(
            conversation_id=f"c{number}", message_id=f"m{number}", sent_at=sent, text=text,
            speaker="customer", language="zh-Hans",
        )  # fmt: skip
        comparison.take(event, int(sent.timestamp() * 1000))
    zone = timezone(timedelta(hours=hours_east))
    given = "old", "new"
    return build_report(
        comparison.finish(), new, base, source="day.jsonl", given=given, zone=zone, words=words
    )


def rule(report: Report, name: str = WISH) -> Rule:
    (found,) = [rule for rule in report.rules if rule.rule_id == name]
    return found


def shown(report: Report) -> str:
    """The report as it is piped."""
    console = Console(file=io.StringIO(), width=200)
    show_report(report, console)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


class Page(HTMLParser):
    """Tags, attributes and text of a page; fails where tags do not match."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[tuple[str, str]] = []
        self.feed(text)
        self.close()
        assert [] == self.open

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "link"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert tag == self.open.pop()

    def handle_data(self, data: str) -> None:
        self.words.append((self.open[-1] if self.open else "", data))

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    def within(self, tag: str) -> list[str]:
        return [" ".join(data.split()) for name, data in self.words if name == tag and data.strip()]


def test_load_by_the_hour(make_pack):
    """Mean, busiest hour and hour of the day go by log time, over the time recorded."""
    said = [(0, "你好"), (0.5, "不想活了"), (1.2, "不想活了"), (1.3, "不想活了"), (4, "你好")]

    report = report_of(make_pack(), None, said)

    (load,) = [gate.new for gate in report.gates if gate.gate == "elevated"]
    assert (3, 600_000.0) == (load.alerts, load.per_million)
    # Five hours from first to last, of which three hold anything.
    assert (3.0, 1.0) == (report.recording.hours, load.per_hour)
    assert (2, START + timedelta(hours=1)) == (load.busiest, load.busiest_at)
    assert [None, None, 1.0, 2.0, None, None, 0.0] == load.by_hour_of_day[:7]


def test_hours_of_the_day_are_the_readers(make_pack):
    """Two in the morning in UTC is ten in the morning in Shanghai, and the report says so."""
    report = report_of(make_pack(), None, [(0, "不想活了"), (2, "你好")], hours_east=8)

    assert "+08:00" == report.zone
    assert 1.0 == report.gates[1].new.by_hour_of_day[10]
    assert "2026-11-21 10:00" in shown(report)


def test_hour_of_the_day_is_a_mean_over_its_days(make_pack):
    """An hour that alerted on one day of two counts half."""
    report = report_of(make_pack(), None, [(0, "不想活了"), (1, "你好"), (24, "你好")])

    assert [None, None, 0.5, 0.0] == report.gates[1].new.by_hour_of_day[:4]


def test_under_an_hour_there_are_no_figures_by_the_hour(make_pack):
    """A recording of one instant gives figures per million messages, and says why no others."""
    report = report_of(make_pack(), None, [(0, "不想活了"), (0, "你好")])

    load = report.gates[1].new
    assert (1, 500_000.0) == (load.alerts, load.per_million)
    assert [None] * 4 == [load.per_hour, load.busiest, load.by_hour_of_day, report.recording.hours]
    assert "less than an hour, so there are no figures by the hour" in shown(report)
    assert "less than an hour" in page(report)


def test_wild_clock_does_not_thin_the_load(make_pack):
    """One event stamped years away adds its hour, not the years."""
    report = report_of(make_pack(), None, [(0, "不想活了"), (1, "你好"), (200_000, "你好")])

    assert (3.0, 1 / 3) == (report.recording.hours, report.gates[1].new.per_hour)


def test_nothing_recorded(make_pack):
    """An empty recording is a report of nothing, not an error."""
    report = report_of(make_pack(), make_pack(), [])

    assert (0, 0, None) == (
        report.recording.events,
        report.gates[0].new.alerts,
        report.recording.first,
    )
    assert "no event was read" in shown(report)
    assert "no event was read" in page(report)


def test_sentence_that_a_decision_rests_on(make_pack):
    """Alerts before and after, an hour, and the conversations that come and go."""
    said = [(0, "不想活了"), (1, "不想活了"), (2, "我要走了")]

    report = report_of(make_pack("我要走了"), make_pack(), said)

    expected = (
        "Gate elevated: 2 to 1 alerts (−1), 1.00 to 0.50 an hour; "
        "1 conversation newly alert, 2 no longer do."
    )
    assert expected == in_short(report)[1]


def test_rule_written_differently_shows_what_only_one_version_has(make_pack):
    """Phrases that both have are left out; a changed tier shows both."""
    report = report_of(make_pack("不想活, 活够了", "imminent"), make_pack("不想活, 不活了"), [])

    changes = {change.part: (change.base, change.new) for change in rule(report).text}
    expected = {"tier": (["elevated"], ["imminent"]), "phrases": (["不活了"], ["活够了"])}
    assert expected == changes
    assert ("elevated", "imminent") == (rule(report).tier_base, rule(report).tier_new)


def test_rule_that_is_no_longer_active(make_pack):
    """A retired rule has no tier in the new pack, and its status shows."""
    report = report_of(make_pack(status="draft"), make_pack(), [(0, "不想活了")])

    assert ("elevated", None) == (rule(report).tier_base, rule(report).tier_new)
    assert ["status"] == [change.part for change in rule(report).text]
    assert (1, 0, 1) == (
        rule(report).hits_base, rule(report).hits_new, rule(report).gates["elevated"].lost,
    )  # fmt: skip


def test_unchanged_rule_is_in_the_data_and_not_in_the_text(make_pack):
    """JSON holds every rule that hit; what a person reads holds those that changed."""
    report = report_of(make_pack(), make_pack(), [(0, "不想活了")])

    assert 1 == rule(report).gates["elevated"].alerts_new
    assert WISH not in shown(report)
    assert "No rule changed" in page(report)


def test_json_reads_back(make_pack):
    """The JSON of a report is what its documented shape says."""
    report = report_of(make_pack("我要走了"), make_pack(), [(0, "不想活了"), (2, "我要走了")])

    assert report == msgspec.json.decode(msgspec.json.encode(report), type=Report)


NASTY = '不想活了 <script>alert("x")</script><img src=http://127.0.0.1/x> & \x1b[31m \u202eabc'


def test_page_escapes_what_customers_said(make_pack):
    """Markup in a message is text on the page, and the hit is marked."""
    html = page(report_of(make_pack(), None, [(0, NASTY)]))

    read = Page(html)
    assert ([], []) == (read.named("script"), read.named("img"))
    assert ["不想活"] == read.within("mark")
    assert any('<script>alert("x")</script>' in text for text in read.within("blockquote"))


def test_page_loads_nothing(make_pack):
    """No address stands in it but the name of SVG's own vocabulary, and its policy forbids all."""
    html = page(report_of(make_pack(), make_pack("绝望"), [(0, "不想活了"), (3, "绝望")]))

    read = Page(html)
    sources = [
        a for _, given in read.tags for n, a in given.items() if n in ("src", "href", "data")
    ]
    assert {"data:,"} == {source for source in sources if not (source or "").startswith("#")}
    (policy,) = [m["content"] for m in read.named("meta") if m.get("http-equiv")]
    assert (policy or "").startswith("default-src 'none';")
    assert [] == re.findall(r"url\(|@import", html)


def test_page_is_accessible(make_pack):
    """Title, language, one first heading, headers with scope, and words for every chart."""
    html = page(report_of(make_pack("绝望"), make_pack(), [(0, "不想活了"), (3, "绝望")]))

    read = Page(html)
    assert ["Backtest of invented 1.2.3"] == read.within("h1")
    assert [{"lang": "en"}] == read.named("html")
    assert all("scope" in header for header in read.named("th"))
    assert len(read.named("table")) == len(read.named("caption")) == 3
    charts = read.named("svg")
    assert 5 == len(charts)  # hours at three gates; what came and went at two
    ids = {given["id"] for tag, given in read.tags if tag in ("title", "desc") and "id" in given}
    assert all(set((chart["aria-labelledby"] or "").split()) <= ids for chart in charts)
    assert all("img" == chart["role"] for chart in charts)
    assert "elevated" in " ".join(read.within("title"))


def test_chart_of_hours_is_to_scale(make_pack):
    """Bars stand on one line, as high as their figures."""
    html = page(report_of(make_pack(), None, [(0, "不想活了"), (0, "不想活了"), (1, "不想活了")]))

    bars = re.findall(
        r'<rect class="new" x="[\d.]+" y="([\d.]+)" width="[\d.]+" height="([\d.]+)"><title>(\S+)',
        html.split('id="hours-elevated-d"')[1].split("</svg>")[0],
    )
    heights = {hour: (float(y) + float(height), float(height)) for y, height, hour in bars}
    assert ["02:00,", "03:00,"] == list(heights)
    assert heights["02:00,"][0] == heights["03:00,"][0]
    assert heights["02:00,"][1] == pytest.approx(2 * heights["03:00,"][1])


def test_without_words_nothing_said_is_in_any_report(make_pack):
    """Ids and counts remain, and no warning is needed."""
    report = report_of(make_pack(), None, [(0, NASTY)], words=False)

    for text in (page(report), shown(report), msgspec.json.encode(report).decode()):
        assert "不想活了" not in text
        assert "m0" in text
        assert "what customers said" not in text


def test_words_are_announced_at_the_top(make_pack):
    """A report that holds what customers said says so first."""
    report = report_of(make_pack(), None, [(0, "不想活了")])

    assert shown(report).startswith("This report holds what customers said.")
    assert "This report holds what customers said." in Page(page(report)).within("p")[0]


def test_terminal_gets_no_control_characters(make_pack):
    """What was said cannot colour the screen or move the cursor; the hit is marked."""
    text = shown(report_of(make_pack(), None, [(0, NASTY)]))

    assert "«不想活»了 <script>" in text
    assert "\x1b" not in text
    assert "\u202e" not in text
