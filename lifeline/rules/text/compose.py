"""YAML text → nodes that keep their place; whatever would mislead is refused.

Every scalar stays text (``no``, ``1:30``). References and tags are refused: YAML would take the
first word of ``&quiero morir`` or ``!no quiero`` away, and references make small files explode.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import yaml

from lifeline.rules.text.diagnosis import QUOTE, Refused, plainly
from lifeline.rules.text.lines import without_content

_LOADER: Final[Any] = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_DEEPEST: Final = 20  # rule files need 8; libyaml's own composer crashes the process at 50,000
_UNPRINTABLE: Final = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)


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
    except Refused as refused:
        if refused.code == "L004":
            refused.mended = without_content("".join(lines[refused.line : refused.line + 1]))
        raise
    except yaml.MarkedYAMLError as error:
        raise plainly(error, lines) from None


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
    return _at(event, "L004", f"a phrase cannot start with `{sign}`", QUOTE)
