"""Alerts as they travel: CloudEvents 1.0 in JSON. The published schemas are generated from here.

Offsets count Unicode code points in the field as received; times are RFC 3339 with zone.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

SOURCE: Final = "/lifeline/detect"
TRIAGE_SOURCE: Final = "/lifeline/triage"
CONTENT_TYPE: Final = b"application/cloudevents+json"
MOST_BYTES: Final = 512 * 1024  # of one record, after PagerDuty's limit

TierName = Literal["signal", "watch", "elevated", "imminent"]
Kind = Literal["opened", "escalated", "updated"]
Outcome = Literal[
    "acknowledged", "contacted", "handed_to_emergency_services", "false_alarm", "resolved"
]
Status = Literal["open", "quiet", "closed"]
Time = Annotated[datetime, Meta(tz=True)]
_Truncated = Annotated[
    bool, Meta(description="Whether words were left out: a record holds 512 KB at most")
]
Offset = Annotated[int, Meta(ge=0, description="Unicode code points in the field as received")]


class _Struct(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    pass


class Match(_Struct, frozen=True, kw_only=True):
    """One stretch of words that a rule counted."""

    rule_id: str
    rule_version: Annotated[str, Meta(description="Changes when what the rule finds changes")]
    category: str
    tier: Annotated[TierName, Meta(description="After raising and lowering")]
    message_id: str
    speaker: str
    field: Annotated[str, Meta(description="text, subject (e-mail) or reason (agent's report)")]
    text: Annotated[str, Meta(description="The words as received")]
    start: Offset
    end: Offset
    folding: Annotated[
        list[str], Meta(description="Foldings it took to find the words; empty: as written")
    ] = []
    modifiers: Annotated[
        list[str], Meta(description="What lowered the tier, and modifiers that left it as it is")
    ] = []
    raised: Annotated[list[str], Meta(description="What raised the tier")] = []
    awaits: Annotated[
        list[str], Meta(description="What would raise it, were it known of the customer")
    ] = []


class Span(_Struct, frozen=True, kw_only=True):
    """A stretch to highlight."""

    field: str = "text"
    start: Offset
    end: Offset


class ExcerptMessage(_Struct, frozen=True, kw_only=True):
    """One message of the excerpt."""

    message_id: str
    speaker: str
    said_at: Time
    text: str
    text_offset: Annotated[
        int, Meta(ge=0, description="Where `text` starts in the text as received, if it was cut")
    ] = 0
    subject: str | None = None
    spans: list[Span] = []


class ConversationContext(_Struct, frozen=True, kw_only=True):
    """Where it was said, and what was said around it."""

    conversation_id: str
    channel: str
    started_at: Annotated[Time, Meta(description="Of the earliest message remembered")]
    agent_id: str | None = None
    queue: str | None = None
    language: str | None = None
    region: str | None = None
    sku: Annotated[str | None, Meta(description="Product being asked about")] = None
    excerpt: list[ExcerptMessage]


class Missing(_Struct, frozen=True, kw_only=True):
    """Context that could not be had (yet)."""

    what: str
    why: str


class RulePack(_Struct, frozen=True, kw_only=True):
    """The rules in force."""

    name: str
    version: str
    hash: Annotated[str, Meta(description="SHA-256 of the pack's files, in hexadecimal")]


class Times(_Struct, frozen=True, kw_only=True):
    """When it was said, logged, found and sent. The last two differ when an event is re-read."""

    said: Time
    received: Time
    detected: Time
    emitted: Time


class Contact(_Struct, frozen=True, kw_only=True):
    """Whom to ask about the customer."""

    name: str = ""
    phone: str = ""


class Customer(_Struct, frozen=True, kw_only=True):
    """The customer's profile as last known."""

    customer_id: str
    name: str = ""
    phone: str = ""
    region: Annotated[str, Meta(description="ISO 3166-2")] = ""
    address: str = ""
    birth_year: int | None = None
    language: Annotated[str, Meta(description="BCP 47")] = ""
    emergency_contact: Contact | None = None


