"""From what a backtest counted to the report that a person decides from."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from alerts.backtest.compare import KINDS
from alerts.backtest.rules import text_changes
from alerts.backtest.shape import (
    FORMAT,
    Changes,
    Gate,
    Load,
    PackFacts,
    Recording,
    Report,
    Rule,
    RuleCounts,
)
from alerts.backtest.tally import BASE, GATES, HOUR_MS, NEW, SIDES, Tally
from lifeline.detector import AGENT_REPORT
from lifeline.rules.pack import Pack
from lifeline.rules.schema import RuleSpec
from lifeline.taxonomy import Tier

_MILLION: Final = 1_000_000
_START: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_MS: Final = 253_370_000_000_000  # leaves room for any zone
_REPORTED: Final = "A service agent reported a person at risk"


def build_report(
    tally: Tally,
    new: Pack,
    base: Pack | None,
    *,
    source: str,
    given: tuple[str, str],
    zone: tzinfo,
    words: bool,
) -> Report:
    """The report of all that was counted.

    ``given`` says what was asked for as base and as new pack. Hours of the day are those of
    ``zone``.
    """
    packs = (base, new)
    recording = _recording(tally, source)
    gates = [
        Gate(
            gate=gate.label,
            new=_load(tally, NEW, gate, recording, zone),
            base=_load(tally, BASE, gate, recording, zone) if base else None,
            changes=_changes(tally, gate) if base else None,
        )
        for gate in GATES
    ]
    facts = [
        _facts(pack, given[side], tally.sides[side].failed) if pack else None
        for side, pack in zip(SIDES, packs, strict=True)
    ]
    assert facts[NEW] is not None  # noqa: S101 - there is always a new pack
    return Report(
        format=FORMAT,
        words=words,
        zone=_offset(tally, zone),
        new=facts[NEW],
        base=facts[BASE],
        recording=recording,
        gates=gates,
        rules=_rules(tally, base, new, recording.messages),
    )


def _facts(pack: Pack, given: str, failed: int) -> PackFacts:
    return PackFacts(
        given=given,
        name=pack.name,
        version=pack.version,
        hash=pack.hash,
        rules=len(pack.rules),
        failed=failed,
    )


def _recording(tally: Tally, source: str) -> Recording:
    return Recording(
        source=source,
        events=sum(tally.hours.values()) + tally.unreadable + tally.outside,
        messages=tally.messages,
        unreadable=tally.unreadable,
        outside=tally.outside,
        first=None if tally.first is None else _time(tally.first),
        last=None if tally.last is None else _time(tally.last),
        hours=_hours(tally),
        forgotten=tally.forgotten,
    )


def _hours(tally: Tally) -> float | None:
    """The hours that the recording covers; hours in which nothing was recorded do not count."""
    if tally.first is None or tally.last is None:
        return None
    hours = min((tally.last - tally.first) / HOUR_MS, len(tally.hours))
    return hours if hours >= 1 else None


def _load(tally: Tally, side: int, gate: Tier, recording: Recording, zone: tzinfo) -> Load:
    counts = tally.sides[side]
    by_hour = Counter({hour: n for (at, hour), n in counts.alerts.items() if at == gate and n})
    alerts, hours = by_hour.total(), recording.hours
    busiest = max(by_hour, key=lambda hour: (by_hour[hour], -hour), default=None)
    return Load(
        alerts=alerts,
        cases=sum(n for (at, _), n in counts.cases.items() if at == gate),
        per_million=_per_million(alerts, recording.messages),
        per_hour=None if hours is None else alerts / hours,
        busiest=None if hours is None else by_hour[busiest or 0],
        busiest_at=None if hours is None or busiest is None else _time(busiest * HOUR_MS),
        by_hour_of_day=None if hours is None else _by_hour_of_day(tally, by_hour, zone),
    )


def _by_hour_of_day(tally: Tally, alerts: Counter[int], zone: tzinfo) -> list[float | None]:
    """The mean of each hour of the day over the days on which something was recorded in it."""
    recorded: Counter[int] = Counter()
    found: Counter[int] = Counter()
    for hour in tally.hours:
        of_day = _time(hour * HOUR_MS).astimezone(zone).hour
        recorded[of_day] += 1
        found[of_day] += alerts[hour]
    return [found[n] / recorded[n] if recorded[n] else None for n in range(24)]


def _changes(tally: Tally, gate: Tier) -> Changes:
    return Changes(**{name: tally.changes[gate, name] for name in Changes.__struct_fields__})


def _rules(tally: Tally, base: Pack | None, new: Pack, messages: int) -> list[Rule]:
    written = [{spec.id: spec for spec in pack.all_rules} if pack else {} for pack in (base, new)]
    counts = _counts_by_rule(tally)
    rules = []
    for rule in sorted({*written[BASE], *written[NEW], AGENT_REPORT}):
        before, after = (specs.get(rule) for specs in written)
        spec = after or before
        text = text_changes(before, after) if base else []
        hits = [side.hits[rule] for side in tally.sides]
        if not (any(hits) or text or rule in counts):
            continue
        rules.append(
            Rule(
                rule_id=rule,
                title=spec.title if spec else _REPORTED,
                tier_base=_tier(before) if spec or not base else Tier.ELEVATED.label,
                tier_new=_tier(after) if spec else Tier.ELEVATED.label,
                hits_base=hits[BASE],
                hits_new=hits[NEW],
                hits_per_million=_per_million(hits[NEW], messages),
                gates={gate.label: RuleCounts(**counts[rule][gate]) for gate in GATES},
                text=text,
                examples=list(tally.samples.of(rule, KINDS)),
            )
        )
    return sorted(rules, key=_most_changed)


def _tier(spec: RuleSpec | None) -> str | None:
    return spec.tier if spec is not None and spec.status == "active" else None


def _counts_by_rule(tally: Tally) -> defaultdict[str, dict[Tier, dict[str, int]]]:
    """What stands in :class:`RuleCounts`, by rule and gate."""
    counts: defaultdict[str, dict[Tier, dict[str, int]]]
    counts = defaultdict(lambda: {gate: {} for gate in GATES})
    for side, name in zip(SIDES, ("alerts_base", "alerts_new"), strict=True):
        for (gate, rule), count in tally.sides[side].by_rule.items():
            counts[rule][gate][name] = count
    for (gate, rule, kind), count in tally.by_rule.items():
        if kind != "same":
            counts[rule][gate][kind] = count
    return counts


def _most_changed(rule: Rule) -> tuple[object, ...]:
    """Rules by how much they changed at the gates, the worst gate first; then by what they cost."""
    return (
        *(-_changed(rule.gates[gate.label]) for gate in reversed(GATES)),
        not rule.text,
        *(-rule.gates[gate.label].alerts_new for gate in reversed(GATES)),
        -abs(rule.hits_new - rule.hits_base),
        rule.rule_id,
    )


def _changed(counts: RuleCounts) -> int:
    return counts.new + counts.lost + counts.raised + counts.lowered + counts.other_rules


def is_changed(rule: Rule) -> bool:
    """Whether anything differs between the packs for this rule."""
    changed = any(_changed(counts) for counts in rule.gates.values())
    return changed or bool(rule.text) or rule.hits_base != rule.hits_new


def _per_million(count: int, messages: int) -> float:
    return count * _MILLION / messages if messages else 0.0


def _time(milliseconds: int) -> datetime:
    return _START + timedelta(milliseconds=min(max(milliseconds, 0), _LAST_MS))


def _offset(tally: Tally, zone: tzinfo) -> str:
    """The zone's offset from UTC when the recording began."""
    text = f"{_time(tally.first or 0).astimezone(zone):%z}"
    return f"{text[:3]}:{text[3:5]}"
