"""What is written to be read aloud in Chinese: pinyin, zhuyin, digits, and Han itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from lifeline.folding import fold, fold_table
from lifeline.readings.pinyin import UNHEARD, parse, sounds, syllables, zhuyin

_SPOKEN_DIGITS: Final = ("ling", "yi", "er", "san", "si", "wu", "liu", "qi", "ba", "jiu")
_TONES: Final = "ˇˊˋ˙ˉ"
_LETTERS: Final = "A-Za-zÀ-ɏ\u0300-\u030cａ-ｚＡ-Ｚ"
_WORDS: Final = re.compile(rf"[{_LETTERS}]+")
_NO_PINYIN: Final = re.compile("[bcdfhjklmpqstvwxz](?![a-zÀ-ɏ\u0300-\u030c])", re.IGNORECASE)
# Between its quotes: letters, zhuyin with tones, and one digit beside Han.
_SPOKEN: Final = re.compile(
    rf"(?P<pinyin>[{_LETTERS}]{{2,}})|(?P<zhuyin>[ㄅ-ㄯㆠ-ㆿ][ㄅ-ㄯㆠ-ㆿ{_TONES}]*)"
    r"|(?P<digits>(?<=[㐀-鿿])\d(?!\d)|(?<!\d)\d(?=[㐀-鿿]))"
)
_TOKEN: Final = re.compile(rf"{_SPOKEN.pattern}|(?P<han>[㐀-鿿豈-\ufaff])|(?P<other>\S)")
# Behind a digit that counts something, or belongs to a number or a name.
_COUNTED: Final = re.compile(
    r"\s*[\dA-Za-z%.:/+~～\-个個件条條天次年月日号號点點分秒块塊元小时時週周星期斤克瓶盒包袋箱双雙只隻支枝片粒颗顆"
    r"位名人岁歲楼樓层層套张張台臺级級寸米厘公里步种種折成倍度万萬千百十亿億]"
)


class Unit(NamedTuple):
    """A syllable of a text, where it stands, and how: a folding's name, or "" for Han."""

    code: str
    start: int
    end: int
    name: str
    character: str  # folded, for Han


def is_all_pinyin(text: str, shape: bytes) -> bool:
    """Whether a text without Han is nothing but syllables."""
    if _NO_PINYIN.search(text) or b"r" in shape or b"x" in shape:
        return False
    words = _WORDS.findall(text)
    return bool(words) and all(
        parse(word.lower() if word.isascii() else fold(word)) for word in words
    )


def spoken(text: str) -> Iterator[list[Unit]]:
    """The pinyin, zhuyin and lone digits of a text, each as syllables."""
    for token in _SPOKEN.finditer(text):
        units = _read(text, token)
        if units:
            yield units


def units(text: str, start: int, end: int) -> Iterator[Unit]:
    """A stretch of a text as syllables; what is none stands between them as something unheard."""
    table, aloud = fold_table(), sounds()
    for token in _TOKEN.finditer(text, start, end):
        if token.lastgroup == "han":
            folded = table[ord(token[0])]
            yield Unit(
                aloud[ord(folded)] if len(folded) == 1 else UNHEARD, *token.span(), "", folded
            )
        elif token.lastgroup != "other":
            yield from _read(text, token) or [Unit(UNHEARD, *token.span(), "", "")]
        elif table[ord(token[0])]:
            yield Unit(UNHEARD, *token.span(), "", "")


def _read(text: str, token: re.Match[str]) -> list[Unit]:
    """The syllables of pinyin, zhuyin or a digit; none when it is something else."""
    start, end = token.span()
    if token.lastgroup == "pinyin":
        return _pinyin(text, start, end)
    if token.lastgroup == "zhuyin":
        return _zhuyin(text, start, end)
    if _COUNTED.match(text, end):
        return []
    return [Unit(syllables()[_SPOKEN_DIGITS[int(token[0])]], start, end, "digits", "")]


def _pinyin(text: str, start: int, end: int) -> list[Unit]:
    run = text[start:end]
    letters = run.lower() if run.isascii() else fold(run)
    found = parse(letters)
    if not found:
        return []
    bounds = [at for at in range(start, end) for _ in fold(text[at])] + [end]
    read = []
    done = 0
    for syllable in found:
        first, done = done, done + len(syllable)
        read.append(Unit(syllables()[syllable], bounds[first], bounds[done], "pinyin", ""))
    return read


def _zhuyin(text: str, start: int, end: int) -> list[Unit]:
    known = zhuyin()
    read = []
    while start < end:
        for stop in range(min(start + 3, end), start, -1):
            code = known.get(text[start:stop])
            if code:
                break
        else:
            return []
        while stop < end and text[stop] in _TONES:
            stop += 1
        read.append(Unit(code, start, stop, "zhuyin", ""))
        start = stop
    return read
