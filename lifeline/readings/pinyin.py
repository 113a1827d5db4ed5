"""How Chinese is read aloud: syllables without tones, from pypinyin's tables.

A syllable is two characters of a private area, its beginning and its rest. So an automaton over
them branches little, and texts are compared by sound at the speed of a scan.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterable, Iterator
from importlib.metadata import distribution
from pathlib import Path
from typing import Final

import msgspec

UNHEARD: Final = "\ue000\ue000"  # stands for what is no syllable
_BEGINNINGS: Final = (
    "zh", "ch", "sh", *"bpmfdtnlgkhjqxrzcsyw",
)  # fmt: skip
_USUAL: Final = {ord("似"): "si"}  # where pypinyin puts a rarer reading first
_LONGEST: Final = 6  # letters of a syllable
_FIRST: Final = 0xE001
_REST: Final = 0xE100


@functools.cache
def sounds() -> dict[int, str]:
    """For ``str.translate`` of folded text: each character's syllable, in its first reading."""
    codes = syllables()
    table = _Sounds(dict.fromkeys(range(0x250), UNHEARD))
    for character, reading in _characters():
        code = codes.get(_USUAL.get(character) or _toneless(reading.split(",")[0]))
        if code:
            table[character] = code
    return table


class _Sounds(dict[int, str]):
    def __missing__(self, code_point: int) -> str:
        return UNHEARD


@functools.cache
def syllables() -> dict[str, str]:
    """Every syllable as it is written in pinyin, ü as u and as v, with its code."""
    known = {_toneless(one) for _, reading in _characters() for one in reading.split(",")}
    known = {one for one in known if one.isascii() and set(one) & set("aeiou")}
    parted = {one: _parted(one) for one in sorted(known)}
    rests = {
        rest: chr(_REST + at) for at, rest in enumerate(sorted({r for _, r in parted.values()}))
    }
    firsts = {first: chr(_FIRST + at) for at, first in enumerate(("", *_BEGINNINGS))}
    codes = {one: firsts[first] + rests[rest] for one, (first, rest) in parted.items()}
    typed = {one: one[0] + "v" + one[2:] for one in codes if one[:2] in ("lu", "nu")}
    return codes | {v: codes[u] for u, v in typed.items()}  # keyboards have no ü


def _parted(syllable: str) -> tuple[str, str]:
    first = next((b for b in _BEGINNINGS if syllable.startswith(b)), "")
    return first, syllable[len(first) :]


