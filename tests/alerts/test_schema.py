"""The published schemas: true to the code, true to the records, and never broken for a reader."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import alerts
from alerts.schema import documents, main
from lifeline.events import (
    AgentReport,
    CallSegment,
    ChatMessage,
    ConversationEnded,
    EmailMessage,
    encode,
)
from lifeline.taxonomy import Tier

PUBLISHED = Path(alerts.__file__).parent / "schemas"
FROZEN = Path(__file__).parent / "frozen_schemas"
START = datetime(2026, 11, 22, 2, 14, tzinfo=UTC)
DESCRIBES = {"description", "title", "summary", "info"}  # for people; may be reworded
NAMED = {"$defs", "channels", "operations", "messages"}  # more of them may come

FORMATS = jsonschema.FormatChecker(formats=())


@FORMATS.checks("date-time", raises=ValueError)
def is_time(value: object) -> bool:
    """RFC 3339 with zone."""
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


def validate(name: str, record: bytes) -> None:
    """Hold a record against a published schema."""
    schema = json.loads((PUBLISHED / name).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema, format_checker=FORMATS).validate(json.loads(record))


def broken(old: Any, new: Any, place: str = "") -> list[str]:
    """List what a reader of the old schema would stumble over in the new one."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return [] if old == new else [f"{place}: changed"]
    found = []
    for key in (old.keys() | new.keys()) - DESCRIBES:
        here = f"{place}/{key}"
        if key == "properties" or (key in NAMED and key in old and key in new):
            found += [f"{here}/{name}: removed" for name in old[key].keys() - new[key].keys()]
            for name in old[key].keys() & new[key].keys():
                found += broken(old[key][name], new[key][name], f"{here}/{name}")
        elif key == "required":
            if set(old.get(key, ())) != set(new.get(key, ())):
                found.append(f"{here}: changed")
        elif key not in old or key not in new:
            found.append(f"{here}: {'added' if key in new else 'removed'}")
        else:
            found += broken(old[key], new[key], here)
    return found


def test_published_files_are_what_the_code_says():
    """`make schemas` was run after the last change of the contract."""
    assert documents() == {
        path.name: path.read_text(encoding="utf-8") for path in PUBLISHED.glob("*.json")
    }


def test_files_are_written_as_published(tmp_path: Path):
    """The command writes every document."""
    main(str(tmp_path))

    assert documents() == {
        path.name: path.read_text(encoding="utf-8") for path in tmp_path.glob("*.json")
    }


@pytest.mark.parametrize("name", sorted(documents()))
def test_published_schema_only_gained_optional_fields(name: str):
    """Whoever reads by the frozen schema can read what is written now."""
    old = json.loads((FROZEN / name).read_text(encoding="utf-8"))

    assert [] == broken(old, json.loads(documents()[name]))


def alert_schema() -> dict[str, Any]:
    """Load a copy of the frozen alert schema."""
    return json.loads((FROZEN / "alert.schema.json").read_text(encoding="utf-8"))


def test_new_optional_field_breaks_nobody():
    """Readers ignore what they do not know."""
    new = alert_schema()
    new["$defs"]["Alert"]["properties"]["note"] = {"type": "string"}
    new["$defs"]["Note"] = {"type": "object"}
    new["$defs"]["Alert"]["description"] = "Reworded"

    assert [] == broken(alert_schema(), new)


@pytest.mark.parametrize(
    "change",
    [
        lambda alert: alert["properties"].pop("summary"),
        lambda alert: alert["properties"]["priority"].update(type="string"),
        lambda alert: alert["properties"]["priority"].update(maximum=5),
        lambda alert: alert["properties"]["priority"].pop("minimum"),
        lambda alert: alert["properties"]["kind"]["enum"].append("closed"),
        lambda alert: alert["required"].append("missing"),
        lambda alert: alert["required"].remove("summary"),
        lambda alert: alert.pop("required"),
        lambda alert: alert.update(additionalProperties=False),
        lambda alert: alert["properties"]["matches"]["items"].update({"$ref": "#/$defs/Span"}),
        lambda alert: alert["properties"]["truncated"].update(default=True),
    ],
)
def test_any_other_change_is_noticed(change: Any):
    """Removed, retyped, narrowed, widened, or newly required: a reader may stumble."""
    new = copy.deepcopy(alert_schema())
    change(new["$defs"]["Alert"])

    assert [] != broken(alert_schema(), new)


@pytest.mark.parametrize("gate", [Tier.WATCH, Tier.ELEVATED])
def test_alerts_and_signals_keep_to_their_schema(new_case, gate: Tier):
    """Every kind of record detect writes: opened, escalated, watchlist, truncated."""
    case = new_case(gate)
    said = [
        "no point in living", "I want to die", "how many would kill me 😭", "I just took them all",
    ]  # fmt: skip
    for minute, text in enumerate(said):
        step = case.say(text, minute=minute, customer_id="u-5", region="CN-44", language="zh-Hant")
        validate("alert.schema.json", case.record(step, "zh-Hans"))
        validate("signal.schema.json", case.signal())
    case.say("I am drinking again")
    validate("signal.schema.json", case.signal())


def test_cut_records_keep_to_their_schema(case):
    """What was cut to fit is whole as a record."""
    step = case.say("I want to die. " * 3000)

    validate("alert.schema.json", case.record(step))
    validate("signal.schema.json", case.signal())


@pytest.mark.parametrize(
    "event",
    [
        ChatMessage(conversation_id="c", message_id="m", sent_at=START, speaker="bot", text=""),
        CallSegment(
            conversation_id="c", message_id="m", sent_at=START, speaker="agent", text="a",
            segment_id="s", is_final=False, start_ms=0, end_ms=0, confidence=0.5,
            alternatives=("b", "c"),
        ),
        EmailMessage(
            conversation_id="c", message_id="m", sent_at=START, speaker="customer", subject="",
            text="", customer_id="u", region="CN", language="es-419", sku="1", sequence=3,
        ),
        AgentReport(conversation_id="c", message_id="m", sent_at=START, reason=""),
        ConversationEnded(conversation_id="c", message_id="m", sent_at=START),
    ],
    ids=lambda event: type(event).__name__,
)  # fmt: skip
def test_events_keep_to_their_schema(event: Any):
    """What detect can read is what the schema allows."""
    validate("event.schema.json", encode(event))


@pytest.mark.parametrize(
    "wrong",
    [
        b'{"type":"agent.report","conversation_id":"c","message_id":"m","sent_at":7,"reason":""}',
        b'{"type":"chat.message","conversation_id":"c","message_id":"m","speaker":"bot"}',
        b'{"type":"chat.typing","conversation_id":"c","message_id":"m"}',
    ],
)
def test_wrong_event_fails_its_schema(wrong: bytes):
    """The schema is not so wide that it means nothing."""
    with pytest.raises(jsonschema.ValidationError):
        validate("event.schema.json", wrong)


def test_every_reference_of_the_asyncapi_document_leads_somewhere():
    """Channels, operations and payloads point at what is there."""
    document = json.loads((PUBLISHED / "asyncapi.json").read_text(encoding="utf-8"))

    def references(value: Any) -> list[str]:
        if isinstance(value, dict):
            inner = [r for item in value.values() for r in references(item)]
            return [*inner, value["$ref"]] if "$ref" in value else inner
        return []

    found = references(document)
    assert 12 < len(found)
    for reference in found:
        if reference.startswith("#/"):
            place: Any = document
            for key in reference[2:].split("/"):
                place = place[key]
        else:
            assert (PUBLISHED / reference).is_file()
