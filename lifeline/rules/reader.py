"""Rule files → rules, modifiers and corpora: what an author may write, all problems at once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, cast

import yaml

from lifeline.readings import FOLDINGS
from lifeline.rules.across import read_across
from lifeline.rules.across_spec import AcrossSpec
from lifeline.rules.concepts import Concepts
from lifeline.rules.corpora import CORPUS_KEYS, read_corpora
from lifeline.rules.fields import Entries, Fields
from lifeline.rules.means import MeansOfKind, read_means
from lifeline.rules.responders import RegionNumbers, read_responders
from lifeline.rules.scale import MOST_POINTS, Scale, read_scale
from lifeline.rules.schema import (
    FOLDING_CHOICES,
    FORMAT,
    LANGUAGES,
    MOST_DAYS,
    MOST_MESSAGES,
    MOST_SECONDS,
    MOST_TIMES,
    RULE_SPEAKERS,
    STATUSES,
    ContextNeeded,
    Corpora,
    Examples,
    Exclusion,
    Lower,
    Modifier,
    Position,
    Raise,
    Repeat,
    RuleSpec,
    Within,
)
from lifeline.rules.surroundings import Surroundings, read_surroundings
from lifeline.rules.text.source import Source
from lifeline.taxonomy import CATEGORIES, CHANNELS, RULE_TIERS, SIGNAL_CATEGORIES, Tier

_ID: Final = re.compile(r"[a-z]{2,3}\.[a-z_]+\.[a-z0-9_]+")
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_FILE_KEYS: Final = (
    "format",
    "language",
    "concepts",
    "modifiers",
    "rules",
    "scale",
    "surroundings",
    "means",
    "across",
    "responders",
    *CORPUS_KEYS,
)


@dataclass(frozen=True, slots=True)
class RuleFile:
    """A rule file whose outline is known: its language, and what stands under each heading."""

    source: Source
    language: str
    entries: Entries

    @classmethod
    def read(cls, source: Source, node: yaml.Node, concepts: Concepts) -> RuleFile:
        """Read the outline, and define the file's concepts."""
        entries = source.mapping(node, _FILE_KEYS, ("format", "language"))
        check_format(source, entries)
        language = source.choice(entries["language"], LANGUAGES) if "language" in entries else ""
        if "concepts" in entries:
            for name, value in source.named(entries["concepts"]).items():
                concepts.define(source, language, name, value)
        return cls(source, language, entries)

    def specs(self, concepts: Concepts, scale: Scale | None = None) -> list[RuleSpec]:
        """The rules of the file that have no problem, with its scale if it holds one.

        All concepts must be known by now.
        """
        if "rules" not in self.entries:
            return []
        reader = _RuleReader(self.source, self.language, concepts)
        reader.scale = scale.digest if scale else ""
        nodes = self.source.sequence(self.entries["rules"])
        return [spec for item in nodes if (spec := reader.rule(item))]

    def scale(self, concepts: Concepts) -> Scale | None:
        """The scale of the file, if it holds one."""
        return read_scale(Fields(self.source, self.language, concepts), self.entries)

    def surroundings(self, concepts: Concepts) -> Surroundings | None:
        """The surroundings of the file, if it holds any."""
        return read_surroundings(Fields(self.source, self.language, concepts), self.entries)

    def means(self, concepts: Concepts) -> list[MeansOfKind]:
        """The means of the file, by kind."""
        return read_means(Fields(self.source, self.language, concepts), self.entries)

    def across(self, concepts: Concepts) -> list[AcrossSpec]:
        """The rules across conversations of the file that have no problem."""
        return read_across(Fields(self.source, self.language, concepts), self.entries)

    def responders(self, concepts: Concepts) -> list[RegionNumbers]:
        """The numbers to call that the file holds, by region."""
        return read_responders(Fields(self.source, self.language, concepts), self.entries)

    def modifiers(self, concepts: Concepts) -> list[Modifier]:
        """The modifiers of the file."""
        if "modifiers" not in self.entries:
            return []
        fields = Fields(self.source, self.language, concepts)
        named = self.source.named(self.entries["modifiers"])
        return [_modifier(fields, name, node) for name, node in named.items()]

    def corpora(self, concepts: Concepts) -> Corpora:
        """What the file holds the pack to."""
        return read_corpora(Fields(self.source, self.language, concepts), self.entries)


