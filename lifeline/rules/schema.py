"""Rule files → :class:`RuleSpec`: what an author may write, all problems of a file at once."""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import yaml

from lifeline.rules.problems import Problem
from lifeline.rules.source import Source
from lifeline.taxonomy import CATEGORIES, CHANNELS, RULE_TIERS, SIGNAL_CATEGORIES, Tier

FORMAT: Final = 1
LANGUAGES: Final = ("zh", "en", "es", "ru", "any")
STATUSES: Final = ("draft", "shadow", "active", "retired")
RULE_SPEAKERS: Final = ("customer", "agent", "any")

_ID = re.compile(r"[a-z]{2,3}\.[a-z_]+\.[a-z0-9_]+")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_REFERENCE = re.compile(r"@[a-z][a-z0-9_]*")
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
    """Texts the rule must and must not hit. Each example is one or more messages, in order."""

    alert: tuple[tuple[str, ...], ...] = ()
    ignore: tuple[tuple[str, ...], ...] = ()
    known_gap: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class RuleSpec:
    """One rule as written, concepts filled in. ``line`` counts from 1."""

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
    file: str = field(default="", compare=False)
    line: int = field(default=0, compare=False)

    @property
    def version(self) -> str:
        """Changes whenever anything that decides what the rule finds changes."""
        content = asdict(self)
        for name in ("file", "line", "examples", "references", "author", "title"):
            del content[name]
        text = json.dumps(content, ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


Concepts = dict[tuple[str, str], tuple[str, ...]]  # (language, name) -> phrases


def read_concepts(source: Source, node: yaml.Node, concepts: Concepts) -> None:
    """Add the concepts a file defines; a name already taken in its language is a problem."""
    entries = source.mapping(
        node, ("format", "language", "concepts", "rules"), ("format", "language")
    )
    language = _header(source, entries)
    if "concepts" not in entries:
        return
    for name, value in source.named(entries["concepts"]).items():
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            source.add(value, "L030", f"`{name}`: a concept's name is lower-case words joined by _")
        elif (language, name) in concepts:
            source.add(value, "L031", f"the concept `{name}` is already defined for `{language}`")
        else:
            concepts[language, name] = tuple(text for text, _ in source.phrases(value))


def read_rules(source: Source, node: yaml.Node, concepts: Concepts) -> list[RuleSpec]:
    """The rules of a file whose concepts are known by now."""
    entries = {k.value: v for k, v in getattr(node, "value", ()) if isinstance(k.value, str)}
    if "rules" not in entries:
        return []
    language = getattr(entries.get("language"), "value", "")
    reader = _RuleReader(source, language, concepts)
    return [spec for item in source.sequence(entries["rules"]) if (spec := reader.rule(item))]


def _header(source: Source, entries: dict[str, yaml.Node]) -> str:
    if "format" in entries and source.text(entries["format"]) != str(FORMAT):
        source.add(
            entries["format"],
            "L032",
            f"this version reads format {FORMAT}",
            "upgrade Lifeline, or write the file in this format",
        )
    return source.choice(entries["language"], LANGUAGES) if "language" in entries else ""


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
        source = self.source
        before = len(source.problems)
        required = ("id", "title", "category", "tier", "status", "examples")
        entries = source.mapping(node, _RULE_KEYS, required)
        if len(source.problems) > before and not entries.keys() >= set(required):
            return None
        groups, within, ordered = self._condition(node, entries)
        spec = RuleSpec(
            id=self._id(entries["id"]),
            title=source.text(entries["title"]),
            language=self.language,
            category=source.choice(entries["category"], CATEGORIES),
            tier=source.choice(entries["tier"], RULE_TIERS),
            status=source.choice(entries["status"], STATUSES),
            speaker=self._optional(entries, "speaker", RULE_SPEAKERS, "customer"),
            channels=self._channels(entries),
            groups=groups,
            within=within,
            ordered=ordered,
            exclusions=self._exclusions(entries),
            lower=self._lowers(entries),
            examples=self._examples(entries["examples"]),
            references=self._plain_list(entries, "references"),
            author=source.text(entries["author"]) if "author" in entries else "",
            file=source.file,
            line=node.start_mark.line + 1,
        )
        self._reviewed(entries)
        self._tier_fits(entries, spec)
        return spec if len(source.problems) == before else None

    def _id(self, node: yaml.Node) -> str:
        value = self.source.text(node)
        if value and not _ID.fullmatch(value):
            self.source.add(
                node,
                "L033",
                "an id is language.category.name in lower case",
                "for example zh.method_question.lethal_dose",
            )
        elif value and value.split(".")[0] != self.language:
            self.source.add(node, "L034", f"the id must start with the file's `{self.language}.`")
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
        if not entries and isinstance(node, yaml.MappingNode):
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
        return tuple(dict.fromkeys(self._filled_in(self.source.phrases(node), ())))

    def _filled_in(self, phrases: list[tuple[str, yaml.Node]], path: tuple[str, ...]) -> list[str]:
        filled: list[str] = []
        for text, node in phrases:
            if not text.startswith("@"):
                filled.append(text)
                continue
            name = text[1:]
            key = (self.language, name)
            key = key if key in self.concepts else ("any", name)
            if not _REFERENCE.fullmatch(text) or key not in self.concepts:
                names = [n for lang, n in self.concepts if lang in (self.language, "any")]
                near = difflib.get_close_matches(name, names, 1)
                hint = f"did you mean `@{near[0]}`?" if near else "define it under `concepts:`"
                self.source.add(node, "L041", f"no concept `{name}` for `{self.language}`", hint)
            elif name in path:
                self.source.add(node, "L042", f"the concept `{name}` holds itself")
            else:
                inner = [(phrase, node) for phrase in self.concepts[key]]
                filled.extend(self._filled_in(inner, (*path, name)))
        return filled

    def _exclusions(self, entries: dict[str, yaml.Node]) -> tuple[Exclusion, ...]:
        found = []
        for node in self._list(entries, "exclusions"):
            parts = self.source.mapping(node, *[("name", "why", "phrases")] * 2)
            if len(parts) == 3:  # noqa: PLR2004
                name, why = (self.source.text(parts[key]) for key in ("name", "why"))
                found.append(Exclusion(name, why, self._terms(parts["phrases"])))
        return tuple(found)

    def _lowers(self, entries: dict[str, yaml.Node]) -> tuple[Lower, ...]:
        found = []
        required = ("name", "why", "to", "nearby")
        for node in self._list(entries, "lower"):
            parts = self.source.mapping(node, (*required, "within"), required)
            if not parts.keys() >= set(required):
                continue
            within = Within(messages=1)
            if "within" in parts:
                within = self._within(parts["within"], ("characters", "words"))
            found.append(
                Lower(
                    self.source.text(parts["name"]),
                    self.source.text(parts["why"]),
                    self.source.choice(parts["to"], RULE_TIERS),
                    self._terms(parts["nearby"]),
                    within,
                )
            )
        return tuple(found)

    def _examples(self, node: yaml.Node) -> Examples:
        entries = self.source.mapping(node, ("alert", "ignore", "known_gap"), ("alert", "ignore"))
        lists = {}
        for key, value in entries.items():
            if isinstance(value, yaml.SequenceNode) and value.flow_style and value.value:
                self.source.add(value, "L043", "sentences are written one `- sentence` a line")
            lists[key] = tuple(self._example(item) for item in self.source.sequence(value))
            if not lists[key]:
                self.source.add(value, "L044", f"`{key}` needs at least one example")
        return Examples(**lists)

    def _example(self, node: yaml.Node) -> tuple[str, ...]:
        if isinstance(node, yaml.SequenceNode):
            return tuple(text for text, _ in self.source.phrases(node))
        self.source._check_comment(node)  # noqa: SLF001
        return (self.source.text(node),)

    def _channels(self, entries: dict[str, yaml.Node]) -> tuple[str, ...]:
        nodes = self._list(entries, "channels")
        return tuple(self.source.choice(n, CHANNELS) for n in nodes) if nodes else CHANNELS

    def _reviewed(self, entries: dict[str, yaml.Node]) -> None:
        if "reviewed" not in entries:
            return
        parts = self.source.mapping(entries["reviewed"], *[("by", "on", "next")] * 2)
        if "by" in parts:
            self.source.phrases(parts["by"])
        for key in ("on", "next"):
            if key in parts and not _DATE.fullmatch(self.source.text(parts[key])):
                self.source.add(parts[key], "L045", "expected a date as in 2026-11-01")

    def _plain_list(self, entries: dict[str, yaml.Node], key: str) -> tuple[str, ...]:
        if key not in entries:
            return ()
        return tuple(text for text, _ in self.source.phrases(entries[key]))

    def _list(self, entries: dict[str, yaml.Node], key: str) -> list[yaml.Node]:
        return self.source.sequence(entries[key]) if key in entries else []

    def _optional(
        self, entries: dict[str, yaml.Node], key: str, allowed: tuple[str, ...], default: str
    ) -> str:
        return self.source.choice(entries[key], allowed) if key in entries else default


def problem_at_rule(spec: RuleSpec, code: str, message: str, help_: str = "") -> Problem:
    """A problem found after reading, placed at the rule's first line."""
    return Problem(
        code, message, spec.file, spec.line, 1, f"- id: {spec.id}", len(spec.id) + 6, help_
    )


__all__: list[Any] = [
    "Concepts", "Examples", "Exclusion", "Lower", "RuleSpec", "Within",
    "problem_at_rule", "read_concepts", "read_rules",
]  # fmt: skip
