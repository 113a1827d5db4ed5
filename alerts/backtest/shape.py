"""What a backtest comes to, as data: the JSON of `lifeline rules backtest --json`, documented here.

``base`` is the pack in force, ``new`` the one on trial. An alert is a record that a worker would
have sent; at each gate only alerts of that tier and above reach the team. Counts by rule may add up
to more than the total, since several rules can hit in one message.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from alerts.contract import ExcerptMessage

FORMAT = 1


class _Struct(msgspec.Struct, frozen=True, kw_only=True):
    pass


class PackFacts(_Struct, frozen=True, kw_only=True):
    """A rule pack: what was given for it, and what it holds.

    ``failed`` events made the pack fail; a worker puts them into the dead letters.
    """

    given: str
    name: str
    version: str
    hash: str
    rules: int
    failed: int


class Recording(_Struct, frozen=True, kw_only=True):
    """What was read.

    ``messages`` are chat messages, call segments in every revision, e-mails and agents' reports.
    ``unreadable`` are events that a worker would have put into the dead letters, ``outside`` those
    before ``--from`` or after ``--until``. ``first`` and ``last`` are log times. ``hours`` is the
    time that the recording covers without the hours in which nothing was recorded; None below one
    hour. ``forgotten`` conversations were dropped early for want of memory.
    """

    source: str
    events: int
    messages: int
    unreadable: int
    outside: int
    first: datetime | None
    last: datetime | None
    hours: float | None
    forgotten: int


class Load(_Struct, frozen=True, kw_only=True):
    """What one pack means for the team at one gate.

    ``cases`` are alerts that open a case; the others escalate one. Figures by hour are None where
    the recording covers less than one hour; ``by_hour_of_day`` holds 24 means, None for hours never
    recorded.
    """

    alerts: int
    cases: int
    per_million: float
    per_hour: float | None
    busiest: int | None
    busiest_at: datetime | None
    by_hour_of_day: list[float | None] | None


class Changes(_Struct, frozen=True, kw_only=True):
    """What changed at one gate, alert by alert and conversation by conversation.

    ``new`` and ``lost`` alerts are sent under one pack only. Of the lost, ``lost_elsewhere`` are
    those whose conversation still alerts by another message. In ``raised``, ``lowered`` and
    ``other_rules`` both packs alert on the same message, with another tier or priority, or by other
    rules. ``gained`` conversations alert only under the new pack, ``missed`` only under the base;
    ``sooner`` and ``later`` ones under both, by an earlier or a later message.
    """

    new: int = 0
    lost: int = 0
    lost_elsewhere: int = 0
    raised: int = 0
    lowered: int = 0
    other_rules: int = 0
    same: int = 0
    gained: int = 0
    missed: int = 0
    sooner: int = 0
    later: int = 0


class Gate(_Struct, frozen=True, kw_only=True):
    """One gate: the lowest tier that reaches the team. ``base`` and ``changes`` need a base."""

    gate: str
    new: Load
    base: Load | None = None
    changes: Changes | None = None


class RuleCounts(_Struct, frozen=True, kw_only=True):
    """The alerts at one gate in which a rule had its part; words as in :class:`Changes`."""

    alerts_base: int = 0
    alerts_new: int = 0
    new: int = 0
    lost: int = 0
    lost_elsewhere: int = 0
    raised: int = 0
    lowered: int = 0
    other_rules: int = 0


class TextChange(_Struct, frozen=True, kw_only=True):
    """One part of a rule that is written differently.

    Of lists of phrases ``base`` and ``new`` hold only what the other lacks; ``more`` says how many
    phrases are not shown.
    """

    part: str
    base: list[str]
    new: list[str]
    more: int = 0


class Seen(_Struct, frozen=True, kw_only=True):
    """An alert as one pack sent it. ``rules`` maps each rule to the tier of its hit."""

    tier: str
    priority: int
    rules: dict[str, str]


class Example(_Struct, frozen=True, kw_only=True):
    """One changed alert. ``messages`` are the words, the hits in ``spans``; empty without words.

    ``kind`` is new, lost, raised, lowered or other_rules, seen at the lowest gate (alert, without a
    base). ``still_alerts`` tells of a lost one whether its conversation alerts all the same at the
    gate of its tier.
    """

    kind: str
    conversation_id: str
    message_id: str
    channel: str
    language: str | None
    received: datetime
    base: Seen | None
    new: Seen | None
    still_alerts: bool
    messages: list[ExcerptMessage]


class Rule(_Struct, frozen=True, kw_only=True):
    """One rule: how often it hit, what it changed at each gate, how it is written, and examples.

    ``hits_base`` and ``hits_new`` count messages at any tier, alerts or not. ``tier_base`` and
    ``tier_new`` are None where the rule is not active in the pack.
    """

    rule_id: str
    title: str
    tier_base: str | None
    tier_new: str | None
    hits_base: int
    hits_new: int
    hits_per_million: float
    gates: dict[str, RuleCounts]
    text: list[TextChange]
    examples: list[Example]


class Report(_Struct, frozen=True, kw_only=True):
    """The whole report. ``words`` says whether it holds what customers said.

    ``rules`` are those that hit, alerted or are written differently, the most changed first.
    ``zone`` is the offset from UTC that hours of the day are counted in, as in +08:00.
    """

    format: int
    words: bool
    zone: str
    new: PackFacts
    base: PackFacts | None
    recording: Recording
    gates: list[Gate]
    rules: list[Rule]
