"""How a rule is written under two packs: part by part, of phrases only what the other lacks."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any, Final

from alerts.backtest.shape import TextChange
from lifeline.rules.schema import RuleSpec

# Parts that do not decide what a rule finds, or that the report shows elsewhere.
_PASSED_OVER: Final = {"id", "examples", "references", "author", "reviewed", "place", "version"}
_MOST_SHOWN: Final = 40


def text_changes(base: RuleSpec | None, new: RuleSpec | None) -> list[TextChange]:
    """What differs between two versions of a rule; a rule that one pack lacks is given whole."""
    if base is not None and new is not None and base.version == new.version:
        return []
    parts: dict[str, tuple[list[str], list[str]]] = {}
    for field in fields(RuleSpec):
        if field.name in _PASSED_OVER:
            continue
        before, after = (_lines(spec, field.name) for spec in (base, new))
        for part in dict.fromkeys((*before, *after)):
            parts[part] = before.get(part, []), after.get(part, [])
    changes = [_change(part, *both) for part, both in parts.items() if both[0] != both[1]]
    return [change for change in changes if change.base or change.new]


def _change(part: str, before: list[str], after: list[str]) -> TextChange:
    only_before = [line for line in before if line not in set(after)]
    only_after = [line for line in after if line not in set(before)]
    shown = only_before[:_MOST_SHOWN], only_after[:_MOST_SHOWN]
    more = len(only_before) + len(only_after) - sum(map(len, shown))
    return TextChange(part=part, base=shown[0], new=shown[1], more=more)


def _lines(spec: RuleSpec | None, name: str) -> dict[str, list[str]]:
    """A part of a rule as lines, by what the part is called; groups are parts of their own."""
    if spec is None:
        return {}
    value = getattr(spec, name)
    if name == "groups":
        if len(value) == 1:
            return {"phrases": list(value[0])}
        return {f"group {number}": list(group) for number, group in enumerate(value, 1)}
    lines = _as_lines(value)
    return {name.replace("_", " "): lines} if lines else {}


def _as_lines(value: Any) -> list[str]:
    if isinstance(value, (tuple, list, frozenset)):
        return [line for item in value for line in _item_lines(item)]
    words = _in_words(value)
    return [words] if words else []


def _item_lines(item: Any) -> list[str]:
    """An item of a list: of what has a name and phrases, each phrase is a line."""
    if not is_dataclass(item) or not hasattr(item, "name"):
        return [_in_words(item)]
    lists = {f.name: v for f in fields(item) if isinstance(v := getattr(item, f.name), tuple)}
    rest = {f.name: _in_words(getattr(item, f.name)) for f in fields(item) if f.name not in lists}
    settings = ", ".join(f"{name} {text}" for name, text in rest.items() if text and name != "name")
    return [
        f"{item.name}: {settings}",
        *(f"{item.name} {name}: {text}" for name, texts in lists.items() for text in texts),
    ]


def _in_words(value: Any) -> str:
    """A value on one line; "" for what is not set."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else ""
    if is_dataclass(value):
        named = {f.name: _in_words(getattr(value, f.name)) for f in fields(value)}
        return ", ".join(
            f"{n.replace('_', ' ')} {v}" for n, v in named.items() if v and n != "place"
        )
    if isinstance(value, (tuple, list, frozenset)):
        return " | ".join(_in_words(item) for item in value)
    return str(value)
