"""The report for other programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from alerts.report.false_alarms import FalseAlarm
from alerts.report.tally import Counts, Report


def as_data(report: Report, alarms: Sequence[FalseAlarm] | None = None) -> dict[str, Any]:
    """The report as JSON has it, with the false alarms if any are given. Times are RFC 3339."""
    data: dict[str, Any] = {
        "since": report.since.isoformat(),
        "until": report.until.isoformat(),
        "whole": _counts(report.whole),
        "rules": [asdict(info) | _counts(counts) for info, counts in report.rules],
        "authors": [{"author": name} | _counts(counts) for name, counts in report.authors],
        "weeks": [{"week": name} | _counts(counts) for name, counts in report.weeks],
        "silent_active_rules": report.silent,
    }
    if alarms is not None:
        data["false_alarms"] = [_alarm(alarm) for alarm in alarms]
    return data


def _alarm(alarm: FalseAlarm) -> dict[str, Any]:
    decided = alarm.decided_at.isoformat() if alarm.decided_at else None
    return asdict(alarm) | {"opened": alarm.opened.isoformat(), "decided_at": decided}


def _counts(counts: Counts) -> dict[str, Any]:
    share = counts.share_false()
    fates = {str(fate): count for fate, count in counts.fates.items()}
    return {
        "alerts": counts.alerts,
        **fates,
        "false_alone": counts.alone,
        "should_be_higher": counts.higher,
        "should_be_lower": counts.lower,
        "false_of_decided": None if share is None else share[0],
        "false_of_decided_95": None if share is None else share[1:],
        "median_wait_ms": counts.median_wait(),
        "wait_9_in_10_ms": counts.long_wait(),
    }
