"""What the signs of a conversation add up to, by the scales of a pack.

The sum slides over what the customer said last, over messages: a long text is no worse than the
worst of its stretches. A stretch counts each sequence once.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import inf
from typing import TYPE_CHECKING, Final, NamedTuple

from lifeline.distance import outermost
from lifeline.rules.hits import Evidence, RuleHit, Scanned
from lifeline.rules.scale import SCALED, Scale
from lifeline.rules.schema import RuleSpec
from lifeline.rules.weighing import MOST_TEXT
from lifeline.signs import Spotter
from lifeline.taxonomy import RULE_TIERS, Tier

if TYPE_CHECKING:
    from lifeline.conversation import Conversation, Message
    from lifeline.events import Event

WINDOW_SECONDS: Final = 1800  # what was said longer ago no longer counts
MOST_SHOWN: Final = 8  # sequences shown of a hit, those with the most points
_NO_POINTS: Final = (0, 0, 0)


class _Rule(NamedTuple):
    number: int
    tier: Tier
    needed: int
    channels: tuple[str, ...]


class Sum(NamedTuple):
    """The most points that a stretch of what was said comes to, and the sequences in it."""

    points: float
    sequences: frozenset[int]


class Reached(NamedTuple):
    """How many of the points that a rule needs are reached, and the words that count most."""

    rule: int
    tier: Tier
    points: float
    needed: int
    evidence: tuple[Evidence, ...]


# A sequence that stands in what was said: the unit it ends at, its number, and whether the message
# at hand says it.
_Sign = tuple[int, int, bool]


class Scales:
    """The scales of a pack by language, the one automaton of their sequences, and their rules."""

    def __init__(self, scales: Iterable[Scale], rules: Iterable[RuleSpec]) -> None:
        self.by_language = {scale.language: scale for scale in scales}
        self.spotter = Spotter(said for scale in self.by_language.values() for said in scale.points)
        sequences = self.spotter.sequences
        self._points = {
            language: {
                tier: [scale.points.get(said, _NO_POINTS)[at] for said in sequences]
                for at, tier in enumerate(SCALED)
            }
            for language, scale in self.by_language.items()
        }
        # What speaks for a tier, to tell at once that a message cannot come to enough.
        self._towards = {
            language: {tier: [max(points, 0) for points in table] for tier, table in tables.items()}
            for language, tables in self._points.items()
        }
        self._telling = {
            language: frozenset(
                key for table in tables.values() for key, points in enumerate(table) if points
            )
            for language, tables in self._towards.items()
        }
        # The ids of rules by points: of what they count, no stretch says anything by itself.
        self.ids = frozenset(spec.id for spec in rules if spec.adds_up is not None)
        self._rules: dict[str, list[_Rule]] = {language: [] for language in self.by_language}
        for number, spec in enumerate(rules):
            if spec.adds_up is not None and spec.language in self._rules:
                tier = RULE_TIERS[spec.tier]
                self._rules[spec.language].append(_Rule(number, tier, spec.adds_up, spec.channels))

    def hits(
        self,
        message: Message,
        conversation: Conversation,
        channel: str,
        scanned: Callable[[Event], Scanned],
    ) -> Iterator[RuleHit]:
        """The rules whose points are reached by this message and what was said around it.

        ``scanned`` gives an event's text as it was scanned.
        """
        for reached in self.reached(message, conversation, channel, scanned):
            yield RuleHit(reached.rule, reached.tier, reached.evidence, ())

    def reached(
        self,
        message: Message,
        conversation: Conversation,
        channel: str,
        scanned: Callable[[Event], Scanned],
        share: float = 1.0,
    ) -> Iterator[Reached]:
        """The rules of whose points at least this share is reached.

        What was said after the message counts as well: it may have come late.
        """
        for language, rules in self._rules.items():
            if self._telling[language].isdisjoint(message.signs.keys):
                continue
            near = _around(message, conversation, self.by_language[language].window)
            said = frozenset().union(*(other.signs.keys for other in near))
            towards = self._towards[language]
            within_reach = [
                rule
                for rule in rules
                if channel in rule.channels
                and sum(map(towards[rule.tier].__getitem__, said)) >= share * rule.needed
            ]
            sums = self._sums(message, near, language) if within_reach else {}
            for rule in within_reach:
                found = sums.get(rule.tier)
                if found is not None and found.points >= share * rule.needed:
                    shown = self._weightiest(found.sequences, message, language, rule.tier)
                    evidence = tuple(self._evidence(shown, near, scanned))
                    yield Reached(rule.number, rule.tier, found.points, rule.needed, evidence)

    def _sums(self, message: Message, near: list[Message], language: str) -> dict[Tier, Sum]:
        """By tier, the most that a stretch comes to in which this message counts towards it."""
        window = self.by_language[language].window
        row = _row(message, near, window)
        most = dict.fromkeys(SCALED, -inf)
        where = dict.fromkeys(SCALED, 0)
        stretch = Stretch(window, self._points[language])
        for at, (end, key, is_own) in enumerate(row):
            stretch.take(end, key, is_own=is_own)
            is_last_here = at + 1 == len(row) or row[at + 1][0] != end
            if is_last_here:
                for tier, total in stretch.totals.items():
                    if total > most[tier] and stretch.own[tier]:
                        most[tier], where[tier] = total, at
        return {
            tier: Sum(most[tier], frozenset(_within(row[: at + 1], window)))
            for tier, at in where.items()
            if most[tier] > -inf
        }

    def _weightiest(
        self, sequences: frozenset[int], message: Message, language: str, tier: Tier
    ) -> frozenset[int]:
        """Those with the most points, the weightiest of the message itself always among them."""
        table = self._points[language][tier]
        towards = sorted((k for k in sequences if table[k] > 0), key=lambda k: (-table[k], k))
        own = next(k for k in towards if k in message.signs.keys)
        return frozenset([own, *towards[: MOST_SHOWN - 1]])

    def _evidence(
        self,
        shown: frozenset[int],
        near: list[Message],
        scanned: Callable[[Event], Scanned],
    ) -> Iterator[Evidence]:
        """Where these sequences stand, each where it was said last, less those inside another."""
        left = set(shown)
        found = []
        for said in reversed(near):
            here = frozenset(left & set(said.signs.keys))
            if not here:
                continue
            left -= here
            text, event = scanned(said.event), said.event
            words = [
                Evidence(
                    event.key, event.message_id, event.speaker, *text.place(start, end),
                    text.text[start : min(end, start + MOST_TEXT)], (),
                )
                for start, end in outermost(self.spotter.places(text.text, here))
            ]  # fmt: skip
            found.append(words)
        for words in reversed(found):
            yield from words


class Stretch:
    """The last units of what was said: the sequences that end there, and what they add up to.

    ``own`` is how many of them, by tier, the message at hand adds towards it.
    """

    def __init__(self, window: int, tables: Mapping[Tier, Sequence[float]]) -> None:
        self.inside: Counter[int] = Counter()
        self.totals: dict[Tier, float] = dict.fromkeys(SCALED, 0)
        self.own = dict.fromkeys(SCALED, 0)
        self._window = window
        self._tables = tables
        self._held: deque[_Sign] = deque()

    def take(self, end: int, key: int, *, is_own: bool) -> None:
        """Go on to a sequence that ends at this unit, and leave behind what is now too far back."""
        self._held.append((end, key, is_own))
        self._count(key, 1, is_own=is_own)
        while end - self._held[0][0] >= self._window:
            _, gone, was_own = self._held.popleft()
            self._count(gone, -1, is_own=was_own)

    def _count(self, key: int, times: int, *, is_own: bool) -> None:
        was_inside = key in self.inside
        self.inside[key] += times
        if not self.inside[key]:
            del self.inside[key]
        is_inside = key in self.inside
        for tier, table in self._tables.items():
            self.totals[tier] += (is_inside - was_inside) * table[key]
            self.own[tier] += times * (is_own and table[key] > 0)


def _row(message: Message, near: list[Message], window: int) -> list[_Sign]:
    """The signs of the message and those near enough to be in one stretch with any of them."""
    row: list[_Sign] = []
    base = first = last = 0
    for said in near:
        signs, is_own = said.signs, said is message
        row += [(base + end, key, is_own) for end, key in zip(signs.ends, signs.keys, strict=True)]
        if is_own:
            first, last = base, base + signs.units
        base += signs.units
    return [sign for sign in row if first - window < sign[0] < last + window]


def _within(row: list[_Sign], window: int) -> Iterator[int]:
    """The sequences of the last stretch of a row."""
    first = row[-1][0] - window
    return (key for end, key, _ in row if end > first)


def _around(message: Message, conversation: Conversation, window: int) -> list[Message]:
    """The message and what was said not too long before and after it, in that order.

    No further back and ahead than ``window`` units.
    """
    others = [
        m
        for m in conversation.messages
        if m.signs.units and m is not message and abs(message.sent - m.sent) <= WINDOW_SECONDS
    ]
    others.sort(key=lambda m: (m.sent, m.position))
    here = bisect_left(others, (message.sent, message.position), key=lambda m: (m.sent, m.position))
    before = list(_up_to(window, reversed(others[:here])))
    return [*reversed(before), message, *_up_to(window, others[here:])]


def _up_to(window: int, messages: Iterable[Message]) -> Iterator[Message]:
    """The first of the messages, as many as hold so many units."""
    units = 0
    for message in messages:
        if units >= window:
            return
        units += message.signs.units
        yield message
