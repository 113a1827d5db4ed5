"""The JSON Schema of one rule."""

from __future__ import annotations

from typing import Final

from lifeline.readings import FOLDINGS
from lifeline.rules.json_schema import parts
from lifeline.rules.json_schema.parts import Schema
from lifeline.rules.scale import MOST_POINTS
from lifeline.rules.schema import (
    FOLDING_CHOICES,
    MOST_CHARACTERS,
    MOST_DAYS,
    MOST_MESSAGES,
    MOST_MINUTES,
    MOST_SECONDS,
    MOST_TIMES,
    MOST_WORDS,
    RULE_SPEAKERS,
    STATUSES,
)
from lifeline.taxonomy import CATEGORIES, CHANNELS, RULE_TIERS, SIGNAL_CATEGORIES

_ID: Final = "[a-z]{2,3}\\.[a-z_]+\\.[a-z0-9_]+"
_TIERS_SAID: Final = (
    "How bad it is. imminent: an attempt under way or about to start. elevated: intent, plan, a "
    "question about what would kill, present self-injury, goodbye, someone else in danger. watch: "
    "passive wish, hopelessness, extreme emotion. signal: context that never alerts alone."
)


def rule() -> Schema:
    """The schema of a rule."""
    known = {**_outline(), **_condition(), **_effects(), **proof()}
    either = [{"required": [key]} for key in ("terms", "together", "adds_up")]
    required = ("id", "title", "category", "tier", "status", "examples")
    signal = {"category": {"enum": sorted(SIGNAL_CATEGORIES)}}
    return {
        **parts.mapping(known, required),
        "oneOf": either,
        "if": {"properties": signal, "required": ["category"]},
        "then": {"properties": {"tier": {"const": "signal"}}},
        "else": {"properties": {"tier": {"not": {"const": "signal"}}}},
    }


def _outline() -> Schema:
    """What the rule is called, and where it stands."""
    return {
        "id": {
            **parts.text(
                "language.category.name in lower case; for ever, and never used again.",
                "zh.method_question.lethal_dose",
            ),
            "pattern": f"^{_ID}$",
        },
        "title": parts.text("What the rule finds, in plain words.", "Asks how much would kill"),
        "category": parts.choice(
            CATEGORIES, "What it is about; stressor and means are always signals."
        ),
        "tier": parts.choice(RULE_TIERS, _TIERS_SAID),
        "status": parts.choice(
            STATUSES,
            "draft: not looked for. shadow: on trial, never shown to the team. active: alerts. "
            "retired: kept for its id.",
        ),
        "speaker": parts.choice(RULE_SPEAKERS, "Whose words count; the customer's unless given."),
        "channels": parts.listed(
            parts.choice(CHANNELS), "Where it looks; everywhere unless given."
        ),
    }


def _condition() -> Schema:
    """What must have been said, where, and by whom."""
    return {
        "position": _position(),
        "context": parts.mapping(_customer(), said="What must be known of the customer."),
        "terms": parts.phrases("One of these phrases is enough."),
        "together": parts.mapping(
            {
                "groups": {
                    **parts.listed(parts.phrases("One of these is enough for the group.")),
                    "minItems": 2,
                    "description": "Every group must be there, unless `at_least` says otherwise.",
                },
                "within": _within("characters", "words", "messages", "minutes"),
                "ordered": {
                    "type": "boolean",
                    "description": "Whether they must stand in this order; no, unless given.",
                },
                "at_least": {
                    "type": "integer",
                    "minimum": 2,
                    "description": "So many of the groups are enough, over several messages.",
                },
            },
            ("groups", "within"),
            said="Several groups of phrases near each other.",
        ),
        "adds_up": {
            **parts.number(MOST_POINTS),
            "description": "So many points of the file's `scale` are enough, whatever the words.",
        },
        "repeat": parts.mapping(
            {
                "times": {**parts.number(MOST_TIMES), "minimum": 2},
                "within": _within("messages", "minutes"),
            },
            ("times", "within"),
            said="Only once so many messages hold its words.",
        ),
    }