@functools.cache
def _toneless(syllable: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", syllable) if c.isalpha())


def _data(name: str) -> bytes:
    # Read as data: the package itself keeps 57 MB in memory once it is imported.
    place = distribution("pypinyin").locate_file(f"pypinyin/{name}.json")
    return Path(str(place)).read_bytes()


def _characters() -> Iterator[tuple[int, str]]:
    for code, reading in msgspec.json.decode(_data("pinyin_dict"), type=dict[int, str]).items():
        if 0x3400 <= code < 0xA000:  # noqa: PLR2004
            yield code, reading


def phrases(characters: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The words of two to four of these characters that pypinyin knows, with their sound."""
    known = frozenset(characters)
    return ((phrase, sound) for phrase, sound in _phrases() if known.issuperset(phrase))


@functools.cache
def _phrases() -> tuple[tuple[str, str], ...]:
    codes = syllables()
    readings = msgspec.json.decode(_data("phrases_dict"), type=dict[str, list[list[str]]])
    return tuple(
        (phrase, "".join(codes.get(_toneless(one[0]), UNHEARD) for one in reading))
        for phrase, reading in readings.items()
        if 2 <= len(phrase) == len(reading) <= 4  # noqa: PLR2004
    )


@functools.lru_cache(maxsize=4096)
def parse(run: str) -> tuple[str, ...]:
    """The syllables that a run of letters a-z consists of; none when it does not.

    The longest first, where there is a choice.
    """
    if len(run) > 100:  # noqa: PLR2004
        return ()
    known = syllables()
    size_at = [0] * len(run) + [1]  # of the syllable to take there, if the rest can be parsed
    for at in reversed(range(len(run))):
        for stop in range(min(at + _LONGEST, len(run)), at, -1):
            if size_at[stop] and run[at:stop] in known:
                size_at[at] = stop - at
                break
    found = []
    at = 0
    while at < len(run) and size_at[at]:
        found.append(run[at : at + size_at[at]])
        at += size_at[at]
    return tuple(found)


# Zhuyin: what the first sign says, and what the others do.
_ZHUYIN_FIRST: Final = dict(zip("ㄅㄆㄇㄈㄉㄊㄋㄌㄍㄎㄏㄐㄑㄒㄓㄔㄕㄖㄗㄘㄙ", (
    "b", "p", "m", "f", "d", "t", "n", "l", "g", "k", "h", "j", "q", "x", "zh", "ch", "sh", "r",
    "z", "c", "s",
), strict=True))  # fmt: skip
_ZHUYIN_REST: Final = {
    "ㄚ": "a", "ㄛ": "o", "ㄜ": "e", "ㄝ": "e", "ㄞ": "ai", "ㄟ": "ei", "ㄠ": "ao", "ㄡ": "ou",
    "ㄢ": "an", "ㄣ": "en", "ㄤ": "ang", "ㄥ": "eng", "ㄦ": "er", "ㄧ": "i", "ㄧㄚ": "ia",
    "ㄧㄝ": "ie", "ㄧㄠ": "iao", "ㄧㄡ": "iu", "ㄧㄢ": "ian", "ㄧㄣ": "in", "ㄧㄤ": "iang",
    "ㄧㄥ": "ing", "ㄨ": "u", "ㄨㄚ": "ua", "ㄨㄛ": "uo", "ㄨㄞ": "uai", "ㄨㄟ": "ui",
    "ㄨㄢ": "uan", "ㄨㄣ": "un", "ㄨㄤ": "uang", "ㄨㄥ": "ong", "ㄩ": "u", "ㄩㄝ": "ue",
    "ㄩㄢ": "uan", "ㄩㄣ": "un", "ㄩㄥ": "iong",
}  # fmt: skip
_ALONE: Final = {
    "i": "yi", "ia": "ya", "ie": "ye", "iao": "yao", "iu": "you", "ian": "yan", "in": "yin",
    "iang": "yang", "ing": "ying", "u": "wu", "ua": "wa", "uo": "wo", "uai": "wai", "ui": "wei",
    "uan": "wan", "un": "wen", "uang": "wang", "ong": "weng",
}  # fmt: skip
_ROUND: Final = {"ㄩ": "yu", "ㄩㄝ": "yue", "ㄩㄢ": "yuan", "ㄩㄣ": "yun", "ㄩㄥ": "yong"}


@functools.cache
def zhuyin() -> dict[str, str]:
    """Every syllable as it is written in zhuyin, with its code."""
    written = {
        sign: first + "i" for sign, first in _ZHUYIN_FIRST.items() if sign in "ㄓㄔㄕㄖㄗㄘㄙ"
    }
    for rest, latin in _ZHUYIN_REST.items():
        written[rest] = _ROUND.get(rest, _ALONE.get(latin, latin))
        written |= {sign + rest: first + latin for sign, first in _ZHUYIN_FIRST.items()}
    codes = syllables()
    return {signs: codes[latin] for signs, latin in written.items() if latin in codes}


@functools.cache
def _letters() -> dict[int, str]:
    by_code = {code: syllable[0] for syllable, code in syllables().items()}
    return {character: by_code[code] for character, code in sounds().items() if code in by_code}


def first_letters(han: str) -> str:
    """The first letter of each character's syllable."""
    return han.translate(_letters())
