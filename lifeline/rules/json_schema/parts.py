"""The parts that the JSON Schemas of rule files and of `pack.yaml` are made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from lifeline.rules.schema import FORMAT

Schema = dict[str, Any]

NAME: Final = "[a-z][a-z0-9_]*"
_PHRASES_SAID: Final = (
    "One phrase a line behind `- `. {a,b} is either, … a gap within the sentence, * at the end the "
    "rest of the word, @name a concept."
)


def mapping(known: Schema, required: tuple[str, ...] = (), said: str = "") -> Schema:
    """`key: value` lines of which these keys are known."""
    schema: Schema = {"type": "object", "additionalProperties": False, "properties": known}
    if required:
        schema["required"] = list(required)
    return {**schema, "description": said} if said else schema


def named(value: Schema) -> Schema:
    """`name: value` lines whose names the author chooses."""
    return {
        "type": "object",
        "additionalProperties": value,
        "propertyNames": {"pattern": f"^{NAME}$"},
    }


def listed(item: Schema, said: str = "") -> Schema:
    """A list of such items."""
    schema = {"type": "array", "items": item}
    return {**schema, "description": said} if said else schema


def text(said: str = "", example: str = "") -> Schema:
    """One text."""
    # Lifeline reads everything as text; to an editor `- 88` and `- true` are something else.
    schema: Schema = {"type": ["string", "number", "boolean"], "minLength": 1}
    if said:
        schema["description"] = said
    if example:
        schema["examples"] = [example]
    return schema


def texts(said: str) -> Schema:
    """A list of texts."""
    return listed(text(), said)


def phrases(said: str) -> Schema:
    """A list of phrases, one at least."""
    phrase = {**text(_PHRASES_SAID), "pattern": "^[^｛｝＊＠]*$"}
    return {**listed(phrase, said), "minItems": 1}


def terms(said: str) -> Schema:
    """Phrases, of which a single one needs no list."""
    return {"anyOf": [text(), phrases(said)], "description": said}


def sentences(said: str) -> Schema:
    """A list of sentences, or of lists of them, one at least."""
    one = {"anyOf": [text(), {**listed(text()), "minItems": 1}]}
    return {**listed(one, said), "minItems": 1}


def choice(allowed: Iterable[str], said: str = "") -> Schema:
    """One of a fixed set of words."""
    schema: Schema = {"enum": list(allowed)}
    return {**schema, "description": said} if said else schema


def number(most: int) -> Schema:
    """A whole number from 1 to ``most``."""
    return {"type": "integer", "minimum": 1, "maximum": most}


def date(said: str) -> Schema:
    """A date."""
    return {
        "type": "string",
        "pattern": r"^\d{4}-\d{2}-\d{2}$",
        "description": said,
        "examples": ["2026-11-01"],
    }


def moment(said: str) -> Schema:
    """A time from the start of a case."""
    return {
        "type": ["string", "number"],
        "pattern": r"^\d{1,5}(\.\d)?\s?(s|m|h)$",
        "description": said,
        "examples": ["40s", "2m", "1h"],
    }


def file_format() -> Schema:
    """The version of the file format."""
    return {"const": FORMAT, "description": "The version of this file format."}
