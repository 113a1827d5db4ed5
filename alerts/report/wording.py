"""What the report says in words, the same in a terminal and on the page."""

from __future__ import annotations

from typing import Final

from alerts.report.tally import FEWEST, Counts, Report, RuleInfo

HEADS: Final = (
    "alerts", "confirmed", "false", "alone", "acknowledged", "undecided", "false of decided",
    "median time", "9 in 10 within", "too low", "too high",
)  # fmt: skip
_DAY_MS: Final = 86_400_000


def in_short(report: Report) -> str:
    """The whole in one sentence."""
    whole = report.whole
    days = (report.until - report.since).days
    if not whole.alerts:
        return f"no case was alerted in the last {days} days"
    told = ", ".join(f"{count:,} {fate}" for fate, count in whole.fates.items() if count)
    many = f"{whole.alerts:,} case{'s' * (whole.alerts != 1)} alerted in {days} days"
    return f"{many}: {told}; {_waited(whole)}"


def how_to_read(report: Report) -> list[str]:
    """What the figures mean, in sentences."""
    counted = (
        "A case counts for every rule that hit in it. “alone” are false alarms in which no other "
        "rule could have alerted."
    )
    shares = (
        "“false of decided” is the share of false alarms among confirmed and false ones, with the "
        f"range it lies in 19 times of 20; under {FEWEST} decided cases say too little."
    )
    times = (
        "Times are from a case's first alert to the team's first decision. “acknowledged” "
        "are cases of which nothing more is decided yet. “too low” and “too high” are those that "
        "the team said should have had a higher, or a lower, tier."
    )
    return [counted, shares, times, f"{_many(report.silent, 'active rule')} alerted nobody."]


def cells(counts: Counts) -> list[str]:
    """The counts as the cells of a row, after ``HEADS``."""
    fates = counts.fates
    numbers = (
        counts.alerts, fates["confirmed"], fates["false"], counts.alone, fates["acknowledged"],
        fates["undecided"],
    )  # fmt: skip
    return [
        *(f"{number:,}" for number in numbers),
        share(counts),
        duration(counts.median_wait()),
        duration(counts.long_wait()),
        f"{counts.higher:,}",
        f"{counts.lower:,}",
    ]


def lines(counts: Counts) -> list[str]:
    """The counts as two sentences, where a table has no room."""
    told = []
    for fate, count in counts.fates.items():
        alone = f" ({counts.alone:,} alone)" if fate == "false" and counts.alone else ""
        told += [f"{count:,} {fate}{alone}"] if count else []
    about = [f"false of decided: {share(counts)}", _waited(counts)]
    about += [f"{counts.higher:,} should have been higher"] if counts.higher else []
    about += [f"{counts.lower:,} should have been lower"] if counts.lower else []
    return [f"{_many(counts.alerts, 'alert')}: {', '.join(told)}", "; ".join(about)]


def name_of(info: RuleInfo) -> str:
    """A rule's id, with its status where it is not active."""
    return info.id if info.status == "active" else f"{info.id} ({info.status})"


def share(counts: Counts) -> str:
    """False among decided, with how sure that is."""
    found = counts.share_false()
    if found is None:
        return f"too few to say ({counts.decided})"
    return f"{found[0]:.0%} ({found[1]:.0%} to {found[2]:.0%})"


def duration(ms: float | None) -> str:
    """A length of time, in the largest unit that is not zero; a dash for none."""
    if ms is None:
        return "–"
    for unit, size in (("d", _DAY_MS), ("h", 3_600_000), ("min", 60_000)):
        if ms >= size:
            return f"{ms / size:.1f} {unit}"
    return f"{ms / 1000:.1f} s"


def _waited(counts: Counts) -> str:
    """How long until the team acknowledged the cases."""
    median, long = counts.median_wait(), counts.long_wait()
    if median is None:
        return "none was acknowledged yet"
    return f"acknowledged after {duration(median)} (median), 9 in 10 within {duration(long)}"


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' * (count != 1)}"
