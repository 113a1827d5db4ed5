"""Facts of a person → the picture of each of their cases. Pure, and the order of facts is all one.

What was said in one conversation gives a case its tier; rules across conversations, orders and
history raise it or its priority, each with a written reason. Nothing here lowers what detect said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import msgspec

from alerts.contract import Match, Outcome, SentAlert, Signal, Status, TeamDecision
from alerts.priority import FACTS, Fact, row_for, several_signs
from alerts.store.rows import CaseRow
from alerts.triage.episodes import CLOSING, CONFIRMING, Episode, episodes
from alerts.triage.facts import DAY_MS, ORDERS_DAYS, About, Facts, KnownSignal
from alerts.triage.merging import MOST_REASONS, merged_matches, merged_reasons
from lifeline.across import KnownOrder, Raised, Sign, raised, status_of
from lifeline.context import Context, Order
from lifeline.rules.pack import Pack
from lifeline.rules.settling import settled
from lifeline.taxonomy import RULE_TIERS, SIGNAL_CATEGORIES, Tier

MEANS_DAYS: Final = 30
REPEAT_DAYS: Final = 7


@dataclass(slots=True)
class Picture:
    """A case as everything known makes it."""

    episode: Episode
    tier: Tier
    matches: list[Match]
    reasons: list[str]
    priority: int = 3
    categories: tuple[str, ...] = ()
    raised: list[Raised] = field(default_factory=list)
    doubted: frozenset[str] = frozenset()  # rules across conversations behind a false alarm
    known: tuple[Fact, ...] = ()  # what counts besides the tier
    previous_case: str | None = None
    continued_in: str | None = None

    @property
    def case_id(self) -> str:
        """The id of the case."""
        return self.episode.case_id

    @property
    def signals(self) -> list[KnownSignal]:
        """Those of the case, as the log took them in; never empty."""
        return self.episode.signals

    @property
    def latest(self) -> Signal:
        """The newest signal."""
        return self.signals[-1].signal

    @property
    def last_said(self) -> int:
        """When the latest words that count were said."""
        return max(_ms(known.signal.said_at) for known in self.signals)

    @property
    def status(self) -> Status:
        """Open, quiet or closed."""
        return self.episode.status

    @property
    def outcome(self) -> Outcome | None:
        """The team's latest decision."""
        decisions = self.episode.decisions
        return decisions[-1].disposition.outcome if decisions else None

    @property
    def decisions(self) -> list[TeamDecision]:
        """The latest first."""
        return [
            TeamDecision(outcome=d.outcome, by=d.by, decided_at=d.decided_at)
            for d in (known.disposition for known in reversed(self.episode.decisions))
        ]

    @property
    def sent(self) -> list[SentAlert]:
        """The records that detect sent."""
        return [known.signal.alert for known in self.signals if known.signal.alert]

    @property
    def rules(self) -> tuple[str, ...]:
        """The ids of all rules that counted, those that a false alarm is laid to included."""
        said = {match.rule_id for match in self.matches}
        return tuple(sorted(said | {r.spec.id for r in self.raised} | self.doubted))


def assess(
    facts: Facts, about: About, pack: Pack, *, earlier: Mapping[str, CaseRow] | None = None
) -> list[Picture]:
    """The cases of a person, from watch upwards; ``earlier`` are those kept of longer ago."""
    orders = about.orders
    pictures = [_said(episode, orders, pack) for episode in episodes(facts)]
    known = None
    if orders is not None:
        known = [status_of(order, pack.means) for order in orders]
        known.sort(key=lambda order: (order.placed, order.order_id))
    _raise_across(pictures, known, pack)
    _link(pictures)
    cases = [picture for picture in pictures if picture.tier >= Tier.WATCH]
    for picture in cases:
        _rank(picture, cases, known or [], (earlier or {}).values())
    return cases


def _said(episode: Episode, orders: tuple[Order, ...] | None, pack: Pack) -> Picture:
    """What was said, with conditions on orders settled now that they are known."""
    reasons: dict[str, None] = {}
    matches = []
    for known in episode.signals:
        signal = known.signal
        for match in signal.matches:
            tier, why = _settled(match, signal, orders, pack)
            matches.append(msgspec.structs.replace(match, tier=tier.label) if why else match)
            reasons.update(dict.fromkeys(why))
    merged = merged_matches(matches)
    # A match may have been cut off a signal of very many; its tier still counts.
    tiers = [RULE_TIERS[k.signal.tier] for k in episode.signals]
    tiers += [RULE_TIERS[match.tier] for match in merged]
    return Picture(episode, max(tiers), merged, [*reasons, *merged_reasons(episode.signals)])


