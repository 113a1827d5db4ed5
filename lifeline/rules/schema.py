"""Rule files → :class:`RuleSpec`: what an author may write, all problems of a file at once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import msgspec
import yaml

from lifeline.rules.concepts import Concepts
from lifeline.rules.problems import Place
from lifeline.rules.source import Source
from lifeline.taxonomy import CATEGORIES, CHANNELS, RULE_TIERS, SIGNAL_CATEGORIES, Tier

FORMAT: Final = 1
LANGUAGES: Final = ("zh", "en", "es", "ru", "any")
STATUSES: Final = ("draft", "shadow", "active", "retired")
RULE_SPEAKERS: Final = ("customer", "agent", "any")

_ID = re.compile(r"[a-z]{2,3}\.[a-z_]+\.[a-z0-9_]+")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
MOST_CHARACTERS: Final = 2000
MOST_WORDS: Final = 400
MOST_MESSAGES: Final = 50
MOST_MINUTES: Final = 30
_MOST = {
    "characters": MOST_CHARACTERS,
    "words": MOST_WORDS,
    "messages": MOST_MESSAGES,
    "minutes": MOST_MINUTES,
}


@dataclass(frozen=True, slots=True)
class Within:
    """How near the groups must be. All that is set must hold; None is no bound.

    ``characters`` and ``words`` count from the first to the last hit within one message;
    ``messages`` and ``minutes`` let the groups stand in several messages.
    """

    characters: int | None = None
    words: int | None = None
    messages: int | None = None
    minutes: int | None = None

    @property
    def across_messages(self) -> bool:
        """Whether the groups may stand in different messages."""
        return self.minutes is not None or (self.messages or 1) > 1


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Phrases within which a hit does not count, and why."""

    name: str
    why: str
    phrases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lower:
    """Words that lower a hit's tier when near it, and why."""

    name: str
    why: str
    to: str
    nearby: tuple[str, ...]
    within: Within


@dataclass(frozen=True, slots=True)
class Examples:
    """Texts the rule must and must not hit. Each example is one or more messages, in order.

    ``places`` holds where each one stands, by kind.
    """

    alert: tuple[tuple[str, ...], ...] = ()
    ignore: tuple[tuple[str, ...], ...] = ()
    known_gap: tuple[tuple[str, ...], ...] = ()
    places: dict[str, tuple[Place, ...]] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class RuleSpec:
    """One rule as written, concepts filled in.

    ``version`` changes whenever anything that decides what the rule finds changes.
    """

    id: str
    title: str
    language: str
    category: str
    tier: str
    status: str
    speaker: str
    channels: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...]
    within: Within
    ordered: bool
    exclusions: tuple[Exclusion, ...]
    lower: tuple[Lower, ...]
    examples: Examples
    references: tuple[str, ...] = ()
    author: str = ""
    place: Place = field(default=Place("", 1, 1), compare=False)
    version: str = field(default="", init=False)  # kept, since every hit asks for it

    def __post_init__(self) -> None:
        content = [getattr(self, name) for name in _DECIDING]
        digest = hashlib.sha256(msgspec.json.encode(content)).hexdigest()
        object.__setattr__(self, "version", digest[:12])


