"""Chinese terms by their sound: 自沙, zisha, 自sha, ㄗㄕㄚ or 想4 for 自杀 and 想死.

Much of Chinese sounds alike. So that ordinary text stays quiet, Han counts as other Han only where
a character that filters look for was replaced and another was not, or one of many.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple, Protocol

import ahocorasick

from lifeline.folding import fold, fold_table
from lifeline.readings.aloud import Unit, is_all_pinyin, spoken, units
from lifeline.readings.pinyin import UNHEARD, phrases, sounds
from lifeline.spelling import Part, spelled

NAMES: Final = frozenset({"homophone", "pinyin", "zhuyin", "digits"})
# 紫砂 is a kind of clay; it and these are how 自杀 is written past filters on Chinese networks.
_WELL_KNOWN: Final = frozenset({"紫砂", "紫沙", "紫纱", "紫鲨", "子沙", "子鲨", "籽砂"})
# The characters that filters look for, and that people therefore write as others.
_AVOIDED: Final = frozenset("杀死活命亡割腕跳楼吊毒尸血残葬遗绳刀炭烧砍殉枪捅脉溺坠崖")
# They sound like one of these, but are too common to be a disguise.
_EVERYDAY: Final = frozenset("个到道同条或名要往完")
_HOMOPHONE: Final = frozenset({"homophone"})
_LONG_ENOUGH: Final = 4  # characters of a term, any one of which may be written as another
_APART: Final = 4  # characters between two that may be neighbours in a term
_AROUND: Final = 16  # characters on either side of what is spoken that its term may reach over


class Heard(NamedTuple):
    """A part found by its sound at ``start`` to ``end`` of a text, and the foldings."""

    part: int
    start: int
    end: int
    names: frozenset[str]


class Hearing(Protocol):
    """Parts that may be in a text, to be looked at more closely if they can matter."""

    parts: list[int]

    def checked(self, wanted: Callable[[int], bool]) -> Iterable[Heard]:
        """Those of the parts ``wanted`` that are the term, with their places."""


class _Index:
    """Parts by their sound in an automaton; none without parts."""

    def __init__(self, keys: Mapping[str, list[int]], parts: Mapping[int, Part]) -> None:
        self.sizes = tuple(len(key) // 2 for key in keys)  # in syllables
        self.found_by = tuple(
            tuple((number, parts[number].folded) for number in numbers) for numbers in keys.values()
        )
        self.automaton: Any = None
        if keys:
            self.automaton = ahocorasick.Automaton(ahocorasick.STORE_INTS)
            for number, key in enumerate(keys):
                self.automaton.add_word(key, number)
            self.automaton.make_automaton()


class Sounds:
    """The parts of a lexicon by their sound, ready for scanning."""

    def __init__(self, parts: Mapping[int, Part], off: frozenset[str]) -> None:
        """``parts`` are Chinese ones by number; those with other characters are left out."""
        self._off = off
        parts = {number: part for number, part in parts.items() if _is_han(part)}
        self._parts = parts if not off >= NAMES else {}
        keys = self._keys() if self._parts else {}
        self._aloud = _Index(keys, self._parts)
        self._pairs = self._neighbours(keys)
        self._han = _Index(
            {key: numbers for key, all_ in keys.items() if (numbers := self._disguisable(all_))},
            self._parts,
        )

    def _disguisable(self, numbers: list[int]) -> list[int]:
        """Those of the parts that other Han may stand for: less is found then in ordinary text."""
        if "homophone" in self._off:
            return []
        return [
            number
            for number in numbers
            if is_avoided(self._parts[number]) or len(self._parts[number].folded) >= _LONG_ENOUGH
        ]

    def _keys(self) -> dict[str, list[int]]:
        """The sounds of the parts: character by character, and as words read together."""
        table = sounds()
        together = {
            phrase: code
            for phrase, code in phrases({c for part in self._parts.values() for c in part.folded})
            if code != phrase.translate(table)
        }
        keys: dict[str, list[int]] = {}
        for number, part in self._parts.items():
            for key in {part.folded.translate(table), _read_together(part.folded, together)}:
                if UNHEARD not in key:
                    keys.setdefault(key, []).append(number)
        return keys

    def _neighbours(self, keys: Mapping[str, list[int]]) -> frozenset[str]:
        """What stands side by side in the parts: two syllables, or one and a character."""
        pairs: set[str] = set()
        for key, numbers in keys.items():
            codes = [key[at : at + 2] for at in range(0, len(key), 2)]
            pairs.update(map("".join, itertools.pairwise(codes)))
            for number in numbers:
                han = self._parts[number].folded
                pairs.update(map("".join, zip(han, codes[1:], strict=False)))
                pairs.update(map("".join, zip(codes, han[1:], strict=False)))
        return frozenset(pairs)

    def find(self, text: str, folded: str, shape: bytes, *, has_zhuyin: bool) -> list[Hearing]:
        """What is heard in ``text`` that does not stand there as its author wrote it."""
        if not self._parts:
            return []
        heard = []
        if b"h" in shape:
            if self._han.automaton is not None:
                heard += self._find_in_han(text, folded)
            if b"c" in shape or b"v" in shape or b"1" in shape or has_zhuyin:
                for start, end in self._near_spoken(text):
                    heard += self._find_in_units(text, list(units(text, start, end)))
        elif has_zhuyin or is_all_pinyin(text, shape):
            heard += self._find_in_units(text, list(units(text, 0, len(text))))
        return heard

    def _near_spoken(self, text: str) -> list[tuple[int, int]]:
        """The stretches around what is spoken and may be part of a term; most is not."""
        stretches: list[tuple[int, int]] = []
        last = Unit("", -_APART, -_APART, "", "")
        for read in spoken(text):
            first, behind = read[0].start, read[-1].end
            codes = [unit.code for unit in read]
            before = fold(text[max(first - _APART, 0) : first])[-1:]
            if first - last.end < _APART and not fold(text[last.end : first]):
                before = last.code
            after = fold(text[behind : behind + _APART])[:1]
            last = read[-1]
            pairs = itertools.pairwise((before, *codes, after))
            if any(a + b in self._pairs for a, b in pairs):
                start, end = max(first - _AROUND, 0), behind + _AROUND
                if stretches and start <= stretches[-1][1]:
                    stretches[-1] = stretches[-1][0], end
                else:
                    stretches.append((start, end))
        return stretches

    def _find_in_han(self, text: str, folded: str) -> list[Hearing]:
        """What is heard in the Han of a text: of nearly all texts, all that is."""
        heard = []
        sizes, found_by = self._han.sizes, self._han.found_by
        for last, key in self._han.automaton.iter(folded.translate(sounds())):
            stop = (last + 1) // 2
            found = folded[stop - sizes[key] : stop]
            for number, wanted in found_by[key]:
                if found != wanted and _may_stand_for(found, wanted):
                    heard.append((number, stop - len(found), _HOMOPHONE))
        return [_Syllables(text, self._parts, heard, None)] if heard else []

    def _find_in_units(self, text: str, read: list[Unit]) -> list[Hearing]:
        """What is heard in these syllables that is not all Han."""
        heard = []
        sizes, found_by = self._aloud.sizes, self._aloud.found_by
        for last, key in self._aloud.automaton.iter("".join(unit.code for unit in read)):
            stop = (last + 1) // 2
            found = read[stop - sizes[key] : stop]
            for number, wanted in found_by[key]:
                names = _names(found, wanted)
                if names and names.isdisjoint(self._off):
                    heard.append((number, stop - sizes[key], names))
        return [_Syllables(text, self._parts, heard, read)] if heard else []


class _Syllables:
    """Syllables of a text that sound like parts."""

    def __init__(
        self,
        text: str,
        parts: Mapping[int, Part],
        heard: list[tuple[int, int, frozenset[str]]],
        read: list[Unit] | None,
    ) -> None:
        """``heard`` gives part, first syllable and foldings; without ``read`` all is Han."""
        self.parts = [number for number, _, _ in heard]
        self._text = text
        self._parts = parts
        self._heard = heard
        self._read = read

    @functools.cached_property
    def _units(self) -> list[Unit]:
        if self._read is not None:
            return self._read
        table = fold_table()
        return [
            Unit("", at, at + 1, "", piece)
            for at, character in enumerate(self._text)
            for piece in table[ord(character)]
        ]

    def checked(self, wanted: Callable[[int], bool]) -> Iterator[Heard]:
        """Those of the parts ``wanted`` that are the term, with their places."""
        for number, first, names in self._heard:
            if wanted(number):
                part = self._parts[number]
                found = self._units[first : first + len(part.folded)]
                checked = self._meant(part, found)
                if checked is not None:
                    yield Heard(number, found[0].start, found[-1].end, checked | names)

    def _meant(self, part: Part, found: list[Unit]) -> frozenset[str] | None:
        """The plain foldings beside, or None if what stands between the units forbids the term."""
        pieces = []
        done = found[0].start
        for unit, wanted in zip(found, part.folded, strict=True):
            if unit.start < done:
                return None  # a character that folds to several
            pieces.append(self._text[done : unit.start])
            as_written = unit.character == wanted
            pieces.append(self._text[unit.start : unit.end] if as_written else wanted)
            done = unit.end
        meant = "".join(pieces)
        checked = spelled(part, meant, 0, len(meant))
        return checked[1] if checked else None


def _names(found: list[Unit], wanted: str) -> frozenset[str]:
    """The foldings by which syllables are the term; none if there is nothing but Han."""
    odd = [u.name or "homophone" for u, c in zip(found, wanted, strict=True) if u.character != c]
    names = frozenset(odd)
    if names == _HOMOPHONE or ("digits" in names and len(odd) > 1):
        return frozenset()
    return names


def _may_stand_for(found: str, wanted: str) -> bool:
    """Whether Han of the same sound as a term's is what somebody would write instead of it."""
    if found in _WELL_KNOWN:
        return True
    changed = [(other, c) for other, c in zip(found, wanted, strict=True) if other != c]
    if len(changed) == 1 and len(wanted) + (not _AVOIDED.isdisjoint(wanted)) >= _LONG_ENOUGH:
        return True
    return len(changed) < len(wanted) and all(
        c in _AVOIDED and other not in _EVERYDAY for other, c in changed
    )


def is_avoided(part: Part) -> bool:
    """Whether a part holds a character that people write otherwise so that no filter sees it."""
    return not _AVOIDED.isdisjoint(part.folded)


def _is_han(part: Part) -> bool:
    table = sounds()
    return len(part.folded) > 1 and not part.open_end and all(ord(c) in table for c in part.folded)


def _read_together(folded: str, other: Mapping[str, str]) -> str:
    """The sound of a phrase, longer words first where they are not read as their characters."""
    table = sounds()
    codes = []
    at = 0
    while at < len(folded):
        for size in (4, 3, 2, 1):
            word = folded[at : at + size]
            if size == 1 or word in other:
                codes.append(other.get(word) or word.translate(table))
                at += len(word)
                break
    return "".join(codes)
