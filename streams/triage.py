"""Triage in the Faust app: agents of a few lines each, and the work they hand their records to.

A Faust agent that raises loses its record, and one of several actors has it committed past
(faust-streaming 0.15.3). So each topic has one actor, nothing leaves an agent but by ending the
process, and a record is acknowledged only when its work is in the store and its alerts in Kafka.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable
from typing import Any, Final

import msgspec
import structlog
from confluent_kafka import KafkaException
from mode import Service
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_exponential_jitter

from alerts.contract import decode_disposition, decode_signal
from alerts.store.rows import AlertRow
from alerts.store.store import Store, StoreError
from alerts.triage.sources import ContextSource
from alerts.triage.triage import Policy, Triage
from lifeline.customers import decode_order, decode_profile
from lifeline.errors import EventError
from lifeline.rules.pack import Pack
from streams import metrics
from streams.client import Quiet
from streams.dead_letters import dead_letter
from streams.delivery import Delivery
from streams.records import CLOUDEVENT, Output, Record
from streams.service import EXIT_TEMPORARY
from streams.settings import Settings
from streams.stage import utc_now
from streams.topics import TRIAGED

log = structlog.get_logger()

_LONGEST_PAUSE_S: Final = 30.0
_FOLLOW_UP_S: Final = 0.5
_MOST_FOLLOWED: Final = 200  # persons at a time
_PURGE_EVERY_S: Final = 3600.0
_DAY_MS: Final = 86_400_000


class Unreadable(Exception):  # noqa: N818 - it is not an error of this process
    """A record that is none: for the dead letters."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class TriageWork:
    """Takes records in, one call at a time for each topic; blocks, and raises what may pass.

    The store is opened when it is first needed: a database that is down holds triage back, and
    nothing else.
    """

    def __init__(
        self, settings: Settings, pack: Callable[[], Pack], source: ContextSource | None
    ) -> None:
        self._settings = settings
        self._pack = pack
        self._source = source
        self._store: Store | None = None
        self._opening = threading.Lock()
        self._deliveries: dict[str, Delivery] = {}
        self._delivered: dict[str, int] = {}  # alert ids, and when; not yet noted in the store
        self._purged = 0.0

    def take(self, record: Record) -> None:
        """Take one record in, send what is due, and only then return.

        Raises retriable errors of the store and of delivery; the same record may then be taken
        again. What can never be taken in is a dead letter.
        """
        outcome = "taken"
        try:
            rows = self._rows(record)
        except Unreadable as error:
            outcome = "dead_letter"
            self._bury(record, error.reason, str(error))
        except Exception as error:
            if is_passing(error):
                raise
            outcome = "dead_letter"
            log.exception("triage_failed", topic=record.topic, offset=record.offset)
            self._bury(record, "failed", type(error).__name__)
        else:
            self._send(record.topic, rows)
        metrics.TRIAGED.labels(record.topic, outcome).inc()
        delay = max(0, _now() - record.timestamp) / 1000
        metrics.TRIAGE_DELAY.labels(record.topic).observe(delay)

    def start(self) -> None:
        """Open the store, if it answers. Raises :class:`StoreError` where it can never be used."""
        try:
            self._opened()
        except StoreError as error:
            if not error.retriable:
                raise
            log.warning("store_does_not_answer", error=str(error), help="triage waits for it")

    def follow_up(self) -> int:
        """Send what was held back and is due now; for how many persons."""
        store = self._opened()
        self._note_delivered(store)
        persons = store.due(_now(), _MOST_FOLLOWED)
        for person in persons:
            self._send("follow-up", self._triage(store).follow_up(person))
        return len(persons)

    def purge(self) -> None:
        """Delete what is older than the settings keep, once an hour."""
        if time.monotonic() - self._purged < _PURGE_EVERY_S:
            return
        now = _now()
        gone = self._opened().purge(
            signals_before=now - self._settings.keep_signals_days * _DAY_MS,
            cases_before=now - self._settings.keep_cases_days * _DAY_MS,
        )
        self._purged = time.monotonic()
        log.info("store_purged", **gone)

    def _opened(self) -> Store:
        with self._opening:
            if self._store is None:
                self._store = Store.open(self._settings.store)
                log.info("store_opened")
            return self._store

    def _triage(self, store: Store) -> Triage:
        settings = self._settings
        policy = Policy(
            settings.gate_tier, settings.team_language, int(settings.update_interval_s * 1000)
        )
        return Triage(store, self._pack, policy, _now, self._source)

    def _rows(self, record: Record) -> list[AlertRow]:
        value = record.value
        if value is None and record.topic != "customers":
            return []  # compaction's own: nothing is said any more
        take = self._reader(record)
        return take(self._triage(self._opened()))

    def _reader(self, record: Record) -> Callable[[Triage], list[AlertRow]]:
        """What to do with a record, once it is read. Raises :class:`Unreadable`."""
        value, at = record.value, record.timestamp
        try:
            if value is None:
                if not record.key:
                    raise Unreadable("invalid", "key: a null value needs the customer's id as key")
                customer = record.key.decode()
                return lambda triage: triage.forget(customer)
            if record.topic == "customers":
                profile = decode_profile(value)
                return lambda triage: triage.profile(profile, at)
            if record.topic == "orders":
                order = decode_order(value)
                return lambda triage: triage.order(order, at)
            if record.topic == "dispositions":
                disposition = decode_disposition(value)
                return lambda triage: triage.disposition(disposition, at)
            signal = decode_signal(value)
            return lambda triage: triage.signal(
                signal, round(signal.received_at.timestamp() * 1000)
            )
        except EventError as error:
            raise Unreadable(error.code, str(error)) from None
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            # The text of msgspec names the field and its type, never what it holds.
            shown = str(error) if isinstance(error, msgspec.ValidationError) else "not JSON"
            raise Unreadable("invalid", shown) from None

    def _send(self, topic: str, rows: list[AlertRow]) -> None:
        """Deliver records, in order. That they were is noted soon; a crash before sends them again.

        They have the same ids then, so that consumers drop them.
        """
        due = [row for row in rows if row.alert_id not in self._delivered]
        if not due:
            return
        self._delivery(topic).deliver(
            [Output(row.topic, row.case_id.encode(), row.record, CLOUDEVENT) for row in due]
        )
        now = _now()
        for row in due:
            self._delivered[row.alert_id] = now
            metrics.COMPLETED.labels(row.kind).inc()

    def _note_delivered(self, store: Store) -> None:
        """One transaction for all that was delivered since, rather than one for each."""
        noted = dict(self._delivered)
        if not noted:
            return
        with store.transaction() as tx:
            tx.mark_sent(noted, max(noted.values()))
        for alert_id in noted:
            del self._delivered[alert_id]

    def _bury(self, record: Record, reason: str, error: str) -> None:
        topic = self._settings.topic(record.topic)
        self._delivery(record.topic).deliver([dead_letter(record, topic, reason, error, utc_now())])

    def _delivery(self, topic: str) -> Delivery:
        """One producer for each agent: they work in threads of their own."""
        if topic not in self._deliveries:
            self._deliveries[topic] = Delivery(self._settings, Quiet())
        return self._deliveries[topic]