class OrderedItem(_Struct, frozen=True, kw_only=True):
    """One line of an order."""

    sku: str
    title: str = ""
    category: str = ""
    quantity: int = 1
    means: Annotated[list[str], Meta(description="Kinds of means it may be, after the rules")] = []


class OrderShown(_Struct, frozen=True, kw_only=True):
    """An order of the 90 days before the last words said."""

    order_id: str
    placed_at: Time
    status: str = ""
    cancellable: Annotated[bool, Meta(description="Whether it can still be stopped")] = False
    means: Annotated[list[str], Meta(description="Kinds of means among its items")] = []
    items: list[OrderedItem] = []


class EarlierCase(_Struct, frozen=True, kw_only=True):
    """Another case of the same customer."""

    case_id: str
    channel: str
    opened_at: Time
    tier: TierName
    priority: Annotated[int, Meta(ge=1, le=3)]
    status: Status
    outcome: Outcome | None = None


class EarlierSignal(_Struct, frozen=True, kw_only=True):
    """What was found in another conversation of the same customer."""

    signal_id: str
    conversation_id: str
    channel: str
    said_at: Time
    tier: TierName
    categories: list[str]
    rules: list[str]


class History(_Struct, frozen=True, kw_only=True):
    """Earlier cases and signals of the customer on every channel, the latest first."""

    cases: list[EarlierCase] = []
    signals: list[EarlierSignal] = []


class Responder(_Struct, frozen=True, kw_only=True):
    """A number to call in the customer's region."""

    kind: Annotated[str, Meta(description="emergency, medical, police, poison or crisis_line")]
    number: str
    name: str
    what: str = ""
    hours: str = ""
    languages: list[str] = []
    region: Annotated[str, Meta(description="ISO 3166: the country or its part it serves")]
    source: str = ""
    checked: Annotated[
        str, Meta(description="When it was last compared with the source; empty: never")
    ] = ""
    confirmed: Annotated[
        bool, Meta(description="Whether two people have confirmed it with its operator")
    ] = False


class AlsoAsked(_Struct, frozen=True, kw_only=True):
    """Others said the same in a short time: a post may be going round. It lowers nothing."""

    customers: Annotated[int, Meta(ge=2, description="This one included")]
    minutes: Annotated[int, Meta(ge=1, description="Within how long before")]


class TeamDecision(_Struct, frozen=True, kw_only=True):
    """What the team decided on the case."""

    outcome: Outcome
    by: str
    decided_at: Time


class Alert(_Struct, frozen=True, kw_only=True):
    """One step in a case's life: a full snapshot of what its sender knew."""

    case_id: Annotated[str, Meta(description="The conversation's id")]
    alert_id: Annotated[str, Meta(description="UUIDv5 of the evidence: the same on every replay")]
    revision: Annotated[
        int, Meta(ge=1, description="Grows within the case; keep the highest. Milliseconds, mostly")
    ]
    kind: Kind
    tier: TierName
    previous_tier: TierName | None = None
    priority: Annotated[int, Meta(ge=1, le=3, description="1 is the most urgent")]
    categories: list[str]
    summary: Annotated[str, Meta(description="One plain sentence in the team's language")]
    reasons: Annotated[list[str], Meta(description="Why this tier, lowering reasons included")]
    matches: list[Match]
    conversation: ConversationContext
    customer_id: str | None = None
    status: Annotated[Status, Meta(description="quiet: the team is on it; closed: it is over")] = (
        "open"
    )
    decisions: Annotated[list[TeamDecision], Meta(description="The latest first")] = []
    previous_case: Annotated[
        str | None, Meta(description="The closed case of this conversation that it goes on from")
    ] = None
    continued_in: Annotated[str | None, Meta(description="The case that goes on from it")] = None
    customer: Customer | None = None
    orders: Annotated[list[OrderShown], Meta(description="The latest first")] = []
    history: History | None = None
    responders: list[Responder] = []
    also_asked: AlsoAsked | None = None
    missing: list[Missing] = []
    rule_pack: RulePack
    times: Times
    truncated: _Truncated = False


