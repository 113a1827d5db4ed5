"""What the signs of a conversation add up to, by the scales of a pack.

The sum slides over what the customer said last, over messages: a long text is no worse than the
worst of its stretches. A stretch counts each sequence once.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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


class Sign(NamedTuple):
    """A sequence by its number: the unit of the row it ends at, and whether the message says it."""

    end: int
    key: int
    is_own: bool


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
        self._rules = [
            (number, spec) for number, spec in enumerate(rules) if spec.adds_up is not None
        ]

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
        """The rules of whose points at least this share is reached."""
        sums: dict[str, dict[Tier, Sum]] = {}
        for number, spec in self._rules:
            if channel not in spec.channels:
                continue
            if spec.language not in sums:
                sums[spec.language] = self.sums(message, conversation, spec.language)
            tier, needed = RULE_TIERS[spec.tier], spec.adds_up or 0
            found = sums[spec.language].get(tier)
            if found is not None and found.points >= share * needed:
                shown = self._weightiest(found.sequences, message, spec.language, tier)
                evidence = tuple(self._evidence(shown, message, conversation, scanned))
                yield Reached(number, tier, found.points, needed, evidence)

    def sums(self, message: Message, conversation: Conversation, language: str) -> dict[Tier, Sum]:
        """By tier, the most that a stretch comes to in which this message counts towards it.

        What was said after the message counts as well: it may have come late.
        """
        scale = self.by_language.get(language)
        if scale is None or not self._counts_towards(message, language):
            return {}
        row = _row(message, conversation, scale.window)
        best: dict[Tier, Sum] = {}
        stretch = Stretch(scale.window, self._points[language])
        for at, sign in enumerate(row):
            stretch.take(sign)
            is_last_here = at + 1 == len(row) or row[at + 1].end != sign.end
            if is_last_here:
                for tier, total in stretch.totals.items():
                    if stretch.own[tier] and (tier not in best or total > best[tier].points):
                        best[tier] = Sum(total, frozenset(stretch.inside))
        return best

    def _counts_towards(self, message: Message, language: str) -> bool:
        tables = self._points[language].values()
        return any(table[key] > 0 for key in message.signs.keys for table in tables)

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
        message: Message,
        conversation: Conversation,
        scanned: Callable[[Event], Scanned],
    ) -> Iterator[Evidence]:
        """Where these sequences stand, each where it was said last, less those inside another."""
        left = set(shown)
        found = []
        for said in reversed(_around(message, conversation)):
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
        self._held: deque[Sign] = deque()

    def take(self, sign: Sign) -> None:
        """Go on to a sign, and leave behind what is now too far back."""
        self._held.append(sign)
        self._count(sign, 1)
        while sign.end - self._held[0].end >= self._window:
            self._count(self._held.popleft(), -1)

    def _count(self, sign: Sign, times: int) -> None:
        key = sign.key
        was_inside = key in self.inside
        self.inside[key] += times
        if not self.inside[key]:
            del self.inside[key]
        is_inside = key in self.inside
        for tier, table in self._tables.items():
            self.totals[tier] += (is_inside - was_inside) * table[key]
            self.own[tier] += times * (sign.is_own and table[key] > 0)


def _row(message: Message, conversation: Conversation, window: int) -> list[Sign]:
    """The signs of the message and those near enough to be in one stretch with any of them."""
    row: list[Sign] = []
    base = first = last = 0
    for said in _around(message, conversation):
        signs, is_own = said.signs, said is message
        row += [
            Sign(base + end, key, is_own) for end, key in zip(signs.ends, signs.keys, strict=True)
        ]
        if is_own:
            first, last = base, base + signs.units
        base += signs.units
    return [sign for sign in row if first - window < sign.end < last + window]


def _around(message: Message, conversation: Conversation) -> list[Message]:
    """The message and what was said not too long before and after it, in that order."""
    others = [
        m
        for m in conversation.messages
        if m.signs.units and m is not message and abs(message.sent - m.sent) <= WINDOW_SECONDS
    ]
    return sorted((*others, message), key=lambda m: (m.sent, m.position))
