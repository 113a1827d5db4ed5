"""Conditions: which rules the terms found in a message complete, alone or with recent messages.

A message may complete a rule in many ways. All are weighed, and words that lower one way leave the
others as they are; how much is shown of them is bounded. What spans messages is in
:mod:`lifeline.rules.windows`, what makes a tier in :mod:`lifeline.rules.weighing`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from lifeline.context import Context
from lifeline.distance import Ruler, Spans, outermost
from lifeline.readings import FOLDINGS, LOSSY
from lifeline.rules.ways import breadth, extent, in_any_order, in_order
from lifeline.rules.weighing import MOST_TEXT, Known, Lowered, Raised, Weighed, Weighing
from lifeline.rules.windows import chain_across, position_holds, repeat_window, window_across
from lifeline.taxonomy import Tier

if TYPE_CHECKING:
    from lifeline.conversation import Conversation, Message
    from lifeline.lexicon import TermHit
    from lifeline.rules.pack import Pack
    from lifeline.rules.schema import RuleSpec, Within

    _Groups = dict[int, list[TermHit]]
    _Way = tuple[TermHit, ...]  # hits that count together, one of each group

# A message may hold a word ten thousand times: so many stretches of words are shown for a rule.
MOST_SHOWN: Final = 20
MOST_KEPT: Final = 200  # of one group of a rule in order, for what is said later


class Evidence(NamedTuple):
    """Words that count: ``text`` stands at ``start`` to ``end`` (code points) of the field.

    Of more than 1,000 characters ``text`` holds the first.
    """

    message_key: str
    message_id: str
    speaker: str
    field: str  # "text", "subject" of an e-mail, or "reason" of a report
    start: int
    end: int
    text: str
    foldings: tuple[str, ...]


class RuleHit(NamedTuple):
    """A rule whose conditions are met. ``tier`` is after raising and lowering.

    A rule of single phrases has a hit for each outcome: what lowers one of them leaves the others.
    ``noted``: modifiers that change nothing. ``awaits``: what would raise it were it known of the
    customer; with ``context`` among them the rule itself waits, and the hit is a mere signal.
    """

    rule: int
    tier: Tier
    evidence: tuple[Evidence, ...]
    lowered: tuple[Lowered, ...]
    raised: tuple[Raised, ...] = ()
    noted: tuple[Lowered, ...] = ()
    awaits: tuple[str, ...] = ()

    @classmethod
    def of(cls, rule: int, weighed: Weighed, evidence: Iterable[Evidence]) -> RuleHit:
        """A hit as it was weighed."""
        return cls(
            rule, weighed.tier, tuple(evidence), weighed.lowered, weighed.raised, weighed.noted,
            weighed.awaits,
        )  # fmt: skip

    def awaiting_context(self) -> RuleHit:
        """The hit while a condition of its rule on the customer is not known."""
        return self._replace(tier=Tier.SIGNAL, awaits=("context", *self.awaits))


class Scanned(NamedTuple):
    """A text as it was scanned: offsets from ``body`` on belong to the field ``text``."""

    text: str
    body: int = 0

    def place(self, start: int, end: int) -> tuple[str, int, int]:
        """Field, start and end of a span."""
        if start < self.body:  # no hit reaches over the empty line between the fields
            return "subject", start, end
        return "text", start - self.body, end - self.body


NOTHING_KNOWN: Final = Context()


def rule_hits(
    pack: Pack,
    found: Iterable[TermHit],
    scanned: Scanned,
    message: Message,
    conversation: Conversation,
    channel: str,
    context: Context = NOTHING_KNOWN,
) -> list[RuleHit]:
    """The rules that this message completes; keeps its share of rules across messages in it.

    Hits of rules that look at the end of conversations are kept in the message until then.
    """
    by_rule: dict[int, _RuleWords] = defaultdict(_RuleWords)
    for hit in found:
        for rule, role, index in pack.lexicon.uses[hit.term]:
            by_rule[rule].add(role, index, hit)
    place = _Place(message, scanned, Ruler(scanned.text))
    modifiers = pack.modifiers.within(place.ruler)
    hits: list[RuleHit] = []
    for rule, words in sorted(by_rule.items()):
        spec = pack.rules[rule]
        if spec.speaker not in (message.event.speaker, "any") or channel not in spec.channels:
            continue
        if spec.position is not None and not position_holds(spec.position, message, conversation):
            continue
        known = Known(pack.customer_words, spec.language, context, message)
        holds = known.holds(spec.context) if spec.context else True
        if holds is False:
            continue
        needed = 1 if spec.across_messages else len(spec.groups)
        groups = words.groups_that_count(spec) if len(words.groups) >= needed else {}
        if len(groups) < needed:
            continue
        weighing = Weighing(spec, place.ruler, words.lowers, words.raises, modifiers, known)
        completed = _completed(rule, groups, place, conversation, weighing)
        if holds is None:
            completed = [hit.awaiting_context() for hit in completed]
        if spec.position is not None and spec.position.edge == "last":
            message.ending.extend(completed)
        else:
            hits.extend(completed)
    return hits


def _completed(
    rule: int, groups: _Groups, place: _Place, conversation: Conversation, weighing: Weighing
) -> list[RuleHit]:
    """The hits of one rule whose groups are found."""
    spec = weighing.spec
    if spec.across_messages:
        return list(_across(rule, groups, place, conversation, weighing))
    if len(spec.groups) == 1:
        hits = _each(rule, groups[0], place, weighing)
    else:
        hits = list(_together(rule, groups, place, weighing))
    if spec.repeat is None or not hits:
        return hits
    return list(_repeated(rule, hits, place, conversation, weighing))


class _Place(NamedTuple):
    """The message that is looked at, as it was scanned."""

    message: Message
    scanned: Scanned
    ruler: Ruler

    def evidence(self, hits: Iterable[TermHit]) -> list[Evidence]:
        """The hits as evidence, less those inside another: 片 says nothing that 多少片 does not."""
        return self._evidence(outermost(hits))

    def share(self, hits: list[TermHit], *, ordered: bool) -> list[Evidence]:
        """What is kept of a group for later messages; in order, a word inside another may count."""
        return self._evidence(hits[:MOST_KEPT] if ordered else outermost(hits)[:MOST_SHOWN])

    def _evidence(self, hits: Iterable[TermHit]) -> list[Evidence]:
        event = self.message.event
        return [
            Evidence(
                event.key,
                event.message_id,
                event.speaker,
                *self.scanned.place(hit.start, hit.end),
                self.scanned.text[hit.start : min(hit.end, hit.start + MOST_TEXT)],
                tuple(sorted(hit.foldings)),
            )
            for hit in hits
        ]


class _RuleWords:
    """The hits of one rule's terms in one text, by the role they play."""

    def __init__(self) -> None:
        self.groups: _Groups = defaultdict(list)
        self.exclusions: list[TermHit] = []
        self.lowers: dict[int, list[TermHit]] = defaultdict(list)
        self.raises: dict[int, list[TermHit]] = defaultdict(list)

    def add(self, role: str, index: int, hit: TermHit) -> None:
        if role == "group":
            self.groups[index].append(hit)
        elif role == "exclusion":
            self.exclusions.append(hit)
        elif role == "raise" and LOSSY.isdisjoint(hit.foldings):
            self.raises[index].append(hit)
        elif role == "lower" and _as_written(hit):
            self.lowers[index].append(hit)

    def groups_that_count(self, spec: RuleSpec) -> _Groups:
        """Group hits by place, less those inside an excluded phrase or by a folding turned off.

        An excluded phrase in another spelling or sound takes nothing from words as written.
        """
        kept: _Groups = self.groups
        off = {name for name, choice in spec.foldings if choice == "off"}
        if off:
            kept = {i: [h for h in hits if off.isdisjoint(h.foldings)] for i, hits in kept.items()}
        if self.exclusions:
            surely, perhaps = Spans(_apart(self.exclusions)[0]), Spans(self.exclusions)
            kept = {
                index: [
                    hit for hit in hits if not (surely if _as_written(hit) else perhaps).around(hit)
                ]
                for index, hits in kept.items()
            }
        return {index: sorted(hits, key=_by_place) for index, hits in kept.items() if hits}


