"""A pack as the lints look at it: its phrases by rule and list, and where each was written."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Final, NamedTuple

from lifeline.lexicon import Use
from lifeline.rules.pack import Pack
from lifeline.rules.problems import Place
from lifeline.rules.schema import RuleSpec
from lifeline.rules.terms import Term, read_term

_KEY: Final = re.compile(r" *(?:- )?(\w+):")
_NEXT_RULE: Final = re.compile(r"\s*- id:")


class Key(NamedTuple):
    """What a term is found by: its parts' folded texts, and where the word may go on."""

    parts: tuple[str, ...]
    open_ends: tuple[bool, ...]


class Linted:
    """A pack with its phrases by rule, and where each was written."""

    def __init__(self, pack: Pack, folder: Path) -> None:
        self.pack = pack
        self._folder = folder
        self._files: dict[str, list[str]] = {}

    @cached_property
    def lists(self) -> dict[Use, list[Term]]:
        """The terms of each list of each rule, braces filled in."""
        lists: dict[Use, dict[Term, None]] = defaultdict(dict)
        for pattern, uses in zip(self.pack.lexicon.terms, self.pack.lexicon.uses, strict=True):
            if isinstance(pattern, Term):
                terms: tuple[Term, ...] = (pattern,)
            else:
                terms = read_term(pattern.text, pattern.language)
            for use in uses:
                lists[use].update(dict.fromkeys(terms))
        return {use: list(terms) for use, terms in lists.items()}

    @cached_property
    def keys(self) -> dict[Term, Key]:
        """What each term is found by."""
        return {
            term: Key(
                tuple(part.folded for part in term.parts),
                tuple(part.open_end for part in term.parts),
            )
            for terms in self.lists.values()
            for term in terms
        }

    def groups(self) -> Iterator[tuple[RuleSpec, list[list[Term]]]]:
        """Each rule that is evaluated, with the terms of its groups."""
        for number, spec in enumerate(self.pack.rules):
            uses = (Use(number, "group", at) for at in range(len(spec.groups)))
            yield spec, [self.lists.get(use, []) for use in uses]

    def place(self, spec: RuleSpec, phrase: str) -> Place:
        """Where a phrase of a rule stands: in the rule, else in a concept."""
        own = self.own_place(spec, phrase)
        if own:
            return own
        for name in self._names:
            for number, line in enumerate(self._lines(name)):
                found = _find(phrase, name, number, line)
                if found:
                    return found
        return spec.place

    def own_place(self, spec: RuleSpec, phrase: str, below: tuple[str, ...] = ()) -> Place | None:
        """Where a phrase stands in the rule itself; None when a concept brings it.

        With ``below``, only what stands under these keys of the rule counts.
        """
        lines = self._lines(spec.place.file)
        key = ""
        for number in range(spec.place.line, len(lines)):
            line = lines[number]
            if _NEXT_RULE.match(line):
                return None
            if (begun := _KEY.match(line)) and begun.start(1) == spec.place.column - 1:
                key = begun[1]
            if not below or key in below:
                found = _find(phrase, spec.place.file, number, line)
                if found:
                    return found
        return None

    @cached_property
    def _names(self) -> list[str]:
        """All rule files, those with concepts first."""
        paths = sorted(self._folder.rglob("*.yaml"), key=lambda p: (p.stem != "concepts", p))
        return [path.relative_to(self._folder).as_posix() for path in paths]

    def _lines(self, name: str) -> list[str]:
        if name not in self._files:
            try:
                text = (self._folder / name).read_text(encoding="utf-8-sig")
            except (OSError, UnicodeDecodeError):
                text = ""
            self._files[name] = text.splitlines()
        return self._files[name]


def _find(phrase: str, name: str, number: int, line: str) -> Place | None:
    """The phrase as an item of a list, or a value, in a line counted from 0."""
    at = line.find(phrase)
    while at >= 0:
        before, after = line[:at].rstrip(), line[at + len(phrase) :].strip()
        if before[-1:] in ('"', "'"):
            before, after = before[:-1].rstrip(), after[1:].lstrip()
        opened = before.rfind("{")
        in_braces = opened > before.rfind("}") and "[" not in before[opened:]
        is_item = before[-1:] in ("-", "[", ",", ":") and (not after or after[0] in ",]#}")
        if is_item and not in_braces:
            return Place(name, number + 1, at + 1, line, len(phrase))
        at = line.find(phrase, at + 1)
    return None