def check_format(source: Source, entries: Entries) -> None:
    """Refuse a file written for another version."""
    if "format" in entries and source.text(entries["format"]) != str(FORMAT):
        source.add(
            entries["format"],
            "L032",
            f"this version reads format {FORMAT}",
            "upgrade Lifeline, or write the file in this format",
        )


_REQUIRED: Final = ("id", "title", "category", "tier", "status", "examples")
RULE_KEYS: Final = (
    "id", "title", "category", "tier", "status", "speaker", "channels", "position", "context",
    "terms", "together", "adds_up", "repeat", "exclusions", "lower", "raise", "foldings",
    "unaffected_by", "examples", "references", "author", "reviewed", "retired",
)  # fmt: skip


# What has no meaning where points are added up.
_NOT_OF_POINTS: Final = frozenset(
    {
        "speaker",
        "position",
        "context",
        "repeat",
        "exclusions",
        "lower",
        "raise",
        "foldings",
        "unaffected_by",
    }
)


class _RuleReader(Fields):
    scale = ""  # digest of the file's, if it has one

    def rule(self, node: yaml.Node) -> RuleSpec | None:
        """The rule, or None and its problems, all of them."""
        source = self.source
        before = len(source.problems)
        entries = source.mapping(node, RULE_KEYS, _REQUIRED)
        if not entries:
            return None
        groups, within, ordered, at_least = self._condition(node, entries)
        tier = self.choice(entries, "tier", RULE_TIERS)
        spec = RuleSpec(
            id=self._id(entries),
            title=self.text(entries, "title"),
            language=self.language,
            category=self.choice(entries, "category", CATEGORIES),
            tier=tier,
            status=self.choice(entries, "status", STATUSES),
            speaker=self.choice(entries, "speaker", RULE_SPEAKERS, "customer"),
            channels=self._channels(entries),
            groups=groups,
            within=within,
            ordered=ordered,
            at_least=at_least,
            adds_up=self._adds_up(entries),
            scale=self.scale if "adds_up" in entries else "",
            exclusions=self._exclusions(entries),
            lower=self._lowers(entries, tier),
            examples=self._examples(entries),
            repeat=self._repeat(entries, within),
            position=self._position(entries),
            context=self._rule_context(entries),
            raises=self._raises(entries, tier),
            foldings=self._foldings(entries),
            unaffected_by=self.texts(entries, "unaffected_by"),
            references=self.texts(entries, "references"),
            author=self.text(entries, "author"),
            reviewed=self.reviewed(entries),
            retired=self.retired(node, entries),
            place=source.place(node),
        )
        self._tier_fits(entries, spec)
        return spec if len(source.problems) == before else None

    def _id(self, entries: Entries) -> str:
        value = self.text(entries, "id")
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

    def _tier_fits(self, entries: Entries, spec: RuleSpec) -> None:
        is_signal = spec.tier == Tier.SIGNAL.label
        if spec.tier and spec.category and is_signal != (spec.category in SIGNAL_CATEGORIES):
            self.source.add(
                entries["tier"],
                "L035",
                f"tier `{spec.tier}` does not fit category `{spec.category}`",
                "`stressor` and `means` are always `signal`, and nothing else is",
            )

    def _condition(
        self, node: yaml.Node, entries: Entries
    ) -> tuple[tuple[tuple[str, ...], ...], Within, bool, int | None]:
        source = self.source
        if len(entries.keys() & {"terms", "together", "adds_up"}) != 1:
            source.add(node, "L036", "a rule has either `terms`, `together` or `adds_up`")
            return (), Within(), False, None
        if "adds_up" in entries:
            return (), Within(), False, None
        if "terms" in entries:
            return (self.listed_terms(entries["terms"]),), Within(), False, None
        together = source.mapping(
            entries["together"], ("groups", "within", "ordered", "at_least"), ("groups", "within")
        )
        groups = tuple(self.listed_terms(group) for group in self.nodes(together, "groups"))
        if "groups" in together and len(groups) < 2:  # noqa: PLR2004
            source.add(together["groups"], "L037", "`together` needs two groups or more")
        within = self.within(together["within"]) if "within" in together else Within()
        ordered = self.choice(together, "ordered", ("true", "false"), "false") == "true"
        at_least = self._at_least(together, len(groups), within, ordered=ordered)
        return groups, within, ordered, at_least

    def _at_least(
        self, together: Entries, groups: int, within: Within, *, ordered: bool
    ) -> int | None:
        if "at_least" not in together:
            return None
        node = together["at_least"]
        number = self.number(together, "at_least", max(groups, 2))
        if number == 1:
            self.source.add(node, "L037", "one group alone is a rule of `terms`", "write 2 or more")
        if ordered:
            self.source.add(node, "L037", "groups in order are all needed", "leave out `at_least`")
        elif not within.across_messages:
            self.source.add(
                node, "L037", "`at_least` is for groups over several messages",
                "give `within` minutes or messages; one message that holds them all counts, too",
            )  # fmt: skip
        return number

    def _adds_up(self, entries: Entries) -> int | None:
        if "adds_up" not in entries:
            return None
        node = entries["adds_up"]
        if not self.scale:
            self.source.add(
                node, "L091", "the file holds no `scale` whose points could add up",
                "put the rule into the file of its language's `scale:`",
            )  # fmt: skip
        for key in (key for key in entries if key in _NOT_OF_POINTS):
            self.source.add(
                entries[key],
                "L091",
                f"`{key}` is for rules of phrases, and this one adds up points",
            )
        return self.number(entries, "adds_up", MOST_POINTS)

    def _repeat(self, entries: Entries, within: Within) -> Repeat | None:
        if "repeat" not in entries:
            return None
        parts = self.source.mapping(entries["repeat"], *[("times", "within")] * 2)
        times = self.number(parts, "times", MOST_TIMES) or 0
        if times == 1:
            self.source.add(parts["times"], "L063", "once is no repeat", "write 2 or more")
        window = Within()
        if "within" in parts:
            window = self.within(parts["within"], ("messages", "minutes"))
        if window.messages is not None and 0 < window.messages < times:
            self.source.add(
                parts["within"], "L063",
                f"{times} messages cannot stand within {window.messages}", "widen the window",
            )  # fmt: skip
        if within.across_messages:
            self.source.add(
                entries["repeat"], "L063", "`repeat` counts messages; these groups span several",
                "give `together` a window in characters or words",
            )  # fmt: skip
        return Repeat(times, window)

    def _position(self, entries: Entries) -> Position | None:
        if "position" not in entries:
            return None
        edges = self.source.mapping(entries["position"], ("first", "last"))
        if isinstance(entries["position"], yaml.MappingNode) and len(edges) != 1:
            self.source.add(entries["position"], "L064", "`position` is either `first` or `last`")
        for edge, node in edges.items():
            parts = self.source.mapping(node, ("messages", "seconds"))
            if isinstance(node, yaml.MappingNode) and len(parts) != 1:
                self.source.add(node, "L064", f"`{edge}` needs either messages or seconds")
            return Position(
                cast("Literal['first', 'last']", edge),
                self.number(parts, "messages", MOST_MESSAGES),
                self.number(parts, "seconds", MOST_SECONDS),
            )
        return None

    def _rule_context(self, entries: Entries) -> ContextNeeded | None:
        if "context" not in entries:
            return None
        parts = self.source.mapping(entries["context"], ("product", "orders", "days"))
        return self._context(entries["context"], parts)

    def _context(self, node: yaml.Node, parts: Entries) -> ContextNeeded | None:
        """The conditions on the customer among these entries, None when there are none."""
        if "days" in parts and "orders" not in parts:
            self.source.add(parts["days"], "L065", "`days` counts back from now, for `orders`")
        if not parts.keys() & {"product", "orders"}:
            if isinstance(node, yaml.MappingNode) and not parts.keys() & {"with"}:
                self.source.add(node, "L065", "name what must be known: `product` or `orders`")
            return None
        return ContextNeeded(
            self.terms(parts, "product"),
            self.terms(parts, "orders"),
            self.number(parts, "days", MOST_DAYS),
        )

    def _exclusions(self, entries: Entries) -> tuple[Exclusion, ...]:
        found = []
        for node in self.nodes(entries, "exclusions"):
            parts = self.source.mapping(node, *[("name", "why", "phrases")] * 2)
            phrases = self.listed_terms(parts["phrases"]) if "phrases" in parts else ()
            found.append(Exclusion(self.text(parts, "name"), self.text(parts, "why"), phrases))
        return tuple(found)

    def _lowers(self, entries: Entries, tier: str) -> tuple[Lower, ...]:
        found = []
        required = ("name", "why", "to", "nearby")
        for node in self.nodes(entries, "lower"):
            parts = self.source.mapping(node, (*required, "within"), required)
            to = self.choice(parts, "to", RULE_TIERS)
            if to and tier and RULE_TIERS[to] >= RULE_TIERS[tier]:
                self.source.add(parts["to"], "L046", f"`{to}` is not below the rule's `{tier}`")
            nearby = self.listed_terms(parts["nearby"]) if "nearby" in parts else ()
            name, why = self.text(parts, "name"), self.text(parts, "why")
            found.append(Lower(name, why, to, nearby, self._nearby(parts)))
        return tuple(found)

    def _raises(self, entries: Entries, tier: str) -> tuple[Raise, ...]:
        found = []
        required = ("name", "why", "to")
        known = (*required, "with", "within", "product", "orders", "days")
        for node in self.nodes(entries, "raise"):
            parts = self.source.mapping(node, known, required)
            to = self.choice(parts, "to", RULE_TIERS)
            if to and tier and RULE_TIERS[to] <= RULE_TIERS[tier]:
                self.source.add(parts["to"], "L066", f"`{to}` is not above the rule's `{tier}`")
            context = self._context(node, parts)
            name, why = self.text(parts, "name"), self.text(parts, "why")
            words = self.terms(parts, "with")
            found.append(Raise(name, why, to, words, self._nearby(parts), context))
        return tuple(found)

    def _nearby(self, parts: Entries) -> Within:
        if "within" not in parts:
            return Within(messages=1)
        return self.within(parts["within"], ("characters", "words"))

    def _foldings(self, entries: Entries) -> tuple[tuple[str, str], ...]:
        if "foldings" not in entries:
            return ()
        parts = self.source.mapping(entries["foldings"], FOLDINGS)
        return tuple((name, self.choice(parts, name, FOLDING_CHOICES)) for name in parts)

    def _examples(self, entries: Entries) -> Examples:
        if "examples" not in entries:
            return Examples()
        kinds = ("alert", "ignore", "known_gap")
        parts = self.source.mapping(entries["examples"], kinds, kinds[:2])
        read = {kind: self.conversations(parts, kind, at_least=1) for kind in parts}
        texts = {kind: found for kind, (found, _) in read.items()}
        return Examples(**texts, places={kind: places for kind, (_, places) in read.items()})

    def _channels(self, entries: Entries) -> tuple[str, ...]:
        if "channels" not in entries:
            return CHANNELS
        nodes = self.source.sequence(entries["channels"])
        if isinstance(entries["channels"], yaml.SequenceNode) and not nodes:
            self.source.add(entries["channels"], "L023", "no channel, so nothing is ever found")
        return tuple(self.source.choice(node, CHANNELS) for node in nodes)


