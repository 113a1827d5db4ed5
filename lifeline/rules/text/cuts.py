"""What YAML cuts off a phrase, joins to it or splits it at, though its author did not mean it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import yaml

from lifeline.rules.text.lines import misplaced

if TYPE_CHECKING:
    from lifeline.rules.text.source import Source

# Looking at indentation takes a walk through the file, which is too long to take for every line.
_MOST_WALKS: Final = 20
_COMMENT: Final = re.compile(r"\s+#")
_COMMENT_IN_LIST: Final = re.compile(r"(?:^|(?<=\s))#")
_COMMENT_INSTEAD: Final = re.compile(r"[\s:-]*#")
_WIDE_COMMA: Final = re.compile("[，、]")
_WIDE_IN_BRACES: Final = re.compile(r"\{[^{}，、]*([，、])[^{}]*\}")


def check_comment(source: Source, node: yaml.ScalarNode) -> None:
    """What stands behind an unquoted phrase after `` #`` may have been meant as part of it."""
    if node.style is not None:
        return
    line = source.line(node.end_mark.line)
    rest = line[node.end_mark.column :]
    if _COMMENT.match(rest):
        _cut_off(source, node.end_mark.line, len(line) - len(rest.lstrip()))


def commented_out(source: Source, node: yaml.ScalarNode) -> bool:
    """Whether nothing is left of a value because it starts with ``#``, which is a problem."""
    number = node.end_mark.line
    found = _COMMENT_INSTEAD.match(source.line(number), node.end_mark.column)
    if not found or node.style is not None or number != node.start_mark.line:
        return False
    _cut_off(source, number, found.end() - 1)
    return True


def _cut_off(source: Source, line: int, column: int) -> None:
    source.add_at(
        line, column, len(source.line(line).rstrip()) - column,
        "L020", "text after ` #` is ignored by YAML",
        f"{source.quote(line)}, or move the comment to a line of its own",
    )  # fmt: skip


def over_lines(source: Source, node: yaml.ScalarNode) -> None:
    """A phrase joined with the lines below it: a dash is missing, or out of line."""
    for number in range(node.start_mark.line + 1, node.end_mark.line + 1):
        walks = len(source.problems) < _MOST_WALKS
        if walks and source.line(number).lstrip().startswith("- "):
            slip = misplaced(source.lines, number)
            if slip:
                source.add_at(number, slip.column, 1, slip.code, slip.message, slip.help)
                return
    source.add(
        node, "L022", "this phrase goes on over several lines, and would be one",
        "start each phrase with `- `",
    )  # fmt: skip


def wide_comma(source: Source, within: yaml.SequenceNode, node: yaml.ScalarNode) -> bool:
    """A full-width comma where a plain one parts phrases or alternatives, which is a problem."""
    start = node.start_mark
    line = source.line(start.line)
    found = _WIDE_IN_BRACES.search(line, start.column, node.end_mark.column)
    at = found.start(1) if found else -1
    bare = within.flow_style and not node.style
    if not found and bare and (comma := _WIDE_COMMA.search(node.value)):
        at = line.find(comma[0], start.column)
    if at < 0:
        return False
    what, help_ = "parts no phrases", "write `, ` between two phrases"
    if found:
        what, help_ = "parts no alternatives", "write a plain `,` between them"
    source.add_at(start.line, at, 1, "L021", f"the full-width `{line[at]}` {what}", help_)
    return True


def check_flow(source: Source, node: yaml.SequenceNode) -> None:
    """Commas and comments between the items of a list in brackets."""
    for at, item in enumerate(node.value):
        following = node.value[at + 1] if at + 1 < len(node.value) else None
        _check_comma(source, item, following)
        start = item.end_mark
        end = following.start_mark if following else node.end_mark
        for number in range(start.line, end.line + 1):
            line = source.line(number)
            begin = start.column if number == start.line else 0
            stop = end.column if number == end.line else len(line)
            found = _COMMENT_IN_LIST.search(line, begin, stop)
            # Right behind a phrase it is found by `phrase`, wherever that phrase stands.
            if found and not _COMMENT.match(line[begin:] if number == start.line else ""):
                _cut_off(source, number, found.start())


def _check_comma(source: Source, item: yaml.Node, following: yaml.Node | None) -> None:
    """A comma may stand between two items, or within one that was meant as a sentence."""
    if not isinstance(item, yaml.ScalarNode) or not isinstance(following, yaml.ScalarNode):
        return
    if item.style and following.style:
        return
    end = item.end_mark
    line = source.line(end.line)
    at = len(line) - len(line[end.column :].lstrip())
    if line[at : at + 1] == "," and line[at + 1 : at + 2] not in ("", " ", "\t"):
        source.add_at(
            end.line, at, 1, "L021", "is this one phrase or two? YAML splits it at `,`",
            "for one phrase, put it in double quotes; for two, write `, ` between them",
        )  # fmt: skip
