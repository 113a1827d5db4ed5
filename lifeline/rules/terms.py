"""Terms as authors write them: brace alternatives, trailing ``*``, and ``…`` for a bounded gap."""

from __future__ import annotations

import functools
import itertools
import math
import re
from dataclasses import dataclass
from typing import Final

from lifeline.folding import fold
from lifeline.spelling import Part

_BRACES: Final = re.compile(r"\{([^{}]*)\}")
_GAP: Final = re.compile(r"\s*(?:…+|\.{3,})\s*")
_REFERENCE: Final = re.compile(r"[@＠]\w")
# An input method types these for { } and *; they would be taken for separators.
_FULL_WIDTH: Final = {"｛": "{", "｝": "}", "＊": "*", "∗": "*", "﹡": "*"}
# A hit never reaches over these (lifeline.spelling), so inside a phrase they would make it useless.
_ENDS: Final = re.compile(r"[。!?；;！？，,、：:｡､\n\r]\s*(?=\w)|(?<![.…])\.\s+(?=\w)")
_LETTER: Final = re.compile("[0-9A-Za-zа-я一-鿿]")  # some that fold to something, to know it fast
_LEADING: Final = re.compile(r"^\W+")
MOST_ALTERNATIVES: Final = 1000
GAP_CHARACTERS: Final = 12  # what `…` may span in Chinese, in characters
GAP_WORDS: Final = 6  # and elsewhere, in words


class TermError(ValueError):
    """A term that cannot be used; message and ``help`` are for its author."""

    def __init__(self, message: str, help_: str = "") -> None:
        super().__init__(message)
        self.help = help_


@dataclass(frozen=True, slots=True)
class Term:
    """One phrase to look for: parts in order, each pair a bounded gap apart."""

    text: str
    language: str
    parts: tuple[Part, ...]


def read_term(text: str, language: str) -> tuple[Term, ...]:
    """All the phrases a written term stands for.

    Raises :class:`TermError` for what :func:`check_term` refuses.
    """
    return tuple(
        Term(
            text, language, tuple(Part.of(b, open_end=open_end) for b, open_end in _pieces(phrase))
        )
        for phrase in alternatives(text)
    )


@functools.lru_cache(maxsize=50_000)
def check_term(text: str) -> int:
    """The number of phrases a written term stands for.

    Raises :class:`TermError` for one that would never be found, or not as it was meant: braces that
    do not match or hold no alternatives, a ``*`` that is not last, a phrase of separators only, one
    that goes over a comma or the end of a sentence, full-width braces, a concept's name within a
    phrase, and more than 1,000 alternatives.
    """
    phrases = alternatives(text)
    for phrase in phrases:
        _pieces(phrase)
    return len(phrases)


def alternatives(text: str) -> list[str]:
    """The phrases that braces stand for, in their order. Raises :class:`TermError`."""
    _check_characters(text)
    pieces = _BRACES.split(text)
    if any("{" in piece or "}" in piece for piece in pieces):
        raise TermError("the braces do not match, or stand inside each other")
    choices = [
        [option.strip() for option in piece.split(",")] if at % 2 else [piece]
        for at, piece in enumerate(pieces)
    ]
    if any(options == [""] or "|" in options[0] for options in choices[1::2]):
        raise TermError("these braces hold no alternatives", "write {one,another}")
    count = math.prod(len(options) for options in choices)
    if count > MOST_ALTERNATIVES:
        raise TermError(
            f"this stands for {count:,} phrases; {MOST_ALTERNATIVES:,} at most",
            "split it into several terms",
        )
    return ["".join(chosen) for chosen in itertools.product(*choices)]


def _check_characters(text: str) -> None:
    for wide, plain in _FULL_WIDTH.items():
        if wide in text:
            raise TermError(f"`{wide}` is not `{plain}`", f"type a plain `{plain}`")
    if _REFERENCE.search(text):
        raise TermError(
            "a concept cannot stand inside a phrase", "use `@name` alone, as a term of its own"
        )


def _pieces(phrase: str) -> list[tuple[str, bool]]:
    """The stretches between the gaps, each with whether the rest of its last word may follow."""
    over = _ENDS.search(_LEADING.sub("", phrase))
    if over:
        raise TermError(
            f"a hit never reaches over `{over[0].strip()}`, so this is never found",
            "write two groups under `together`, or `…` for what stands between",
        )
    pieces = []
    for piece in _GAP.split(phrase.strip()):
        open_end = piece.endswith("*")
        body = piece[:-1] if open_end else piece
        if "*" in body:
            raise TermError("`*` stands for the rest of a word, so it comes last in it")
        if not _LETTER.search(body) and not fold(body):
            raise TermError("nothing is left to look for once separators are taken away")
        pieces.append((body, open_end))
    return pieces
