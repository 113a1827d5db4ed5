"""The JSON Schemas of rules across conversations, and of means."""

from __future__ import annotations

from lifeline.rules import across, time_lines
from lifeline.rules.across_spec import ALSO_ASKED, STATUSES, UNITS
from lifeline.rules.json_schema import parts
from lifeline.rules.json_schema.parts import Schema
from lifeline.rules.means import KINDS
from lifeline.rules.schema import MOST_DAYS, MOST_TIMES
from lifeline.taxonomy import CATEGORIES, CHANNELS, RULE_TIERS


def rule(proof: Schema) -> Schema:
    """The schema of a rule across conversations; ``proof`` is what all rules have at their end."""
    known = {
        "id": {
            **parts.text(
                "language.across.name in lower case; for ever, and never used again.",
                "any.across.hopeless_again",
            ),
            "pattern": "^[a-z]{2,3}\\.across\\.[a-z0-9_]+$",
        },
        "title": parts.text("What the rule finds, in plain words."),
        "why": parts.text("One plain sentence for the crisis team, shown on the alert."),
        "status": parts.choice(
            STATUSES, "draft: only its examples are run. active: raises. retired: kept for its id."
        ),
        "signs": {
            **parts.listed(_sign(), "Every one must be there, each in a message of its own."),
            "minItems": 1,
            "maxItems": across.MOST_SIGNS,
        },
        "conversations": {
            **parts.number(across.MOST_CONVERSATIONS),
            "description": "Said in at least so many conversations; 1 unless given.",
        },
        "customers": {
            **parts.number(across.MOST_CUSTOMERS),
            "minimum": 2,
            "description": "So many people with the same words; goes with `show`.",
        },
        "within": {
            **parts.mapping(
                {unit: parts.number(across.MOST_OF_UNIT[unit]) for unit in UNITS},
                said="From the first sign to the last, wherever it begins: one of these.",
            ),
            "minProperties": 1,
            "maxProperties": 1,
        },
        "orders": _orders(),
        "raise": {
            **parts.mapping(
                {
                    "to": parts.choice(RULE_TIERS, "The tier the case comes to at least."),
                    "priority": {
                        **parts.number(across.LEAST_PRIORITY),
                        "description": "The priority it comes to at least; 1 is most urgent.",
                    },
                },
                said="What becomes of the case of the last sign.",
            ),
            "minProperties": 1,
        },
        "show": parts.choice((ALSO_ASKED,), "That others said the same; it raises nothing."),
        "examples": parts.mapping(
            {
                "alert": _time_lines("Time-lines that complete the rule."),
                "ignore": _time_lines("Time-lines that do not."),
            },
            ("alert", "ignore"),
        ),
        **{key: proof[key] for key in ("references", "author", "reviewed", "retired")},
    }
    either = [{"required": ["raise"]}, {"required": ["customers", "show"]}]
    required = ("id", "title", "why", "status", "signs", "examples")
    return {**parts.mapping(known, required), "oneOf": either}


def _sign() -> Schema:
    return parts.mapping(
        {
            "categories": {
                **parts.listed(parts.choice(CATEGORIES), "One of these."),
                "minItems": 1,
            },
            "tier": parts.choice(RULE_TIERS, "At least; signal unless given."),
            "times": {**parts.number(MOST_TIMES), "description": "In so many messages."},
        },
        ("categories",),
    )


def _orders() -> Schema:
    kinds = {**parts.listed(parts.choice(KINDS)), "minItems": 1}
    return {
        **parts.mapping(
            {
                "means": {
                    "anyOf": [parts.choice((across.ANY, *KINDS)), kinds],
                    "description": "Kinds of means, or any of them.",
                },
                "days": {
                    **parts.number(MOST_DAYS),
                    "description": "So long before the last sign; with while_open, after it.",
                },
                "undelivered": {
                    "type": "boolean",
                    "description": "Only what is still on its way.",
                },
                "while_open": {
                    "type": "boolean",
                    "description": "Placed after the case of the last sign began.",
                },
            },
            ("means",),
            "What must have been ordered.",
        ),
        "anyOf": [{"required": ["days"]}, {"required": ["while_open"]}],
    }


def _time_lines(said: str) -> Schema:
    step = parts.mapping(
        {
            "at": {
                **parts.moment("When, from the start of the time-line."),
                "pattern": f"^{time_lines.AT}$",
                "examples": ["5m", "2h", "20d"],
            },
            "sign": parts.text("A category and a tier.", "farewell watch"),
            "conversation": parts.text("In which it was said; a unless given."),
            "channel": parts.choice(CHANNELS, "chat unless given."),
            "customer": parts.text("Who said it, where customers are counted."),
            "order": parts.text("The title of what was ordered."),
            "category": parts.text("Its category in the shop."),
            "status": parts.text("Of the order, as the shop writes it."),
            "closed": parts.text("The conversation whose case is closed."),
        },
        ("at",),
    )
    line = {**parts.listed(step), "minItems": 1, "maxItems": time_lines.MOST_STEPS}
    return {**parts.listed(line, said), "minItems": 1}


def means() -> Schema:
    """The schema of means."""
    full = parts.mapping(
        {
            "terms": parts.phrases("Words in titles and categories of what the shop sells."),
            "except": parts.phrases("Phrases within which they do not count."),
            "titles": {**parts.texts("Titles that must be found.")},
            "not": {**parts.texts("Titles that must not.")},
        },
        ("terms",),
    )
    return parts.mapping(
        {
            kind: {"anyOf": [parts.phrases("Words."), full], "description": f"{what}."}
            for kind, what in KINDS.items()
        },
        said="What a shop sells that people harm themselves with, by kind.",
    )
