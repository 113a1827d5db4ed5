"""What goes wrong with the case store, said without what it holds."""

from __future__ import annotations

import sqlite3
from typing import Final

from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

from lifeline.errors import LifelineError

_PROGRAM_LIMIT: Final = "54"  # class of SQLSTATE: an id too long for an index stays too long
_OF_RECORDS: Final = (_PROGRAM_LIMIT, "22", "23")  # and data that no column takes


class StoreError(LifelineError):
    """The case store could not do what it was asked; nothing of the transaction is kept.

    ``of_record`` tells that it is what was to be kept that the database refuses, and no setting or
    state of the database: another record may be taken.
    """

    code = "store"

    def __init__(
        self, message: str, *, place: str = "", retriable: bool = False, of_record: bool = False
    ) -> None:
        super().__init__(message, place=place)
        self.retriable = retriable
        self.of_record = of_record


def explained(error: SQLAlchemyError, place: str) -> StoreError:
    """The error in our words: the database's own may quote values. ``place`` is the store's url."""
    retriable = _passes(error)
    if isinstance(error, OperationalError) and error.statement is None:
        reason = str(error.orig).strip().partition("\n")[0]  # no statement yet, so no values
        message = f"the case store {place} cannot be reached: {reason}; check LIFELINE_STORE"
    elif retriable:
        message = f"the case store {place} did not answer ({_kind(error)}); try again"
    else:
        message = f"the case store {place} refused ({_kind(error)}); `lifeline store check` looks"
    return StoreError(message, place=place, retriable=retriable, of_record=_of_record(error))


def _kind(error: SQLAlchemyError) -> str:
    """The class of the error, with the database's code for it."""
    if not isinstance(error, DBAPIError):
        return type(error).__name__
    code = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", None)
    return f"{type(error.orig).__name__}, {code}" if code else type(error.orig).__name__


def _of_record(error: SQLAlchemyError) -> bool:
    state = str(getattr(getattr(error, "orig", None), "sqlstate", None) or "")
    return isinstance(error, DataError | IntegrityError) or state.startswith(_OF_RECORDS)


def _passes(error: SQLAlchemyError) -> bool:
    """Whether the same may succeed later."""
    if isinstance(error, PoolTimeout):  # all connections of the pool are in use
        return True
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    if not isinstance(error, OperationalError):
        return False
    if isinstance(error.orig, sqlite3.OperationalError):
        # SQLITE_ERROR is a mistake in a statement or a table that is not there.
        return getattr(error.orig, "sqlite_errorcode", None) != sqlite3.SQLITE_ERROR
    return not str(getattr(error.orig, "sqlstate", None) or "").startswith(_PROGRAM_LIMIT)
