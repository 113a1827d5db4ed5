"""What the signs of a conversation add up to, by the scales of a pack.

The sum slides over what the customer said last, over messages: a long text is no worse than the
worst of its stretches. A stretch counts each sequence once.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
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

WINDOW_SECONDS: Final = 1800  # what was said longer ago no longer counts
MOST_SHOWN: Final = 8  # sequences shown of a hit, those with the most points
_NO_POINTS: Final = (0, 0, 0)


class Sum(NamedTuple):
    """The most points that a stretch of what was said comes to, and the sequences in it."""

    points: int
    sequences: frozenset[int]


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
        self._counts = {
            language: [said in scale.points for said in sequences]
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
        scanned: Callable[[Message], Scanned],
    ) -> Iterator[RuleHit]:
        """The rules whose points are reached by what the customer said up to this message.

        ``scanned`` gives a remembered message's text as it was scanned.
        """
        sums: dict[str, dict[Tier, Sum]] = {}
        for number, spec in self._rules:
            if channel not in spec.channels:
                continue
            if spec.language not in sums:
                sums[spec.language] = self.sums(message, conversation, spec.language)
            tier = RULE_TIERS[spec.tier]
            reached = sums[spec.language].get(tier)
            if reached is None or reached.points < (spec.adds_up or 0):
                continue
            shown = self._weightiest(reached.sequences, spec.language, tier)
            if not shown.isdisjoint(
                message.signs.keys
            ):  # else what was said before has had its say
                evidence = tuple(self._evidence(shown, message, conversation, scanned))
                yield RuleHit(number, tier, evidence, ())

    def sums(self, message: Message, conversation: Conversation, language: str) -> dict[Tier, Sum]:
        """By tier, the most that a stretch comes to which ends in this message.

        Nothing, where the message holds no sequence of the language's scale.
        """
        scale = self.by_language.get(language)
        if scale is None or not any(self._counts[language][key] for key in message.signs.keys):
            return {}
        row, begins = _row(message, conversation)
        best: dict[Tier, Sum] = {}
        stretch = _Stretch(scale.window, self._points[language])
        for at, (end, key) in enumerate(row):
            stretch.take(end, key)
            is_last_here = at + 1 == len(row) or row[at + 1][0] != end
            if at >= begins and is_last_here:
                for tier, total in stretch.totals.items():
                    if tier not in best or total > best[tier].points:
                        best[tier] = Sum(total, frozenset(stretch.inside))
        return best

    def _weightiest(self, sequences: frozenset[int], language: str, tier: Tier) -> frozenset[int]:
        table = self._points[language][tier]
        towards = sorted((k for k in sequences if table[k] > 0), key=lambda k: (-table[k], k))
        return frozenset(towards[:MOST_SHOWN])

    def _evidence(
        self,
        shown: frozenset[int],
        message: Message,
        conversation: Conversation,
        scanned: Callable[[Message], Scanned],
    ) -> Iterator[Evidence]:
        """Where these sequences stand, each where it was said last, less those inside another."""
        left = set(shown)
        found = []
        for said in (message, *reversed(_before(message, conversation))):
            here = frozenset(left & set(said.signs.keys))
            if not here:
                continue
            left -= here
            text, event = scanned(said), said.event
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


class _Stretch:
    """The last units of what was said: the sequences that end there, and what they add up to."""

    def __init__(self, window: int, tables: dict[Tier, list[int]]) -> None:
        self.inside: Counter[int] = Counter()
        self.totals = dict.fromkeys(SCALED, 0)
        self._window = window
        self._tables = tables
        self._held: deque[tuple[int, int]] = deque()

    def take(self, end: int, key: int) -> None:
        """Go on to a sequence that ends at this unit, and leave behind what is too far back."""
        self._held.append((end, key))
        self.inside[key] += 1
        if self.inside[key] == 1:
            self._add(key, 1)
        while end - self._held[0][0] >= self._window:
            _, gone = self._held.popleft()
            self.inside[gone] -= 1
            if not self.inside[gone]:
                del self.inside[gone]
                self._add(gone, -1)

    def _add(self, key: int, times: int) -> None:
        for tier, table in self._tables.items():
            self.totals[tier] += times * table[key]


def _row(message: Message, conversation: Conversation) -> tuple[list[tuple[int, int]], int]:
    """Where each sequence ends, in units from the first, and which it is; and where its own begin.

    The row holds what was said before and then the message.
    """
    row: list[tuple[int, int]] = []
    base = 0
    for said in (*_before(message, conversation), message):
        begins = len(row)
        row += [
            (base + end, key) for end, key in zip(said.signs.ends, said.signs.keys, strict=True)
        ]
        base += said.signs.units
    return row, begins


def _before(message: Message, conversation: Conversation) -> list[Message]:
    """What was said before the message, not too long ago, in that order."""
    here = message.sent, message.position
    before = [
        m
        for m in conversation.messages
        if m.signs.units and (m.sent, m.position) < here and message.sent - m.sent <= WINDOW_SECONDS
    ]
    return sorted(before, key=lambda m: (m.sent, m.position))