def is_passing(error: BaseException) -> bool:
    """Whether trying again later can help. A store that is out of order may be put in order."""
    if isinstance(error, StoreError):
        return not error.of_record
    return bool(getattr(error, "retriable", False)) or isinstance(error, KafkaException)


class Held:
    """Tries work again with growing pauses until it is done; ends the process when it cannot be.

    A worker that is told to stop waits for the records in hand, for ever if need be (with
    ``stream_wait_empty``, faust-streaming 0.15.3). So what is held then ends the process: nothing
    of it is acknowledged, and it is read again at the next start. ``finish`` ends the rest before.
    """

    def __init__(self, finish: Callable[[], object]) -> None:
        self._finish = finish
        self._stopping = asyncio.Event()
        self.holding: set[str] = set()

    def stop(self) -> None:
        """The worker stops: there are no pauses any more."""
        self._stopping.set()

    async def until_done(self, name: str, work: Callable[[], object]) -> None:
        """Run ``work`` in a thread until it has gone well."""
        try:
            async for attempt in AsyncRetrying(
                retry=retry_if_exception(is_passing),
                wait=wait_exponential_jitter(0.25, _LONGEST_PAUSE_S),
                sleep=self._pause,
                before_sleep=lambda state: self._say(name, state),
                reraise=True,
            ):
                with attempt:
                    await asyncio.to_thread(work)
        except Exception as error:  # noqa: BLE001 - an agent that raises loses its record
            log.critical("triage_failed", error=type(error).__name__, exit_status=EXIT_TEMPORARY)
            os._exit(EXIT_TEMPORARY)
        if name in self.holding:
            self.holding.discard(name)
            metrics.TRIAGE_HELD.labels(name).set(0)
            log.info("triage_goes_on", topic=name)

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return
        log.warning("triage_held_at_stop", help="what is held is read again at the next start")
        await asyncio.to_thread(self._finish)
        os._exit(0)

    def _say(self, name: str, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        self.holding.add(name)
        metrics.TRIAGE_HELD.labels(name).set(1)
        pause = state.next_action.sleep if state.next_action else 0
        log.warning(
            "triage_held",
            topic=name,
            error=str(error) if hasattr(error, "code") else type(error).__name__,
            attempt=state.attempt_number,
            next_in_s=round(pause, 2),
        )


def add_agents(app: Any, settings: Settings, work: Callable[[], TriageWork], held: Held) -> None:
    """One agent for each topic, each with one actor that takes a record at a time."""
    for name in TRIAGED:
        _add_agent(app, settings, name, work, held)


def _add_agent(
    app: Any, settings: Settings, name: str, work: Callable[[], TriageWork], held: Held
) -> None:
    # Raw bytes: what Faust cannot decode it would skip.
    topic = app.topic(
        settings.topic(name), key_type=bytes, value_type=bytes, key_serializer="raw",
        value_serializer="raw", allow_empty=True, internal=False,
    )  # fmt: skip

    async def agent(stream: Any) -> None:
        async for event in stream.events():
            record = _record(name, event.message)
            await held.until_done(name, lambda record=record: work().take(record))  # type: ignore[misc]

    app.agent(topic, name=f"triage-{name}", concurrency=1)(agent)


def _record(name: str, message: Any) -> Record:
    timestamp = int((message.timestamp or 0) * 1000)
    return Record(name, message.partition, message.offset, timestamp, message.key, message.value)


class FollowUpService(Service):
    """Sends what was held back, and deletes what is too old, until the app stops."""

    abstract = False

    def __init__(self, work: TriageWork, held: Held, **options: Any) -> None:
        self._work = work
        self._held = held
        super().__init__(**options)

    @Service.task
    async def _follow(self) -> None:
        while not self.should_stop:
            await self._held.until_done("follow-up", self._turn)
            await self.sleep(_FOLLOW_UP_S)

    def _turn(self) -> None:
        self._work.follow_up()
        self._work.purge()


def _now() -> int:
    return int(time.time() * 1000)
