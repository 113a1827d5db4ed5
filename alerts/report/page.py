"""The report as one HTML page: no script, nothing loaded from anywhere, no words of customers."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.pages.making import environment
from alerts.report.charts import MOST_ROWS, MOST_WEEKS, fates_chart, waits_chart, weeks_chart
from alerts.report.false_alarms import FalseAlarm
from alerts.report.tally import FATES, Report
from alerts.report.wording import duration, how_to_read, in_short, name_of


def page(report: Report, alarms: Sequence[FalseAlarm] | None = None) -> str:
    """The page, with a list of false alarms if any is given.

    All text is escaped, and its policy forbids the browser to load anything.
    """
    made = environment("alerts.report")
    made.filters.update(duration=duration, name_of=name_of)
    rules = [(info.id, counts) for info, counts in report.rules]
    drawn = [
        (_of("Cases by rule", len(rules), MOST_ROWS), fates_chart(rules), "rows"),
        (_of("Cases by author", len(report.authors), MOST_ROWS), fates_chart(report.authors),
         "rows"),
        (_of("Cases by the week they opened in", len(report.weeks), MOST_WEEKS, "the last"),
         weeks_chart(report.weeks), "weeks"),
        ("Time from the first alert to the team's first decision", waits_chart(report.whole),
         "waits"),
    ]  # fmt: skip
    return made.get_template("report.html").render(
        report=report, short=in_short(report), fates=FATES, alarms=alarms,
        charts=[each for each in drawn if each[1]], how_to_read=how_to_read(report),
    )  # fmt: skip


def _of(title: str, there: int, shown: int, which: str = "the first") -> str:
    return title if there <= shown else f"{title}, {which} {shown} of {there:,}"