_DECIDING: Final = (
    "id", "language", "category", "tier", "status", "speaker", "channels", "groups", "within",
    "ordered", "exclusions", "lower",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RuleFile:
    """A rule file whose outline is known: its language, and what stands under ``rules``."""

    source: Source
    language: str
    rules: yaml.Node | None

    @classmethod
    def read(cls, source: Source, node: yaml.Node, concepts: Concepts) -> RuleFile:
        """Read the outline, and define the file's concepts."""
        keys = ("format", "language", "concepts", "rules")
        entries = source.mapping(node, keys, keys[:2])
        check_format(source, entries)
        language = source.choice(entries["language"], LANGUAGES) if "language" in entries else ""
        if "concepts" in entries:
            for name, value in source.named(entries["concepts"]).items():
                concepts.define(source, language, name, value)
        return cls(source, language, entries.get("rules"))

    def specs(self, concepts: Concepts) -> list[RuleSpec]:
        """The rules of the file that have no problem. All concepts must be known by now."""
        if self.rules is None:
            return []
        reader = _RuleReader(self.source, self.language, concepts)
        return [spec for item in self.source.sequence(self.rules) if (spec := reader.rule(item))]


def check_format(source: Source, entries: dict[str, yaml.Node]) -> None:
    """Refuse a file written for another version."""
    if "format" in entries and source.text(entries["format"]) != str(FORMAT):
        source.add(
            entries["format"],
            "L032",
            f"this version reads format {FORMAT}",
            "upgrade Lifeline, or write the file in this format",
        )


_RULE_KEYS: Final = (
    "id",
    "title",
    "category",
    "tier",
    "status",
    "speaker",
    "channels",
    "terms",
    "together",
    "exclusions",
    "lower",
    "examples",
    "references",
    "author",
    "reviewed",
)


class _RuleReader:
    def __init__(self, source: Source, language: str, concepts: Concepts) -> None:
        self.source = source
        self.language = language
        self.concepts = concepts

    def rule(self, node: yaml.Node) -> RuleSpec | None:
        """The rule, or None and its problems, all of them."""
        source = self.source
        before = len(source.problems)
        required = ("id", "title", "category", "tier", "status", "examples")
        entries = source.mapping(node, _RULE_KEYS, required)
        if not entries:
            return None
        groups, within, ordered = self._condition(node, entries)
        tier = self._optional(entries, "tier", RULE_TIERS)
        spec = RuleSpec(
            id=self._id(entries),
            title=self._text(entries, "title"),
            language=self.language,
            category=self._optional(entries, "category", CATEGORIES),
            tier=tier,
            status=self._optional(entries, "status", STATUSES),
            speaker=self._optional(entries, "speaker", RULE_SPEAKERS, "customer"),
            channels=self._channels(entries),
            groups=groups,
            within=within,
            ordered=ordered,
            exclusions=self._exclusions(entries),
            lower=self._lowers(entries, tier),
            examples=self._examples(entries),
            references=self._plain_list(entries, "references"),
            author=self._text(entries, "author"),
            place=source.place(node),
        )
        self._reviewed(entries)
        self._tier_fits(entries, spec)
        return spec if len(source.problems) == before else None

    def _id(self, entries: dict[str, yaml.Node]) -> str:
        value = self._text(entries, "id")
        if value and not _ID.fullmatch(value):
            self.source.add(
                entries["id"],
                "L033",
                "an id is language.category.name in lower case",
                "for example zh.method_question.lethal_dose",
            )
        elif value and self.language and value.split(".")[0] != self.language:
            self.source.add(
                entries["id"], "L034", f"the id must start with the file's `{self.language}.`"
            )
        return value

    def _tier_fits(self, entries: dict[str, yaml.Node], spec: RuleSpec) -> None:
        is_signal = spec.tier == Tier.SIGNAL.label
        if spec.tier and spec.category and is_signal != (spec.category in SIGNAL_CATEGORIES):
            self.source.add(
                entries["tier"],
                "L035",
                f"tier `{spec.tier}` does not fit category `{spec.category}`",
                "`stressor` and `means` are always `signal`, and nothing else is",
            )

    def _condition(
        self, node: yaml.Node, entries: dict[str, yaml.Node]
    ) -> tuple[tuple[tuple[str, ...], ...], Within, bool]:
        source = self.source
        if ("terms" in entries) == ("together" in entries):
            source.add(node, "L036", "a rule has either `terms` or `together`")
            return (), Within(), False
        if "terms" in entries:
            return (self._terms(entries["terms"]),), Within(), False
        together = source.mapping(
            entries["together"], ("groups", "within", "ordered"), ("groups", "within")
        )
        groups = (
            tuple(self._terms(g) for g in source.sequence(together["groups"]))
            if ("groups" in together)
            else ()
        )
        if "groups" in together and len(groups) < 2:  # noqa: PLR2004
            source.add(together["groups"], "L037", "`together` needs two groups or more")
        within = self._within(together["within"]) if "within" in together else Within()
        ordered = self._optional(together, "ordered", ("true", "false"), "false") == "true"
        if ordered and within.across_messages:
            source.add(
                together["ordered"], "L038", "`ordered` works within one message",
                "leave it out, or give `within` in characters or words",
            )  # fmt: skip
        return groups, within, ordered

    def _within(self, node: yaml.Node, units: tuple[str, ...] = tuple(_MOST)) -> Within:
        entries = self.source.mapping(node, units)
        if isinstance(node, yaml.MappingNode) and not node.value:
            self.source.add(node, "L039", f"`within` needs one of: {', '.join(units)}")
        values = {unit: self.source.number(v, _MOST[unit]) for unit, v in entries.items()}
        in_one = values.keys() & {"characters", "words"}
        if in_one and values.keys() & {"messages", "minutes"} and values.get("messages") != 1:
            self.source.add(
                node, "L040", "characters or words count within one message",
                "use them alone, or use messages and minutes",
            )  # fmt: skip
        return Within(**values)

    def _terms(self, node: yaml.Node) -> tuple[str, ...]:
        return self.concepts.terms(self.source, self.language, node)

    def _exclusions(self, entries: dict[str, yaml.Node]) -> tuple[Exclusion, ...]:
        found = []
        for node in self._list(entries, "exclusions"):
            parts = self.source.mapping(node, *[("name", "why", "phrases")] * 2)
            phrases = self._terms(parts["phrases"]) if "phrases" in parts else ()
            found.append(Exclusion(self._text(parts, "name"), self._text(parts, "why"), phrases))
        return tuple(found)

    def _lowers(self, entries: dict[str, yaml.Node], tier: str) -> tuple[Lower, ...]:
        found = []
        required = ("name", "why", "to", "nearby")
        for node in self._list(entries, "lower"):
            parts = self.source.mapping(node, (*required, "within"), required)
            to = self._optional(parts, "to", RULE_TIERS)
            if to and tier and RULE_TIERS[to] >= RULE_TIERS[tier]:
                self.source.add(parts["to"], "L046", f"`{to}` is not below the rule's `{tier}`")
            within = Within(messages=1)
            if "within" in parts:
                within = self._within(parts["within"], ("characters", "words"))
            nearby = self._terms(parts["nearby"]) if "nearby" in parts else ()
            name, why = self._text(parts, "name"), self._text(parts, "why")
            found.append(Lower(name, why, to, nearby, within))
        return tuple(found)

    def _examples(self, entries: dict[str, yaml.Node]) -> Examples:
        if "examples" not in entries:
            return Examples()
        kinds = self.source.mapping(
            entries["examples"], ("alert", "ignore", "known_gap"), ("alert", "ignore")
        )
        texts: dict[str, tuple[tuple[str, ...], ...]] = {}
        places: dict[str, tuple[Place, ...]] = {}
        for kind, node in kinds.items():
            items = self._sentences(node)
            if isinstance(node, yaml.SequenceNode) and not items:
                self.source.add(node, "L044", f"`{kind}` needs at least one example")
            texts[kind] = tuple(self._example(item) for item in items)
            places[kind] = tuple(self.source.place(item) for item in items)
        return Examples(**texts, places=places)

    def _example(self, node: yaml.Node) -> tuple[str, ...]:
        if not isinstance(node, yaml.SequenceNode):
            return (self.source.phrase(node),)
        messages = tuple(self.source.phrase(item) for item in self._sentences(node))
        if not messages:
            self.source.add(node, "L044", "an example needs at least one message")
        return messages

    def _sentences(self, node: yaml.Node) -> list[yaml.Node]:
        if isinstance(node, yaml.SequenceNode) and node.flow_style and node.value:
            self.source.add(node, "L043", "sentences are written one `- sentence` a line")
            return list(node.value)
        return self.source.sequence(node)

    def _channels(self, entries: dict[str, yaml.Node]) -> tuple[str, ...]:
        if "channels" not in entries:
            return CHANNELS
        nodes = self.source.sequence(entries["channels"])
        if isinstance(entries["channels"], yaml.SequenceNode) and not nodes:
            self.source.add(entries["channels"], "L023", "no channel, so nothing is ever found")
        return tuple(self.source.choice(node, CHANNELS) for node in nodes)

    def _reviewed(self, entries: dict[str, yaml.Node]) -> None:
        if "reviewed" not in entries:
            return
        parts = self.source.mapping(entries["reviewed"], *[("by", "on", "next")] * 2)
        if "by" in parts:
            self.source.phrases(parts["by"])
        for key in ("on", "next"):
            value = self._text(parts, key)
            if value and not _is_date(value):
                self.source.add(parts[key], "L045", "expected a date as in 2026-11-01")

    def _plain_list(self, entries: dict[str, yaml.Node], key: str) -> tuple[str, ...]:
        if key not in entries:
            return ()
        return tuple(text for text, _ in self.source.phrases(entries[key]))

    def _list(self, entries: dict[str, yaml.Node], key: str) -> list[yaml.Node]:
        return self.source.sequence(entries[key]) if key in entries else []

    def _text(self, entries: dict[str, yaml.Node], key: str) -> str:
        return self.source.text(entries[key]) if key in entries else ""

    def _optional(
        self, entries: dict[str, yaml.Node], key: str, allowed: Iterable[str], default: str = ""
    ) -> str:
        return self.source.choice(entries[key], allowed) if key in entries else default


def _is_date(text: str) -> bool:
    try:
        return _DATE.fullmatch(text) is not None and bool(date.fromisoformat(text))
    except ValueError:
        return False
