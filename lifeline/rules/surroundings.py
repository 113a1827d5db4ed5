"""What is said around a hit, and what it lets the hit mean.

"I can't do this any more" is despair, or it is about a broadband contract; the words beside it
tell. The surroundings of a language hold points for words and short sequences of them: above zero
what speaks for harmless talk, below zero what speaks for distress. Where those near a hit add up
to enough, the hit comes to a lower tier, with the words that counted as the reason. Words of any
hit do not count, so a bare statement has no surroundings but what stands between its words. A hit
of an attempt under way is never lowered.

Like the scale it is a linear classifier that a person can read, weighed by ``make weigh``.
"""

from __future__ import annotations

import functools
import hashlib
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from lifeline.rules.fields import Entries, Fields
from lifeline.rules.hits import RuleHit, Scanned
from lifeline.rules.problems import Place
from lifeline.rules.scale import MOST_POINTS, read_points
from lifeline.rules.schema import MOST_WORDS, RuleSpec
from lifeline.rules.weighing import Lowered
from lifeline.signs import Spotter
from lifeline.taxonomy import RULE_TIERS, Tier

if TYPE_CHECKING:
    from lifeline.conversation import Conversation, Message
    from lifeline.events import Event

NAME: Final = "surroundings"
WHY: Final = "what is said around it is harmless talk"
SECONDS: Final = 1800  # what was said longer ago is no surroundings
MOST_BEFORE: Final = 2000  # characters of what was said before
MOST_SHOWN: Final = 5  # sequences shown, those with the most points
_KEYS: Final = ("reach", "watch", "signal", "points")
_POINTS: Final = (
    re.compile(r"-?\d{1,3}"),
    "expected a whole number of points",
    "as in `12`, for harmless talk, or `-8`, for distress",
)

Sign = TypeVar("Sign")
Spans = list[tuple[int, int]]  # start and end in code points of a text


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The points of one language.

    They are summed over what ends within ``reach`` units (words; characters of Chinese) of a hit's
    words, each sequence once. With ``watch`` points a hit comes to watch at most, with ``signal``
    points to signal.
    """

    language: str
    reach: int
    watch: int
    signal: int
    points: dict[str, int]
    place: Place = field(compare=False)

    @property
    def digest(self) -> str:
        """Changes whenever anything that decides a sum changes."""
        numbers = self.language, self.reach, self.watch, self.signal
        content = repr((numbers, sorted(self.points.items())))
        return hashlib.sha256(content.encode()).hexdigest()[:12]

    def tier(self, total: float) -> Tier:
        """The highest tier that so many points leave to a hit."""
        if total >= self.signal:
            return Tier.SIGNAL
        return Tier.WATCH if total >= self.watch else Tier.IMMINENT


class Neighbourhood(Generic[Sign]):
    """What is said beside the words of hits, in texts in the order in which they were said.

    ``taken`` holds where words of any hit stand in each text, by its key. No sequence goes over
    them, and they count no units. ``spot`` gives the units of a stretch of text, and each sequence
    in it with the unit it ends at, in that order.
    """

    def __init__(
        self,
        texts: Mapping[str, Scanned],
        taken: Mapping[str, Spans],
        spot: Callable[[str], tuple[int, Iterable[tuple[int, Sign]]]],
    ) -> None:
        self._texts = texts
        self._ends: list[int] = []
        self._signs: list[Sign] = []
        self._marks: dict[str, tuple[Spans, list[int]]] = {}
        base = 0
        for key, scanned in texts.items():
            text, at = scanned.text, 0
            spans = list(_joined(taken[key]))
            marks = []
            for start, end in (*spans, (len(text), len(text))):
                units, found = spot(text[at:start])
                for last, sign in found:
                    self._ends.append(base + last)
                    self._signs.append(sign)
                base += units
                marks.append(base)
                at = end
            self._marks[key] = spans, marks

    def around(self, hit: RuleHit, reach: int) -> set[Sign]:
        """What ends within ``reach`` units of a hit's words."""
        found: set[Sign] = set()
        for key, words in spans_of([hit], self._texts).items():
            spans, marks = self._marks[key]
            for start, _ in words:
                mark = marks[bisect_right(spans, start, key=lambda span: span[0]) - 1]
                first, last = (bisect_left(self._ends, mark + by) for by in (-reach, reach))
                found.update(self._signs[first:last])
        return found


def _joined(spans: Spans) -> Iterator[tuple[int, int]]:
    """Spans in order, those that overlap as one."""
    start = end = -1
    for first, last in sorted(spans):
        if first > end:
            if end >= 0:
                yield start, end
            start, end = first, last
        else:
            end = max(end, last)
    if end >= 0:
        yield start, end


