"""Parts that rules, modifiers and corpora are read from alike: terms, windows, sentences, dates."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Final

import yaml

from lifeline.rules.concepts import Concepts
from lifeline.rules.problems import Place
from lifeline.rules.schema import (
    MOST_CHARACTERS,
    MOST_MESSAGES,
    MOST_MINUTES,
    MOST_WORDS,
    Retired,
    Reviewed,
    Within,
)
from lifeline.rules.text.source import Source

MOST: Final = {
    "characters": MOST_CHARACTERS,
    "words": MOST_WORDS,
    "messages": MOST_MESSAGES,
    "minutes": MOST_MINUTES,
}
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")

Messages = tuple[str, ...]  # of one conversation
Entries = dict[str, yaml.Node]


class Fields:
    """Reads the fields of one file; whatever is wrong with them becomes a problem of its source."""

    def __init__(self, source: Source, language: str, concepts: Concepts) -> None:
        self.source = source
        self.language = language
        self.concepts = concepts

    def text(self, entries: Entries, key: str) -> str:
        """The text under a key, empty when it is missing."""
        return self.source.text(entries[key]) if key in entries else ""

    def choice(self, entries: Entries, key: str, allowed: Iterable[str], default: str = "") -> str:
        """One of a fixed set of words, or the default."""
        return self.source.choice(entries[key], allowed) if key in entries else default

    def number(self, entries: Entries, key: str, most: int) -> int | None:
        """A whole number from 1 to ``most``; None when it is missing."""
        return self.source.number(entries[key], most) if key in entries else None

    def nodes(self, entries: Entries, key: str) -> list[yaml.Node]:
        """The items of a list; none when it is missing."""
        return self.source.sequence(entries[key]) if key in entries else []

    def texts(self, entries: Entries, key: str) -> tuple[str, ...]:
        """A list of plain texts."""
        if key not in entries:
            return ()
        return tuple(text for text, _ in self.source.phrases(entries[key]))

    def date(self, entries: Entries, key: str) -> str:
        """A date as in 2026-11-01."""
        value = self.text(entries, key)
        if value and not _is_date(value):
            self.source.add(entries[key], "L045", "expected a date as in 2026-11-01")
            return ""
        return value

    def terms(self, entries: Entries, key: str) -> tuple[str, ...]:
        """A list of terms with its concepts filled in; a single one needs no list."""
        if key not in entries:
            return ()
        node = entries[key]
        if isinstance(node, yaml.ScalarNode):
            node = yaml.SequenceNode("", [node], node.start_mark, node.end_mark, flow_style=False)
        return self.concepts.terms(self.source, self.language, node)

    def listed_terms(self, node: yaml.Node) -> tuple[str, ...]:
        """A list of terms, which has to be a list."""
        return self.concepts.terms(self.source, self.language, node)

    def within(self, node: yaml.Node, units: tuple[str, ...] = tuple(MOST)) -> Within:
        """A window; characters and words go together, and so do messages and minutes."""
        entries = self.source.mapping(node, units)
        if isinstance(node, yaml.MappingNode) and not node.value:
            self.source.add(node, "L039", f"`within` needs one of: {', '.join(units)}")
        values = {unit: self.source.number(v, MOST[unit]) for unit, v in entries.items()}
        in_one = values.keys() & {"characters", "words"}
        if in_one and values.keys() & {"messages", "minutes"} and values.get("messages") != 1:
            self.source.add(
                node, "L040", "characters or words count within one message",
                "use them alone, or use messages and minutes",
            )  # fmt: skip
        return Within(**values)

    def conversations(
        self, entries: Entries, key: str, *, at_least: int = 0
    ) -> tuple[tuple[Messages, ...], tuple[Place, ...]]:
        """Sentences, or lists of them, each a conversation; and where each one stands."""
        if key not in entries:
            return (), ()
        node = entries[key]
        items = self.sentences(node)
        if isinstance(node, yaml.SequenceNode) and len(items) < at_least:
            self.source.add(node, "L044", f"`{key}` needs at least one example")
        return tuple(map(self.conversation, items)), tuple(map(self.source.place, items))

    def conversation(self, node: yaml.Node) -> Messages:
        """One sentence, or a list of them: the messages of one conversation."""
        if not isinstance(node, yaml.SequenceNode):
            return (self.source.phrase(node),)
        messages = tuple(self.source.phrase(item) for item in self.sentences(node))
        if not messages:
            self.source.add(node, "L044", "an example needs at least one message")
        return messages

    def sentences(self, node: yaml.Node) -> list[yaml.Node]:
        """The items of a list of sentences, one a line."""
        if isinstance(node, yaml.SequenceNode) and node.flow_style and node.value:
            self.source.add(node, "L043", "sentences are written one `- sentence` a line")
            return list(node.value)
        return self.source.sequence(node)

    def reviewed(self, entries: Entries) -> Reviewed | None:
        """Who looked it over, if anybody did."""
        if "reviewed" not in entries:
            return None
        parts = self.source.mapping(entries["reviewed"], *[("by", "on", "next")] * 2)
        place = self.source.place(entries["reviewed"])
        on, due = self.date(parts, "on"), self.date(parts, "next")
        if on and due and due <= on:
            self.source.add(parts["next"], "L045", "the next review comes after the last")
        return Reviewed(self.texts(parts, "by"), on, due, place)

    def retired(self, node: yaml.Node, entries: Entries) -> Retired | None:
        """When and why it was retired, which goes with that status and no other."""
        is_retired = "status" in entries and entries["status"].value == "retired"
        if is_retired != ("retired" in entries):
            self.source.add(
                entries["retired"] if "retired" in entries else entries.get("status", node),
                "L067",
                "a retired rule says when and why, and no other rule does",
                "write `retired: {on: 2026-11-01, why: ...}`, perhaps with `replaced_by:`"
                if is_retired
                else "set `status: retired`, or remove `retired:`",
            )
        if "retired" not in entries:
            return None
        keys = ("on", "why", "replaced_by")
        parts = self.source.mapping(entries["retired"], keys, keys[:2])
        on, why = self.date(parts, "on"), self.text(parts, "why")
        return Retired(on, why, self.text(parts, "replaced_by"))


def _is_date(text: str) -> bool:
    try:
        return _DATE.fullmatch(text) is not None and bool(date.fromisoformat(text))
    except ValueError:
        return False