def _settled(
    match: Match, signal: Signal, orders: tuple[Order, ...] | None, pack: Pack
) -> tuple[Tier, list[str]]:
    tier = RULE_TIERS[match.tier]
    if not match.awaits or orders is None:
        return tier, []
    sku = signal.conversation.sku if signal.conversation else None
    found, why = settled(
        pack, match.rule_id, match.rule_version, tier, match.awaits,
        Context(orders=orders), sku, signal.said_at,
        raised=match.raised, modifiers=match.modifiers,
    )  # fmt: skip
    return found, [
        f"raised to {each.to.label} by {each.name} of {match.rule_id} ({each.why})" for each in why
    ]


def _raise_across(pictures: list[Picture], orders: list[KnownOrder] | None, pack: Pack) -> None:
    """What rules across conversations make of the signs in all of them."""
    spans: dict[str, list[tuple[int, int | None]]] = {}
    for picture in pictures:
        span = _open_span(picture.episode)
        spans.setdefault(picture.episode.conversation_id, []).append(span)
    signs = {picture.case_id: list(_signs(picture)) for picture in pictures}
    counting = [picture for picture in pictures if picture.outcome != "false_alarm"]
    for found in _found(counting, signs, orders, spans, pack):
        for picture in pictures:
            if _bears(picture, found):
                _take_in(picture, found)
    for picture in pictures:
        if picture.outcome == "false_alarm":
            there = [other for other in pictures if other is picture or _stood(other, picture)]
            before = _found(there, signs, orders, spans, pack)
            picture.doubted = frozenset(f.spec.id for f in before if _bears(picture, f))


def _found(
    counting: Iterable[Picture],
    signs: Mapping[str, list[Sign]],
    orders: list[KnownOrder] | None,
    spans: Mapping[str, list[tuple[int, int | None]]],
    pack: Pack,
) -> list[Raised]:
    """What the signs of these pictures raise."""
    among = [sign for picture in counting for sign in signs[picture.case_id]]
    return list(raised(pack.across, among, orders, spans))


def _bears(picture: Picture, found: Raised) -> bool:
    """Whether it is this case that is raised: the last sign in its conversation is of it."""
    last = [sign for sign in found.signs if sign.conversation_id == found.conversation_id][-1]
    return any(known.signal.signal_id == last.signal_id for known in picture.signals)


def _stood(other: Picture, doubted: Picture) -> bool:
    """Whether a case counted when the last words of one now called false came in."""
    if other.outcome != "false_alarm":
        return True
    return other.episode.decisions[-1].received > doubted.signals[-1].received


def _open_span(episode: Episode) -> tuple[int, int | None]:
    """When it was said and decided, not logged: shops date their orders, too."""
    opened = min(_ms(known.signal.said_at) for known in episode.signals)
    if episode.status != "closed":
        return opened, None
    closing = [d.disposition for d in episode.decisions if d.disposition.outcome in CLOSING]
    return opened, max((_ms(each.decided_at) for each in closing), default=None)


def _take_in(picture: Picture, found: Raised) -> None:
    if any(known.spec.id == found.spec.id for known in picture.raised):
        return  # the first evidence is enough; more of it says nothing new
    picture.raised.append(found)
    if found.spec.to is not None:
        picture.tier = max(picture.tier, found.spec.to)


def _signs(picture: Picture) -> Iterable[Sign]:
    """The worst of each category in each message."""
    worst: dict[tuple[str, str], Match] = {}
    for match in picture.matches:
        key = (match.message_id, match.category)
        if key not in worst or RULE_TIERS[match.tier] > RULE_TIERS[worst[key].tier]:
            worst[key] = match
    said: dict[str, Signal] = {}
    for known in picture.signals:
        said.setdefault(known.signal.message_id, known.signal)
    for (message_id, category), match in sorted(worst.items()):
        # Words of an earlier message may have been completed by a later one, whose signal it is.
        signal = said.get(message_id) or _bearer(picture, match)
        yield Sign(
            signal_id=signal.signal_id,
            conversation_id=signal.conversation_id,
            message_id=message_id,
            channel=signal.channel,
            said=_ms(signal.said_at),
            category=category,
            tier=RULE_TIERS[match.tier],
            rule_id=match.rule_id,
        )


