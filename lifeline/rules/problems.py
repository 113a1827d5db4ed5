"""What is wrong with a rule file, said so that its author can mend it."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

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
        before = self.source[: self.column - 1]
        marked = self.source[self.column - 1 : self.column - 1 + max(self.length, 1)]
        # A tab is repeated, since how wide it shows is the terminal's affair.
        indent = "".join("\t" if c == "\t" else " " * _columns(c) for c in before)
        caret = indent + "^" * max(sum(map(_columns, marked)), 1)
        lines = [
            f"{self.severity}[{self.code}]: {printable(self.message)}",
            f"{margin}--> {printable(self.file)}:{self.line}:{self.column}",
            f"{margin} |",
            f"{number} | {printable(self.source)}",
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


def printable(text: str) -> str:
    """The text with what would move the cursor or colour the screen replaced, one for one."""
    return "".join("\N{REPLACEMENT CHARACTER}" if _is_control(c) else c for c in text)


def _is_control(character: str) -> bool:
    return character != "\t" and unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")
