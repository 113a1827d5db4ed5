"""Triage: one record in, one transaction of the case store, and the alert records that are due.

Every method may be called again with the same record: the store then already holds it, and nothing
new comes of it but what was not sent yet. Nothing here waits for a pause; who calls does, when the
store raises a retriable error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from alerts.contract import AlsoAsked, Disposition, Signal, Status
from alerts.store.rows import AlertRow, CaseRow
from alerts.store.store import Store, Transaction
from alerts.triage.asked import asked
from alerts.triage.assess import Picture, assess
from alerts.triage.episodes import CLOSING, conversation_of
from alerts.triage.facts import (
    DAY_MS,
    ORDERS_DAYS,
    About,
    KnownDisposition,
    KnownSignal,
    person_of,
)
from alerts.triage.render import Background, alert_of, digest, record
from alerts.triage.sources import ContextSource
from alerts.triage.steps import Due, due
from alerts.wording import TeamLanguage
from lifeline.customers import CustomerOrder, Profile
from lifeline.rules.pack import Pack
from lifeline.taxonomy import Tier

OPEN_DAYS = 30  # a case in which nothing was found for longer changes no more
_AGAIN_MS = 30_000  # when what could not be had is asked for again


@dataclass(frozen=True, slots=True)
class Policy:
    """What the crisis team decided about its alerts. ``interval`` is in milliseconds."""

    gate: Tier
    language: TeamLanguage
    interval: int


class Triage:
    """The work of the triage agents on one store; safe to call from several threads.

    ``pack`` gives the rules in force, ``clock`` the time in milliseconds since 1970. ``source`` is
    asked for profile and orders instead of the store; before anything is locked, if it is known
    by then of whom.
    """

    def __init__(
        self,
        store: Store,
        pack: Callable[[], Pack],
        policy: Policy,
        clock: Callable[[], int],
        source: ContextSource | None = None,
    ) -> None:
        self._store = store
        self._pack = pack
        self._policy = policy
        self._clock = clock
        self._source = source

    def signal(self, signal: Signal, received: int) -> list[AlertRow]:
        """Take a signal in; the records to send."""
        asked_of = person_of(signal.customer_id, signal.conversation_id)
        about = self._asked_outside(asked_of)
        question = asked(signal, self._pack())
        with self._store.transaction(conversation=signal.conversation_id) as tx:
            person = tx.person_for(signal.conversation_id, signal.customer_id)
            if person != asked_of:  # an earlier signal of the conversation named the customer
                about = self._asked_outside(person)
            fingerprint = question.fingerprint if question else None
            new = tx.add_signal(KnownSignal(signal, received), person, fingerprint)
            return self._settle(tx, person, about, new=new, sent=_sent_by_detect(signal, person))

    def profile(self, profile: Profile, received: int) -> list[AlertRow]:
        """Take a profile in; the records to send."""
        about = self._asked_outside_of_case(profile.customer_id)
        with self._store.transaction(person=profile.customer_id) as tx:
            new = tx.put_profile(profile, received)
            return self._settle(tx, profile.customer_id, about, new=new)

    def order(self, order: CustomerOrder, received: int) -> list[AlertRow]:
        """Take an order in; the records to send."""
        about = self._asked_outside_of_case(order.customer_id)
        with self._store.transaction(person=order.customer_id) as tx:
            new = tx.put_order(order, received)
            return self._settle(tx, order.customer_id, about, new=new)

    def forget(self, customer_id: str) -> list[AlertRow]:
        """Erase a customer: their record on the topic was deleted."""
        with self._store.transaction(person=customer_id) as tx:
            tx.forget(customer_id)
        return []

    def disposition(self, disposition: Disposition, received: int) -> list[AlertRow]:
        """Take a decision of the team in; the records to send."""
        conversation = conversation_of(disposition.case_id)
        with self._store.transaction(conversation=conversation) as tx:
            person = tx.person_of_conversation(conversation)
            new = tx.add_disposition(KnownDisposition(disposition, received))
            if person is None:
                return []  # it counts once a signal of the conversation comes
            tx.lock_person(person)
            about = self._asked_outside(person)
            return self._settle(tx, person, about, new=new, decided=disposition)

    def follow_up(self, person: str) -> list[AlertRow]:
        """Send what was held back, and what an end of the process kept from leaving."""
        about = self._asked_outside(person)
        with self._store.transaction(person=person) as tx:
            return self._settle(tx, person, about, new=False)

    def _asked_outside_of_case(self, person: str) -> About | None:
        """The same, unless there is no case to show it on."""
        if self._source is None:
            return None
        with self._store.transaction() as tx:
            if not tx.case_rows(person):
                return None
        return self._asked_outside(person)

    def _asked_outside(self, person: str) -> About | None:
        if self._source is None:
            return None
        return self._source.about(person, since=self._clock() - ORDERS_DAYS * DAY_MS)

    def _settle(
        self,
        tx: Transaction,
        person: str,
        about: About | None,
        *,
        new: bool,
        sent: Sequence[AlertRow] = (),
        decided: Disposition | None = None,
    ) -> list[AlertRow]:
        """Picture the person's cases anew, keep what changed, and give what is to be sent.

        What is not ``new`` was taken in before: then what was made of it may not have been sent.
        """
        now = self._clock()
        facts = tx.facts(person, since=now - OPEN_DAYS * DAY_MS)
        rows = tx.case_rows(person)
        pictured: set[str] = set()
        made: list[AlertRow] = []
        if facts.signals:
            # Orders go by when things were said, which may be weeks before they are read.
            said = min(known.signal.said_at for known in facts.signals).timestamp() * 1000
            if about is None:
                about = tx.about(person, since=min(int(said), now) - ORDERS_DAYS * DAY_MS)
            pack = self._pack()
            earlier = {key: row for key, row in rows.items() if not _among(facts.signals, row)}
            cases = assess(facts, about, pack, earlier=earlier)
            kept: list[CaseRow] = []
            for picture in cases:
                shared = self._also_asked(tx, picture, pack)
                background = Background(about, facts, cases, earlier, shared)
                row, alert = self._step(picture, background, rows.get(picture.case_id), pack, now)
                kept.append(row)
                made.extend([alert] if alert else [])
            tx.save_cases(row for row in kept if row != rows.get(row.case_id))
            pictured = {row.case_id for row in kept}
        if decided is not None and decided.case_id in rows.keys() - pictured:
            # Of too long ago to be pictured anew; what became of it still counts in reports.
            tx.save_cases([_decided(rows[decided.case_id], decided)])
        tx.add_alerts([*sent, *made])
        return made if new else tx.unsent(person)

    def _step(
        self, picture: Picture, background: Background, before: CaseRow | None, pack: Pack, now: int
    ) -> tuple[CaseRow, AlertRow | None]:
        """The case's row as it is now, and the record that leaves now, if any."""
        shown = alert_of(picture, background, pack)
        told = digest(shown)
        policy = self._policy
        step = due(picture, told, before, gate=policy.gate, interval=policy.interval, now=now)
        alert = None
        if step.now is not None:
            at = datetime.fromtimestamp(now / 1000, UTC)
            made, data = record(
                shown, step.now, picture, background, pack=pack, now=at, language=policy.language
            )
            alert = AlertRow(
                alert_id=made.alert_id,
                case_id=made.case_id,
                person=background.facts.person,
                revision=made.revision,
                kind=made.kind,
                tier=int(picture.tier),
                priority=made.priority,
                topic=step.topic,
                made=now,
                sent=None,
                record=data,
            )
        later = step.later
        if background.about.passing and later is None:
            later = now + _AGAIN_MS
        return _row(picture, background, before, step, alert, told, later), alert

    def _also_asked(self, tx: Transaction, picture: Picture, pack: Pack) -> AlsoAsked | None:
        for known in reversed(picture.signals):
            question = asked(known.signal, pack)
            if question is None:
                continue
            said = round(known.signal.said_at.timestamp() * 1000)
            people = tx.also_asked(
                question.fingerprint, since=said - question.spec.within_ms, until=said
            )
            if people >= (question.spec.customers or 2):
                return AlsoAsked(customers=people, minutes=question.spec.minutes)
        return None


