"""What the YAML parser complains of, in an author's words, and where something can be done."""

from __future__ import annotations

import re
from typing import Any, Final

import yaml

from lifeline.rules.text import advice
from lifeline.rules.text.lines import KEYS, misplaced, without_content

QUOTE: Final = "put the phrase in double quotes"
_CHECK: Final = "check indentation, brackets and quotes"


class Refused(Exception):  # noqa: N818 - it is caught where it is made into a problem
    """Text that is no rule file. ``line`` and ``column`` count from 0.

    ``mended`` is what to put in place of the line so that the rest can be read; None is nothing.
    """

    def __init__(
        self, code: str, message: str, help_: str, line: int, column: int, length: int = 1,
        mended: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__(message)
        self.code = code
        self.help = help_
        self.line = line
        self.column = column
        self.length = length
        self.mended = mended


_CURLY: Final = re.compile("[“”„‟«»＂]")
_DASH: Final = re.compile(r"\s*-(?=[^ \t-])")
_WIDE_COLON: Final = re.compile(r"\s*(?:- +)?[\w]+(?=：)")
_NO_SPACE: Final = re.compile(r"(?P<before>\s*(?:- +)?(?P<key>[a-z_]+)):(?P<rest>[^ \t:/].*)")
_AFTER_QUOTE: Final = re.compile(r"""\s*(?:- +|[\w ]+: +)?(["']).*?\1(?=[^\s,\]}:])""")
_AFTER_BRACKET: Final = re.compile(r"\s*(?:- +|\w+: +)\[[^\[\]]*\]\s*(?=[^\s#,\]}])")
_OPEN_QUOTE: Final = re.compile(r"""\s*(?:- +)?(?:\w+: +)?(?P<quote>["'])(?:(?!(?P=quote)).)*$""")
_START: Final = re.compile(r"\s*(?:- +)?(?=[*&!@`%|>]|\{(?!\s*\w+\s*[:：]))")


def plainly(error: yaml.MarkedYAMLError, lines: list[str]) -> Refused:
    """The parser's complaint in an author's words, at the place where something can be done."""
    problem, context = error.problem or "", error.context or ""
    mark: Any = error.problem_mark or error.context_mark
    begun: Any = error.context_mark
    if "quoted scalar" in context and "end of" in problem:
        return _unclosed_quote(_at(lines, begun.line), begun.line, begun.column)
    for number in (mark.line, mark.line - 1):
        line = _at(lines, number)
        if refused := _by_line(line, number):
            return refused
    if "flow" in context and begun is not None:
        return _in_brackets(begun, mark, lines)
    for number in (mark.line, mark.line - 1):
        if 0 <= number < len(lines) and (slip := misplaced(lines, number)):
            at, column, length, code, message, help_, mended = slip
            return Refused(code, message, help_, at, column, length, mended)
    return _otherwise(problem, mark, begun, lines)


def _otherwise(problem: str, mark: Any, begun: Any, lines: list[str]) -> Refused:
    """What is left to say when the lines themselves tell nothing."""
    if "expected ':'" in problem and begun is not None and _at(lines, begun.line):
        message, help_ = "this is neither `key: value` nor `- item`", _CHECK
        plain = without_content(_at(lines, begun.line))
        return Refused("L002", message, help_, begun.line, begun.column, mended=plain)
    if mark.line >= len(lines):  # the file broke off
        return Refused("L002", "something is missing here", _CHECK, len(lines) - 1, 0)
    line = lines[mark.line]
    message, help_ = _by_problem(problem, line[mark.column :])
    if help_ == QUOTE:
        help_ = advice.quote(line) or QUOTE
    mended = without_content(line) if help_ != _CHECK else None
    return Refused("L002", message, help_, mark.line, mark.column, mended=mended)


def _by_line(line: str, number: int) -> Refused | None:
    """What a look at the line itself tells."""
    return next((refused for look in _LOOKS if (refused := look(line, number))), None)


def _wide_colon(line: str, number: int) -> Refused | None:
    found = _WIDE_COLON.match(line)
    if not found:
        return None
    mended = f"{found[0]}: {line[found.end() + 1 :]}"
    message, help_ = "this colon is full-width", "type `:` and a space"
    return Refused("L002", message, help_, number, found.end(), mended=mended)


def _dash_without_space(line: str, number: int) -> Refused | None:
    found = _DASH.match(line)
    if not found:
        return None
    dash = found.end() - 1
    message, help_ = "a space is missing after `-`", "write `- ` and then the phrase"
    if line[found.end()].isspace():
        message, help_ = "the space after `-` is not a plain one", "type a plain space"
    mended = f"{line[:dash]}- {line[found.end() :].lstrip()}"
    return Refused("L002", message, help_, number, dash, mended=mended)


def _colon_without_space(line: str, number: int) -> Refused | None:
    found = _NO_SPACE.match(line)
    if not found or found["key"] not in KEYS:
        return None
    at = found.start("rest") - 1
    message, help_ = "a space is missing after `:`", f"write `{found['key']}: `, and then the value"
    if found["rest"][0].isspace():
        at, message = at + 1, "the space after `:` is not a plain one"
    mended = f"{found['before']}: {found['rest'].strip()}"
    return Refused("L025", message, help_, number, at, mended=mended)


def _after_closing(line: str, number: int) -> Refused | None:
    for pattern, what, help_ in (
        (_AFTER_QUOTE, "quote", "put the whole phrase in quotes"),
        (_AFTER_BRACKET, "bracket", QUOTE),
    ):
        if found := pattern.match(line):
            message, plain = f"text after the closing {what}", without_content(line)
            return Refused("L002", message, help_, number, found.end(), mended=plain)
    return None


def _quote_left_open(line: str, number: int) -> Refused | None:
    found = _OPEN_QUOTE.match(line)
    return _unclosed_quote(line, number, found.start("quote")) if found else None


def _reserved_start(line: str, number: int) -> Refused | None:
    found = _START.match(line)
    if not found or "- " not in found[0]:
        return None
    sign = line[found.end()]
    code = "L004" if sign in "*&!" else "L002"
    message, plain = f"a phrase cannot start with `{sign}`", without_content(line)
    return Refused(code, message, QUOTE, number, found.end(), mended=plain)


_LOOKS: Final = (
    _wide_colon,
    _dash_without_space,
    _colon_without_space,
    _after_closing,
    _quote_left_open,
    _reserved_start,
)


def _unclosed_quote(line: str, number: int, column: int) -> Refused:
    help_ = "close it, or put no quote here"
    curly = _CURLY.search(line, column + 1)
    if curly:
        help_ = f'close it with `"`; `{curly[0]}` is another sign'
    return Refused(
        "L002", "this quote is never closed", help_, number, column, mended=without_content(line)
    )


_SIGNS: Final = re.compile(r"""[*&!@`%|>?"']""")


def _in_brackets(begun: Any, mark: Any, lines: list[str]) -> Refused:
    """What went wrong between a bracket and where the parser gave up."""
    number, column = _opening(begun.line, begun.column, lines)
    line = _at(lines, number)
    plain = without_content(line)
    rest = _at(lines, mark.line)[mark.column :]
    opening = line[column : column + 1]
    if number == mark.line and rest and (_SIGNS.match(rest) or rest[0] == ":"):
        message = f"a phrase in `[ ]` cannot hold `{rest[0]}` here"
        return Refused("L002", message, QUOTE, mark.line, mark.column, mended=plain)
    closing = {"[": "]", "{": "}"}.get(opening, "]")
    message = (
        f"this `{opening}` is not closed" if opening in _OPENING else "a bracket is not closed"
    )
    help_ = f"close it with `{closing}` on the same line"
    if number == mark.line and rest[:1] in _CLOSING:
        help_ = f"close it with `{closing}`, not with `{rest[0]}`"
    return Refused("L002", message, help_, number, column, mended=plain)


_OPENING: Final = ("[", "{")
_CLOSING: Final = ("]", "}")
_LOOK_BACK: Final = 100  # lines


def _opening(number: int, column: int, lines: list[str]) -> tuple[int, int]:
    """Where the bracket is that the parser was in: there, or before where the file broke off."""
    if _at(lines, number)[column : column + 1] in _OPENING:
        return number, column
    for at in range(min(number, len(lines) - 1), max(number - _LOOK_BACK, -1), -1):
        left_open = []
        for place, sign in enumerate(_at(lines, at)):
            if sign in _OPENING:
                left_open.append(place)
            elif sign in _CLOSING and left_open:
                left_open.pop()
        if left_open:
            return at, left_open[-1]
    return min(number, len(lines) - 1), column if number < len(lines) else 0


def _at(lines: list[str], number: int) -> str:
    return lines[number] if 0 <= number < len(lines) else ""


def _by_problem(problem: str, rest: str) -> tuple[str, str]:
    """What the parser's own words tell: message and help."""
    if "escape" in problem:
        return "`\\` has a meaning of its own in double quotes", "use single quotes"
    if rest.startswith("\t") or "\\t" in problem:
        return "a tab is used for indentation", "use spaces"
    if "start any token" in problem and rest:
        return f"a phrase cannot start with `{rest[0]}`", QUOTE
    if "mapping values" in problem:
        return "the `: ` in this line splits it in two", QUOTE
    return "this is not well-formed here", _CHECK
