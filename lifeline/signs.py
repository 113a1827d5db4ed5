"""Signs: words and short sequences of them as the scales of a pack count them.

A text is a row of *units*: a word, or one character of Chinese. A sequence is looked for by
Aho-Corasick in the folded text, with one space between words and none between Chinese characters;
what separates Chinese clauses stays a space, so that no sequence goes over it. A sequence whose
last word ends in ``*`` stands for all that begin so.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

import ahocorasick

from lifeline.folding import FoldTable, as_bytes, is_cjk

REST: Final = "*"  # of the last word
_EMPTY_LINE: Final = "\n\n"
_spaced: Final = FoldTable(separator=" ")


def sequence(text: str) -> str:
    """The text as sequences are written: folded, one space wherever anything separates words."""
    return " ".join(text.translate(_spaced).split())


class Unit(NamedTuple):
    """A word, Chinese character or row of them at ``start`` to ``end`` (code points) of a text."""

    start: int
    end: int


def units(said: str) -> list[Unit]:
    """The units of a text that is written as a sequence."""
    found: list[Unit] = []
    joined = False  # whether the last unit is a word that goes on
    for at, character in enumerate(said):
        if character == " ":
            joined = False
        elif is_cjk(character):
            found.append(Unit(at, at + 1))
            joined = False
        elif joined:
            found[-1] = Unit(found[-1].start, at + 1)
        else:
            found.append(Unit(at, at + 1))
            joined = True
    return found


class Signs(NamedTuple):
    """What one text holds: how many units, and the sequences found in it.

    ``ends`` and ``keys`` go together: the unit at which a sequence ends, and its number.
    """

    units: int
    ends: array[int]
    keys: array[int]

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return 200 + 8 * len(self.keys) if self.units else 0


NO_SIGNS: Final = Signs(0, array("I"), array("I"))


class Spotter:
    """Finds sequences by one automaton. Immutable once built."""

    def __init__(self, sequences: Iterable[str]) -> None:
        self.sequences = tuple(dict.fromkeys(sequences))
        self._automaton: Any = None
        if self.sequences:
            self._automaton = ahocorasick.Automaton(ahocorasick.STORE_INTS)
            for number, said in enumerate(self.sequences):
                self._automaton.add_word(as_bytes(_bounded(said)), number)
            self._automaton.make_automaton()

    def spot(self, text: str) -> Signs:
        """The sequences in a text, in the order in which they end; none goes over an empty line."""
        if self._automaton is None:
            return NO_SIGNS
        count = 0
        ends = array("I")
        keys = array("I")
        for paragraph in text.split(_EMPTY_LINE):
            said = sequence(paragraph)
            starts = _byte_starts(said)
            for last, key in self._automaton.iter(as_bytes(f" {said} ")):
                # The leading space makes byte `last` of what is searched `last - 1` of `said`.
                ends.append(count + bisect_left(starts, last) - 1)
                keys.append(key)
            count += len(starts)
        return Signs(count, ends, keys) if count else NO_SIGNS

    def places(self, text: str, wanted: Iterable[int]) -> Iterator[Unit]:
        """Where each of these sequences stands first: start and end in code points of ``text``."""
        left = dict.fromkeys(wanted)
        base = 0
        for paragraph in text.split(_EMPTY_LINE):
            origins = _origins(paragraph)
            said = f" {sequence(paragraph)} "
            for number in list(left):
                bounded = _bounded(self.sequences[number])
                at = said.find(bounded)
                if at >= 0:
                    del left[number]
                    first = at + bounded.startswith(" ")
                    last = at + len(bounded.rstrip(" ")) - 1
                    if self.sequences[number].endswith(REST):
                        last = _word_end(said, last)
                    # The leading space makes character `first` of `said` the one before it.
                    yield Unit(base + origins[first - 1], base + origins[last - 1] + 1)
            base += len(paragraph) + len(_EMPTY_LINE)


def _bounded(said: str) -> str:
    """With a space where a word must begin or end; Chinese has no such places."""
    before = "" if is_cjk(said[0]) else " "
    if said.endswith(REST):
        return before + said.removesuffix(REST)
    after = "" if is_cjk(said[-1]) else " "
    return f"{before}{said}{after}"


def _word_end(said: str, at: int) -> int:
    """The last character of the word that the one at ``at`` is in."""
    while said[at + 1] != " " and not is_cjk(said[at + 1]):
        at += 1
    return at


def _byte_starts(said: str) -> list[int]:
    """For each unit, how many bytes of the sequence stand before it."""
    if said.isascii():
        return [unit.start for unit in units(said)]
    starts = []
    size = at = 0
    for unit in units(said):
        size += len(said[at : unit.start].encode("utf-8", "surrogatepass"))
        at = unit.start
        starts.append(size)
    return starts


def _origins(text: str) -> list[int]:
    """For each character of ``sequence(text)``, the code point of ``text`` it comes from."""
    origins: list[int] = []
    separated = True  # nothing before the first word
    for at, character in enumerate(text):
        for folded in character.translate(_spaced):
            if not folded.isspace():
                origins.append(at)
                separated = False
            elif not separated:
                origins.append(at)
                separated = True
    return origins
