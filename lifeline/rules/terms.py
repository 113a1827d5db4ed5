"""Terms as authors write them: brace alternatives, trailing ``*``, and ``…`` for a bounded gap."""

from __future__ import annotations

import functools
import itertools
import math
import re
from dataclasses import dataclass
from typing import Final, NamedTuple

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
# Words and braces alone: of these nothing can be wrong but the braces.
_SIMPLE: Final = re.compile(r"(?:[\w '’]|\{[\w ,'’]*\})*")
_LEADING: Final = re.compile(r"^\W+")
MOST_ALTERNATIVES: Final = 1000
_MOST_TOGETHER: Final = 48  # alternatives that are written out side by side
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

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The same as a :class:`Pattern` has them."""
        return tuple(Slot((part,)) for part in self.parts)


class Slot(NamedTuple):
    """One of ``parts`` stands here: right behind the slot before if ``joined``, else a gap on."""

    parts: tuple[Part, ...]
    joined: bool = False


@dataclass(frozen=True, slots=True)
class Pattern:
    """All the phrases a written term stands for, without each of them being written out.

    Three braces of ten alternatives are a thousand phrases, and here three slots of ten parts.
    """

    text: str
    language: str
    slots: tuple[Slot, ...]


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


def read_pattern(text: str, language: str) -> tuple[Pattern | Term, ...]:
    """The same phrases as :func:`read_term`, in as few parts as may be.

    Raises :class:`TermError` for what :func:`check_term` refuses.
    """
    if len(alternatives(text)) <= _MOST_TOGETHER or any(map(_GAP.search, _BRACES.findall(text))):
        return read_term(text, language)
    slots = []
    for stretch in _GAP.split(text.strip()):
        for number, chunk in enumerate(_chunks(stretch, language)):
            pieces = dict.fromkeys(piece for phrase in chunk for piece in _pieces(phrase))
            parts = tuple(Part.of(body, open_end=open_end) for body, open_end in pieces)
            slots.append(Slot(parts, joined=number > 0))
    return (Pattern(text, language, tuple(slots)),)


def _chunks(stretch: str, language: str) -> list[list[str]]:
    """What stands side by side in a stretch without gaps, each with its alternatives.

    A stretch is cut between words (in Chinese, between braces), where what is in front of the cut
    has as many alternatives as a chunk may have. What may be left out goes with its neighbour.
    """
    least = 2 if language in ("zh", "any") else 1  # characters that say enough by themselves
    chunks = [[""]]
    for unit in _units(stretch, language):
        options = alternatives(unit)
        longer = [" ".join(f"{a}{b}".split()) for a in chunks[-1] for b in options]
        alone = all(len(phrase.strip()) >= least for phrase in (*chunks[-1], *options))
        if len(longer) > _MOST_TOGETHER and alone:
            chunks.append(options)
        else:
            chunks[-1] = longer
    return chunks


def _units(stretch: str, language: str) -> list[str]:
    """The words of a stretch, or in Chinese its braces and what stands between them."""
    if language in ("zh", "any"):
        return [piece for piece in re.split(r"(\{[^{}]*\})", stretch) if piece]
    return [f" {unit}" for unit in re.findall(r"(?:\{[^{}]*\}|[^\s{}])+", stretch)]


@functools.lru_cache(maxsize=50_000)
def check_term(text: str) -> int:
    """The number of phrases a written term stands for.

    Raises :class:`TermError` for one that would never be found, or not as it was meant: braces that
    do not match or hold no alternatives, a ``*`` that is not last, a phrase of separators only, one
    that goes over a comma or the end of a sentence, full-width braces, a concept's name within a
    phrase, and more than 1,000 alternatives.
    """
    phrases = alternatives(text)
    if not _SIMPLE.fullmatch(text) or not _LETTER.search(_BRACES.sub("", text)):
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
