"""JSON Schemas of rule files and of `pack.yaml`, so that editors complete and underline.

They say what the reader says, from the same constants, as far as a schema can: what depends on
other fields or files is for `lifeline rules check`.
"""

from __future__ import annotations

from typing import Final

from lifeline.readings import FOLDINGS
from lifeline.rules.json_schema import of_across, of_responders, parts
from lifeline.rules.json_schema.of_rule import proof, rule
from lifeline.rules.json_schema.parts import Schema
from lifeline.rules.scale import MOST_POINTS
from lifeline.rules.schema import (
    LANGUAGES,
    MOST_DAYS,
    MOST_MESSAGES,
    MOST_WORDS,
)
from lifeline.taxonomy import CATEGORIES, CHANNELS, RULE_TIERS, SPEAKERS

RULE_FILE: Final = "rule-file.schema.json"
PACK: Final = "pack.schema.json"

_DRAFT: Final = "http://json-schema.org/draft-07/schema#"  # what editors know best
_MOST_REACH: Final = 40  # of a modifier


def rule_file() -> Schema:
    """The schema of a rule file."""
    schema = parts.mapping(
        {
            "format": parts.file_format(),
            "language": parts.choice(
                LANGUAGES, "zh covers simplified and traditional; any is for emoji and the like."
            ),
            "concepts": {
                **parts.named(parts.phrases("The phrases that @name stands for.")),
                "description": "Named sets of phrases, used in rules of this language as @name.",
            },
            "modifiers": {
                **parts.named(_modifier()),
                "description": "Words that change what a hit near them means: negation, the past, "
                "another person. They go for all rules of this language.",
            },
            "scale": _scale(),
            "surroundings": _surroundings(),
            "rules": parts.listed(rule(), "The rules of this file, each from `- id:` on."),
            "across": parts.listed(
                of_across.rule(proof()), "Rules across the conversations of one customer."
            ),
            "means": of_across.means(),
            "responders": parts.listed(of_responders.region(), "Numbers to call, by region."),
            **_corpora(),
        },
        ("format", "language"),
    )
    return {"$schema": _DRAFT, "title": "A Lifeline rule file", **schema}


def _scale() -> Schema:
    points = {"type": "string", "pattern": r"^-?\d{1,3}( -?\d{1,3}){2}$"}
    return parts.mapping(
        {
            "window": {
                **parts.number(MOST_WORDS),
                "description": "Over how many words (characters of Chinese) points add up.",
            },
            "points": {
                "type": "object",
                "additionalProperties": points,
                "description": "What is said, and its points towards watch, elevated, imminent.",
            },
        },
        ("window", "points"),
        said="Points for what people say; written by `make weigh`.",
    )


def _surroundings() -> Schema:
    points = {"type": "integer", "minimum": 1 - MOST_POINTS, "maximum": MOST_POINTS - 1}
    enough = {
        tier: {
            **parts.number(MOST_POINTS),
            "description": f"With so many points a hit comes to {tier} at most.",
        }
        for tier in ("watch", "signal")
    }
    return parts.mapping(
        {
            "reach": {
                **parts.number(MOST_WORDS),
                "description": "How many words (characters of Chinese) on each side of a hit.",
            },
            **enough,
            "points": {
                "type": "object",
                "additionalProperties": points,
                "description": "What is said beside a hit: above 0 for harmless talk.",
            },
        },
        ("reach", "watch", "signal", "points"),
        said="What lowers a hit by what is said around it; written by `make weigh`.",
    )


def pack() -> Schema:
    """The schema of `pack.yaml`."""
    off = parts.choice(("off",), "Not used at all.")
    except_ = parts.mapping(
        {"except": parts.texts("What is never a hit by this folding.")}, ("except",)
    )
    schema = parts.mapping(
        {
            "format": parts.file_format(),
            "name": parts.text("What the pack is called.", "lifeline-core"),
            "version": {**parts.text("As in 1.4.0.", "1.4.0"), "pattern": r"^\d+\.\d+\.\d+$"},
            "foldings": parts.mapping(
                {
                    name: {"anyOf": [off, except_], "description": f"Undoes {what}."}
                    for name, what in FOLDINGS.items()
                },
                said="Foldings to turn off, and words that are never a hit by one.",
            ),
            "review": parts.mapping(
                {"waived": parts.text("Why active rules need no two reviewers.")},
                ("waived",),
                said="Left out, every active rule needs two reviewers.",
            ),
        },
        ("format", "name", "version"),
    )
    return {"$schema": _DRAFT, "title": "The pack.yaml of a Lifeline rule pack", **schema}


