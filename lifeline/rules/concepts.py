"""Concepts: named sets of phrases that rules use as ``@name``, filled in once for a pack."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import Final

import yaml

from lifeline.rules.terms import TermError, check_term
from lifeline.rules.text.source import Source

_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_DEEPEST: Final = 20  # concepts within concepts
# Of a pack, every use of a phrase counted, braces filled in; a well-grown pack has some 100,000.
MOST_PHRASES: Final = 1_000_000
_MOST_OF_ONE: Final = 100

_Key = tuple[str, str]  # language, name


@dataclass(frozen=True, slots=True)
class _Concept:
    source: Source
    node: yaml.Node
    phrases: list[tuple[str, yaml.Node]]


class Concepts:
    """All concepts of a pack. Define them, call :meth:`fill_in` once, then read terms."""

    def __init__(self) -> None:
        self._defined: dict[_Key, _Concept] = {}
        self._filled: dict[_Key, tuple[str, ...]] = {}
        self._count = 0

    def define(self, source: Source, language: str, name: str, node: yaml.Node) -> None:
        """Add a concept; a name already taken in its language is a problem."""
        if not _NAME.fullmatch(name):
            source.add(node, "L030", f"`{name}`: a concept's name is lower-case words joined by _")
        elif (language, name) in self._defined:
            other = self._defined[language, name]
            place = other.source.place(other.node)
            source.add(
                node, "L031", f"the concept `{name}` is already defined for `{language}`",
                f"the other one is at {place.file}:{place.line}",
            )  # fmt: skip
        else:
            self._defined[language, name] = _Concept(source, node, _listed(source, node))

    def fill_in(self) -> None:
        """Put into each concept those it uses, and check every phrase at its own place."""
        for language, name in self._defined:
            self._fill((language, name), ())

    def terms(self, source: Source, language: str, node: yaml.Node) -> tuple[str, ...]:
        """A list of terms with its concepts filled in; none at all is a problem."""
        before = len(source.problems)
        found = self._terms(source, language, _listed(source, node), ())
        if len(source.problems) > before:
            return ()
        self._count_in(source, node, sum(_phrases(text) for text in found))
        return found

    def _fill(self, key: _Key, path: tuple[_Key, ...]) -> tuple[str, ...]:
        if key not in self._filled:
            concept = self._defined[key]
            path = (*path, key)
            self._filled[key] = self._terms(concept.source, key[0], concept.phrases, path)
        return self._filled[key]

    def _terms(
        self,
        source: Source,
        language: str,
        phrases: list[tuple[str, yaml.Node]],
        path: tuple[_Key, ...],
    ) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for text, node in phrases:
            if text.startswith("@"):
                inner = self._referred(source, language, text[1:], node, path)
                if not self._count_in(source, node, len(inner)):
                    break
                found |= dict.fromkeys(inner)
                continue
            try:
                check_term(text)
            except TermError as error:
                source.add(node, "L051", str(error), error.help)
            else:
                found[text] = None
        return tuple(found)

    def _referred(
        self, source: Source, language: str, name: str, node: yaml.Node, path: tuple[_Key, ...]
    ) -> tuple[str, ...]:
        key = (language, name) if (language, name) in self._defined else ("any", name)
        if key not in self._defined:
            names = [n for lang, n in self._defined if lang in (language, "any")]
            near = difflib.get_close_matches(name, names, 1)
            hint = f"did you mean `@{near[0]}`?" if near else "define it under `concepts:`"
            if language:  # else the file's language is the problem
                source.add(node, "L041", f"no concept `{name}` for `{language}`", hint)
        elif key in path:
            source.add(node, "L042", f"the concept `{name}` holds itself")
        elif len(path) > _DEEPEST:
            source.add(node, "L042", f"concepts stand inside each other more than {_DEEPEST} deep")
        else:
            return self._fill(key, path)
        return ()

    def _count_in(self, source: Source, node: yaml.Node, phrases: int) -> bool:
        """Whether the pack stays within its bound; the first list beyond it is a problem."""
        within = self._count <= MOST_PHRASES
        self._count += phrases
        if within and self._count > MOST_PHRASES:
            source.add(
                node, "L052", f"with this the pack stands for more than {MOST_PHRASES:,} phrases",
                "use fewer braces, and concepts in fewer places",
            )  # fmt: skip
        return self._count <= MOST_PHRASES


def _listed(source: Source, node: yaml.Node) -> list[tuple[str, yaml.Node]]:
    if isinstance(node, yaml.SequenceNode) and not node.value:
        source.add(node, "L023", "this list is empty, so nothing can ever be found by it")
    return source.phrases(node)


def _phrases(text: str) -> int:
    """How many phrases a term counts as; one of many braces is compiled as a few parts."""
    try:
        return min(check_term(text), _MOST_OF_ONE)
    except TermError:  # said where the concept that holds it is defined
        return 0
