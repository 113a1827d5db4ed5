"""Terms as authors write them: brace alternatives, trailing ``*``, and ``…`` for a bounded gap."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import Final

from lifeline.spelling import Part

_BRACES: Final = re.compile(r"\{([^{}]*)\}")
_GAP: Final = re.compile(r"\s*(?:…+|\.{3,})\s*")
MOST_ALTERNATIVES: Final = 1000
GAP_CHARACTERS: Final = 12  # what `…` may span in Chinese, in characters
GAP_WORDS: Final = 6  # and elsewhere, in words


class TermError(ValueError):
    """A term that cannot be used; the message is for its author."""


@dataclass(frozen=True, slots=True)
class Term:
    """One phrase to look for: parts in order, each pair a bounded gap apart."""

    text: str
    language: str
    parts: tuple[Part, ...]


def read_term(text: str, language: str) -> tuple[Term, ...]:
    """All the phrases a written term stands for.

    Raises :class:`TermError` for unbalanced or empty braces, a ``*`` that is not last, a phrase of
    separators only, and more than 1,000 alternatives.
    """
    return tuple(_one(text, phrase, language) for phrase in _alternatives(text))


def _alternatives(text: str) -> list[str]:
    pieces = _BRACES.split(text)
    if any("{" in piece or "}" in piece for piece in pieces):
        raise TermError("the braces do not match, or stand inside each other")
    choices = [
        [option.strip() for option in piece.split(",")] if at % 2 else [piece]
        for at, piece in enumerate(pieces)
    ]
    count = 1
    for options in choices:
        count *= len(options)
    if count > MOST_ALTERNATIVES:
        raise TermError(f"this stands for {count:,} phrases; {MOST_ALTERNATIVES} at most")
    return ["".join(chosen) for chosen in itertools.product(*choices)]


def _one(written: str, phrase: str, language: str) -> Term:
    parts = []
    for piece in _GAP.split(phrase.strip()):
        open_end = piece.endswith("*")
        body = piece[:-1] if open_end else piece
        if "*" in body:
            raise TermError("`*` stands for the rest of a word, so it comes last in it")
        part = Part.of(body, open_end=open_end)
        if not part.folded:
            raise TermError("nothing is left to look for once separators are taken away")
        parts.append(part)
    return Term(written, language, tuple(parts))
