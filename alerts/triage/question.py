"""One kind of question to a customer service: asked, waited for, and what came of it in words."""

from __future__ import annotations

import math
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import httpx
import structlog
from cachetools import TTLCache

from alerts.triage.breaker import Breaker
from alerts.triage.exchange import Exchange, Reply, TooLargeError
from lifeline.errors import EventError, UndecodableEventError

log = structlog.get_logger()

_MOST_REMEMBERED: Final = 256  # answers
_OK: Final = 200
_NOT_FOUND: Final = 404
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Answer(Generic[_T]):
    """What was had; ``why`` says what is missing of it, ``passing`` that asking later may help."""

    value: _T | None = None
    why: str = ""
    passing: bool = False


@dataclass(frozen=True, slots=True)
class Asked(Generic[_T]):
    """A question under way, or its answer where nobody needed to be asked."""

    path: str
    reply: Future[Reply] | None = None
    answer: Answer[_T] | None = None


class Question(Generic[_T]):
    """Asks ``exchange`` unless the breaker is open or the answer is remembered.

    ``read`` makes an answer of the body and the person asked for, or raises :class:`EventError`.
    ``what`` is the name in alerts and the log.
    """

    def __init__(
        self,
        what: str,
        exchange: Exchange,
        read: Callable[[bytes, str], Answer[_T]],
        breaker: Breaker,
        *,
        cache_s: float,
        clock: Callable[[], float],
    ) -> None:
        self.what: Final = what
        self._exchange = exchange
        self._read = read
        self._breaker = breaker
        self._remembered: TTLCache[str, Answer[_T]] = TTLCache(_MOST_REMEMBERED, cache_s, clock)
        self._lock = threading.Lock()

    def ask(self, path: str) -> Asked[_T]:
        """Begin; whoever asks ends it with :meth:`answer`."""
        with self._lock:
            known = self._remembered.get(path)
        if known is not None:
            return Asked(path, answer=known)
        if left := self._breaker.left_s():
            seconds = math.ceil(left)
            why = f"the customer service is not answering; asked again in {seconds} s"
            return Asked(path, answer=Answer(why=why, passing=True))
        return Asked(path, reply=self._exchange.get(path))

    def answer(self, asked: Asked[_T], person: str) -> Answer[_T]:
        """What came of it until now; a service that is still at it is too late."""
        if asked.answer is not None:
            return asked.answer
        assert asked.reply is not None  # noqa: S101 - it is one or the other
        answer = self._understood(asked.reply, person)
        self._breaker.settle(failed=answer.passing)
        if not answer.why:
            with self._lock:
                self._remembered[asked.path] = answer
        return answer

    def _understood(self, reply: Future[Reply], person: str) -> Answer[_T]:
        if reply.cancel():
            return Answer(why="the customer service did not answer in time", passing=True)
        try:
            came = reply.result()
        except TooLargeError:
            return self._unusable("too much")
        except Exception as error:  # noqa: BLE001 - whatever the other side does, an alert leaves
            return Answer(why=_in_words(error), passing=True)
        return self._judged(came, person)

    def _judged(self, came: Reply, person: str) -> Answer[_T]:
        if came.status == _NOT_FOUND:
            return Answer(why="the customer service knows no such customer")
        if came.status != _OK:
            return Answer(why=f"the customer service answered HTTP {came.status}", passing=True)
        try:
            return self._read(came.body, person)
        except UndecodableEventError:
            return Answer(why="the customer service's answer is not JSON", passing=True)
        except EventError as error:
            return self._unusable(error.place)

    def _unusable(self, place: str) -> Answer[_T]:
        log.warning("customer_service_unusable", what=self.what, place=place)
        return Answer(why="the customer service's answer is not as agreed")


def _in_words(error: BaseException) -> str:
    """What went wrong; never the error's own words, which may name the address asked for."""
    if any(isinstance(each, ssl.SSLCertVerificationError) for each in _causes(error)):
        return "the customer service's certificate is not trusted"
    if isinstance(error, httpx.TimeoutException):
        return "the customer service did not answer in time"
    if isinstance(error, httpx.ConnectError):
        return "the customer service cannot be reached"
    if isinstance(error, httpx.TransportError):
        return "the customer service broke its answer off"
    log.warning("customer_service_failed", error=type(error).__name__)
    return "the customer service cannot be asked"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
