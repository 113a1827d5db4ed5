"""What a look at a file's lines tells that YAML does not: signs of other keyboards, indentation.

A line with such a slip can be mended, so that the rest of the file is read all the same and its
author sees everything at once. A mended line is never used: it comes with a problem.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

# What stands before a colon anywhere in a pack, in whatever file.
KEYS: Final = frozenset((
    "across", "adds_up", "after", "alert", "applies", "arrives", "at", "at_least", "author",
    "before", "benign", "blade", "by", "cases", "categories", "category", "channel", "channels",
    "characters", "charcoal", "checked", "closed", "concepts", "confirmed_by", "context",
    "conversation", "conversations", "customer", "customers", "days", "days_ago", "elevated",
    "ends", "examples", "except", "exclusions", "expect", "expires", "firearm", "first",
    "foldings", "format", "gas", "groups", "hours", "id", "ignore", "imminent", "kind",
    "known_false_positives", "known_gap", "known_gaps", "language", "languages", "last",
    "leaves", "lower", "means", "medicine", "messages", "minutes", "modifiers", "must_detect",
    "name", "nearby", "next", "none", "not", "number", "numbers", "on", "order", "ordered",
    "orders", "over", "phrase", "phrases", "points", "poison", "position", "priority",
    "product", "raise", "reach", "reason", "references", "region", "repeat", "replaced_by",
    "responders", "retired", "review", "reviewed", "rope", "rule", "rules", "scale", "seconds",
    "seen", "show", "sign", "signal", "signs", "sku", "source", "speaker", "status",
    "surroundings", "terms", "text", "tier", "times", "title", "titles", "to", "together",
    "unaffected_by", "undelivered", "version", "waived", "watch", "what", "while_open", "why",
    "window", "with", "within", "words",
))  # fmt: skip


class Slip(NamedTuple):
    """One thing wrong with a line (counted from 0), and the line as it may have been meant.

    ``mended`` is None where that cannot be told, so that the rest of the file is not worth reading.
    """

    line: int
    column: int
    length: int
    code: str
    message: str
    help: str
    mended: str | None


_SPACE: Final = re.compile(r"[ \t]*(?P<odd>[^\S \t\r\n]|[\u200b\ufeff\u2060])\s*")
_TAB: Final = re.compile(r" *(?P<odd>\t)\s*(?=\S)")
_BULLET: Final = re.compile(r"(?P<indent> *)(?P<odd>[•●○◦▪■▸►‣⁃·–—―−‐‑‒－➤]|\*(?=\s))\s*(?=\S)")
_KEY: Final = "|".join(sorted(KEYS, key=len, reverse=True))
_WIDE_HASH: Final = re.compile(r" *(?P<odd>＃)")
_WIDE_COLON: Final = re.compile(rf"(?P<before> *(?:- +(?=id))?(?:{_KEY}))(?P<odd>：)\s*")
_NAMES: Final = {"\u3000": "full-width space", "\u00a0": "non-breaking space"}


def typed_slips(lines: list[str]) -> Iterator[Slip]:
    """Signs that never belong where they stand. Of wrong indentation, the first stands for all."""
    odd_spaces = [number for number, line in enumerate(lines) if _SPACE.match(line)]
    tabs = [number for number, line in enumerate(lines) if _TAB.match(line)]
    for number, line in enumerate(lines):
        if (found := _SPACE.match(line)) and number == odd_spaces[0]:
            what = _NAMES.get(found["odd"], f"U+{ord(found['odd']):04X}")
            yield _indented_by(f"a {what}", found, odd_spaces)
        elif (found := _TAB.match(line)) and number == tabs[0]:
            yield _indented_by("a tab", found, tabs)
        elif found := _BULLET.match(line):
            sign = found["odd"]
            yield Slip(
                number, found.start("odd"), 1, "L026", f"`{sign}` is not the `-` of a list",
                "type `- `, a hyphen and a space", f"{found['indent']}- {line[found.end() :]}",
            )  # fmt: skip
        elif found := _WIDE_HASH.match(line):
            yield Slip(
                number, found.start("odd"), 1, "L026",
                "`＃` begins no comment", "type a plain `#`", "",
            )  # fmt: skip
        elif found := _WIDE_COLON.match(line):
            mended = f"{found['before']}: {line[found.end() :]}".rstrip()
            yield Slip(
                number, found.start("odd"), 1, "L002",
                "this colon is full-width", "type `:` and a space", mended,
            )  # fmt: skip


def _indented_by(what: str, found: re.Match[str], where: list[int]) -> Slip:
    others = len(where) - 1
    more = f", as in {others} more line{'s' * (others > 1)}" if others else ""
    return Slip(
        where[0], found.start("odd"), 1, "L002", f"{what} stands at the start of this line{more}",
        "use plain spaces only, and none on an empty line", None,
    )  # fmt: skip


class _Begun(NamedTuple):
    """A key or a dash that later lines may line up with."""

    column: int
    is_dash: bool
    name: str
    line: int
    open: bool  # nothing behind it, so what it holds stands below


_DASH: Final = re.compile(r" *(-)(?: +|$)")
_KEY_AT: Final = re.compile(r" *(?P<key>[\w.]+):(?P<value>\s.*)?$")


def misplaced(lines: list[str], number: int) -> Slip | None:
    """Whether a line's indentation fits none of the lines above it."""
    begun: list[_Begun] = []
    for at, line in enumerate(lines[: number + 1]):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        here = _begins(at, line)
        if not here:
            continue
        before = list(begun)
        fits = _line_up(begun, here[0])
        if at == number and not fits:
            return _moved(line, here, before)
        begun.extend(here)
    return None


