"""What the report says in sentences, the same in a terminal and on the page."""

from __future__ import annotations

from datetime import datetime

from alerts.backtest.shape import Changes, Example, Gate, PackFacts, Report, Seen


def in_short(report: Report) -> list[str]:
    """What a decision rests on, a sentence for each gate."""
    return [_in_short(gate) for gate in report.gates]


def _in_short(gate: Gate) -> str:
    new, base, changes = gate.new, gate.base, gate.changes
    if base is None or changes is None:
        hourly = "" if new.per_hour is None else f", {new.per_hour:,.2f} an hour"
        return f"Gate {gate.gate}: {new.alerts:,} alerts{hourly}."
    hourly = ""
    if new.per_hour is not None and base.per_hour is not None:
        hourly = f", {base.per_hour:,.2f} to {new.per_hour:,.2f} an hour"
    change = f"{new.alerts - base.alerts:+,}".replace("-", "−").replace("+0", "±0")
    alerts = f"{base.alerts:,} to {new.alerts:,} alerts ({change}){hourly}"
    return f"Gate {gate.gate}: {alerts}; {_conversations(changes)}."


def _conversations(changes: Changes) -> str:
    """Which conversations the team would see that it did not, and the other way round."""
    if not (changes.gained or changes.missed):
        return "the same conversations alert"
    return f"{_many(changes.gained, 'conversation')} newly alert, {changes.missed:,} no longer do"


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' * (count != 1)}"


def span(report: Report) -> str:
    """What was read and over which time, in a sentence."""
    recorded = report.recording
    if recorded.first is None or recorded.last is None:
        return f"{recorded.source}: no event was read."
    first, last = (local_time(t, report) for t in (recorded.first, recorded.last))
    text = f"{recorded.source}: {recorded.messages:,} messages, {first} to {last}"
    if recorded.hours is None:
        return f"{text}; less than an hour, so there are no figures by the hour."
    return f"{text} ({recorded.hours:,.1f} hours with traffic)."


def warnings(report: Report) -> list[str]:
    """What the reader must know before trusting the figures."""
    recorded = report.recording
    lines = []
    if report.words and any(rule.examples for rule in report.rules):
        lines.append(
            "This report holds what customers said. Keep it as you keep their conversations."
        )
    if recorded.unreadable:
        lines.append(f"{_many(recorded.unreadable, 'event')} could not be read and left out.")
    if recorded.outside:
        lines.append(f"{_many(recorded.outside, 'event')} logged outside the time asked for.")
    if recorded.forgotten:
        lines.append(
            f"{_many(recorded.forgotten, 'conversation')} forgotten early for want of memory; what "
            "is said across their messages may be missed."
        )
    lines += [
        f"{_many(pack.failed, 'event')} made the {name} rules fail; a worker would not alert."
        for name, pack in (("base", report.base), ("new", report.new))
        if pack is not None and pack.failed
    ]
    return lines


def pack_line(pack: PackFacts) -> str:
    """A pack in a line."""
    given = f" ({pack.given})" if pack.given else ""
    return f"{pack.name} {pack.version}, {pack.rules} rules, {pack.hash[:12]}{given}"


def sent(seen: Seen | None) -> str:
    """An alert of one pack in a few words."""
    return "no alert" if seen is None else f"P{seen.priority} {seen.tier}"


def fate(example: Example) -> str:
    """What happened to the alert of an example."""
    if example.kind == "alert":
        return sent(example.new)
    text = f"{sent(example.base)} → {sent(example.new)}"
    if example.kind != "lost":
        return text
    elsewhere = "still alerts by another message" if example.still_alerts else "no longer alerts"
    return f"{text}; the conversation {elsewhere}"


def local_time(time: datetime, report: Report) -> str:
    """A point in time as the report's reader counts it."""
    zone = datetime.strptime(report.zone, "%z").tzinfo
    return f"{time.astimezone(zone):%Y-%m-%d %H:%M}"