def _effects() -> Schema:
    """What changes a hit's tier, or takes it away."""
    return {
        "exclusions": parts.listed(
            parts.mapping(
                {
                    **_reason(),
                    "phrases": parts.phrases("A hit that lies inside one of these is none."),
                },
                ("name", "why", "phrases"),
            ),
            "Phrases within which a hit does not count.",
        ),
        "lower": parts.listed(
            parts.mapping(
                {
                    **_reason(),
                    "to": parts.choice(RULE_TIERS, "The lower tier."),
                    "nearby": parts.phrases("Words that lower the tier when near the hit."),
                    "within": _within("characters", "words"),
                },
                ("name", "why", "to", "nearby"),
            ),
            "What puts a hit into a lower tier, never to nothing.",
        ),
        "raise": parts.listed(
            parts.mapping(
                {
                    **_reason(),
                    "to": parts.choice(RULE_TIERS, "The higher tier."),
                    "with": parts.terms("Words that raise the tier when near the hit."),
                    "within": _within("characters", "words"),
                    **_customer(),
                },
                ("name", "why", "to"),
            ),
            "What puts a hit into a higher tier.",
        ),
        "foldings": parts.mapping(
            {
                name: parts.choice(FOLDING_CHOICES, f"Undoes {what}.")
                for name, what in FOLDINGS.items()
            },
            said="What is made of hits by a folding. keep: count in full. lower: one tier lower. "
            "off: not at all.",
        ),
        "unaffected_by": parts.texts("Modifiers that change nothing about this rule, by name."),
    }


def proof() -> Schema:
    """Examples, sources and reviews."""
    return {
        "examples": _examples(),
        "references": parts.texts("Where it comes from: a questionnaire's item, a paper."),
        "author": parts.text("Who wrote it."),
        "reviewed": parts.mapping(
            {
                "by": parts.texts("Who looked it over; two people for an active rule."),
                "on": parts.date("When."),
                "next": parts.date("When it is due again."),
            },
            ("by", "on", "next"),
            said="Who looked it over, and when it is due again.",
        ),
        "retired": parts.mapping(
            {
                "on": parts.date("When."),
                "why": parts.text("Why."),
                "replaced_by": parts.text("The id of the rule that took over."),
            },
            ("on", "why"),
            said="Goes with `status: retired`.",
        ),
    }


def _examples() -> Schema:
    kinds = ("alert", "ignore", "known_gap")
    said = (
        "Sentences the rule must hit. A list of sentences is one conversation.",
        "Sentences it must never hit.",
        "Sentences it should find one day.",
    )
    return parts.mapping(
        {kind: parts.sentences(what) for kind, what in zip(kinds, said, strict=True)},
        kinds[:2],
        said="At least one sentence each that it must hit, and must not. Invent them.",
    )


def _position() -> Schema:
    end = {
        **parts.mapping(
            {"messages": parts.number(MOST_MESSAGES), "seconds": parts.number(MOST_SECONDS)}
        ),
        "minProperties": 1,
        "maxProperties": 1,
    }
    return {
        **parts.mapping(
            {"first": end, "last": end}, said="Only at the start or end of a conversation."
        ),
        "minProperties": 1,
        "maxProperties": 1,
    }


def _customer() -> Schema:
    return {
        "product": parts.terms("Words in title or category of the product asked about."),
        "orders": parts.terms("Words in what the customer ordered."),
        "days": {**parts.number(MOST_DAYS), "description": "Ordered in the last so many days."},
    }


_MOST: Final = {
    "characters": MOST_CHARACTERS,
    "words": MOST_WORDS,
    "messages": MOST_MESSAGES,
    "minutes": MOST_MINUTES,
}


def _within(*units: str) -> Schema:
    return {
        **parts.mapping(
            {unit: parts.number(_MOST[unit]) for unit in units},
            said="How near. Characters and words count within one message, messages and minutes "
            "over several.",
        ),
        "minProperties": 1,
        "examples": [{units[0]: 20}],
    }


def _reason() -> Schema:
    return {"name": parts.text("A short name."), "why": parts.text("Why, in plain words.")}
