from __future__ import annotations

import json
import traceback
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lifeline.errors import EventError, UndecodableEventError, UnknownEventTypeError
from lifeline.events import (
    AgentReport,
    CallSegment,
    ChatMessage,
    ConversationEnded,
    EmailMessage,
    decode,
    encode,
)

SAID = "不想活了"  # stands for what a customer said
COMMON = {
    "conversation_id": "c-81",
    "message_id": "c-81-3",
    "sent_at": "2026-11-22T02:14:07.120+08:00",
    "speaker": "customer",
}
EVENTS = {
    "chat.message": COMMON | {"text": "hello"},
    "call.segment": COMMON
    | {"text": "hello", "segment_id": "s", "is_final": False, "start_ms": 41200, "end_ms": 42050},
    "email.message": COMMON | {"subject": "hi", "text": "hello"},
    "agent.report": COMMON | {"reason": "worried"},
    "conversation.ended": COMMON,
}


def raw(kind="chat.message", **changed):
    """An event as it travels, with some fields changed; None leaves a field out."""
    fields = {"type": kind} | EVENTS.get(kind, EVENTS["chat.message"]) | changed
    return json.dumps({name: value for name, value in fields.items() if value is not None}).encode()


def refused(data):
    """The error that the bytes are refused with."""
    with pytest.raises(EventError) as caught:
        decode(data)
    return caught.value


@pytest.mark.parametrize("kind", EVENTS)
def test_every_type_is_read(kind):
    """The five types have their classes, and times keep their zone."""
    classes = [ChatMessage, CallSegment, EmailMessage, AgentReport, ConversationEnded]
    event = decode(raw(kind))
    assert classes[list(EVENTS).index(kind)] is type(event)
    assert datetime(2026, 11, 21, 18, 14, 7, 120_000, UTC) == event.sent_at
    assert timedelta(hours=8) == event.sent_at.utcoffset()


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        (kind, field)
        for kind, fields in EVENTS.items()
        for field in ("type", *fields)
        if (kind, field) not in {("agent.report", "speaker"), ("conversation.ended", "speaker")}
    ],
)
def test_a_missing_field_is_named(kind, field):
    """Each required field of each type, by its name."""
    error = refused(raw(kind, **{field: None}))
    assert field == error.place
    assert str(error).startswith(f"{field}: missing; expected ")


@pytest.mark.parametrize(
    ("kind", "field", "values"),
    [
        ("chat.message", "type", [SAID, 7, "chat.message.v2", [], True]),
        ("chat.message", "conversation_id", ["", 7, SAID * 100, ["c"], {}]),
        ("chat.message", "message_id", ["", 7, SAID * 100]),
        (
            "chat.message",
            "sent_at",
            [SAID, 1, "2026-11-22", "2026-11-22T02:14:07", "2026-02-30T00:00:00Z"],
        ),
        (
            "chat.message",
            "sent_at",
            ["1999-12-31T23:59:59Z", "2100-01-01T00:00:00Z", "2026-11-22T02:14:60Z"],
        ),
        ("chat.message", "sent_at", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"]),
        ("chat.message", "speaker", [SAID, "Customer", "", 1]),
        ("chat.message", "text", [7, ["x"], {"x": SAID}, True]),
        ("chat.message", "customer_id", ["", 7, "x" * 257]),
        ("chat.message", "agent_id", [7, []]),
        ("chat.message", "queue", [7]),
        ("chat.message", "sku", [7]),
        ("chat.message", "sequence", ["7", 1.5, SAID, True]),
        ("chat.message", "language", [SAID, "zh_CN", "e", "en-", 7, "zh-Hans\n"]),
        ("chat.message", "region", [SAID, "XX", "cn", "CN-", "CN-4444", 7, "CN\n"]),
        ("call.segment", "segment_id", ["", 7, "x" * 257]),
        ("call.segment", "is_final", ["true", 1, SAID]),
        ("call.segment", "start_ms", [-1, 1.5, "1", SAID]),
        ("call.segment", "end_ms", [-1, 1.5, "1"]),
        ("call.segment", "confidence", [-0.1, 1.1, "1", SAID]),
        ("call.segment", "alternatives", [SAID, [7], ["x", [SAID]], {}]),
        ("email.message", "subject", [7, [SAID]]),
        ("email.message", "text", [7]),
        ("agent.report", "reason", [7, [SAID]]),
    ],
)
def test_a_wrong_field_is_named_and_its_value_kept_to_ourselves(kind, field, values):
    """The message says what was expected, never what a customer may have said."""
    for value in values:
        error = refused(raw(kind, **{field: value}))
        assert field == error.place
        assert str(error).startswith(f"{field}: expected ")
        assert SAID not in "".join(traceback.format_exception(error))


@pytest.mark.parametrize("data", [b"[]", b"7", b"null", b'"x"', b"true"])
def test_what_is_no_object_is_refused(data):
    """An event is a JSON object."""
    assert ("$", "expected a JSON object") == (refused(data).place, str(refused(data)))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" ",
        b"{",
        b"\xff",
        b"\x00",
        raw() + b"x",
        raw()[:-1],
        raw() + raw(),
        b"\xef\xbb\xbf" + raw(),
        raw(text="x").replace(b'"x"', b'"\xff"'),
        raw(text="x").replace(b'"x"', b'"\\ud800"'),
        raw().decode().encode("utf-16"),
    ],
)
def test_what_is_no_json_is_undecodable(data):
    """Bytes that are not JSON in UTF-8 have an error class, and a code, of their own."""
    error = refused(data)
    assert UndecodableEventError is type(error)
    assert "undecodable" == error.code
    assert not error.retriable


