"""Whether a folded hit really is the word: boundaries, and what stood between its letters.

The automaton runs over text without separators, so it also finds what no reader would. Here each
hit is checked against the original characters:

* Latin and Cyrillic words start and end at word boundaries ("skilled" holds no "killed").
* Between two words of a term any soft separator may stand, or none ("killmyself").
* Inside a word, Chinese may be spaced or dotted freely (自 杀, 自.杀); other scripts may hold
  symbols ("su-icide", "s.u.i.c.i.d.e") but white space only when every letter is on its own
  ("k i l l") or a hyphen ends the line.
* The end of a sentence, a comma or an empty line always ends a word.
"""

from __future__ import annotations

import functools
import itertools
import re
from dataclasses import dataclass
from typing import Final

from lifeline.folding import APOSTROPHES, fold_character, fold_table, is_cjk, is_word_letter

# What a hit never reaches over. A lone dot ends a sentence only before white space, since people
# write s.u.i.c.i.d.e, and dots in a row don't, since speech hesitates. A line may end in \r\n, so
# an empty line takes two of them.
_SENTENCE: Final = (
    r"[!?；;！？]|(?<![.…。｡])(?:\.(?=\s)|[。｡](?![.…。｡]))|\n\s*[\n\r]|\r(?!\n)\s*[\n\r]"
)
SENTENCE_END: Final = re.compile(_SENTENCE)
CLAUSE_END: Final = re.compile(rf"{_SENTENCE}|[，,、､：:]")
_AS_WRITTEN: Final[frozenset[str]] = frozenset()
_GAPS_MADE_BY: Final = frozenset({"separator", "apostrophe"})
_OTHER_WORDS: Final = frozenset({"ill", "well", "hell", "shell", "id", "wed", "shed", "were"})
_PLAIN: Final = re.compile(r"[^\W_]+(?: +[^\W_]+)*")
_SOFT_HYPHEN: Final = "\u00ad"  # shows only at the end of a line
_HYPHENATED: Final = re.compile(rf"[-‐{_SOFT_HYPHEN}][^\S\n]*\n\s*")


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
        table = fold_table()
        size = 0
        gaps: set[int] = set()
        if _PLAIN.fullmatch(text):  # as nearly all are: words need not be looked at by letters
            words = [word.translate(table) for word in text.split(" ")]
            gaps.update(itertools.accumulate(map(len, words)))
            size = max(gaps)
            return cls(text, "".join(words), _kept(frozenset(gaps - {0, size})), open_end)
        for character in text:
            piece = table[ord(character)]
            if piece:
                size += len(piece)
            elif not _GAPS_MADE_BY.isdisjoint(fold_character(character)[1]):
                gaps.add(size)
        gaps -= {0, size}
        return cls(text, text.translate(table), _kept(frozenset(gaps)), open_end)


@functools.lru_cache(maxsize=1 << 16)
def _kept(gaps: frozenset[int]) -> frozenset[int]:
    """The same gaps, once: hundreds of thousands of parts have a few thousand of them."""
    return gaps


def spelled(part: Part, text: str, start: int, end: int) -> tuple[int, frozenset[str]] | None:
    """Check one folded hit of ``part`` at ``text[start:end]``.

    Returns the end of the span to show (a trailing ``*`` takes the rest of the word, marks stay
    with their letter) and the names of the foldings used, or None when it is not the word.
    """
    if not _starts_word(part.folded[0], text, start):
        return None
    if part.open_end:
        reached = _end_of_word(text, end)
    else:
        reached = _end_of_marks(text, end)
        if reached < len(text) and _joined(text[reached], part.folded[-1]):
            return None
    foldings = _foldings(part, text[start:end])
    return None if foldings is None else (reached, foldings)


def _foldings(part: Part, found: str) -> frozenset[str] | None:
    """The foldings by which ``found`` is the part, or None when what it holds forbids that."""
    if found == part.text:
        return _AS_WRITTEN
    author, wanted = _written(part.text)
    letters = _letters(author, found)
    if letters is None:
        return None
    gaps, foldings = letters
    for at in gaps.keys() | part.gaps:
        separators, apostrophes = gaps.get(at, ("", ""))
        wanted_separators, wanted_apostrophes = wanted.get(at, ("", ""))
        if CLAUSE_END.search(separators) or (at not in gaps and _another_word(part, at)):
            return None
        if separators and at not in part.gaps and not _may_split(part, at, gaps):
            return None
        if bool(separators) != bool(wanted_separators):
            foldings.add("separator")
        if apostrophes != wanted_apostrophes:
            foldings.add("apostrophe")
    return frozenset(foldings)