def _row(
    picture: Picture,
    background: Background,
    before: CaseRow | None,
    step: Due,
    alert: AlertRow | None,
    told: str,
    later: int | None,
) -> CaseRow:
    episode = picture.episode
    left = alert is not None
    return CaseRow(
        case_id=picture.case_id,
        person=background.facts.person,
        conversation_id=episode.conversation_id,
        channel=picture.latest.channel,
        opened=episode.opened,
        last_said=picture.last_said,
        tier=int(picture.tier),
        priority=picture.priority,
        status=picture.status,
        outcome=picture.outcome,
        acknowledged=min((d.received for d in episode.decisions), default=None),
        closed=episode.closed,
        revision=alert.revision if alert else before.revision if before else 0,
        digest=told,
        sent_digest=told if left else before.sent_digest if before else "",
        sent=alert.made if alert else before.sent if before else None,
        due=later,
        on_alerts=step.topic == "alerts",
        rules=picture.rules,
    )


def _decided(row: CaseRow, decision: Disposition) -> CaseRow:
    status: Status = "closed" if decision.outcome in CLOSING else "quiet"
    return replace(row, status=status, outcome=decision.outcome)


def _among(signals: Iterable[KnownSignal], row: CaseRow) -> bool:
    return any(known.signal.conversation_id == row.conversation_id for known in signals)


def _sent_by_detect(signal: Signal, person: str) -> list[AlertRow]:
    """The record that detect sent for a signal, for the account."""
    sent = signal.alert
    if sent is None:
        return []
    at = round(signal.received_at.timestamp() * 1000)
    return [
        AlertRow(
            alert_id=sent.alert_id,
            case_id=signal.conversation_id,
            person=person,
            revision=sent.revision,
            kind=sent.kind,
            tier=int(Tier[signal.tier.upper()]),
            priority=sent.priority,
            topic=sent.topic,
            made=at,
            sent=at,
            record=None,
        )
    ]
