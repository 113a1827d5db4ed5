"""Spares a service that fails: after some failures in a row nobody asks it for a while."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Final

import structlog
from pybreaker import STATE_CLOSED, STATE_OPEN, CircuitBreaker

log = structlog.get_logger()


class _FailedError(Exception):
    """How pybreaker is told of a failure."""


class Breaker:
    """Opens after ``failures`` in a row; ``pause_s`` later one call may try, and decides.

    pybreaker 1.4.1 holds its lock during a call, so that all would wait for the slowest, and goes
    by the wall clock. So it is told outcomes only, and the pause is counted here. ``what`` is the
    name in the log, ``clock`` counts seconds and never goes back.
    """

    def __init__(
        self, what: str, *, failures: int, pause_s: float, clock: Callable[[], float]
    ) -> None:
        self._what: Final = what
        self._pause_s: Final = pause_s
        self._clock = clock
        self._since = 0.0  # when it opened, or the last trial began
        self._lock = threading.Lock()
        self._breaker = CircuitBreaker(fail_max=failures, throw_new_error_on_trip=False)

    def left_s(self) -> float:
        """How long not to ask; 0 is: ask now, and :meth:`settle` then."""
        with self._lock:
            if self._breaker.current_state == STATE_CLOSED:
                return 0
            now = self._clock()
            left = self._since + self._pause_s - now
            if left > 0:
                return left
            self._since = now  # a trial of which nothing is heard is repeated after a pause
            self._breaker.half_open()
            return 0

    def settle(self, *, failed: bool) -> None:
        """Tell what came of a call."""
        with self._lock:
            before = self._breaker.current_state
            if before == STATE_OPEN:
                return  # asked before it opened: nothing new
            with contextlib.suppress(_FailedError):
                self._breaker.call(_outcome, failed=failed)
            after = self._breaker.current_state
            if after == STATE_OPEN:
                self._since = self._clock()
                log.warning("customer_service_paused", what=self._what, pause_s=self._pause_s)
            elif after != before:
                log.info("customer_service_answers", what=self._what)


def _outcome(*, failed: bool) -> None:
    if failed:
        raise _FailedError
