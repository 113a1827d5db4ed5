"""YAML text → nodes that keep their place; whatever would mislead is refused.

Every scalar stays text (``no``, ``1:30``). References and tags are refused: YAML would take the
first word of ``&quiero morir`` or ``!no quiero`` away, and references make small files explode.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import yaml

_LOADER: Final[Any] = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_DEEPEST: Final = 20  # rule files need 8; libyaml's own composer crashes the process at 50,000
_UNPRINTABLE: Final = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)
_QUOTE: Final = "put the phrase in double quotes"


class Refused(Exception):  # noqa: N818 - it is caught where it is made into a problem
    """Text that is no rule file. ``line`` and ``column`` count from 0."""

    def __init__(
        self, code: str, message: str, help_: str, line: int, column: int, length: int = 1
    ) -> None:
        super().__init__(message)
        self.code = code
        self.help = help_
        self.line = line
        self.column = column
        self.length = length


def compose(text: str, lines: list[str]) -> yaml.Node | None:
    """The tree of the one document in ``text``, None where there is none.

    Raises :class:`Refused` at the first thing that is not well-formed or not allowed.
    """
    control = _UNPRINTABLE.search(text)
    if control:
        before = f"{text[: control.start()]}|".splitlines()
        name = f"U+{ord(control[0]):04X}"
        raise Refused(
            "L002", f"an invisible control character stands here ({name})", "delete it",
            len(before) - 1, len(before[-1]) - 1,
        )  # fmt: skip
    try:
        return _document(yaml.parse(text, Loader=_LOADER))
    except yaml.MarkedYAMLError as error:
        raise _plainly(error, lines) from None


def _document(events: Iterator[yaml.Event]) -> yaml.Node | None:
    node = None
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            if node is not None:
                raise _at(event, "L002", "a second document starts here", "use one file for each")
            node = _node(next(events), events, 0)
    return node


def _node(event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> yaml.Node:
    if isinstance(event, yaml.AliasEvent):
        raise _reserved(event, "*")
    if isinstance(event, yaml.NodeEvent) and event.anchor is not None:
        raise _reserved(event, "&")
    if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag is not None:
        raise _reserved(event, "!")
    if depth > _DEEPEST:
        raise _at(event, "L002", "lists are nested too deeply here", "check the indentation")
    start: Any = event.start_mark
    end: Any = event.end_mark
    if isinstance(event, yaml.ScalarEvent):
        return yaml.ScalarNode("", event.value, start, end, style=event.style or None)
    flow = isinstance(event, yaml.CollectionStartEvent) and bool(event.flow_style)
    children: list[yaml.Node] = []
    for child in events:
        if isinstance(child, yaml.CollectionEndEvent):
            end = child.end_mark
            break
        children.append(_node(child, events, depth + 1))
    if isinstance(event, yaml.SequenceStartEvent):
        return yaml.SequenceNode("", children, start, end, flow_style=flow)
    pairs = list(zip(children[::2], children[1::2], strict=True))
    return yaml.MappingNode("", pairs, start, end, flow_style=flow)


def _at(event: yaml.Event, code: str, message: str, help_: str) -> Refused:
    mark: Any = event.start_mark
    return Refused(code, message, help_, mark.line, mark.column)


def _reserved(event: yaml.Event, sign: str) -> Refused:
    return _at(event, "L004", f"a phrase cannot start with `{sign}`", _QUOTE)


_DASH: Final = re.compile(r"\s*-(?=[^ \t-])")
_WIDE_COLON: Final = re.compile(r"\s*(?:- +)?[a-z_]+(?=：)")
_AFTER_QUOTE: Final = re.compile(r"""\s*(?:- +|[\w ]+: +)?(["']).*?\1(?=[^\s,\]}:])""")
_START: Final = re.compile(r"\s*(?:- +)?(?=[*&!@`%|>]|\{(?!\s*\w+\s*:))")


def _plainly(error: yaml.MarkedYAMLError, lines: list[str]) -> Refused:
    """The parser's complaint in an author's words, at the place where something can be done."""
    problem, context = error.problem or "", error.context or ""
    mark: Any = error.problem_mark or error.context_mark
    begun: Any = error.context_mark
    if "quoted scalar" in context and "end of" in problem:
        return _closing(begun, "this quote is never closed", "close it, or put no quote here")
    for number in (mark.line, mark.line - 1):
        if refused := _by_line(lines[number] if 0 <= number < len(lines) else "", number):
            return refused
    if "flow" in context and begun is not None and begun.line < mark.line:
        return _closing(begun, "this bracket is not closed", "close it on the same line")
    rest = lines[mark.line][mark.column :] if mark.line < len(lines) else ""
    return Refused("L002", *_by_problem(problem, context, rest), mark.line, mark.column)


def _closing(mark: Any, message: str, help_: str) -> Refused:
    return Refused("L002", message, help_, mark.line, mark.column)


def _by_line(line: str, number: int) -> Refused | None:
    """What a look at the line itself tells."""
    if found := _WIDE_COLON.match(line):
        help_ = "type `:` and a space"
        return Refused("L002", "this colon is full-width", help_, number, found.end())
    if found := _DASH.match(line):
        help_ = "write `- ` and then the phrase"
        return Refused("L002", "a space is missing after `-`", help_, number, found.end() - 1)
    if found := _AFTER_QUOTE.match(line):
        help_ = "put the whole phrase in quotes"
        return Refused("L002", "text after the closing quote", help_, number, found.end())
    if (found := _START.match(line)) and "- " in found[0]:
        sign = line[found.end()]
        code = "L004" if sign in "*&!" else "L002"
        return Refused(code, f"a phrase cannot start with `{sign}`", _QUOTE, number, found.end())
    return None


def _by_problem(problem: str, context: str, rest: str) -> tuple[str, str]:
    """What the parser's own words tell: message and help."""
    if "escape" in problem:
        return "`\\` has a meaning of its own in double quotes", "use single quotes"
    if rest.startswith("\t") or "\\t" in problem:
        return "a tab is used for indentation", "use spaces"
    if "start any token" in problem and rest:
        return f"a phrase cannot start with `{rest[0]}`", _QUOTE
    if "mapping values" in problem:
        return "the `: ` in this line splits it in two", _QUOTE
    if "flow" in context and rest:
        return f"a phrase in `[ ]` cannot hold `{rest[0]}` here", _QUOTE
    return "this is not well-formed here", "check indentation, brackets and quotes"