def _by_place(hit: TermHit) -> tuple[int, int, int]:
    return hit.start, hit.end, len(hit.foldings)


def _each(rule: int, hits: list[TermHit], place: _Place, weighing: Weighing) -> list[RuleHit]:
    """The hits of a rule of single phrases, one for each outcome, the worst first."""
    outcomes: dict[tuple[str, ...], Weighed] = {}
    shown: dict[tuple[str, ...], list[TermHit]] = defaultdict(list)
    plain, alike = _apart(hits)
    for hit in (*outermost(plain), *outermost(alike)):
        weighed = weighing.of((hit,))
        outcome = (weighed.tier.label, *weighed.names)
        outcomes.setdefault(outcome, weighed)
        if len(shown[outcome]) < MOST_SHOWN:
            shown[outcome].append(hit)
    each = [
        RuleHit.of(rule, weighed, place.evidence(shown[outcome]))
        for outcome, weighed in outcomes.items()
    ]
    return sorted(each, key=lambda hit: -hit.tier)


def _as_written(hit: TermHit) -> bool:
    """Whether the words stand in the text itself, and not only in another reading of it."""
    return FOLDINGS.keys().isdisjoint(hit.foldings)


def _apart(hits: list[TermHit]) -> tuple[list[TermHit], list[TermHit]]:
    """Hits of words as written, and those in another reading of the text."""
    plain = [hit for hit in hits if _as_written(hit)]
    if len(plain) == len(hits):
        return hits, []
    return plain, [hit for hit in hits if not _as_written(hit)]


