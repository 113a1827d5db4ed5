"""What is wrong with a rule file, said so that its author can mend it."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem: a stable code, its place (lines and columns count from 1), and the way out."""

    code: str
    message: str
    file: str
    line: int
    column: int
    source: str = ""
    length: int = 1
    help: str = ""

    def render(self) -> str:
        """The problem as text: place, the line with a caret below what is wrong, help."""
        number = str(self.line)
        margin = " " * len(number)
        before = self.source[: self.column - 1]
        marked = self.source[self.column - 1 : self.column - 1 + max(self.length, 1)]
        caret = " " * _columns(before) + "^" * max(_columns(marked), 1)
        lines = [
            f"error[{self.code}]: {self.message}",
            f"{margin}--> {self.file}:{self.line}:{self.column}",
            f"{margin} |",
            f"{number} | {self.source}",
            f"{margin} | {caret}",
        ]
        if self.help:
            lines.append(f"{margin} = help: {self.help}")
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """The same for editors and other programs."""
        return {
            "code": self.code,
            "message": self.message,
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "length": self.length,
            "help": self.help,
        }


def _columns(text: str) -> int:
    """How many terminal columns the text takes: a Chinese character takes two."""
    wide = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
    return wide - sum(1 for c in text if unicodedata.combining(c))
