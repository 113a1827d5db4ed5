"""Rows of the case store, as values. Times are milliseconds since 1970."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.contract import Kind, Outcome, Status


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case as last pictured and sent.

    ``digest`` is that of what the picture shows; ``sent_digest`` that of what was last sent.
    ``due`` is when an update that is held back must leave, None when none is. ``on_alerts`` tells
    that a record of the case went to the alerts topic. ``rules`` are the ids of the rules that hit,
    with the reasoning across conversations.
    """

    case_id: str
    person: str
    conversation_id: str
    channel: str
    opened: int
    last_said: int
    tier: int
    priority: int
    status: Status
    outcome: Outcome | None
    acknowledged: int | None  # when the team first decided anything
    closed: int | None
    revision: int
    digest: str
    sent_digest: str
    sent: int | None
    due: int | None
    on_alerts: bool
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert record: to be sent while ``sent`` is None; those that detect sent have no record."""

    alert_id: str
    case_id: str
    person: str
    revision: int
    kind: Kind
    tier: int
    priority: int
    topic: str  # alerts or watchlist
    made: int
    sent: int | None
    record: bytes | None


@dataclass(frozen=True, slots=True)
class AuditRow:
    """Who did what to the store. ``subject`` is a digest: the trail names no customer."""

    at: int
    actor: str
    action: str
    subject: str
    details: str
