"""Rule files as nodes that keep their place: every scalar stays text and nothing is lost silently.

Plain YAML loading corrupts rules (a repeated key, ``#`` after a phrase, an unquoted comma), so
files are composed with a base loader and what YAML would have cut is refused.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import yaml

from lifeline.rules.problems import Problem

_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_COMMENT = re.compile(r"\s+#")
_QUOTE = "put the phrase in double quotes"


@dataclass(slots=True)
class Source:
    """One file under reading; collects its problems."""

    file: str
    lines: list[str]
    problems: list[Problem] = field(default_factory=list)
    _seen: set[int] = field(default_factory=set)

    @classmethod
    def read(cls, file: str, data: bytes) -> tuple[Source, yaml.Node | None]:
        """Compose ``data``; the node is None where it is not YAML, or empty."""
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            source = cls(file, [""])
            line = data[: error.start].count(b"\n") + 1
            source.problems.append(
                Problem(
                    "L001",
                    "this file is not UTF-8",
                    file,
                    line,
                    1,
                    help="save it as UTF-8 in your editor",
                )
            )
            return source, None
        source = cls(file, text.splitlines())
        try:
            node = yaml.compose(text, Loader=_LOADER)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line, column = (mark.line, mark.column) if mark else (0, 0)
            source._add_at(line, column, 1, "L002", *_plainly(source._line(line), column, error))
            return source, None
        except (yaml.YAMLError, RecursionError):
            source._add_at(0, 0, 1, "L002", "this file is not YAML", "look for stray characters")
            return source, None
        if node is None:
            source._add_at(0, 0, 1, "L003", "this file is empty", "delete it, or add rules")
        return source, node

    def add(self, node: yaml.Node, code: str, message: str, help_: str = "") -> None:
        """Record a problem at a node."""
        start, end = node.start_mark, node.end_mark
        length = end.column - start.column if end.line == start.line else 1
        self._add_at(start.line, start.column, length, code, message, help_)

    def mapping(
        self, node: yaml.Node, known: Iterable[str], required: Iterable[str] = ()
    ) -> dict[str, yaml.Node]:
        """The entries of a mapping; unknown, repeated and missing keys become problems."""
        self._once(node)
        if not isinstance(node, yaml.MappingNode):
            self.add(node, "L010", "expected `key: value` lines here")
            return {}
        known = list(known)
        entries: dict[str, yaml.Node] = {}
        first: dict[str, int] = {}
        for key_node, value in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else ""
            if key not in known:
                near = difflib.get_close_matches(key, known, 1)
                hint = f"did you mean `{near[0]}`?" if near else f"known: {', '.join(known)}"
                self.add(key_node, "L011", f"unknown field `{key}`", hint)
            elif key in entries:
                self.add(
                    key_node,
                    "L012",
                    f"`{key}` is written twice; the first one (line {first[key]}) would be lost",
                    "join the two under one key",
                )
            else:
                entries[key] = value
                first[key] = key_node.start_mark.line + 1
        for key in required:
            if key not in entries:
                self.add(node, "L013", f"`{key}` is missing", f"add `{key}:`")
        return entries

    def named(self, node: yaml.Node) -> dict[str, yaml.Node]:
        """A mapping whose keys the author chooses, each once."""
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, {k.value for k, _ in node.value if isinstance(k.value, str)})
        return self.mapping(node, ())

    def sequence(self, node: yaml.Node) -> list[yaml.Node]:
        """The items of a list."""
        self._once(node)
        if not isinstance(node, yaml.SequenceNode):
            self.add(node, "L014", "expected a list: one `- item` a line")
            return []
        if node.flow_style:
            self._check_flow(node)
        return list(node.value)

    def text(self, node: yaml.Node) -> str:
        """A scalar as text, trimmed; empty after a problem."""
        self._once(node)
        if isinstance(node, yaml.ScalarNode):
            value = str(node.value).strip()
            if not value:
                self.add(node, "L015", "this is empty", "write a value or remove the line")
            return value
        if isinstance(node, yaml.MappingNode):
            self.add(node, "L016", "the `: ` in this phrase splits it in two", _QUOTE)
        else:
            self.add(node, "L017", "expected one text, found a list")
        return ""

    def phrases(self, node: yaml.Node) -> list[tuple[str, yaml.Node]]:
        """A list of phrases, each with its node; what YAML would cut off is a problem."""
        found = []
        for item in self.sequence(node):
            self._check_comment(item)
            value = self.text(item)
            if value:
                found.append((value, item))
        return found

    def choice(self, node: yaml.Node, allowed: Iterable[str]) -> str:
        """One of a fixed set of words."""
        value = self.text(node)
        allowed = list(allowed)
        if value and value not in allowed:
            near = difflib.get_close_matches(value, allowed, 1)
            hint = f"did you mean `{near[0]}`?" if near else f"one of: {', '.join(allowed)}"
            self.add(node, "L018", f"`{value}` is not known here", hint)
            return ""
        return value

    def number(self, node: yaml.Node, most: int) -> int:
        """A whole number from 1 to ``most``; 0 after a problem."""
        value = self.text(node)
        if value.isascii() and value.isdigit() and 1 <= int(value) <= most:
            return int(value)
        if value:
            self.add(node, "L019", f"expected a whole number from 1 to {most:,}")
        return 0

    def _once(self, node: yaml.Node) -> None:
        """Refuse aliases: one node met twice (they also make small files explode)."""
        if id(node) in self._seen and not isinstance(node, yaml.ScalarNode):
            self.add(node, "L004", "`*` and `&` references are not used in rule files", _QUOTE)
        self._seen.add(id(node))

    def _check_comment(self, node: yaml.Node) -> None:
        if isinstance(node, yaml.ScalarNode) and node.style is None:
            line = self._line(node.end_mark.line)
            rest = line[node.end_mark.column :]
            if _COMMENT.match(rest):
                self._add_at(
                    node.end_mark.line,
                    len(line) - len(rest.lstrip()),
                    len(rest.strip()),
                    "L020",
                    "text after ` #` is ignored by YAML",
                    f"{_QUOTE}, or move the comment to a line of its own",
                )

    def _check_flow(self, node: yaml.SequenceNode) -> None:
        for item in node.value[:-1]:
            line = self._line(item.end_mark.line)
            at = item.end_mark.column
            if line[at : at + 1] == "," and line[at + 1 : at + 2] not in ("", " ", "\t"):
                self._add_at(
                    item.end_mark.line,
                    at,
                    1,
                    "L021",
                    "is this one phrase or two? YAML splits it at the comma",
                    "for one phrase, put it in double quotes; for two, add a space after the comma",
                )

    def _line(self, index: int) -> str:
        return self.lines[index] if 0 <= index < len(self.lines) else ""

    def _add_at(
        self, line: int, column: int, length: int, code: str, message: str, help_: str
    ) -> None:
        self.problems.append(
            Problem(code, message, self.file, line + 1, column + 1, self._line(line), length, help_)
        )


def _plainly(line: str, column: int, error: yaml.MarkedYAMLError) -> tuple[str, str]:
    """The parser's complaint in an author's words: message and help."""
    at = line[column : column + 1]
    problem = error.problem or ""
    if at == "\t" or "\\t" in problem:
        return "a tab is used for indentation", "use spaces"
    if "alias" in problem or at in ("*", "&"):
        return "a phrase cannot start with `*` or `&`", _QUOTE
    if at and at in "@`%!|>?{}[],":
        return f"a phrase cannot start with or hold `{at}` here", _QUOTE
    if "mapping values" in problem:
        return "the `: ` in this line splits it in two", _QUOTE
    return "this is not well-formed here", "check the indentation, and quotes that are not closed"