class AlertEvent(msgspec.Struct, frozen=True, kw_only=True):
    """The CloudEvents envelope, structured mode."""

    specversion: Literal["1.0"]
    id: Annotated[str, Meta(description="The alert id")]
    source: str
    type: Literal["lifeline.alert.opened", "lifeline.alert.escalated", "lifeline.alert.updated"]
    subject: Annotated[str, Meta(description="The case id")]
    time: Annotated[Time, Meta(description="When the words were said")]
    partitionkey: str
    datacontenttype: Literal["application/json"]
    data: Alert

    def __post_init__(self) -> None:
        if self.id != self.data.alert_id or self.subject != self.data.case_id:
            raise ValueError("the envelope's id and subject differ from the data's")


class SentAlert(_Struct, frozen=True, kw_only=True):
    """The alert record that detect sent for a signal."""

    alert_id: str
    kind: Kind
    revision: Annotated[int, Meta(ge=1)]
    priority: Annotated[int, Meta(ge=1, le=3)]
    topic: Annotated[str, Meta(description="alerts or watchlist")]


class Signal(_Struct, frozen=True, kw_only=True):
    """What detect found in one message, at any tier; internal, for triage."""

    signal_id: Annotated[str, Meta(description="UUIDv5 of message and hits")]
    conversation_id: str
    customer_id: str | None = None
    message_id: str
    channel: str
    speaker: str
    said_at: Time
    received_at: Time
    tier: TierName
    categories: list[str]
    matches: list[Match]
    reasons: Annotated[list[str], Meta(description="One for each rule that hit")] = []
    conversation: ConversationContext | None = None
    alert: Annotated[SentAlert | None, Meta(description="The record sent for it, if any")] = None
    rule_pack: RulePack
    truncated: _Truncated = False


class Disposition(_Struct, frozen=True, kw_only=True):
    """What the crisis team decided on a case. A later one of the same case corrects an earlier.

    ``false_alarm`` and ``resolved`` close the case; the others keep it open, but quiet.
    """

    case_id: Annotated[str, Meta(min_length=1, max_length=300)]
    outcome: Outcome
    by: Annotated[str, Meta(min_length=1, max_length=200, description="Who decided")]
    decided_at: Time
    tier: Annotated[
        TierName | None, Meta(description="What it should have been, where the alert was wrong")
    ] = None
    note: Annotated[str, Meta(max_length=4000)] = ""


_encoder: Final = msgspec.json.Encoder()
_alert_decoder: Final = msgspec.json.Decoder(AlertEvent)
_signal_decoder: Final = msgspec.json.Decoder(Signal)
_disposition_decoder: Final = msgspec.json.Decoder(Disposition)


def encode(record: AlertEvent | Signal | Disposition) -> bytes:
    """A record as it travels."""
    return _encoder.encode(record)


def decode_alert(data: bytes) -> AlertEvent:
    """Read one alert record.

    Raises ``msgspec.DecodeError`` (``ValidationError`` included) where it is not one.
    """
    try:
        return _alert_decoder.decode(data)
    except (RecursionError, UnicodeDecodeError) as error:
        raise msgspec.DecodeError(type(error).__name__) from None


def decode_signal(data: bytes) -> Signal:
    """Read one signal record; raises ``msgspec.DecodeError`` where it is not one."""
    return _signal_decoder.decode(data)


def decode_disposition(data: bytes) -> Disposition:
    """Read one disposition; raises ``msgspec.DecodeError`` where it is not one."""
    return _disposition_decoder.decode(data)


def envelope(alert: Alert, source: str = SOURCE) -> AlertEvent:
    """The alert in its CloudEvents envelope."""
    kind: Any = f"lifeline.alert.{alert.kind}"
    return AlertEvent(
        specversion="1.0",
        id=alert.alert_id,
        source=source,
        type=kind,
        subject=alert.case_id,
        time=alert.times.said,
        partitionkey=alert.case_id,
        datacontenttype="application/json",
        data=alert,
    )