def _bearer(picture: Picture, match: Match) -> Signal:
    """The first signal that brought a match."""
    place = (match.rule_id, match.message_id, match.start)
    for known in picture.signals:
        if any((m.rule_id, m.message_id, m.start) == place for m in known.signal.matches):
            return known.signal
    return picture.latest


def _link(pictures: list[Picture]) -> None:
    """Name the case that another of the same conversation goes on from."""
    by_id = {picture.case_id: picture for picture in pictures}
    for picture in pictures:
        before = Episode(picture.episode.conversation_id, picture.episode.number - 1)
        if picture.episode.number > 1 and picture.tier >= Tier.WATCH and before.case_id in by_id:
            picture.previous_case = before.case_id
            by_id[before.case_id].continued_in = picture.case_id


def _rank(
    picture: Picture,
    cases: Sequence[Picture],
    orders: Sequence[KnownOrder],
    earlier: Iterable[CaseRow],
) -> None:
    """Priority, categories and the reasons for both, the most weighty first."""
    at_tier = frozenset(m.category for m in picture.matches if RULE_TIERS[m.tier] is picture.tier)
    said = frozenset(m.category for m in picture.matches) - SIGNAL_CATEGORIES
    picture.categories = tuple(sorted(at_tier or said))
    evidence = {
        "several_signs": ", ".join(sorted(at_tier)) if several_signs(at_tier) else "",
        "means": _means(picture, orders),
        "repeat": _repeat(picture, cases),
        "earlier_case": _earlier_case(picture, cases, earlier),
    }
    picture.known = tuple(fact for fact in FACTS if evidence[fact])
    row = row_for(picture.tier, frozenset(picture.known))
    asked = [r for r in picture.raised if r.spec.priority is not None]
    picture.priority = min([row.priority, *(r.spec.priority or 3 for r in asked)])
    why = [_raised_because(r) for r in picture.raised]
    why += [f"{FACTS[fact]}: {evidence[fact]}" for fact in picture.known]
    picture.reasons = [*why, *picture.reasons][:MOST_REASONS]


def _raised_because(found: Raised) -> str:
    """Title and evidence of a rule across conversations."""
    spec = found.spec
    to = [f"raised to {spec.to.label}"] if spec.to else []
    to += [f"priority {spec.priority}"] if spec.priority else []
    signs = [
        f"{sign.category} ({sign.tier.label}, {sign.channel}, {_time(sign.said)}, "
        f"{sign.conversation_id})"
        for sign in found.signs
    ]
    orders = [f"order {order}" for order in found.orders]
    return f"{spec.title} ({spec.id}, {', '.join(to)}): {'; '.join([*signs, *orders])}; {spec.why}"


def _means(picture: Picture, orders: Sequence[KnownOrder]) -> str:
    last = picture.last_said
    return "; ".join(
        f"order {order.order_id} ({', '.join(order.means)}, placed {_time(order.placed)})"
        for order in orders
        if order.means and not order.cancelled
        if order.placed >= last - MEANS_DAYS * DAY_MS
        or (not order.delivered and order.placed >= last - ORDERS_DAYS * DAY_MS)
    )


def _repeat(picture: Picture, cases: Sequence[Picture]) -> str:
    since = picture.last_said - REPEAT_DAYS * DAY_MS
    return ", ".join(
        other.case_id
        for other in cases
        if other.episode.conversation_id != picture.episode.conversation_id
        and any(
            since <= _ms(k.signal.said_at) <= picture.last_said
            and RULE_TIERS[k.signal.tier] >= Tier.ELEVATED
            for k in other.signals
        )
    )


def _earlier_case(picture: Picture, cases: Sequence[Picture], earlier: Iterable[CaseRow]) -> str:
    confirmed = {
        other.case_id
        for other in cases
        if other.outcome in CONFIRMING and other.episode.opened < picture.episode.opened
    }
    confirmed |= {
        row.case_id
        for row in earlier
        if row.outcome in CONFIRMING and row.opened < picture.episode.opened
    }
    return ", ".join(sorted(confirmed - {picture.case_id}))


def _time(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M} UTC"


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
