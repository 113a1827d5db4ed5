"""The JSON Schema of numbers to call."""

from __future__ import annotations

from lifeline.rules.json_schema import parts
from lifeline.rules.json_schema.parts import Schema
from lifeline.rules.responders import KINDS


def region() -> Schema:
    """The schema of one region's numbers."""
    kinds = "; ".join(f"{kind}: {what}" for kind, what in KINDS.items())
    number = parts.mapping(
        {
            "kind": parts.choice(KINDS, f"What it is for. {kinds}."),
            "number": parts.text("As it is dialled there.", "024"),
            "name": parts.text("Who answers, in their own language."),
            "what": parts.text("What they do, where the name does not say."),
            "hours": parts.text("When they answer, if not at all hours."),
            "languages": parts.texts("Languages they speak, beside that of the country."),
            "source": parts.text("The office or operator that publishes it, and its page."),
            "seen": parts.text("Another page that showed it; without, it is from memory."),
        },
        ("kind", "number", "name", "source"),
    )
    return parts.mapping(
        {
            "region": parts.text("A country, or a part of it (ISO 3166).", "CN-44"),
            "checked": parts.date("When they were last compared with their sources."),
            "next": parts.date("When that is due again."),
            "confirmed_by": parts.texts("Two people who confirmed them with those who answer."),
            "numbers": parts.listed(number, "The numbers, the first to call first."),
        },
        ("region", "next", "numbers"),
    )
