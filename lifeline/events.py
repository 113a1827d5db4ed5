"""Conversation events: what arrives on `chat`, `calls` and `emails`, checked as it is decoded.

Times carry a zone, regions are ISO 3166-2 (or a bare ISO 3166-1 country), languages BCP 47.
Unknown fields are ignored. Error messages name the field and never repeat its value, since the
value may be something a customer said.
"""

from __future__ import annotations

import functools
import re
from datetime import UTC, datetime
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from lifeline.errors import EventError, UndecodableEventError, UnknownEventTypeError

Speaker = Literal["customer", "agent", "bot", "system"]

_Id = Annotated[str, Meta(min_length=1, max_length=256)]
_Time = Annotated[datetime, Meta(tz=True, description="RFC 3339 with zone")]
_Region = Annotated[
    str,
    Meta(extra_json_schema={"pattern": "^[A-Z]{2}(-[A-Z0-9]{1,3})?$"}, description="ISO 3166-2"),
]
_Language = Annotated[str, Meta(description="BCP 47")]

EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)


class _Common(
    msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="type", omit_defaults=True
):
    """Fields every event has. ``sku`` is the product being asked about."""

    conversation_id: _Id
    message_id: _Id
    sent_at: _Time
    customer_id: _Id | None = None
    agent_id: str | None = None
    queue: str | None = None
    language: _Language | None = None
    region: _Region | None = None
    sku: str | None = None
    sequence: int | None = None


class ChatMessage(_Common, frozen=True, kw_only=True, gc=False, tag="chat.message"):
    """One chat message."""

    speaker: Speaker
    text: str

    @property
    def key(self) -> str:
        """What identifies this utterance within its conversation."""
        return self.message_id


class CallSegment(_Common, frozen=True, kw_only=True, gc=False, tag="call.segment"):
    """A stretch of a call's transcript; revisions share ``segment_id``, the latest replaces.

    ``start_ms`` and ``end_ms`` count milliseconds from the start of the call.
    """

    speaker: Speaker
    text: str
    segment_id: _Id
    is_final: bool
    start_ms: Annotated[int, Meta(ge=0)]
    end_ms: Annotated[int, Meta(ge=0)]
    confidence: Annotated[float, Meta(ge=0, le=1)] | None = None
    alternatives: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What identifies this utterance within its conversation."""
        return self.segment_id


class EmailMessage(_Common, frozen=True, kw_only=True, gc=False, tag="email.message"):
    """One e-mail as received; quoted replies and signatures are still in ``text``."""

    speaker: Speaker
    subject: str
    text: str

    @property
    def key(self) -> str:
        """What identifies this utterance within its conversation."""
        return self.message_id


class AgentReport(_Common, frozen=True, kw_only=True, gc=False, tag="agent.report"):
    """A service agent pressed the button; always at least elevated."""

    reason: str
    speaker: Speaker = "agent"

    @property
    def key(self) -> str:
        """What identifies this report within its conversation."""
        return self.message_id


class ConversationEnded(_Common, frozen=True, kw_only=True, gc=False, tag="conversation.ended"):
    """The conversation is over; its state may be dropped."""

    speaker: Speaker = "system"


Utterance = ChatMessage | CallSegment | EmailMessage
Event = Utterance | AgentReport | ConversationEnded

CHANNEL_OF: Final[dict[type, str]] = {
    ChatMessage: "chat",
    CallSegment: "calls",
    EmailMessage: "emails",
}

_decoder: Final = msgspec.json.Decoder(Event)
_encoder: Final = msgspec.json.Encoder()

_EXPECTED: Final = {
    "type": "one of chat.message, call.segment, email.message, agent.report, conversation.ended",
    "conversation_id": "text of 1 to 256 characters",
    "message_id": "text of 1 to 256 characters",
    "segment_id": "text of 1 to 256 characters",
    "customer_id": "text of 1 to 256 characters",
    "sent_at": "a time with zone, as in 2026-11-22T02:14:07+08:00",
    "speaker": "one of customer, agent, bot, system",
    "is_final": "true or false",
    "start_ms": "milliseconds from the start of the call, a whole number of 0 or more",
    "end_ms": "milliseconds from the start of the call, a whole number of 0 or more",
    "confidence": "a number from 0 to 1",
    "alternatives": "a list of texts",
    "sequence": "a whole number",
    "region": "an ISO 3166-2 code, as in CN-44",
    "language": "a BCP 47 tag, as in zh-Hans",
}
_PATH = re.compile(r" - at `\$\.?(?P<field>\w+)?")
_MISSING = re.compile(r"missing required field `(?P<field>\w+)`")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}")
_REGION = re.compile(r"(?P<country>[A-Z]{2})(-[A-Z0-9]{1,3})?")
# ISO 3166-1 alpha-2, and XK, in common use for Kosovo.
_COUNTRY_CODES: Final = """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR
    BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ
    EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW
    GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY
    KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV
    MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY
    QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG
    TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA
    ZM ZW
"""
_COUNTRIES: Final = frozenset(_COUNTRY_CODES.split())


def decode(data: bytes | str) -> Event:
    """Read one event.

    Raises :class:`EventError` (or a subclass) whose ``place`` is the field that is wrong.
    """
    try:
        event: Event = _decoder.decode(data)
    except msgspec.ValidationError as error:
        raise _explain(str(error)) from None
    except (msgspec.DecodeError, UnicodeError) as error:
        at = re.search(r"byte (\d+)", str(error))
        where = f" near byte {at[1]}" if at else ""
        raise UndecodableEventError(f"not JSON in UTF-8{where}") from None
    except RecursionError:
        raise UndecodableEventError("JSON is nested too deeply") from None
    if not EARLIEST <= event.sent_at < LATEST:
        raise EventError("sent_at: expected a year from 2000 to 2099", place="sent_at")
    if event.region is not None and not is_region(event.region):
        raise _wrong("region")
    if event.language is not None and not _is_language(event.language):
        raise _wrong("language")
    return event


@functools.lru_cache(maxsize=8192)
def is_region(code: str) -> bool:
    """Whether it is an ISO 3166-2 code, or one of a country."""
    found = _REGION.fullmatch(code)
    return found is not None and found["country"] in _COUNTRIES


@functools.lru_cache(maxsize=1024)
def _is_language(tag: str) -> bool:
    return _LANGUAGE.fullmatch(tag) is not None


def encode(event: Event) -> bytes:
    """The event as it travels, unset optional fields left out."""
    return _encoder.encode(event)


def _wrong(field: str) -> EventError:
    return EventError(f"{field}: expected {_EXPECTED.get(field, 'text')}", place=field)


def _explain(message: str) -> EventError:
    missing = _MISSING.search(message)
    if missing:
        field = missing["field"]
        kind = UnknownEventTypeError if field == "type" else EventError
        return kind(f"{field}: missing; expected {_EXPECTED.get(field, 'text')}", place=field)
    path = _PATH.search(message)
    field = path["field"] if path else None
    if field is None:
        return EventError("expected a JSON object", place="$")
    if field == "type":
        return UnknownEventTypeError(f"type: expected {_EXPECTED['type']}", place="type")
    return _wrong(field)
