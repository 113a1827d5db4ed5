"""Chinese terms by the first letters of their syllables: zs for 自杀, alone or beside Han."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from lifeline.folding import fold
from lifeline.readings.pinyin import first_letters
from lifeline.readings.sound import Heard, Hearing, is_avoided
from lifeline.spelling import Part

_LONGEST: Final = 6  # characters of a term that is written so
_NAMES: Final = frozenset({"initials"})
_TOKEN: Final = re.compile(rf"(?<![A-Za-z0-9])[A-Za-z]{{2,{_LONGEST}}}(?![A-Za-z0-9])")
# Of two letters, which mean much else besides, only those that are known to stand for these.
_WELL_KNOWN: Final = frozenset({"自杀", "自残", "想死", "去死", "跳楼", "割腕", "上吊"})
_ALONE: Final = re.compile(r"\W*[A-Za-z]+\W*")
_HAN: Final = re.compile("[㐀-鿿]+")


class _Letters:
    """First letters of a text that are those of parts."""

    def __init__(self, found: list[Heard]) -> None:
        self.parts = [one.part for one in found]
        self._found = found

    def checked(self, wanted: Callable[[int], bool]) -> Iterator[Heard]:
        """Those of the parts ``wanted``, with their places."""
        return (one for one in self._found if wanted(one.part))


class Initials:
    """The parts of a lexicon by their first letters."""

    def __init__(self, parts: Mapping[int, Part], off: frozenset[str]) -> None:
        """``parts`` are Chinese ones by number; those with other characters are left out."""
        self._parts = parts
        self._found_by: dict[str, list[int]] = {}
        for number, part in parts.items() if "initials" not in off else ():
            if not (1 < len(part.folded) <= _LONGEST and _HAN.fullmatch(part.folded)):
                continue
            if is_avoided(part) and (len(part.folded) > 2 or part.folded in _WELL_KNOWN):  # noqa: PLR2004
                self._found_by.setdefault(first_letters(part.folded), []).append(number)
        # What such a word begins or ends with: nearly all other words are done with at once.
        self._edges = {
            edge
            for letters in self._found_by
            for size in range(2, len(letters) + 1)
            for edge in (letters[:size], letters[-size:])
        }

    def find(self, text: str) -> list[Hearing]:
        """The parts written by their first letters, wholly, or behind or before Han as written.

        Two letters must be small ones: XS is a size.
        """
        found: list[Heard] = []
        alone = _ALONE.fullmatch(text) is not None
        for token in _TOKEN.finditer(text):
            letters = token[0].lower()
            if letters in self._edges and (len(letters) > 2 or letters == token[0]):  # noqa: PLR2004
                found += self._beside_han(text, *token.span(), letters, alone=alone)
        return [_Letters(found)] if found else []

    def _beside_han(
        self, text: str, start: int, end: int, letters: str, *, alone: bool
    ) -> Iterator[Heard]:
        before, after = _han_before(text, start), _han_after(text, end)
        if before or after or alone:
            for part in self._found_by.get(letters, ()):
                yield Heard(part, start, end, _NAMES)
        for size in range(1, len(before) + 1):
            han = before[-size:]
            for part in self._found_by.get(first_letters(han) + letters, ()):
                if self._parts[part].folded.startswith(han):
                    yield Heard(part, start - size, end, _NAMES)
        for size in range(1, len(after) + 1):
            han = after[:size]
            for part in self._found_by.get(letters + first_letters(han), ()):
                if self._parts[part].folded.endswith(han):
                    yield Heard(part, start, end + size, _NAMES)


def _han_before(text: str, at: int) -> str:
    """The Han that ends at ``at``, folded, as far as a term may reach."""
    start = at
    while start > 0 and at - start < _LONGEST - 2 and _HAN.match(text[start - 1]):
        start -= 1
    return fold(text[start:at])


def _han_after(text: str, at: int) -> str:
    """The Han that begins at ``at``, folded, as far as a term may reach."""
    end = at
    while end < len(text) and end - at < _LONGEST - 2 and _HAN.match(text[end]):
        end += 1
    return fold(text[at:end])