def spans_of(hits: Iterable[RuleHit], texts: Mapping[str, Scanned]) -> dict[str, Spans]:
    """Where the words of hits stand in each text, by the key of its message."""
    found: dict[str, Spans] = {key: [] for key in texts}
    for hit in hits:
        for word in hit.evidence:
            if word.message_key in found:
                base = texts[word.message_key].body if word.field == "text" else 0
                found[word.message_key].append((base + word.start, base + word.end))
    return found


class Around:
    """The surroundings of a pack by language, each with an automaton of its sequences."""

    def __init__(self, surroundings: Iterable[Surroundings], rules: tuple[RuleSpec, ...]) -> None:
        self.by_language = {one.language: one for one in surroundings}
        self._spotters = {
            language: Spotter(one.points) for language, one in self.by_language.items()
        }
        self._rules = rules

    def lower(
        self,
        hits: list[RuleHit],
        message: Message,
        conversation: Conversation,
        scanned: Callable[[Event], Scanned],
    ) -> list[RuleHit]:
        """The hits of a customer's message, those in harmless surroundings lowered."""
        if message.event.speaker != "customer" or not any(map(self._can_be_lowered, hits)):
            return hits
        texts = heard_until(message, conversation, scanned)
        taken = spans_of(filter(self.counts, hits), texts)
        beside = {
            language: Neighbourhood(
                texts, taken, functools.partial(_spot, self._spotters[language])
            )
            for language in {self._language(hit) for hit in hits if self._can_be_lowered(hit)}
        }
        return [
            self._lowered(hit, beside[self._language(hit)]) if self._can_be_lowered(hit) else hit
            for hit in hits
        ]

    def counts(self, hit: RuleHit) -> bool:
        """Whether its words stand for themselves: those of mere signals are surroundings, too."""
        if hit.rule < 0:
            return False
        spec = self._rules[hit.rule]
        return (
            spec.status == "active" and spec.adds_up is None and RULE_TIERS[spec.tier] >= Tier.WATCH
        )

    def _can_be_lowered(self, hit: RuleHit) -> bool:
        return (
            Tier.WATCH <= hit.tier < Tier.IMMINENT
            and self.counts(hit)
            and self._rules[hit.rule].language in self.by_language
            and NAME not in self._rules[hit.rule].unaffected_by
        )

    def _language(self, hit: RuleHit) -> str:
        return self._rules[hit.rule].language

    def _lowered(self, hit: RuleHit, beside: Neighbourhood[int]) -> RuleHit:
        known, spotter = self.by_language[self._language(hit)], self._spotters[self._language(hit)]
        found = {spotter.sequences[number] for number in beside.around(hit, known.reach)}
        tier = known.tier(sum(known.points[said] for said in found))
        if tier >= hit.tier:
            return hit
        harmless = sorted(found, key=lambda said: (-known.points[said], said))[:MOST_SHOWN]
        words = ", ".join(said for said in harmless if known.points[said] > 0)
        reason = Lowered(NAME, WHY, words, tier)
        return hit._replace(tier=tier, lowered=(*hit.lowered, reason))


def _spot(spotter: Spotter, text: str) -> tuple[int, Iterable[tuple[int, int]]]:
    signs = spotter.spot(text)
    return signs.units, zip(signs.ends, signs.keys, strict=True)


def heard_until(
    message: Message, conversation: Conversation, scanned: Callable[[Event], Scanned]
) -> dict[str, Scanned]:
    """What the customer said not long before, and the message itself, by key, in order of time.

    Of what was said before, the last messages that hold so much that no reach goes further.
    """
    near = [
        said
        for said in conversation.messages
        if said is not message
        and said.event.speaker == "customer"
        and 0 <= message.sent - said.sent <= SECONDS
    ]
    near.sort(key=lambda said: (said.sent, said.position), reverse=True)
    heard = [(message.event.key, scanned(message.event))]
    characters = 0
    for said in near:
        if characters >= MOST_BEFORE:
            break
        heard.append((said.event.key, scanned(said.event)))
        characters += len(heard[-1][1].text)
    return dict(reversed(heard))


def read_surroundings(fields: Fields, entries: Entries) -> Surroundings | None:
    """The surroundings of a file, or None."""
    if "surroundings" not in entries:
        return None
    source = fields.source
    node = entries["surroundings"]
    parts = source.mapping(node, _KEYS, _KEYS)
    return Surroundings(
        language=fields.language,
        reach=fields.number(parts, "reach", MOST_WORDS) or 0,
        watch=fields.number(parts, "watch", MOST_POINTS) or 0,
        signal=fields.number(parts, "signal", MOST_POINTS) or 0,
        points={said: each[0] for said, each in read_points(fields, parts, *_POINTS).items()},
        place=source.place(node),
    )
