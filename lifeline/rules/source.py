"""Rule files as nodes that keep their place: every scalar stays text and nothing is lost silently.

Plain YAML loading corrupts rules (a repeated key, ``#`` after a phrase, an unquoted comma, a
forgotten dash), so what YAML would have cut or joined is a problem for the author.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import yaml

from lifeline.rules.compose import Refused, compose
from lifeline.rules.problems import Place, Problem

_COMMENT = re.compile(r"\s+#")
_COMMENT_IN_LIST = re.compile(r"(?:^|(?<=\s))#")
_WIDE_COMMA = re.compile("[，、]")
_QUOTE = "put the phrase in double quotes"


@dataclass(slots=True)
class Source:
    """One file under reading; collects its problems."""

    file: str
    lines: list[str]
    problems: list[Problem] = field(default_factory=list)

    @classmethod
    def read(cls, file: str, data: bytes) -> tuple[Source, yaml.Node | None]:
        """Compose ``data``; the node is None where it is not YAML, or empty."""
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            source = cls(file, data.decode("utf-8", "replace").splitlines())
            before = f"{data[: error.start].decode()}|".splitlines()
            source._add_at(
                len(before) - 1, len(before[-1]) - 1, 1,
                "L001", "this file is not UTF-8", "save it as UTF-8 in your editor",
            )  # fmt: skip
            return source, None
        source = cls(file, text.splitlines())
        try:
            node = compose(text, source.lines)
        except Refused as refused:
            source._add_at(
                refused.line, refused.column, refused.length,
                refused.code, str(refused), refused.help,
            )  # fmt: skip
            return source, None
        if node is None:
            source._add_at(0, 0, 1, "L003", "this file is empty", "delete it, or add rules")
        return source, node

    def add(self, node: yaml.Node, code: str, message: str, help_: str = "") -> None:
        """Record a problem at a node."""
        self.problems.append(self.place(node).problem(code, message, help_))

    def place(self, node: yaml.Node) -> Place:
        """Where a node stands; of one that spans lines, its first."""
        start, end = node.start_mark, node.end_mark
        line = self.line(start.line)
        last = end.column if end.line == start.line else len(line.rstrip())
        return Place(self.file, start.line + 1, start.column + 1, line, last - start.column)

    def mapping(
        self, node: yaml.Node, known: Iterable[str], required: Iterable[str] = ()
    ) -> dict[str, yaml.Node]:
        """The entries of a mapping; unknown, repeated and missing keys become problems."""
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
        if not isinstance(node, yaml.SequenceNode):
            dash = isinstance(node, yaml.ScalarNode) and node.value.startswith("-")
            help_ = "write `- ` with a space, and then the phrase" if dash else ""
            self.add(node, "L014", "expected a list: one `- item` a line", help_)
            return []
        if node.flow_style:
            self._check_flow(node)
        return list(node.value)

    def text(self, node: yaml.Node) -> str:
        """A scalar as text, trimmed; empty after a problem."""
        if isinstance(node, yaml.ScalarNode):
            value = str(node.value).strip()
            if not value:
                self.add(node, "L015", "this is empty", "write a value or remove the line")
            return value
        if isinstance(node, yaml.MappingNode):
            first = self.line(node.start_mark.line)[node.start_mark.column]
            what = "the `:` in this phrase splits it in two"
            if first in "{?":
                what = f"a phrase cannot start with `{first}`"
            self.add(node, "L016", what, _QUOTE)
        else:
            self.add(node, "L017", "expected one text, found a list")
        return ""

    def phrase(self, node: yaml.Node) -> str:
        """One phrase; what YAML would cut off it or join to it is a problem."""
        if isinstance(node, yaml.ScalarNode):
            self._check_comment(node)
            if node.start_mark.line != node.end_mark.line and node.style not in ("|", ">"):
                self.add(
                    node, "L022", "this phrase goes on over several lines, and would be one",
                    "start each phrase with `- `",
                )  # fmt: skip
        return self.text(node)

    def phrases(self, node: yaml.Node) -> list[tuple[str, yaml.Node]]:
        """A list of phrases of one line each, with their nodes."""
        found = []
        for item in self.sequence(node):
            value = self.phrase(item)
            if isinstance(item, yaml.ScalarNode) and item.style in ("|", ">"):
                self.add(item, "L022", "a phrase stands on one line", "write it behind the `- `")
            elif value:
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
        if re.fullmatch("[0-9]{1,9}", value) and 1 <= int(value) <= most:
            return int(value)
        if value:
            self.add(node, "L019", f"expected a whole number from 1 to {most:,}")
        return 0

    def line(self, index: int) -> str:
        """The text of a line, counted from 0."""
        return self.lines[index] if 0 <= index < len(self.lines) else ""

    def _check_comment(self, node: yaml.ScalarNode) -> None:
        """What stands behind an unquoted phrase after `` #`` may have been meant as part of it."""
        if node.style is not None:
            return
        line = self.line(node.end_mark.line)
        rest = line[node.end_mark.column :]
        if _COMMENT.match(rest):
            self._cut_off(node.end_mark.line, len(line) - len(rest.lstrip()))

    def _cut_off(self, line: int, column: int) -> None:
        self._add_at(
            line,
            column,
            len(self.line(line).rstrip()) - column,
            "L020",
            "text after ` #` is ignored by YAML",
            f"{_QUOTE}, or move the comment to a line of its own",
        )

    def _check_flow(self, node: yaml.SequenceNode) -> None:
        for at, item in enumerate(node.value):
            following = node.value[at + 1] if at + 1 < len(node.value) else None
            self._check_comma(item, following)
            start = item.end_mark
            end = following.start_mark if following else node.end_mark
            for number in range(start.line, end.line + 1):
                line = self.line(number)
                begin = start.column if number == start.line else 0
                stop = end.column if number == end.line else len(line)
                found = _COMMENT_IN_LIST.search(line, begin, stop)
                # Right behind a phrase it is found by `phrase`, wherever that phrase stands.
                if found and not _COMMENT.match(line[begin:] if number == start.line else ""):
                    self._cut_off(number, found.start())

    def _check_comma(self, item: yaml.Node, following: yaml.Node | None) -> None:
        """A comma may stand between two items, or within one that was meant as a sentence."""
        if not isinstance(item, yaml.ScalarNode):
            return
        end = item.end_mark
        line = self.line(end.line)
        wide = _WIDE_COMMA.search(item.value) if item.style is None else None
        if wide and item.start_mark.line == end.line:
            self._one_or_two(end.line, line.index(wide[0], item.start_mark.column))
        if not isinstance(following, yaml.ScalarNode) or (item.style and following.style):
            return
        at = len(line) - len(line[end.column :].lstrip())
        if line[at : at + 1] == "," and line[at + 1 : at + 2] not in ("", " ", "\t"):
            self._one_or_two(end.line, at)

    def _one_or_two(self, line: int, column: int) -> None:
        sign = self.line(line)[column]
        verb = "splits" if sign == "," else "does not split"
        self._add_at(
            line,
            column,
            1,
            "L021",
            f"is this one phrase or two? YAML {verb} it at `{sign}`",
            "for one phrase, put it in double quotes; for two, write `, ` between them",
        )

    def _add_at(
        self, line: int, column: int, length: int, code: str, message: str, help_: str
    ) -> None:
        place = Place(self.file, line + 1, column + 1, self.line(line), length)
        self.problems.append(place.problem(code, message, help_))
