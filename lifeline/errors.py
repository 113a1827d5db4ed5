"""Errors of the core: each says what happened, where, and what to do next."""

from __future__ import annotations


class LifelineError(Exception):
    """Root of every error this project raises on purpose.

    ``code`` is stable and safe to count by. ``place`` names the field, file or record. Neither
    these nor the message ever hold what a customer said. ``retriable`` tells whether doing the
    same thing again later can succeed.
    """

    code = "error"
    retriable = False

    def __init__(self, message: str, *, place: str = "") -> None:
        super().__init__(message)
        self.place = place


class EventError(LifelineError):
    """An event that cannot be read; it belongs in the dead letters."""

    code = "invalid"


class UndecodableEventError(EventError):
    """The bytes are not JSON in UTF-8."""

    code = "undecodable"


class UnknownEventTypeError(EventError):
    """The event is JSON of a type or shape this version does not know."""

    code = "unknown_type"


class PackError(LifelineError):
    """A rule pack that must not be used; ``problems`` lists all that is wrong with it."""

    code = "bad_pack"