_Letters = list[tuple[str, tuple[str, ...]]]  # for each folded character, the original, and how
_Gaps = dict[int, tuple[str, str]]  # position in the folded text -> separators, apostrophes


def _another_word(part: Part, gap: int) -> bool:
    """Whether the term without its apostrophe or space here is another word (I'll and ill)."""
    first = max((g for g in part.gaps if g < gap), default=0)
    last = min((g for g in part.gaps if g > gap), default=len(part.folded))
    return part.folded[first:last] in _OTHER_WORDS


@functools.lru_cache(maxsize=4096)
def _written(text: str) -> tuple[_Letters, _Gaps]:
    """A phrase as its author wrote it: its letters, and what stands between them."""
    letters: _Letters = []
    between: dict[int, str] = {}
    for character in text:
        piece, names = fold_character(character)
        if piece:
            letters.extend([(character, names)] * len(piece))
        elif "separator" in names or "apostrophe" in names:
            between[len(letters)] = between.get(len(letters), "") + character
    return letters, {at: _sorted(gap) for at, gap in between.items()}


def _letters(author: _Letters, found: str) -> tuple[_Gaps, set[str]] | None:
    """What stands between the letters found, and the foldings that make them the author's.

    None when ``found`` begins or ends inside a character that folds to several.
    """
    table = fold_table()
    between: dict[int, list[str]] = {}
    foldings: set[str] = set()
    position = 0
    for character in found:
        piece = table[ord(character)]
        if piece:
            written, wanted = author[min(position, len(author) - 1)]
            if character != written:
                names = fold_character(character)[1]
                foldings.update(set(names) ^ set(wanted) or set(names))
            position += len(piece)
            continue
        names = fold_character(character)[1]
        if "separator" in names or "apostrophe" in names or character == _SOFT_HYPHEN:
            between.setdefault(position, []).append(character)
        if "separator" not in names and "apostrophe" not in names:
            foldings.update(names)
    if position != len(author):
        return None
    return {at: _sorted("".join(gap)) for at, gap in between.items()}, foldings


def _sorted(gap: str) -> tuple[str, str]:
    """The separators of a gap, and its apostrophes."""
    separators = "".join(c for c in gap if c not in APOSTROPHES)
    apostrophes = "".join(c for c in gap if c in APOSTROPHES)
    return separators if separators.strip(_SOFT_HYPHEN) else "", apostrophes


def _may_split(part: Part, position: int, gaps: _Gaps) -> bool:
    """Whether a word of the part may hold these separators."""
    before, after = part.folded[position - 1], part.folded[position]
    if is_cjk(before) or is_cjk(after):
        return True
    gap = gaps[position][0]
    if not any(c.isspace() for c in gap) or _HYPHENATED.fullmatch(gap):
        return True
    first = max((g for g in part.gaps if g <= position), default=0)
    last = min((g for g in part.gaps if g > position), default=len(part.folded))
    return all(p in gaps and gaps[p][0] for p in range(first + 1, last))


def _starts_word(first: str, text: str, start: int) -> bool:
    before = start - 1
    while before >= 0 and _is_unseen(text[before]):
        before -= 1
    return before < 0 or not _joined(text[before], first)


def _joined(neighbour: str, edge: str) -> bool:
    if is_word_letter(edge):
        return is_word_letter(neighbour)
    return edge.isdigit() and neighbour.isdigit()


def _is_unseen(character: str) -> bool:
    """Whether it goes with the letter before it: an accent, or what no reader sees."""
    if fold_table()[ord(character)]:
        return False
    names = fold_character(character)[1]
    return "separator" not in names and "apostrophe" not in names


def _end_of_marks(text: str, end: int) -> int:
    while end < len(text) and _is_unseen(text[end]):
        end += 1
    return end


def _end_of_word(text: str, end: int) -> int:
    while end < len(text) and (is_word_letter(text[end]) or _is_unseen(text[end])):
        end += 1
    return end