def _modifier() -> Schema:
    reach = {
        "before": {**parts.number(_MOST_REACH), "description": "In front of a hit."},
        "after": {**parts.number(_MOST_REACH), "description": "Behind a hit."},
        "over": parts.choice(
            ("clause", "sentence"), "What it may not reach out of; clause if not given."
        ),
    }
    return parts.mapping(
        {
            "why": parts.text("What it means for a hit."),
            "phrases": parts.phrases("The words of the modifier."),
            "except": parts.phrases("Phrases within which they do not count."),
            "reach": {
                **parts.mapping(reach, said="How far: characters for Chinese, words elsewhere."),
                "anyOf": [{"required": ["before"]}, {"required": ["after"]}],
            },
            "to": parts.choice(RULE_TIERS, "The highest tier left to the hit."),
            "categories": parts.listed(
                parts.choice(CATEGORIES), "Of which rules; of all unless given."
            ),
            "examples": parts.mapping(
                {
                    "applies": parts.sentences("Sentences in which it reaches a hit."),
                    "leaves": parts.sentences("Sentences in which it does not."),
                },
                ("applies", "leaves"),
            ),
        },
        ("why", "phrases", "reach", "examples"),
    )


def _corpora() -> Schema:
    message = parts.mapping(
        {
            "at": parts.moment("When it was said, from the start of the case."),
            "arrives": parts.moment("When it reaches Lifeline, if later."),
            "speaker": parts.choice(SPEAKERS, "The customer unless given."),
            "text": parts.text("What was said."),
        },
        ("at", "text"),
    )
    order = parts.mapping(
        {
            "days_ago": parts.number(MOST_DAYS),
            "title": parts.text("What was ordered."),
            "category": parts.text("Its category in the shop."),
            "sku": parts.text("Its number in the shop."),
        },
        ("days_ago", "title"),
    )
    expected = parts.mapping(
        {
            "after": {**parts.number(MOST_MESSAGES), "description": "After which message, from 1."},
            "tier": parts.choice(
                ("none", *RULE_TIERS), "The worst tier of the whole case by then."
            ),
            "rule": parts.text("The id of the rule that says so."),
        },
        ("after", "tier"),
    )
    case = parts.mapping(
        {
            "name": parts.text("What happens in it."),
            "channel": parts.choice(CHANNELS, "chat unless given."),
            "messages": {**parts.listed(message), "minItems": 1},
            "ends": {"type": "boolean", "description": "Whether the conversation ends after them."},
            "orders": parts.listed(order, "What the customer ordered; left out, it is not known."),
            "sku": parts.text("The product asked about."),
            "expect": parts.listed(expected),
        },
        ("name", "messages", "expect"),
    )
    borne = parts.mapping(
        {
            "phrase": {"anyOf": [parts.text(), parts.listed(parts.text())]},
            "reason": parts.text("Why it is borne."),
            "expires": parts.date("Until when."),
        },
        ("phrase", "reason", "expires"),
    )
    found = {
        tier: parts.sentences(f"At least {tier}.") for tier in ("watch", "elevated", "imminent")
    }
    quiet = {tier: parts.sentences(f"At most {tier}.") for tier in ("none", "signal", "watch")}
    return {
        "must_detect": parts.mapping(
            found, said="Sentences that must be found, by the lowest tier."
        ),
        "known_gaps": parts.mapping(
            found, said="Sentences that should be found one day, by the tier they should reach."
        ),
        "benign": parts.mapping(quiet, said="Sentences that must stay quiet, by the highest tier."),
        "known_false_positives": parts.listed(borne, "What alerts though it should not, for now."),
        "cases": parts.listed(case, "Time lines: what must come of a conversation, and when."),
    }
