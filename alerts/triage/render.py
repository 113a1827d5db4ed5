"""A picture → the alert record that shows it: who, their orders and history, whom to call."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, cast

import msgspec

from alerts.build import smaller
from alerts.contract import (
    MOST_BYTES,
    TRIAGE_SOURCE,
    Alert,
    AlsoAsked,
    Contact,
    Customer,
    EarlierCase,
    EarlierSignal,
    History,
    Kind,
    Missing,
    OrderedItem,
    OrderShown,
    Responder,
    TierName,
    Times,
    encode,
    envelope,
)
from alerts.lifecycle import evidence_id
from alerts.store.rows import CaseRow
from alerts.triage.assess import Picture
from alerts.triage.facts import DAY_MS, ORDERS_DAYS, About, Facts
from alerts.triage.merging import MOST_MATCHES, merged_conversation, quoted
from alerts.wording import TeamLanguage, summary
from lifeline.customers import CustomerOrder, Profile
from lifeline.rules.pack import Pack
from lifeline.taxonomy import Tier

_MOST_ORDERS: Final = 50
_MOST_ITEMS: Final = 20  # of one order
_MOST_EARLIER: Final = 20  # cases, and as many signals
_MOST_FACT: Final = 500  # characters of one fact of the profile or an order


@dataclass(frozen=True, slots=True)
class Background:
    """What is shown beside a case: who, what else happened, who asked the same."""

    about: About
    facts: Facts
    cases: Sequence[Picture]
    earlier: Mapping[str, CaseRow]
    also_asked: AlsoAsked | None = None


@dataclass(frozen=True, slots=True)
class Sending:
    """In which step of the case's life a record is sent."""

    kind: Kind
    revision: int
    previous_tier: Tier | None


def alert_of(picture: Picture, background: Background, pack: Pack) -> Alert:
    """Everything the record shows but its place in the life of the case, the time and history."""
    about = background.about
    latest = picture.latest
    conversation = merged_conversation(picture.signals)
    responders, unknown = _responders(picture, about, pack)
    return Alert(
        case_id=picture.case_id,
        alert_id="",
        revision=1,
        kind="updated",
        tier=_name(picture.tier),
        priority=picture.priority,
        categories=list(picture.categories),
        summary="",
        reasons=picture.reasons,
        matches=picture.matches[:MOST_MATCHES],
        conversation=conversation,
        customer_id=_customer_id(picture),
        status=picture.status,
        decisions=picture.decisions,
        previous_case=picture.previous_case,
        continued_in=picture.continued_in,
        customer=_customer(about.profile) if about.profile else None,
        orders=_orders(picture, about.orders or (), pack),
        responders=responders,
        missing=[*about.missing, *unknown],
        rule_pack=latest.rule_pack,
        times=Times(
            said=latest.said_at,
            received=latest.received_at,
            detected=latest.received_at,
            emitted=latest.received_at,
        ),
        truncated=len(picture.matches) > MOST_MATCHES
        or any(known.signal.truncated for known in picture.signals),
    )


def digest(shown: Alert) -> str:
    """Of what makes a record worth sending: not of the history, times, or how often it was asked.

    Of a closed case only what was decided counts.

    Of what is missing only its name counts, so that a reason that differs each time sends nothing.
    """
    told = msgspec.to_builtins(shown)
    if shown.status == "closed":  # what is over changes by decisions alone
        kept = ("case_id", "status", "decisions", "previous_case", "continued_in")
        told = {name: told.get(name) for name in kept} | {"times": None}
    told["missing"] = [each.what for each in shown.missing]
    told.pop("times")
    return hashlib.sha256(msgspec.json.encode(told, order="sorted")).hexdigest()


def record(
    shown: Alert,
    sending: Sending,
    picture: Picture,
    background: Background,
    *,
    pack: Pack,
    now: datetime,
    language: TeamLanguage,
) -> tuple[Alert, bytes]:
    """The record as it leaves, and encoded: at most 512 KB; history and excerpt are cut first."""
    alert = msgspec.structs.replace(
        shown,
        # Revisions of a case tell apart what is shown again after something else was.
        alert_id=evidence_id("triage", picture.case_id, str(sending.revision), digest(shown)),
        revision=sending.revision,
        kind=sending.kind,
        previous_tier=_name(sending.previous_tier) if sending.previous_tier else None,
        summary=_summary(shown, picture, pack, language),
        history=_history(picture, background),
        also_asked=background.also_asked,
        times=msgspec.structs.replace(shown.times, detected=now, emitted=now),
    )
    data = encode(envelope(alert, TRIAGE_SOURCE))
    if len(data) > MOST_BYTES:
        alert = msgspec.structs.replace(alert, history=None, truncated=True)
        data = encode(envelope(alert, TRIAGE_SOURCE))
    while len(data) > MOST_BYTES and (less := smaller(alert)):
        alert = less
        data = encode(envelope(alert, TRIAGE_SOURCE))
    return alert, data


