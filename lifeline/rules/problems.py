"""What is wrong with a rule file, said so that its author can mend it."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

_MOST_SHOWN: Final = 160  # characters of a line
Severity = Literal["error", "warning"]


class Place(NamedTuple):
    """A stretch of a file's line; ``line`` and ``column`` count from 1, ``source`` is the line."""

    file: str
    line: int
    column: int
    source: str = ""
    length: int = 1

    def problem(
        self, code: str, message: str, help_: str = "", severity: Severity = "error"
    ) -> Problem:
        """A problem found here."""
        file, line, column, source, length = self
        return Problem(code, message, file, line, column, source, length, help_, severity)


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem: a stable code, its place (lines and columns count from 1), and the way out.

    A pack with an error is not used; one with warnings only is.
    """

    code: str
    message: str
    file: str
    line: int
    column: int
    source: str = ""
    length: int = 1
    help: str = ""
    severity: Severity = "error"

    def render(self) -> str:
        """The problem as text: place, the line with a caret below what is wrong, help."""
        number = str(self.line)
        margin = " " * len(number)
        source, column, length = _in_view(self.source, self.column - 1, self.length)
        before = source[:column]
        marked = source[column : column + max(length, 1)]
        # A tab is repeated, since how wide it shows is the terminal's affair.
        indent = "".join("\t" if c == "\t" else " " * _columns(c) for c in before)
        caret = indent + "^" * max(sum(map(_columns, marked)), 1)
        lines = [
            f"{self.severity}[{self.code}]: {printable(self.message)}",
            f"{margin}--> {printable(self.file)}:{self.line}:{self.column}",
            f"{margin} |",
            f"{number} | {printable(source)}",
            f"{margin} | {caret}",
        ]
        if self.help:
            lines.append(f"{margin} = help: {printable(self.help)}")
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """The same for editors and other programs."""
        return {
            "severity": self.severity,
            "code": self.code,
            "message": self.message,
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "length": self.length,
            "help": self.help,
        }


def _columns(character: str) -> int:
    """How many terminal columns it takes: a Chinese character two, a mark on a letter none."""
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _in_view(source: str, column: int, length: int) -> tuple[str, int, int]:
    """As much of a long line as fits a screen, and where what is wrong stands in it."""
    if len(source) <= _MOST_SHOWN:
        return source, column, length
    first = max(0, min(column - _MOST_SHOWN // 4, len(source) - _MOST_SHOWN))
    shown = source[first : first + _MOST_SHOWN]
    if first + _MOST_SHOWN < len(source):
        shown = shown[:-1] + "…"
    if first:
        shown = "…" + shown[1:]
    return shown, column - first, min(length, _MOST_SHOWN - (column - first))


def printable(text: str) -> str:
    """The text with what would move the cursor or colour the screen replaced, one for one."""
    return "".join("\N{REPLACEMENT CHARACTER}" if _is_control(c) else c for c in text)


def _is_control(character: str) -> bool:
    return character != "\t" and unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")
