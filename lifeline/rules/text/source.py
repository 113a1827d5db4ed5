"""Rule files as nodes that keep their place: every scalar stays text and nothing is lost silently.

Plain YAML loading corrupts rules (a repeated key, ``#`` after a phrase, an unquoted comma, a
forgotten dash), so what YAML would have cut or joined is a problem for the author
(:mod:`lifeline.rules.text.cuts`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import yaml

from lifeline.rules.problems import Place, Problem
from lifeline.rules.text import advice, cuts
from lifeline.rules.text.compose import compose
from lifeline.rules.text.diagnosis import QUOTE, Refused
from lifeline.rules.text.lines import typed_slips

_WIDE_BRACKETS = tuple("【［〔「（")
_MOST_REFUSALS = 10  # a file that needs more mending than that is shown what was found so far
_MOST_TO_MEND = 1_000_000  # characters of a file that is worth reading again and again


@dataclass(slots=True)
class Source:
    """One file under reading; collects its problems."""

    file: str
    lines: list[str]
    problems: list[Problem] = field(default_factory=list)
    mended: set[int] = field(default_factory=set)  # lines read otherwise than they stand

    @classmethod
    def read(cls, file: str, data: bytes) -> tuple[Source, yaml.Node | None]:
        """Compose ``data``; the node is None where it is not YAML, or empty."""
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            return cls._not_utf8(file, data, error.start), None
        source = cls(file, text.splitlines())
        node = source._compose(text)
        if node is None and not source.problems:
            source.add_at(0, 0, 1, "L003", "this file is empty", "delete it, or add rules")
        return source, node

    @classmethod
    def _not_utf8(cls, file: str, data: bytes, start: int) -> Source:
        help_ = "save it as UTF-8 (Notepad: Save as, Encoding, UTF-8)"
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            source = cls(file, [])
            source.add_at(0, 0, 1, "L001", "this file is UTF-16, not UTF-8", help_)
            return source
        source = cls(file, data.decode("utf-8", "replace").splitlines())
        before = f"{data[:start].decode()}|".splitlines()
        source.add_at(
            len(before) - 1, len(before[-1]) - 1, 1, "L001", "this file is not UTF-8", help_
        )
        return source

    def _compose(self, text: str) -> yaml.Node | None:
        """The tree of the file. What is refused is mended, so that its other problems are found."""
        lines = list(self.lines)
        unreadable = False
        for number, column, length, code, message, help_, mended in typed_slips(self.lines):
            self.add_at(number, column, length, code, message, help_)
            if mended is None:  # indentation: what else is said would be its consequence
                unreadable = True
                continue
            lines[number] = mended
            self.mended.add(number)
        if unreadable:
            return None
        for _ in range(_MOST_REFUSALS):
            try:
                return compose("\n".join(lines) if self.mended else text, lines)
            except Refused as refused:
                if refused.line in self.mended:
                    break
                self.add_at(
                    refused.line, refused.column, refused.length,
                    refused.code, str(refused), refused.help,
                )  # fmt: skip
                if refused.mended is None or len(text) > _MOST_TO_MEND:
                    break
                lines[refused.line] = refused.mended
                self.mended.add(refused.line)
        return None

    def add(self, node: yaml.Node, code: str, message: str, help_: str = "") -> None:
        """Record a problem at a node, unless its line has been mended, and said so, already."""
        if node.start_mark.line not in self.mended:
            self.problems.append(self.place(node).problem(code, message, help_))

    def place(self, node: yaml.Node) -> Place:
        """Where a node stands; of one that spans lines, its first.

        The empty node of a file that only begins a document stands after the last line: it gets
        that one.
        """
        start, end = node.start_mark, node.end_mark
        if start.line >= len(self.lines) > 0:
            return Place(self.file, len(self.lines), 1, self.lines[-1], 0)
        line = self.line(start.line)
        last = end.column if end.line == start.line else len(line.rstrip())
        return Place(self.file, start.line + 1, start.column + 1, line, last - start.column)

    def mapping(
        self, node: yaml.Node, known: Iterable[str], required: Iterable[str] = ()
    ) -> dict[str, yaml.Node]:
        """The entries of a mapping; unknown, repeated and missing keys become problems."""
        known = list(known)
        if not isinstance(node, yaml.MappingNode):
            help_ = f"as in `{known[0]}: ...`" if known else ""
            if isinstance(node, yaml.SequenceNode) and node.flow_style:
                help_ = "use `{ }` in place of `[ ]`"
            self.add(node, "L010", "expected `key: value` lines here", help_)
            return {}
        entries: dict[str, yaml.Node] = {}
        first: dict[str, int] = {}
        misnamed: set[str] = set()
        for key_node, value in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else ""
            if key not in known:
                self._unknown(node, key_node, value, key, known)
                misnamed.add(advice.key_meant(key, known))
            elif key in entries:
                if key == "id":
                    self._merged(key_node, first[key])
                    break
                self.add(
                    key_node,
                    "L012",
                    f"`{key}` is written twice; the first one (line {first[key]}) would be lost",
                    "join the two under one key, or put this one where it belongs",
                )
            else:
                entries[key] = value
                first[key] = key_node.start_mark.line + 1
        for key in required:
            if key not in entries and key not in misnamed:
                self.add(node, "L013", f"`{key}` is missing", f"add `{key}:`")
        return entries

    def _merged(self, key_node: yaml.Node, first: int) -> None:
        self.add(
            key_node, "L024", f"a second `id` in the rule of line {first}: its dash is missing",
            "begin each rule with `- id:`",
        )  # fmt: skip

    def _unknown(
        self, node: yaml.Node, key_node: yaml.Node, value: yaml.Node, key: str, known: list[str]
    ) -> None:
        empty = isinstance(value, yaml.ScalarNode) and not value.value
        begin, sign, rest = key.partition("：" if "：" in key else ":")
        if empty and sign and begin in known:
            what = "a space is missing after `:`" if sign == ":" else "this colon is full-width"
            start = key_node.start_mark
            self.add_at(
                start.line, start.column + len(begin), 1, "L025", what, f"write `{begin}: {rest}`"
            )
        elif empty and isinstance(node, yaml.MappingNode) and node.flow_style:
            help_ = "put the text before it in double quotes, if this is the rest of it"
            self.add(key_node, "L011", f"the `,` before `{key}` splits the text in two", help_)
        else:
            self.add(key_node, "L011", f"unknown field `{key}`", advice.on_key(key, known))

    def named(self, node: yaml.Node) -> dict[str, yaml.Node]:
        """A mapping whose keys the author chooses, each once."""
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, {k.value for k, _ in node.value if isinstance(k.value, str)})
        return self.mapping(node, ())

    def sequence(self, node: yaml.Node) -> list[yaml.Node]:
        """The items of a list."""
        if not isinstance(node, yaml.SequenceNode):
            value = node.value if isinstance(node, yaml.ScalarNode) else ""
            help_ = "write `- ` before each item" + ", with a space" * value.startswith("-")
            if re.fullmatch(r"\w+", value):
                help_ = f"write `[{value}]`"
            elif value[:1] in _WIDE_BRACKETS:
                help_ = f"`{value[0]}` is not `[`: write `[one, another]`"
            self.add(node, "L014", "expected a list: one `- item` a line", help_)
            return []
        if node.flow_style:
            cuts.check_flow(self, node)
        return list(node.value)

    def text(self, node: yaml.Node) -> str:
        """A scalar as text, trimmed; empty after a problem."""
        if isinstance(node, yaml.ScalarNode):
            value = str(node.value).strip()
            if not value and not cuts.commented_out(self, node):
                self.add(node, "L015", "this is empty", "write a value or remove the line")
            return value
        if isinstance(node, yaml.MappingNode):
            first = self.line(node.start_mark.line)[node.start_mark.column]
            what = "the `:` in this phrase splits it in two"
            if first in "{?":
                what = f"a phrase cannot start with `{first}`"
            if node.value and node.value[0][0].value == "id" and not node.flow_style:
                column = node.start_mark.column - 2
                self.add(
                    node, "L027", f"a rule begins here, {column} spaces in, inside a list of texts",
                    "give its lines the indentation of the other rules",
                )  # fmt: skip
            else:
                self.add(node, "L016", what, self.quote(node.start_mark.line))
        else:
            self.add(node, "L017", "expected one text, found a list")
        return ""

    def phrase(self, node: yaml.Node) -> str:
        """One phrase; what YAML would cut off it or join to it is a problem."""
        if isinstance(node, yaml.ScalarNode):
            cuts.check_comment(self, node)
            if node.start_mark.line != node.end_mark.line and node.style not in ("|", ">"):
                cuts.over_lines(self, node)
        return self.text(node)

    def phrases(self, node: yaml.Node) -> list[tuple[str, yaml.Node]]:
        """A list of phrases of one line each, with their nodes."""
        found: list[tuple[str, yaml.Node]] = []
        for item in self.sequence(node):
            before = len(self.problems)
            value = self.phrase(item)
            if not isinstance(item, yaml.ScalarNode) or not isinstance(node, yaml.SequenceNode):
                continue
            if item.style in ("|", ">"):
                self.add(item, "L022", "a phrase stands on one line", "write it behind the `- `")
            elif value and len(self.problems) == before and not cuts.wide_comma(self, node, item):
                found.append((value, item))
        return found

    def choice(self, node: yaml.Node, allowed: Iterable[str]) -> str:
        """One of a fixed set of words."""
        value = self.text(node)
        allowed = list(allowed)
        if value and value not in allowed:
            help_ = advice.on_value(value, allowed)
            self.add(node, "L018", f"`{value}` is not known here", help_)
            return ""
        return value

    def number(self, node: yaml.Node, most: int) -> int:
        """A whole number from 1 to ``most``; 0 after a problem."""
        value = self.text(node)
        if re.fullmatch("[0-9]{1,9}", value) and 1 <= int(value) <= most:
            return int(value)
        if value:
            message = f"expected a whole number from 1 to {most:,}"
            self.add(node, "L019", message, advice.on_number(value, most))
        return 0

    def line(self, index: int) -> str:
        """The text of a line, counted from 0."""
        return self.lines[index] if 0 <= index < len(self.lines) else ""

    def quote(self, line: int) -> str:
        """The advice to quote; who did so with curly quotes is told of them."""
        return advice.quote(self.line(line)) or QUOTE

    def add_at(
        self, line: int, column: int, length: int, code: str, message: str, help_: str
    ) -> None:
        """Record a problem at a place that is no node; lines and columns count from 0."""
        if line in self.mended:
            return
        place = Place(self.file, line + 1, column + 1, self.line(line), length)
        problem = place.problem(code, message, help_)
        if self.problems[-1:] != [problem]:
            self.problems.append(problem)