def _together(rule: int, groups: _Groups, place: _Place, weighing: Weighing) -> Iterator[RuleHit]:
    """The rule's hit by the tightest of the ways within the window that weigh most."""
    spec = weighing.spec
    find = in_order if spec.ordered else in_any_order
    ways = list(find(groups))
    plain = {index: _apart(hits)[0] for index, hits in groups.items()}
    if plain != groups and all(plain.values()):
        ways += find(plain)  # what only sounds alike may stand in the way of words as written
    fitting = [way for way in ways if place.ruler.fits(spec.within, *extent(way))]
    fitting.sort(key=breadth)
    way = weighing.best(fitting)
    if way:
        shown = way if spec.ordered else _widened(way, groups, spec.within, place.ruler)
        yield RuleHit.of(rule, weighing.of(way), place.evidence(shown))


def _widened(way: _Way, groups: _Groups, within: Within, ruler: Ruler) -> _Way:
    """The hits of a way and others that the same window can hold: they help a reader."""
    start, end = extent(way)
    shown = list(way)
    others = outermost(hit for hits in groups.values() for hit in hits)
    others.sort(key=lambda hit: max(start - hit.start, hit.end - end))
    for hit in others:
        wider = min(start, hit.start), max(end, hit.end)
        if hit not in way and len(shown) < MOST_SHOWN and ruler.fits(within, *wider):
            start, end = wider
            shown.append(hit)
    return tuple(shown)


def _across(
    rule: int, groups: _Groups, place: _Place, conversation: Conversation, weighing: Weighing
) -> Iterator[RuleHit]:
    """The hit of a rule over several messages, this one adding at least one group."""
    message, spec = place.message, weighing.spec
    find = chain_across if spec.ordered else window_across
    shown: list[Evidence] = []
    plain = {index: kept for index, hits in groups.items() if (kept := _apart(hits)[0])}
    # Words as written first, so that what only sounds alike never takes their place.
    for chosen in (plain, groups) if plain and plain != groups else (groups,):
        for index, hits in chosen.items():
            message.hits[rule, index] = place.share(hits, ordered=spec.ordered)
        if not shown and (shown := find(rule, spec, message, conversation)):
            way = tuple(weighing.best((hit,) for hit in hits)[0] for hits in chosen.values())
            yield RuleHit.of(rule, weighing.of(way), shown)


def _repeated(
    rule: int, hits: list[RuleHit], place: _Place, conversation: Conversation, weighing: Weighing
) -> Iterator[RuleHit]:
    """The hit of a rule said often enough, this message among them."""
    message, repeat = place.message, weighing.spec.repeat
    message.hits[rule, 0] = list(hits[0].evidence)
    window = repeat_window(rule, repeat, message, conversation) if repeat else []
    if window:
        evidence = [words for said in window for words in said.hits[rule, 0]]
        yield hits[0]._replace(evidence=tuple(evidence[-MOST_SHOWN:]))