def _summary(shown: Alert, picture: Picture, pack: Pack, language: TeamLanguage) -> str:
    by_points = pack.scales.ids
    conversation = shown.conversation
    return summary(
        language,
        customer_id=shown.customer_id,
        channel=conversation.channel,
        queue=conversation.queue,
        tier=shown.tier,
        categories=picture.categories,
        quoted=quoted(shown.matches, shown.tier, without=by_points)
        or quoted(shown.matches, picture.latest.tier, without=by_points),
        adds_up=any(match.rule_id in by_points for match in shown.matches),
        customer=shown.customer,
        means=_most_urgent(shown.orders),
        spoken=shown.times.said,
        priority=shown.priority,
        raised=picture.known,
    )


def _most_urgent(orders: list[OrderShown]) -> OrderShown | None:
    """Of the orders that hold means, the latest that can still be stopped, else the latest."""
    holding = [order for order in orders if order.means]
    return next((order for order in holding if order.cancellable), next(iter(holding), None))


def _customer_id(picture: Picture) -> str | None:
    named = (k.signal.customer_id for k in reversed(picture.signals))
    return next((customer for customer in named if customer is not None), None)


def _customer(profile: Profile) -> Customer:
    contact = profile.emergency_contact
    return Customer(
        customer_id=profile.customer_id,
        name=profile.name[:_MOST_FACT],
        phone=profile.phone[:_MOST_FACT],
        region=profile.region or "",
        address=profile.address[:_MOST_FACT],
        birth_year=profile.birth_year,
        language=profile.language or "",
        emergency_contact=Contact(name=contact.name[:_MOST_FACT], phone=contact.phone[:_MOST_FACT])
        if contact
        else None,
    )


def _orders(picture: Picture, orders: Iterable[CustomerOrder], pack: Pack) -> list[OrderShown]:
    since = picture.last_said - ORDERS_DAYS * DAY_MS
    recent = [order for order in orders if order.placed_at.timestamp() * 1000 >= since]
    recent.sort(key=lambda order: (order.placed_at, order.order_id), reverse=True)
    return [_order(order, pack) for order in recent[:_MOST_ORDERS]]


def _order(order: CustomerOrder, pack: Pack) -> OrderShown:
    items = [
        OrderedItem(
            sku=item.sku[:_MOST_FACT],
            title=item.title[:_MOST_FACT],
            category=item.category[:_MOST_FACT],
            quantity=item.quantity,
            means=list(pack.means.kinds(item)),
        )
        for item in order.items
    ]
    items.sort(key=lambda item: not item.means)  # what is cut off holds no means
    return OrderShown(
        order_id=order.order_id,
        placed_at=order.placed_at,
        status=order.status[:_MOST_FACT],
        cancellable=order.cancellable,
        means=sorted({kind for item in items for kind in item.means}),
        items=items[:_MOST_ITEMS],
    )


def _history(picture: Picture, background: Background) -> History:
    """Other cases, and signals of other conversations, the latest first."""
    cases = {
        other.case_id: EarlierCase(
            case_id=other.case_id,
            channel=other.latest.channel,
            opened_at=_at(other.episode.opened),
            tier=_name(other.tier),
            priority=other.priority,
            status=other.status,
            outcome=other.outcome,
        )
        for other in background.cases
    }
    for row in background.earlier.values():
        cases.setdefault(row.case_id, _kept(row))
    cases.pop(picture.case_id, None)
    conversation = picture.episode.conversation_id
    signals = sorted(
        (k for k in background.facts.signals if k.signal.conversation_id != conversation),
        key=lambda k: (k.received, k.signal.signal_id),
        reverse=True,
    )
    return History(
        cases=sorted(cases.values(), key=lambda c: c.opened_at, reverse=True)[:_MOST_EARLIER],
        signals=[
            EarlierSignal(
                signal_id=signal.signal_id,
                conversation_id=signal.conversation_id,
                channel=signal.channel,
                said_at=signal.said_at,
                tier=signal.tier,
                categories=signal.categories,
                rules=sorted({match.rule_id for match in signal.matches}),
            )
            for signal in (known.signal for known in signals[:_MOST_EARLIER])
        ],
    )


def _kept(row: CaseRow) -> EarlierCase:
    return EarlierCase(
        case_id=row.case_id,
        channel=row.channel,
        opened_at=_at(row.opened),
        tier=_name(Tier(row.tier)),
        priority=row.priority,
        status=row.status,
        outcome=row.outcome,
    )


def _responders(
    picture: Picture, about: About, pack: Pack
) -> tuple[list[Responder], list[Missing]]:
    """Numbers where the conversation takes place, then those where the customer lives."""
    said = picture.latest.conversation.region if picture.latest.conversation else None
    home = about.profile.region if about.profile else None
    regions = list(dict.fromkeys(region for region in (said, home) if region))
    if not regions:
        return [], [Missing(what="responders", why="no region is known")]
    found: dict[tuple[str, str], Responder] = {}
    missing = []
    for region in regions:
        known = pack.responders.of(region)
        if not known:
            missing.append(Missing(what="responders", why=f"no numbers are kept for {region}"))
        for each in known:
            found.setdefault(
                (each.kind, each.number), msgspec.convert(each, Responder, from_attributes=True)
            )
    return list(found.values()), [] if found else missing


def _at(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def _name(tier: Tier) -> TierName:
    return cast("TierName", tier.label)
