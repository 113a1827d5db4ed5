"""What else a text may say: its other readings, as far as something in it asks for them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from lifeline.folding import fold
from lifeline.readings import EMOJI, FoldingSettings, Reading, emoji, keyboard
from lifeline.readings.initials import Initials
from lifeline.readings.pinyin import zhuyin
from lifeline.readings.respelling import (
    FILLERS,
    ODD,
    REPEATED_LETTERS,
    REPEATED_WORDS,
    Respelling,
)
from lifeline.readings.sound import Hearing, Sounds
from lifeline.spelling import Part

EMOJIS: Final = 8  # beside the bits of lifeline.readings.respelling
ZHUYIN: Final = 16
# Shapes (lifeline.readings) of a word with a digit or sign in it, and of one in two scripts.
_WITH_DIGITS: Final = re.compile(rb"1[cvlr]|[cvl]-?1|r-1|[cv]![cv]|[cv]\.1\.[cv]")
_IN_TWO_SCRIPTS: Final = re.compile(rb"r-[cvl]|[cvl]-?r")
_SHORT: Final = 20  # characters of a text that may be nothing but initials


class Disguises:
    """The terms of a lexicon in all their disguises but the plain ones.

    ``parts`` are all of them; ``chinese`` those of Chinese terms, by number; ``counting`` those of
    them that make a rule hit, rather than lower or exclude.
    """

    def __init__(
        self,
        parts: tuple[Part, ...],
        chinese: Mapping[int, Part],
        counting: Mapping[int, Part],
        foldings: FoldingSettings,
    ) -> None:
        self._off = foldings.off
        self._except = {
            name: frozenset(map(fold, words)) for name, words in foldings.except_.items()
        }
        self._respelling = Respelling(parts, foldings.off)
        self._sounds = Sounds(chinese, foldings.off)
        self._initials = Initials(counting, foldings.off)
        self.asking = self._respelling.asking(parts)
        if "emoji" not in foldings.off:
            for sign in EMOJI:
                self.asking[sign] = self.asking.get(sign, 0) | EMOJIS
        if chinese and "zhuyin" not in foldings.off:
            self.asking |= dict.fromkeys("".join(zhuyin()), ZHUYIN)

    def readings(self, text: str, kinds: bytes, asked: int) -> Iterator[Reading]:
        """At most nine readings of a text whose :func:`~lifeline.readings.shape` is ``kinds``.

        ``asked`` are the bits of what was found in it of ``asking``.
        """
        if not asked & ODD and _is_odd(kinds):
            asked |= ODD
        if asked & (ODD | REPEATED_LETTERS | REPEATED_WORDS | FILLERS):
            for edits in self._respelling.edits(text, asked):
                if edits:
                    yield Reading(text, edits)
        if "keyboard" not in self._off and _is_mistyped(text, kinds):
            yield keyboard(text)
        if asked & EMOJIS:
            yield from emoji(text)

    def heard(self, text: str, folded: str, kinds: bytes, asked: int) -> list[Hearing]:
        """Where Chinese terms are heard in a text, or read in the first letters of syllables."""
        heard = self._sounds.find(text, folded, kinds, has_zhuyin=bool(asked & ZHUYIN))
        if (b"h" in kinds and (b"c" in kinds or b"v" in kinds)) or len(kinds) < _SHORT:
            heard += self._initials.find(text)
        return heard

    def is_excepted(self, written: str, names: frozenset[str]) -> bool:
        """Whether the pack says that these words are never a hit by one of these foldings."""
        if self._except.keys().isdisjoint(names):
            return False
        folded = fold(written)
        return any(folded in self._except.get(name, ()) for name in names)


def _is_odd(kinds: bytes) -> bool:
    """Whether words may hold digits or signs, or be in two scripts."""
    if (b"1" in kinds or b"!" in kinds) and _WITH_DIGITS.search(kinds):
        return True
    return (
        b"r" in kinds
        and (b"c" in kinds or b"v" in kinds)
        and _IN_TWO_SCRIPTS.search(kinds) is not None
    )


def _is_mistyped(text: str, kinds: bytes) -> bool:
    """Whether there are words that neither English nor Spanish has, addresses aside."""
    if b"cccc" in kinds and kinds.count(b"cccc") > text.count("http"):
        return True
    if b" c " in kinds or kinds.startswith(b"c "):
        return True
    return b"[" in kinds and (b"[c" in kinds or b"[v" in kinds)