@pytest.mark.parametrize("data", ["\ud800", raw(text="x").decode().replace('"x"', '"\ud800"')])
def test_text_that_no_bytes_can_hold_is_undecodable(data):
    """A lone surrogate in a string is refused like any bad byte."""
    assert UndecodableEventError is type(refused(data))


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_deep_nesting_is_refused(opening):
    """Two hundred thousand brackets are refused, not a crash."""
    assert "undecodable" == refused(raw()[:-1] + b',"x":' + opening * 200_000).code


@pytest.mark.parametrize("data", [raw("chat.message.v2"), raw(type=None), b"{}", raw(type=7)])
def test_an_unknown_type_has_a_code_of_its_own(data):
    """A newer producer's events are told apart from broken ones."""
    error = refused(data)
    assert UnknownEventTypeError is type(error)
    assert ("unknown_type", "type") == (error.code, error.place)


@pytest.mark.parametrize("digits", [20, 4300, 10_000])
def test_huge_numbers_do_no_harm(digits):
    """A number of any length is read or refused by name."""
    data = raw(sequence=7).replace(b": 7", b": " + b"9" * digits)
    if digits <= 4300:
        assert decode(data) == decode(encode(decode(data)))
    else:
        assert "sequence" == refused(data).place


@pytest.mark.parametrize("kind", EVENTS)
def test_unknown_fields_are_ignored(kind):
    """A producer may add fields of any shape."""
    assert decode(raw(kind)) == decode(raw(kind, mood="low", more={"text": [SAID, {}]}, speakers=1))


def test_optional_fields_may_be_null():
    """Null is the same as left out."""
    fields = ["customer_id", "agent_id", "queue", "language", "region", "sku", "sequence"]
    data = raw()[:-1] + b"".join(b',"%s":null' % name.encode() for name in fields) + b"}"
    assert decode(raw()) == decode(data)


def test_a_report_comes_from_an_agent_unless_told():
    """Who pressed the button and who ended the conversation may be left out."""
    assert "agent" == decode(raw("agent.report", speaker=None)).speaker
    assert "system" == decode(raw("conversation.ended", speaker=None)).speaker


@pytest.mark.parametrize("region", ["CN", "CN-44", "US-CA", "GB-ENG", "TW", "XK"])
@pytest.mark.parametrize("language", ["zh", "zh-Hans", "zh-Hant-TW", "en-GB", "es-419", "yue"])
def test_regions_and_languages(region, language):
    """ISO 3166-2 or a bare country, and BCP 47."""
    event = decode(raw(region=region, language=language))
    assert (region, language) == (event.region, event.language)


IDS = st.text(min_size=1, max_size=256)
TIMES = st.datetimes(
    datetime(2000, 1, 2),  # noqa: DTZ001 - the zone comes with ``timezones``
    datetime(2099, 12, 30),  # noqa: DTZ001
    timezones=st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
SPEAKERS = st.sampled_from(["customer", "agent", "bot", "system"])
FIELDS = {
    "conversation_id": IDS,
    "message_id": IDS,
    "sent_at": TIMES,
    "speaker": SPEAKERS,
    "customer_id": st.none() | IDS,
    "agent_id": st.none() | st.text(),
    "queue": st.none() | st.text(),
    "language": st.sampled_from([None, "zh-Hans", "en"]),
    "region": st.sampled_from([None, "CN-44", "ES"]),
    "sku": st.none() | st.text(),
    "sequence": st.none() | st.integers(),
}
ANY_EVENT = st.one_of(
    st.builds(ChatMessage, **FIELDS, text=st.text()),
    st.builds(
        CallSegment,
        **FIELDS,
        text=st.text(),
        segment_id=IDS,
        is_final=st.booleans(),
        start_ms=st.integers(0),
        end_ms=st.integers(0),
        confidence=st.none() | st.floats(0, 1),
        alternatives=st.lists(st.text()).map(tuple),
    ),
    st.builds(EmailMessage, **FIELDS, subject=st.text(), text=st.text()),
    st.builds(AgentReport, **FIELDS, reason=st.text()),
    st.builds(ConversationEnded, **FIELDS),
)


@given(ANY_EVENT)
def test_every_event_comes_back_as_it_was(event):
    """What is encoded is decoded to the same, in bytes and in text."""
    assert event == decode(encode(event))
    assert event == decode(encode(event).decode())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(SAID),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@st.composite
def hostile(draw):
    """Bytes, events with fields of any shape, and events damaged on the way."""
    if draw(st.booleans()):
        return draw(st.binary() | JSON.map(json.dumps).map(str.encode))
    kind = draw(st.sampled_from(sorted(EVENTS)))
    changed = draw(
        st.dictionaries(st.sampled_from(sorted({"type", *EVENTS["call.segment"], *FIELDS})), JSON)
    )
    data = bytearray(raw(kind, **changed))
    for _ in range(draw(st.integers(0, 3))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data[: draw(st.integers(0, len(data)))] if draw(st.booleans()) else data)


@given(hostile())
@example(b'{"type":"chat.message","sent_at":"0001-01-01T00:00:00+23:59"}')
def test_bytes_are_an_event_or_an_event_error(data):
    """Nothing else is ever raised, whatever arrives, and no error tells what was said."""
    try:
        event = decode(data)
    except EventError as error:
        told = str(error)
    else:
        told = ""
        assert event == decode(encode(event))
    assert SAID not in told
