"""Words written with digits, signs, look-alike letters or too many letters, as they are meant.

Only words that terms are made of matter, so a spelling is undone when that gives one of them, and a
product code stays what it is. It also settles whether 1 is an i or an l, and whether ``killll``
ends in one l or in two.
"""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator
from importlib.metadata import distribution
from pathlib import Path
from typing import Final

import msgspec

from lifeline.folding import fold, is_cjk
from lifeline.readings import Edit
from lifeline.spelling import CLAUSE_END, SENTENCE_END, Part

# What asks for a text to be looked at, by bits.
REPEATED_LETTERS: Final = 1
REPEATED_WORDS: Final = 2
ODD: Final = 4  # words that may hold digits, signs or letters of another script
FILLERS: Final = 32  # beside the bits of lifeline.readings.disguises
MOST_WORDS: Final = 1000  # of one text that are tried; each may cost a hundred times its reading
_LONGEST: Final = 40  # characters of a word that is tried
_MOST_RUNS: Final = 2  # letters written too often, each of which may be meant once or twice

_LEET: Final = {
    "0": "o", "1": "il", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "9": "g",
    "@": "a", "$": "s", "!": "i", "|": "li", "€": "e",
}  # fmt: skip
_LEET_CYRILLIC: Final = {"0": "о", "3": "з", "4": "ч", "6": "б", "@": "а", "€": "е"}
# Latin letters for Cyrillic ones that Unicode does not call confusable.
_AS_CYRILLIC: Final = dict(zip("bhkmnrtuwyBHKMNPRTUWXY", "ьнкмпгтишувнкмпргтишху", strict=True))
_AS_CYRILLIC["P"] = "р"
# As small capitals are often imitated, and the prototype of к and κ.
_AS_LATIN: Final = {"ғ": "f", "є": "e", "Є": "e", "ĸ": "k"}
_UPRIGHT: Final = "ӏıɩɪι"  # like those that look like an l, these may be i or l
_NAMED_LATIN: Final = (  # where there are Latin letters that no keyboard of ours has
    range(0x100, 0x2B0), range(0x1D00, 0x1DC0), range(0x1E00, 0x1F00), range(0x2C60, 0x2C80),
    range(0xA720, 0xA800), range(0x1F130, 0x1F200),
)  # fmt: skip
# In squares and circles, and of flags: no letters to Unicode.
_SIGNS: Final = (
    "\U0001f130-\U0001f149\U0001f150-\U0001f169\U0001f170-\U0001f189\U0001f1e6-\U0001f1ff"
)
# Digits, signs, and the letters of alphabets; of the latter more than have look-alikes.
_LETTER: Final = (
    r"(?:[0-9A-Za-z@$€|\u00c0-\u058f\u10a0-\u10ff\u13a0-\u13ff\u1d00-\u1fff\u2100-\u214f"
    rf"\u2c60-\u2cff\ua640-\ua7ff\uab30-\uabbf\uff10-\uff5a\U0001d400-\U0001d7ff{_SIGNS}]"
    r"|!(?=\w))"
)
# Letters on their own with something between them all, or a word.
_WORD: Final = re.compile(
    rf"(?<!\w){_LETTER}([ .\-_*]){_LETTER}(?:\1{_LETTER})+(?!{_LETTER})|{_LETTER}+"
)
_BETWEEN: Final = re.compile(r"[ .\-_*]")
_PLAIN: Final = re.compile(r"[a-z]*|[а-я]*")
_TRIPLE: Final = re.compile(r"(.)\1{2,}")
# What speakers of each language say while they look for words, in the forms that transcripts have.
# Left out are those that are other words too often: like, este, 这个.
_FILLERS: Final = (
    "um", "umm", "uh", "uhh", "uhm", "er", "erm", "hm", "hmm", "mm", "mmm", "ah", "you know",
    "i mean", "sort of", "sorta", "kind of", "kinda", "eh", "ehh", "em", "emm", "o sea", "pues",
    "digamos", "э", "ээ", "эээ", "эм", "ээм", "мм", "ммм", "ну", "вот", "как бы", "типа",
    "это самое", "значит", "короче", "в общем", "呃", "嗯", "诶", "欸", "那个", "就是说",
    "怎么说呢",
)  # fmt: skip
_PAUSE: Final = r"[\s,，、.…–—-]"
_FILLER: Final = "|".join(
    re.escape(filler) if is_cjk(filler[0]) else rf"\b{re.escape(filler)}\b" for filler in _FILLERS
)
_HESITATION: Final = re.compile(rf"(?:{_PAUSE}*(?:{_FILLER}))+{_PAUSE}*", re.IGNORECASE)
_REPEATED_WORD: Final = re.compile(
    rf"\b([^\W\d_]+)(?:{_PAUSE}++(?:(?:{_FILLER}){_PAUSE}++)*\1\b)+", re.IGNORECASE
)
_REPEATED_HAN: Final = re.compile(r"([㐀-鿿]{1,3}?)\1+")
# Chinese characters that ordinary words write twice: 谢谢, 看看, 妈妈.
_OFTEN_TWICE: Final = "谢看天妈爸哥姐弟妹爷奶公婆宝好慢常刚试说等问早晚人个次样点拜哈呵嘿哦嗯啊"
_REPEATS: Final = frozenset({"repeats"})
_HESITATIONS: Final = frozenset({"fillers"})
_Meaning = tuple[str, frozenset[str]]


