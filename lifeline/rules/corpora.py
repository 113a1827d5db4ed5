"""Corpora in rule files: what must be found, what must stay quiet, and time lines."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

import yaml

from lifeline.context import Item, Order
from lifeline.rules.fields import Entries, Fields
from lifeline.rules.schema import (
    MOST_DAYS,
    MOST_MESSAGES,
    Case,
    CaseMessage,
    Corpora,
    Expectation,
    KnownFalsePositive,
    Line,
)
from lifeline.taxonomy import CHANNELS, RULE_TIERS, SPEAKERS

CORPUS_KEYS: Final = ("must_detect", "known_gaps", "benign", "known_false_positives", "cases")
START: Final = datetime(2026, 1, 1, 12, tzinfo=UTC)  # when a case begins; any time would do
_AT: Final = re.compile(r"(?P<number>\d{1,5}(?:\.\d)?)\s?(?P<unit>s|m|h)")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600}
_FOUND: Final = ("watch", "elevated", "imminent")
_CASE_KEYS: Final = ("name", "channel", "messages", "ends", "orders", "sku", "expect")


def read_corpora(fields: Fields, entries: Entries) -> Corpora:
    """The corpora of a file."""
    return Corpora(
        must_detect=_lines(fields, entries, "must_detect", _FOUND),
        known_gaps=_lines(fields, entries, "known_gaps", _FOUND),
        benign=_lines(fields, entries, "benign", ("none", "signal", "watch")),
        known_false_positives=tuple(
            _false_positive(fields, node) for node in fields.nodes(entries, "known_false_positives")
        ),
        cases=tuple(_case(fields, node) for node in fields.nodes(entries, "cases")),
    )


def _lines(fields: Fields, entries: Entries, key: str, tiers: tuple[str, ...]) -> tuple[Line, ...]:
    if key not in entries:
        return ()
    lines = []
    by_tier = fields.source.mapping(entries[key], tiers)
    for tier in by_tier:
        for messages, place in zip(*fields.conversations(by_tier, tier), strict=True):
            lines.append(Line(fields.language, tier, messages, place))
    return tuple(lines)


def _false_positive(fields: Fields, node: yaml.Node) -> KnownFalsePositive:
    parts = fields.source.mapping(node, *[("phrase", "reason", "expires")] * 2)
    return KnownFalsePositive(
        fields.language,
        fields.conversation(parts["phrase"]) if "phrase" in parts else (),
        fields.text(parts, "reason"),
        fields.date(parts, "expires"),
        fields.source.place(node),
    )


def _case(fields: Fields, node: yaml.Node) -> Case:
    source = fields.source
    parts = source.mapping(node, _CASE_KEYS, ("name", "messages", "expect"))
    said = fields.nodes(parts, "messages")
    if isinstance(parts.get("messages"), yaml.SequenceNode) and not said:
        source.add(parts["messages"], "L069", "a case needs at least one message")
    orders = None
    if "orders" in parts:
        orders = tuple(_order(fields, n, at) for at, n in enumerate(fields.nodes(parts, "orders")))
    return Case(
        name=fields.text(parts, "name"),
        language=fields.language,
        channel=fields.choice(parts, "channel", CHANNELS, "chat"),
        messages=tuple(_message(fields, n) for n in said[:MOST_MESSAGES]),
        expect=tuple(_expectation(fields, n, len(said)) for n in fields.nodes(parts, "expect")),
        orders=orders,
        sku=fields.text(parts, "sku") or None,
        ends=fields.choice(parts, "ends", ("true", "false"), "false") == "true",
        place=source.place(node),
    )


def _message(fields: Fields, node: yaml.Node) -> CaseMessage:
    keys = ("at", "arrives", "speaker", "text")
    parts = fields.source.mapping(node, keys, ("at", "text"))
    at = _seconds(fields, parts, "at")
    return CaseMessage(
        at=at,
        arrives=_seconds(fields, parts, "arrives") if "arrives" in parts else at,
        speaker=fields.choice(parts, "speaker", SPEAKERS, "customer"),
        text=fields.source.phrase(parts["text"]) if "text" in parts else "",
    )


def _seconds(fields: Fields, parts: Entries, key: str) -> float:
    value = fields.text(parts, key)
    found = _AT.fullmatch(value)
    if found:
        return float(found["number"]) * _SECONDS[found["unit"]]
    if value:
        fields.source.add(
            parts[key], "L069", "expected a time from the start of the case", "as in 40s, 2m or 1h"
        )
    return 0.0


def _expectation(fields: Fields, node: yaml.Node, messages: int) -> Expectation:
    parts = fields.source.mapping(node, ("after", "tier", "rule"), ("after", "tier"))
    after = fields.number(parts, "after", MOST_MESSAGES) or 0
    if after > messages:
        fields.source.add(parts["after"], "L069", f"the case ends after message {messages}")
    tier = fields.choice(parts, "tier", ("none", *RULE_TIERS))
    return Expectation(after, tier, fields.text(parts, "rule"), fields.source.place(node))


def _order(fields: Fields, node: yaml.Node, number: int) -> Order:
    keys = ("days_ago", "title", "category", "sku")
    parts = fields.source.mapping(node, keys, ("days_ago", "title"))
    days = fields.number(parts, "days_ago", MOST_DAYS) or 0
    item = Item(
        sku=fields.text(parts, "sku") or str(number),
        title=fields.text(parts, "title"),
        category=fields.text(parts, "category"),
    )
    return Order(order_id=str(number), placed_at=START - timedelta(days=days), items=(item,))
