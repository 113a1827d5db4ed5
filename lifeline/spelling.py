"""Whether a folded hit really is the word: boundaries, and what stood between its letters.

The automaton runs over text without separators, so it also finds what no reader would. Here each
hit is checked against the original characters:

* Latin and Cyrillic words start and end at word boundaries ("skilled" holds no "killed").
* Between two words of a term any soft separator may stand, or none ("killmyself").
* Inside a word, Chinese may be spaced or dotted freely (自 杀, 自.杀); other scripts may hold
  symbols ("su-icide", "s.u.i.c.i.d.e") but white space only when every letter is on its own
  ("k i l l").
* The end of a sentence, a comma or an empty line always ends a word.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from lifeline.folding import fold_character, fold_table, is_cjk, is_word_letter

# What ends a sentence or clause: a hit never reaches over it. A lone dot between letters does not,
# since people write s.u.i.c.i.d.e, and neither do dots in a row, since speech hesitates.
_BREAK = re.compile(r"[。!?；;！？，,、：:｡､]|(?<![.…])\.(?=\s)|[\n\r]\s*[\n\r]")
_AS_WRITTEN: Final[frozenset[str]] = frozenset()
_OTHER_WORDS: Final = frozenset({"ill", "well", "hell", "shell", "id", "wed", "shed", "were"})
_HYPHENATED = re.compile(r"[-‐\u00ad]\s*\n\s*")
_DOTTED = re.compile(r"(?:\.{2,}|…+)")


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a term that must stand together, as the automaton knows it.

    ``folded`` is its folded text; ``gaps`` are the offsets in it at which the author wrote a
    separator or apostrophe. ``open_end`` is the author's trailing ``*``: the rest of the word may
    follow.
    """

    text: str
    folded: str
    gaps: frozenset[int]
    open_end: bool = False

    @classmethod
    def of(cls, text: str, *, open_end: bool = False) -> Part:
        """The part for a phrase as its author wrote it."""
        folded = ""
        gaps: set[int] = set()
        for character in text:
            piece, names = fold_character(character)
            folded += piece
            if not piece and ("separator" in names or "apostrophe" in names):
                gaps.add(len(folded))
        inner = frozenset(gap for gap in gaps if 0 < gap < len(folded))
        return cls(text, folded, inner, open_end)


def spelled(part: Part, text: str, start: int, end: int) -> tuple[int, frozenset[str]] | None:
    """Check one folded hit of ``part`` at ``text[start:end]``.

    Returns the end of the span to show (a trailing ``*`` takes the rest of the word, marks stay
    with their letter) and the names of the foldings used, or None when it is not the word.
    """
    if not _starts_word(part.folded[0], text, start):
        return None
    reached = _end_of_word(text, end) if part.open_end else _end_of_marks(text, end)
    if not part.open_end and not _ends_word(part.folded[-1], text, reached):
        return None
    if text[start:end] == part.text:  # as written: nothing to look into
        return reached, _AS_WRITTEN
    foldings = _foldings(part, text, start, end)
    return None if foldings is None else (reached, foldings)


def _foldings(part: Part, text: str, start: int, end: int) -> frozenset[str] | None:
    """The foldings it took to find the part, or None when what stands between forbids it."""
    gaps, foldings = _gaps_and_foldings(part, text, start, end)
    if gaps is None or any(_BREAK.search(_DOTTED.sub(" ", gap)) for gap in gaps.values()):
        return None
    for position, gap in gaps.items():
        if position not in part.gaps:
            if not _may_split(part, position, gap, gaps):
                return None
            foldings.add("separator")
    for place in part.gaps:
        if place not in gaps:
            if _another_word(part, place):
                return None
            foldings.add("separator")
    return frozenset(foldings)


def _gaps_and_foldings(
    part: Part, text: str, start: int, end: int
) -> tuple[dict[int, str] | None, set[str]]:
    """What stood between the folded characters, by position, and the foldings that were needed."""
    table = fold_table()
    author = _written(part.text)
    gaps: dict[int, str] = {}
    foldings: set[str] = set()
    position = 0
    for character in text[start:end]:
        piece = table[ord(character)]
        if piece:
            written, names = author[min(position, len(author) - 1)]
            if character != written:
                ours = fold_character(character)[1]
                foldings.update(set(ours) ^ set(names) or set(ours))
            position += len(piece)
            continue
        names = fold_character(character)[1]
        if "separator" in names:
            gaps[position] = gaps.get(position, "") + character
        elif "apostrophe" in names:
            if position not in part.gaps:
                foldings.add("apostrophe")
            else:
                gaps.setdefault(position, "")
        else:
            foldings.update(names)
    if position != len(part.folded):  # starts or ends inside a character that folds to several
        return None, foldings
    return gaps, foldings


def _another_word(part: Part, gap: int) -> bool:
    """Whether the term without its apostrophe or space here is another word (I'll and ill)."""
    first = max((g for g in part.gaps if g < gap), default=0)
    last = min((g for g in part.gaps if g > gap), default=len(part.folded))
    return part.folded[first:last] in _OTHER_WORDS


@functools.lru_cache(maxsize=4096)
def _written(text: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """For each folded character of a phrase, the one its author wrote, and its foldings."""
    return tuple(
        (character, names)
        for character in text
        for piece, names in [fold_character(character)]
        for _ in piece
    )


def _may_split(part: Part, position: int, gap: str, gaps: dict[int, str]) -> bool:
    before, after = part.folded[position - 1], part.folded[position]
    if is_cjk(before) or is_cjk(after):
        return True
    if not any(c.isspace() for c in gap) or _HYPHENATED.fullmatch(gap):
        return True
    first = max((g for g in part.gaps if g <= position), default=0)
    last = min((g for g in part.gaps if g > position), default=len(part.folded))
    return last - first > 1 and all(p in gaps for p in range(first + 1, last))


def _starts_word(first: str, text: str, start: int) -> bool:
    before = start - 1
    while before >= 0 and _is_unseen(text[before]):
        before -= 1
    return before < 0 or not _joined(text[before], first)


def _ends_word(last: str, text: str, end: int) -> bool:
    after = _end_of_marks(text, end)
    return after >= len(text) or not _joined(text[after], last)


def _joined(neighbour: str, edge: str) -> bool:
    if is_word_letter(edge):
        return is_word_letter(neighbour)
    return edge.isdigit() and neighbour.isdigit()


def _is_unseen(character: str) -> bool:
    names = fold_character(character)[1]
    return unicodedata.combining(character) != 0 or "invisible" in names


def _end_of_marks(text: str, end: int) -> int:
    while end < len(text) and _is_unseen(text[end]):
        end += 1
    return end


def _end_of_word(text: str, end: int) -> int:
    while end < len(text) and (is_word_letter(text[end]) or _is_unseen(text[end])):
        end += 1
    return end