_MODIFIER_KEYS: Final = ("why", "phrases", "except", "reach", "to", "categories", "examples")


def _modifier(fields: Fields, name: str, node: yaml.Node) -> Modifier:
    source = fields.source
    if not _NAME.fullmatch(name):
        source.add(node, "L068", f"`{name}`: a modifier's name is lower-case words joined by _")
    parts = source.mapping(node, _MODIFIER_KEYS, ("why", "phrases", "reach", "examples"))
    reach: Entries = {}
    if "reach" in parts:
        reach = source.mapping(parts["reach"], ("before", "after", "over"))
        if isinstance(parts["reach"], yaml.MappingNode) and not reach.keys() & {"before", "after"}:
            source.add(parts["reach"], "L068", "say how far it reaches: `before`, `after` or both")
    examples: Entries = {}
    if "examples" in parts:
        examples = source.mapping(parts["examples"], *[("applies", "leaves")] * 2)
    applies, applies_at = fields.conversations(examples, "applies", at_least=1)
    leaves, leaves_at = fields.conversations(examples, "leaves", at_least=1)
    most = 40
    return Modifier(
        name=name,
        language=fields.language,
        why=fields.text(parts, "why"),
        phrases=fields.listed_terms(parts["phrases"]) if "phrases" in parts else (),
        exceptions=fields.listed_terms(parts["except"]) if "except" in parts else (),
        before=fields.number(reach, "before", most) or 0,
        after=fields.number(reach, "after", most) or 0,
        over_clauses=fields.choice(reach, "over", ("clause", "sentence"), "clause") == "sentence",
        to=fields.choice(parts, "to", RULE_TIERS) or None,
        categories=tuple(source.choice(n, CATEGORIES) for n in fields.nodes(parts, "categories")),
        applies=applies,
        leaves=leaves,
        places={"applies": applies_at, "leaves": leaves_at},
    )