def _begins(number: int, line: str) -> list[_Begun]:
    here = []
    at = 0
    while dash := _DASH.match(line, at):
        at = dash.end()
        key = _KEY_AT.match(line, at)
        name, is_open = key["key"] if key else "", at >= len(line.rstrip())
        here.append(_Begun(dash.start(1), is_dash=True, name=name, line=number, open=is_open))
    if key := _KEY_AT.match(line, at):
        rest = (key["value"] or "").strip()
        is_open = not rest or rest.startswith("#")
        column = key.start("key")
        here.append(_Begun(column, is_dash=False, name=key["key"], line=number, open=is_open))
    return here


def _line_up(begun: list[_Begun], new: _Begun) -> bool:
    """Close what ends before ``new``; whether it stands where something may stand."""
    deeper = False  # then what is last already holds something, in another column
    while begun and begun[-1].column > new.column:
        begun.pop()
        deeper = True
    if not begun:
        return True
    last = begun[-1]
    if last.column < new.column:
        return last.open and not deeper
    if last.is_dash and not new.is_dash and len(begun) > 1 and begun[-2].column == new.column:
        begun.pop()  # the dashes of a list may stand right below its key
        last = begun[-1]
    if last.is_dash == new.is_dash:
        begun.pop()
        return True
    return new.is_dash and last.open and not deeper


def _moved(line: str, here: list[_Begun], before: list[_Begun]) -> Slip | None:
    new = here[0]
    alike = [b for b in before if b.is_dash == new.is_dash and b.column != new.column]
    if new.is_dash and new.name == "id":
        alike = [b for b in alike if b.name == "id"]
    if not alike:
        return None
    near = min(reversed(alike), key=lambda b: abs(b.column - new.column))
    spaces = abs(near.column - new.column)
    what = f"`{near.name}:`" if not near.is_dash else "`- id:`" if near.name == "id" else "the `-`"
    verb = "remove" if new.column > near.column else "add"
    help_ = f"{verb} {spaces} space{'s' * (spaces != 1)}, so that both begin in the same column"
    mended: str | None = " " * near.column + line.lstrip()
    if new.name == "id" and new.is_dash:
        help_ = f"{verb} {spaces} space{'s' * (spaces != 1)} here and in each line of this rule"
        mended = None
    elif new.name == "id":
        help_ = "a rule begins with `- id:`, and its other lines stand below `id`"
    return Slip(
        new.line, new.column, len(new.name) + 1 if not new.is_dash else 1, "L027",
        f"this line is indented by {new.column} space{'s' * (new.column != 1)}, "
        f"but {what} above it (line {near.line + 1}) by {near.column}",
        help_, mended,
    )  # fmt: skip


_ITEM: Final = re.compile(r"(?P<before>\s*(?:- +)?(?:[\w.]+:[ \t]+)?)\S")


def without_content(line: str) -> str:
    """The line with only its dash and its key, and a word in place of what cannot be read."""
    found = _ITEM.match(line)
    return f"{found['before']}x" if found else ""
