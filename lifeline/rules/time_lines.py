"""Time-lines: what a customer said and ordered and when, as examples of rules across conversations.

They hold no words but signs as other rules would find them, so that each shows its own rule alone.
"""

from __future__ import annotations

import re
from typing import Final

import yaml

from lifeline.context import Item
from lifeline.rules.across_spec import TimedClosing, TimedOrder, TimedSign, TimeLine
from lifeline.rules.fields import Entries, Fields
from lifeline.rules.text import advice
from lifeline.taxonomy import CATEGORIES, CHANNELS, RULE_TIERS, SIGNAL_CATEGORIES, Tier

STEP_KEYS: Final = (
    "at", "sign", "conversation", "channel", "customer", "order", "category", "status", "closed",
)  # fmt: skip
AT: Final = r"\d{1,5}(\.\d)?\s?(s|m|h|d)"
_AT: Final = re.compile(r"(?P<number>\d{1,5}(?:\.\d)?)\s?(?P<unit>s|m|h|d)")
_UNITS: Final = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_OF: Final = {
    "sign": {"conversation", "channel", "customer"},
    "order": {"category", "status"},
    "closed": set[str](),
}
MOST_STEPS: Final = 50


def read_time_line(fields: Fields, node: yaml.Node) -> TimeLine:
    """One time-line: a list of signs, orders and closed cases, each with its time."""
    source = fields.source
    signs: list[TimedSign] = []
    orders: list[TimedOrder] = []
    closings: list[TimedClosing] = []
    steps = source.sequence(node)
    if isinstance(node, yaml.SequenceNode) and not 1 <= len(steps) <= MOST_STEPS:
        source.add(node, "L104", f"a time-line has 1 to {MOST_STEPS} steps")
    for step in steps[:MOST_STEPS]:
        parts = source.mapping(step, STEP_KEYS, STEP_KEYS[:1])
        if not parts or not _is_one(fields, step, parts):
            continue
        at = _milliseconds(fields, parts)
        if "sign" in parts:
            category, tier = _sign(fields, parts["sign"])
            signs.append(
                TimedSign(
                    at=at,
                    conversation=fields.text(parts, "conversation") or "a",
                    channel=fields.choice(parts, "channel", CHANNELS, "chat"),
                    customer=fields.text(parts, "customer"),
                    category=category,
                    tier=tier,
                )
            )
        elif "order" in parts:
            title, category = source.phrase(parts["order"]), fields.text(parts, "category")
            item = Item(sku=str(len(orders)), title=title, category=category)
            orders.append(TimedOrder(at, item, fields.text(parts, "status")))
        else:
            closings.append(TimedClosing(at, fields.text(parts, "closed")))
    return TimeLine(tuple(signs), tuple(orders), tuple(closings), source.place(node))


def _is_one(fields: Fields, step: yaml.Node, parts: Entries) -> bool:
    """Whether the step is a sign, an order or a closing, and nothing of another."""
    kinds = [kind for kind in _OF if kind in parts]
    if len(kinds) != 1:
        fields.source.add(
            step, "L104", "a step is a `sign`, an `order`, or `closed`: one of them",
            "as in `{at: 2h, conversation: b, sign: farewell watch}`",
        )  # fmt: skip
        return False
    for key in parts.keys() - _OF[kinds[0]] - {"at", kinds[0]}:
        fields.source.add(
            parts[key], "L104", f"`{key}` says nothing of `{kinds[0]}`", "leave it out"
        )
    return True


def _milliseconds(fields: Fields, parts: Entries) -> int:
    value = fields.text(parts, "at")
    found = _AT.fullmatch(value)
    if found:
        return round(float(found["number"]) * _UNITS[found["unit"]])
    if value:
        fields.source.add(
            parts["at"], "L104", "expected a time from the start of the time-line",
            "as in 40s, 5m, 2h or 20d",
        )  # fmt: skip
    return 0


def _sign(fields: Fields, node: yaml.Node) -> tuple[str, Tier]:
    """A category and a tier, as in `farewell watch`."""
    source = fields.source
    value = source.text(node)
    category, _, tier = value.partition(" ")
    tier = tier.strip()
    if value and not tier:
        source.add(node, "L104", "a sign is a category and a tier", "as in `farewell watch`")
    elif value and category not in CATEGORIES:
        help_ = advice.on_value(category, CATEGORIES)
        source.add(node, "L018", f"`{category}` is not known here", help_)
    elif value and tier not in RULE_TIERS:
        help_ = advice.on_value(tier, RULE_TIERS)
        source.add(node, "L018", f"`{tier}` is not known here", help_)
    elif value and category in SIGNAL_CATEGORIES and tier != Tier.SIGNAL.label:
        source.add(
            node, "L035", f"tier `{tier}` does not fit category `{category}`",
            "`stressor` and `means` are always `signal`",
        )  # fmt: skip
    return category, RULE_TIERS.get(tier, Tier.SIGNAL)
