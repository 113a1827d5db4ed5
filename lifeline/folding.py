"""Folding: one spelling for the many ways a word is written, and the way back to the original.

Terms and texts go through the same table, so whatever it does to one it does to the other. It maps
code point by code point, which keeps the way back simple: folded character *k* comes from exactly
one original character. All separators vanish; where they stood is looked up in the original, and
only when something hit (:mod:`lifeline.spelling`).

Named foldings: ``case``, ``width`` (NFKC), ``traditional`` (OpenCC, to simplified), ``accent``
(combining marks, ё, й, ñ), ``invisible``, ``apostrophe``, ``separator``.
"""

from __future__ import annotations

import functools
import itertools
import unicodedata
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

import opencc

APOSTROPHES: Final = frozenset("'’‘‛ʼʻ`´′ʹ＇")
# Cf characters, fillers and selectors a reader does not see.
_INVISIBLE: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2800")
_SELECTORS: Final = ((0x180B, 0x180E), (0xFE00, 0xFE10), (0xE0100, 0xE01F0))
_GEOMETRIC: Final = frozenset(map(chr, range(0x25A0, 0x2600))) | {"★", "☆"}
_HAN: Final = ((0x3400, 0x4DC0), (0x4E00, 0xA000), (0x20000, 0x2EBF0), (0x30000, 0x323B0))
_CJK: Final = (
    (0x2E80, 0xA4D0),
    (0xAC00, 0xD7B0),
    (0xF900, 0xFB00),
    (0xFF66, 0xFFDD),
    (0x1AFF0, 0x323B0),
)
# From here on nearly all that folds to nothing is unassigned or private: a million code points that
# a hostile text could make the tables remember.
_NONSENSE: Final = 0x10000


class FoldTable(dict[int, str]):
    """A table for ``str.translate`` that fills itself in as it meets code points.

    ``separator`` is what stands for whatever separates words.
    """

    def __init__(
        self, known: Mapping[int, str] = MappingProxyType({}), separator: str = ""
    ) -> None:
        super().__init__(known)
        self._separator = separator

    def __missing__(self, code_point: int) -> str:
        folded, kinds = fold_character(chr(code_point))
        if kinds == ("separator",):
            folded = self._separator
        if folded or code_point < _NONSENSE:
            self[code_point] = folded
        return folded


@functools.cache
def simplified() -> dict[str, str]:
    """Traditional and variant Chinese characters, each with its simplified form, from OpenCC."""
    characters = [chr(code) for start, stop in _HAN for code in range(start, stop)]
    table = {c: s for c, s in _converted("t2s", characters) if s != c and len(s) == 1}
    plain = set(table.values())
    # Characters that only Taiwan or Hong Kong writes so (著, 衞), unless simplified text uses them.
    for name in ("tw2s", "hk2s"):
        for c, s in _converted(name, characters):
            if s != c and c not in table and c not in plain:
                table[c] = s
    return {c: table.get(s, s) for c, s in table.items()}  # 薴 over 苧 to 苎


def _converted(name: str, characters: list[str]) -> Iterator[tuple[str, str]]:
    """Each character with what it becomes, on lines of their own: one call is 20 times faster."""
    converted = opencc.OpenCC(name).convert("\n".join(characters))
    return zip(characters, converted.split("\n"), strict=True)


@functools.lru_cache(maxsize=1 << 16)
def fold_character(character: str) -> tuple[str, tuple[str, ...]]:
    """The folded form of one character (empty, one or more characters) and the foldings used."""
    category = unicodedata.category(character)
    if character in APOSTROPHES:
        return "", ("apostrophe",)
    if category in ("Mn", "Me"):
        return "", ("accent",) if category == "Mn" and not _is_selector(character) else (
            "invisible",
        )
    if category in ("Cf", "Cs", "Co", "Cn") or character in _INVISIBLE:
        return "", ("invisible",)
    if category[0] in "ZP" or category in ("Cc", "Sm", "Sk") or character in _GEOMETRIC:
        return "", ("separator",)
    return _fold_visible(character)


def _is_selector(character: str) -> bool:
    return any(start <= ord(character) < stop for start, stop in _SELECTORS)


def _is_kept(character: str) -> bool:
    category = unicodedata.category(character)
    return (category[0] in "LN" or category in ("So", "Sc")) and character not in APOSTROPHES


def _fold_visible(character: str) -> tuple[str, tuple[str, ...]]:
    kinds = []
    wide = unicodedata.normalize("NFKC", character)
    if wide != unicodedata.normalize("NFC", character):
        kinds.append("width")
    cased = wide.casefold()
    if cased != wide:
        kinds.append("case")
    decomposed = unicodedata.normalize("NFD", cased)
    bare = "".join(c for c in decomposed if _is_kept(c))
    if bare != cased and len(bare) < len(decomposed):
        kinds.append("accent")
    # Hangul decomposes into letters, which is as good a spelling as any: both sides fold alike.
    plain = "".join(simplified().get(c, c) for c in bare)
    if plain != bare:
        kinds.append("traditional")
    return plain, tuple(kinds)


@functools.cache
def fold_table() -> FoldTable:
    """The one table of the process; building it reads OpenCC, about 0.3 s."""
    table = FoldTable({ord(c): s for c, s in simplified().items()})
    for code in range(0x250):
        table[code] = fold_character(chr(code))[0]
    return table


def fold(text: str) -> str:
    """The folded text, without a map; this is the fast path."""
    return text.translate(fold_table())


@functools.cache
def _ascii_table() -> tuple[bytes, bytes]:
    """The fold table's ASCII part, for ``bytes.translate``: mapping and deletions."""
    folded = [fold_table()[code] for code in range(128)]
    mapping = bytes(ord(f) if f else 0 for f in folded) + bytes(range(128, 256))
    return mapping, bytes(code for code, f in enumerate(folded) if not f)


def automaton_text(text: str) -> str:
    """The folded text as UTF-8 bytes seen as Latin-1, what the automaton is fed.

    A byte has at most 256 successors where a Chinese character has thousands, and pyahocorasick
    searches them in turn.
    """
    if text.isascii():  # the same result, some ten times faster
        mapping, deleted = _ascii_table()
        return text.encode().translate(mapping, deleted).decode("latin-1")
    return as_bytes(fold(text))


def as_bytes(folded: str) -> str:
    """A folded text as the automaton is fed it."""
    return folded.encode("utf-8", "surrogatepass").decode("latin-1")


class _SizeTable(dict[int, int]):
    """How many bytes a code point folds to; fills itself in."""

    def __missing__(self, code_point: int) -> int:
        size = len(fold_table()[code_point].encode("utf-8", "surrogatepass"))
        if size or code_point < _NONSENSE:
            self[code_point] = size
        return size


_sizes: Final = _SizeTable()


def byte_ends(text: str) -> list[int]:
    """For each code point, how many bytes of ``automaton_text(text)`` there are up to its end.

    Byte *b* comes from the code point at ``bisect_right(byte_ends(text), b)``.
    """
    return list(itertools.accumulate(map(_sizes.__getitem__, map(ord, text))))


def is_cjk(character: str) -> bool:
    """Whether the script is written without spaces between words."""
    code = ord(character)
    return code >= 0x2E80 and any(start <= code < stop for start, stop in _CJK)  # noqa: PLR2004


def is_word_letter(character: str) -> bool:
    """Whether the character, next to a Latin or Cyrillic word, would be part of it."""
    return character.isalpha() and (character.isascii() or not is_cjk(character))