class Respelling:
    """Undoes odd spellings of the words of ``parts``, by the foldings that are not off."""

    def __init__(self, parts: Iterable[Part], off: frozenset[str]) -> None:
        self._off = off
        self._words: set[str] = set()
        self._stems: set[str] = set()  # of words whose ending is open
        self._doubles = set(_OFTEN_TWICE)  # and the characters that a term writes twice
        others: set[str] = set()
        for part in parts:
            self._add(part, others)
        for word in others:
            self._doubles.update(a for a, b in itertools.pairwise(word) if a == b and is_cjk(a))
        self._beginnings = {word[:3] for word in self._words | self._stems}
        self._stem_sizes = sorted(set(map(len, self._stems)))
        self.meanings = functools.lru_cache(maxsize=4096)(
            self._meanings
        )  # codes come again and again

    def _add(self, part: Part, words: set[str]) -> None:
        cuts = (0, *sorted(part.gaps), len(part.folded))
        for start, end in itertools.pairwise(cuts):
            word = part.folded[start:end]
            if not is_cjk(word[0]):
                (self._stems if part.open_end and end == cuts[-1] else self._words).add(word)
            if not word.isascii():
                words.add(word)

    def asking(self, parts: Iterable[Part]) -> dict[str, int]:
        """What a folded text holds that needs a look, and what for."""
        asking: dict[str, int] = {}
        if "look_alike" not in self._off:
            letters = map(chr, _to_latin())
            asking |= {c: ODD for c in letters if fold(c) == c and not "а" <= c <= "я"}
        if "fillers" not in self._off:
            asking |= {fold(filler): FILLERS for filler in _FILLERS}
        if "repeats" not in self._off:
            words = {word for word in self._words if 1 < len(word) <= _LONGEST} | {"i", "я"}
            asking |= {2 * word: REPEATED_WORDS for word in words}
            han = set(filter(is_cjk, set().union(*(part.folded for part in parts))))
            asking |= {(3 if c in self._doubles else 2) * c: REPEATED_WORDS for c in han}
            asking |= {3 * c: REPEATED_LETTERS for c in set("".join(self._words | self._stems))}
        return asking

    def edits(self, text: str, asked: int) -> tuple[list[Edit], list[Edit]]:
        """What to change for the words to be read as they are meant, by the bits of ``asked``.

        Some may be meant in two ways (``tooo``): the second list has the other ways, and what
        leaves no doubt; it is empty when there is no doubt at all.
        """
        edits = list(self._repeated(text)) if asked & (REPEATED_WORDS | FILLERS) else []
        if asked & FILLERS:
            edits += self._hesitations(text)
        others = list(edits)
        in_doubt = False
        if asked & (ODD | REPEATED_LETTERS):
            for match, meanings in self._odd_words(text):
                edits.append(Edit(*match.span(), *meanings[0]))
                others.append(Edit(*match.span(), *meanings[-1]))
                in_doubt |= len(meanings) > 1
        return edits, others if in_doubt else []

    def _odd_words(self, text: str) -> Iterator[tuple[re.Match[str], tuple[_Meaning, ...]]]:
        tried: dict[str, tuple[_Meaning, ...]] = {}
        for match in _WORD.finditer(text):
            word = match[0]
            if word not in tried:
                if not _is_odd(word):
                    continue
                if len(tried) == MOST_WORDS:
                    return
                tried[word] = self.meanings(word)
            if tried[word]:
                yield match, tried[word]

    def _repeated(self, text: str) -> Iterator[Edit]:
        """Words said again and again, once."""
        for match in _REPEATED_WORD.finditer(text):
            if not CLAUSE_END.search(match[0]):
                yield Edit(*match.span(), match[1], _REPEATS, aligned=True)
        for match in () if text.isascii() else _REPEATED_HAN.finditer(text):
            if len(match[0]) > 2 or fold(match[1]) not in self._doubles:  # noqa: PLR2004
                yield Edit(*match.span(), match[1], _REPEATS, aligned=True)

    def _hesitations(self, text: str) -> Iterator[Edit]:
        """Words of hesitation, left out with the pauses around them."""
        for match in _HESITATION.finditer(text):
            # What ends a sentence still ends it.
            if match.start() and match.end() < len(text) and not SENTENCE_END.search(match[0]):
                space = "" if is_cjk(text[match.start() - 1]) else " "
                yield Edit(*match.span(), space, _HESITATIONS)

    def _meanings(self, word: str) -> tuple[_Meaning, ...]:
        """The words of terms, two at most, that ``word`` is a spelling of, and the foldings."""
        if len(word) > 2 * _LONGEST or (word.isascii() and not self._may_mean(word)):
            return ()
        found: list[_Meaning] = []
        for seen, look_alike in self._seen(_BETWEEN.sub("", word)):
            for read, leet in self._read(seen):
                folded = fold(read)
                if len(folded) > _LONGEST:
                    return ()
                for once, repeats in self._once(folded):
                    names = look_alike | leet | repeats
                    if names and self._is_known(once) and once not in (w for w, _ in found):
                        found.append((once, names))
                        if len(found) == 2:  # noqa: PLR2004
                            return tuple(found)
        return tuple(found)

    def _may_mean(self, word: str) -> bool:
        """Whether a word of digits, signs and letters a-z may be meant as another: most may not."""
        first = word[:3].lower()
        if not first.isalpha() or first in self._beginnings:
            return True
        return _TRIPLE.search(word.lower()) is not None

    def _is_known(self, word: str) -> bool:
        """Whether terms have the word, or two of them written as one."""
        if word[:3] not in self._beginnings and word[:2] not in self._words:
            return False
        if word in self._words or any(word[:size] in self._stems for size in self._stem_sizes):
            return True
        return any(
            word[:at] in self._words and word[at:] in self._words for at in range(2, len(word) - 1)
        )

    def _seen(self, word: str) -> Iterator[tuple[str, frozenset[str]]]:
        yield word, frozenset()
        if "look_alike" in self._off:
            return
        for table, is_meant in (
            (_to_latin("i"), _is_latin),
            (_to_latin("l"), _is_latin),
            (_to_cyrillic(), _is_cyrillic),
        ):
            seen = word.translate(table)
            if seen != word and all(map(is_meant, filter(str.isalpha, seen))):
                yield seen, frozenset({"look_alike"})

    def _read(self, word: str) -> Iterator[tuple[str, frozenset[str]]]:
        yield word, frozenset()
        letters = sum(map(str.isalpha, word))
        if "leet" in self._off or not letters:
            return
        table = _LEET_CYRILLIC if any(map(_is_cyrillic, word)) else _LEET
        signs = [c for c in word if c in table]
        if not signs or 2 * letters < len(signs):
            return
        if sum(len(table[c]) > 1 for c in signs) > _MOST_RUNS:
            for at in (0, -1):
                yield "".join(table.get(c, c)[at] for c in word), frozenset({"leet"})
            return
        for read in itertools.product(*(table.get(c, c) for c in word)):
            yield "".join(read), frozenset({"leet"})

    def _once(self, folded: str) -> Iterator[tuple[str, frozenset[str]]]:
        yield folded, frozenset()
        runs = _TRIPLE.findall(folded)
        if "repeats" in self._off or not runs:
            return
        if len(runs) > _MOST_RUNS:
            for each in (r"\1", r"\1\1"):
                yield _TRIPLE.sub(each, folded), _REPEATS
            return
        for times in itertools.product((1, 2), repeat=len(runs)):
            each_time = iter(times)
            yield _TRIPLE.sub(lambda run: run[1] * next(each_time), folded), _REPEATS  # noqa: B023


