"""Readings: the other texts that a text may stand for, with the way back to its own offsets.

People write a word so that a filter misses it: k1ll, dеath with a Cyrillic е, diiiie, 💊 for pills,
Russian typed on a Latin keyboard. A reading is the text with such spellings undone. It is made only
when something in the text asks for it, and then searched like the text itself; what is found is
shown as it was written, with the name of the folding. By sound: :mod:`lifeline.readings.sound`.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

FOLDINGS: Final[dict[str, str]] = {
    "leet": "digits and signs that look like letters (k1ll, su!cide, по4ему)",
    "look_alike": "letters of another script that look alike (kіll with a Ukrainian і, ᴅɪᴇ)",
    "repeats": "letters, characters and words written several times (diiiie, 死死死, to to die)",
    "fillers": "words of hesitation left out (I don't, um, want to live)",
    "keyboard": "Russian typed with the keyboard set to Latin (z [jxe evthtnm)",
    "emoji": "an emoji for a word (💊, 💀)",
    "homophone": "Chinese characters that sound like the term, tones aside (自沙 for 自杀)",
    "pinyin": "Chinese in Latin letters (zisha, 自sha)",
    "zhuyin": "Chinese in zhuyin (ㄗㄕㄚ, 自ㄕㄚ)",
    "digits": "a digit that sounds like a Chinese character (想4 for 想死)",
    "initials": "the first letters of Chinese syllables (zs for 自杀, 想zs)",
}
# These may be other words altogether; the others only disguise the same one.
LOSSY: Final = frozenset({"homophone", "pinyin", "zhuyin", "initials", "digits", "emoji"})


@dataclass(frozen=True, slots=True)
class FoldingSettings:
    """Which foldings of :data:`FOLDINGS` a pack turns off, and what is never a hit by one.

    ``except_`` holds, for a folding by name, words as they may be written: 相似 sounds like 想死.
    """

    off: frozenset[str] = frozenset()
    except_: Mapping[str, frozenset[str]] = field(default_factory=dict)


class Edit(NamedTuple):
    """What stands at ``start`` to ``end`` of a text, as it is to be read.

    ``aligned`` if the reading's characters, counted from either edge, are those of the text.
    """

    start: int
    end: int
    text: str
    names: frozenset[str]
    aligned: bool = False


class Reading:
    """A text with edits made, and the way back."""

    def __init__(self, text: str, edits: Iterable[Edit]) -> None:
        pieces: list[str] = []
        self._edits: list[Edit] = []
        self._starts: list[int] = []  # of the edits, in this reading
        self._ends: list[int] = []
        size = done = 0
        for edit in sorted(edits):
            if edit.start < done:
                continue  # the one before it reaches into it
            pieces += text[done : edit.start], edit.text
            size += edit.start - done
            self._starts.append(size)
            size += len(edit.text)
            self._ends.append(size)
            self._edits.append(edit)
            done = edit.end
        self.text = "".join((*pieces, text[done:]))

    @property
    def skipped(self) -> list[Edit]:
        """The edits that leave something out, with nothing in its place."""
        return [edit for edit in self._edits if not edit.text.strip()]

    def names(self, start: int, end: int) -> frozenset[str]:
        """The foldings of the edits within a stretch of the reading; empty where none was made."""
        first, last = bisect_right(self._ends, start), bisect_left(self._starts, end)
        return frozenset().union(*(edit.names for edit in self._edits[first:last]))

    def start(self, at: int) -> int:
        """Where in the text the character begins that the reading has at ``at``."""
        before = bisect_right(self._starts, at) - 1
        if before < 0:
            return at
        edit, end = self._edits[before], self._ends[before]
        if at >= end or (edit.aligned and at > self._starts[before]):
            return edit.end + at - end
        return edit.start

    def end(self, at: int) -> int:
        """Where in the text the character ends that ends at ``at`` in the reading."""
        before = bisect_left(self._starts, at) - 1
        if before < 0:
            return at
        edit, end = self._edits[before], self._ends[before]
        if at > end:
            return edit.end + at - end
        if edit.aligned and at < end:
            return edit.start + at - self._starts[before]
        return edit.end


_KEYBOARD: Final = str.maketrans(
    "qwertyuiop[]asdfghjkl;'zxcvbnm,.`QWERTYUIOP{}ASDFGHJKL:\"ZXCVBNM<>~",
    "йцукенгшщзхъфывапролджэячсмитьбюёЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮЁ",
)
_KEYBOARD_NAMES: Final = frozenset({"keyboard"})


def keyboard(text: str) -> Reading:
    """The text as a Russian keyboard would have written it."""
    return Reading(
        text, [Edit(0, len(text), text.translate(_KEYBOARD), _KEYBOARD_NAMES, aligned=True)]
    )


# For each emoji its words: Chinese, Russian, English, Spanish; the forms that terms are made of.
_EMOJI_WORDS: Final = {
    "💊": ("药", "таблетки таблеток таблетку", "pills pill tablets", "pastillas pastilla"),
    "🔪": ("刀", "нож ножом", "knife cut", "cuchillo"),
    "🗡": ("刀", "нож ножом", "knife stab", "cuchillo"),
    "🪒": ("刀片", "лезвие лезвием бритва", "razor blade", "navaja cuchilla"),
    "💀": ("死", "смерть умереть", "dead die death", "muerto morir muerta"),
    "☠": ("死", "смерть умереть", "dead die death", "muerto morir muerte"),
    "⚰": ("死", "смерть умереть гроб", "death die coffin", "muerte morir"),
    "🪦": ("死", "смерть могила", "dead die grave", "muerte tumba"),
    "🩸": ("血", "кровь кровью", "blood bleed", "sangre"),
    "🔫": ("枪", "пистолет", "gun shoot", "pistola"),
    "🌉": ("桥", "мост моста", "bridge", "puente"),
    "🏢": ("楼", "крыши дом", "building roof", "edificio"),
    "🪢": ("绳子", "верёвка петля", "rope noose", "cuerda soga"),
    "🚆": ("火车", "поезд", "train", "tren"),
    "🚂": ("火车", "поезд", "train", "tren"),
    "🍷": ("酒", "вино алкоголь", "wine alcohol", "vino alcohol"),
    "🍺": ("酒", "пиво алкоголь", "beer alcohol", "cerveza alcohol"),
    "🍾": ("酒", "вино алкоголь", "alcohol", "alcohol"),
    "👋": ("再见", "прощайте", "goodbye bye", "adiós"),
    "😴": ("睡", "уснуть спать", "sleep", "dormir"),
    "💤": ("睡", "уснуть спать", "sleep", "dormir"),
    "🌊": ("海", "море", "sea", "mar"),
}
EMOJI: Final = frozenset(_EMOJI_WORDS)
_EMOJI: Final = re.compile(
    rf"([{''.join(EMOJI)}])[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]*"  # with selector and skin tone
)
_EMOJI_NAMES: Final = frozenset({"emoji"})
_HAN: Final = re.compile("[㐀-鿿]")
_CYRILLIC: Final = re.compile("[Ѐ-ӿ]")
_LATIN: Final = re.compile("[A-Za-z]")


def emoji(text: str) -> Iterator[Reading]:
    """The text with words for its emoji, in the languages of its script; six readings at most."""
    languages = [0]
    if _CYRILLIC.search(text):
        languages = [1]
    elif _LATIN.search(text) and not _HAN.search(text):
        languages = [2, 3]
    found = [
        (match.start(), match.end(), _EMOJI_WORDS[match[1]]) for match in _EMOJI.finditer(text)
    ]
    for language in languages:
        words = [(start, end, forms[language].split()) for start, end, forms in found]
        for form in range(max((len(forms) for _, _, forms in words), default=0)):
            yield Reading(text, (
                Edit(start, end, _word(forms[min(form, len(forms) - 1)], language), _EMOJI_NAMES)
                for start, end, forms in words
            ))  # fmt: skip


def _word(form: str, language: int) -> str:
    return form if language == 0 else f" {form} "


# What kind of character each byte of UTF-8 begins: a vowel, a consonant, a digit or sign, a bracket
# and so on. It tells at C speed which readings a text can need at all.
_KINDS: Final = {
    "v": b"aeiouyAEIOUY",
    "c": b"bcdfghjklmnpqrstvwxzBCDFGHJKLMNPQRSTVWXZ",
    "1": b"0123456789$|",
    "!": b"!@",
    "[": b"[]{};",
    " ": b" \t\r\n",
    "-": bytes(range(0x80, 0xC0)),  # the rest of a character
    "l": bytes(range(0xC3, 0xC8)),  # Latin with accents
    "x": bytes([0xC8, 0xC9, 0xCA, 0xCE, 0xCF, *range(0xD4, 0xD7), 0xE1, 0xEA]),  # rare here
    "r": bytes(range(0xD0, 0xD4)),  # Cyrillic
    "h": bytes(range(0xE4, 0xEA)),  # Han
}
_SHAPES: Final = bytearray(b"." * 256)
for _kind, _bytes in _KINDS.items():
    for _byte in _bytes:
        _SHAPES[_byte] = ord(_kind)


def shape(text: str) -> bytes:
    """The text's UTF-8 with each byte's kind in its place."""
    return text.encode("utf-8", "surrogatepass").translate(_SHAPES)