def _is_odd(word: str) -> bool:
    if word.isascii():
        return not word.isalpha() or _TRIPLE.search(word.lower()) is not None
    folded = fold(word)
    return not _PLAIN.fullmatch(folded) or _TRIPLE.search(folded) is not None


def _is_latin(letter: str) -> bool:
    return fold(letter).isascii()


def _is_cyrillic(letter: str) -> bool:
    return "\u0400" <= letter < "\u0530"


@functools.cache
def _to_latin(upright: str = "i") -> dict[int, str]:
    """Letters that look Latin but are not a-z, with or without case, width and accents.

    ``upright``, i or l, is what those mean that look like a mere stroke.
    """
    alike = _confusable()
    table = _named_latin() | _AS_LATIN
    small = [(small, letter) for small, letter in table.items() if small.islower()]
    letters = [(c, upright if c == "l" else c) for c in "abcdefghijklmnopqrstuvwxyz"]
    for target, letter in (*letters, *((c.upper(), c) for c, _ in letters), *small):
        for other in alike.get(target, ()):
            if len(other) == 1 and other.isalpha() and not fold(other).isascii():
                table.setdefault(other, letter)
    return str.maketrans(table | dict.fromkeys(_UPRIGHT, upright))


@functools.cache
def _confusable() -> dict[str, list[str]]:
    # Read as data: the package keeps twice as much in memory as is needed here.
    package = distribution("confusable-homoglyphs")
    place = package.locate_file("confusable_homoglyphs/confusables.json")
    data = Path(str(place)).read_bytes()
    alike = msgspec.json.decode(data, type=dict[str, list[dict[str, str]]])
    letters = {c for c in alike if c.isalpha() and len(c) == 1}
    return {c: [other["c"] for other in alike[c]] for c in letters}


def _named_latin() -> dict[str, str]:
    """Latin letters with strokes, in small capitals, squares and circles, by their names."""
    name = re.compile(
        r"(?:LATIN (?:SMALL LETTER|CAPITAL LETTER|LETTER SMALL CAPITAL)"
        r"|REGIONAL INDICATOR SYMBOL LETTER"
        r"|(?:NEGATIVE |CROSSED NEGATIVE )?(?:SQUARED|CIRCLED) LATIN CAPITAL LETTER)"
        r" ([A-Z])(?: WITH .*)?"
    )
    table = {}
    for code in itertools.chain(*_NAMED_LATIN):
        match = name.fullmatch(unicodedata.name(chr(code), ""))
        if match and not fold(chr(code)).isascii():
            table[chr(code)] = match[1].lower()
    return table


@functools.cache
def _to_cyrillic() -> dict[int, str]:
    """Letters that look Cyrillic: Latin ones, and whatever looks like these."""
    russian = "абвгдежзийклмнопрстуфхцчшщъыьэюя"
    table = {
        chr(code): letter
        for code, latin in _to_latin().items()
        for letter in russian
        if _to_latin().get(ord(letter)) == latin and chr(code) not in russian
    }
    for letter in russian:
        latin = _to_latin().get(ord(letter))
        if latin:
            table.setdefault(latin, letter)
            table.setdefault(latin.upper(), letter)
    table.update(_AS_CYRILLIC)
    return str.maketrans({c: letter for c, letter in table.items() if not "а" <= c.lower() <= "я"})
