"""Near misses: rules that a message almost completes, and what keeps each from it, in plain words.

A slower look than detection takes: it finds the words of every rule, not only of those that have
all they need. It asks the same questions in the same order as :mod:`lifeline.rules.hits`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple

from lifeline.context import Context
from lifeline.detector import scanned_text
from lifeline.distance import Ruler, Spans, outermost
from lifeline.events import AgentReport
from lifeline.lexicon import Lexicon, TermHit
from lifeline.rules.hits import Evidence, Scanned
from lifeline.rules.schema import Exclusion, RuleSpec
from lifeline.rules.trials import wording
from lifeline.rules.trials.distances import across, in_one_message
from lifeline.rules.weighing import MOST_TEXT, Known
from lifeline.rules.windows import position_holds, repeat_window
from lifeline.taxonomy import RULE_TIERS

if TYPE_CHECKING:
    from lifeline.conversation import Conversation, Message
    from lifeline.rules.pack import Pack

Kind = Literal[
    "groups", "speaker", "channel", "position", "context", "distance", "order", "repeat", "points"
]  # fmt: skip


class Dropped(NamedTuple):
    """Words that do not count: they lie inside an exclusion's, or a folding is turned off."""

    group: int
    words: Evidence
    exclusion: Exclusion | None
    inside: str  # the excluded words
    folding: str = ""

    @property
    def what(self) -> str:
        """Why they do not count, in words."""
        if self.exclusion is None:
            text = self.words.text
            return f"“{text}” is found only by `{self.folding}`, which this rule turns off"
        name, why = self.exclusion.name, self.exclusion.why
        return f"“{self.words.text}” is excluded by `{name}` (“{self.inside}”: {why})"


class NearMiss(NamedTuple):
    """A rule that almost hit. ``found`` of ``groups`` needed have words that count, or would.

    Of a rule that adds up, these are points.
    """

    rule: int
    kind: Kind
    what: str
    words: tuple[Evidence, ...]
    found: int
    groups: int
    missing: tuple[int, ...]  # groups, counted from 0
    dropped: tuple[Dropped, ...]


class Look(NamedTuple):
    """What a message almost completed, the nearest first, and words of any rule that were dropped.

    ``dropped`` is by rule, hits included.
    """

    misses: list[NearMiss]
    dropped: dict[int, list[Dropped]]


class NearMisses:
    """Looks for near misses of a pack's rules, or of some of them."""

    def __init__(self, pack: Pack, rules: Iterable[int] | None = None) -> None:
        self._pack = pack
        self._rules = frozenset(range(len(pack.rules)) if rules is None else rules)

    @cached_property
    def _lexicon(self) -> Lexicon:
        """The groups and exclusions of these rules, any one group making a rule worth a look."""
        whole = self._pack.lexicon
        terms = [
            (term, use)
            for term, uses in zip(whole.terms, whole.uses, strict=True)
            for use in uses
            if use.rule in self._rules and use.role in ("group", "exclusion")
        ]
        return Lexicon(terms, [1] * len(self._pack.rules), self._pack.foldings)

    def look(
        self,
        message: Message,
        conversation: Conversation,
        channel: str,
        context: Context,
    ) -> Look:
        """What this message almost completed, as the detector has just observed it."""
        looked = Look([], {})
        if isinstance(message.event, AgentReport):
            return looked
        scanned = scanned_text(message.event)
        words: dict[int, list[tuple[str, int, TermHit]]] = defaultdict(list)
        for found in self._lexicon.find(scanned.text):
            for rule, role, at in self._lexicon.uses[found.term]:
                words[rule].append((role, at, found))
        scene = _Scene(self._pack, message, conversation, channel, context, scanned)
        for rule, found_words in sorted(words.items()):
            candidate = _Candidate(rule, self._pack.rules[rule], scene, found_words)
            if candidate.dropped:
                looked.dropped[rule] = candidate.dropped
            if miss := candidate.miss():
                looked.misses.append(miss)
        looked.misses.extend(self._short_of_points(message, conversation, channel))
        looked.misses.sort(key=lambda miss: _rank(self._pack, miss))
        return looked

    def _short_of_points(
        self, message: Message, conversation: Conversation, channel: str
    ) -> Iterator[NearMiss]:
        """Rules that add up to half of what they need, or more."""
        if message.event.speaker != "customer":
            return
        for reached in self._pack.scales.reached(
            message, conversation, channel, scanned_text, share=0.5
        ):
            points, needed = int(reached.points), reached.needed
            if reached.rule in self._rules and points < needed:
                words = ", ".join(dict.fromkeys(word.text for word in reached.evidence))
                what = f"{points} of {needed} points: {words}"
                yield NearMiss(
                    reached.rule, "points", what, reached.evidence, points, needed, (), ()
                )


def _rank(pack: Pack, miss: NearMiss) -> tuple[float, ...]:
    """The nearest first; of two as near, the one with more groups, more words, a worse tier."""
    length = sum(len(word.text) for word in miss.words)
    tier = RULE_TIERS[pack.rules[miss.rule].tier]
    return -miss.found / miss.groups, -miss.groups, -length, -tier


class _Scene(NamedTuple):
    """The message that is looked at, and where it stands."""

    pack: Pack
    message: Message
    conversation: Conversation
    channel: str
    context: Context
    scanned: Scanned

    def evidence(self, hit: TermHit) -> Evidence:
        event, text = self.message.event, self.scanned.text
        return Evidence(
            event.key, event.message_id, event.speaker, *self.scanned.place(hit.start, hit.end),
            text[hit.start : min(hit.end, hit.start + MOST_TEXT)], tuple(sorted(hit.foldings)),
        )  # fmt: skip


class _Candidate:
    """A rule some of whose words stand in the message."""

    def __init__(
        self, rule: int, spec: RuleSpec, scene: _Scene, words: list[tuple[str, int, TermHit]]
    ) -> None:
        self.rule = rule
        self.spec = spec
        self.scene = scene
        self.groups: dict[int, list[TermHit]] = {}
        self.dropped: list[Dropped] = []
        self._sort_out(words)

    def _sort_out(self, words: list[tuple[str, int, TermHit]]) -> None:
        """Tell the words that count from those that do not."""
        excluded: dict[int, list[TermHit]] = defaultdict(list)
        groups: dict[int, list[TermHit]] = defaultdict(list)
        for role, at, hit in words:
            (groups if role == "group" else excluded)[at].append(hit)
        spans = {at: Spans(hits) for at, hits in excluded.items()}
        off = {name for name, choice in self.spec.foldings if choice == "off"}
        for at, hits in sorted(groups.items()):
            kept = []
            for hit in hits:
                inside = next((x for x, span in spans.items() if span.around(hit)), None)
                folding = next(iter(sorted(off & hit.foldings)), "")
                if inside is None and not folding:
                    kept.append(hit)
                else:
                    self._drop(at, hit, inside, folding, excluded)
            if kept:
                self.groups[at] = sorted(kept, key=lambda hit: (hit.start, hit.end))

    def _drop(
        self,
        group: int,
        hit: TermHit,
        inside: int | None,
        folding: str,
        excluded: dict[int, list[TermHit]],
    ) -> None:
        words = self.scene.evidence(hit)
        if inside is None:
            self.dropped.append(Dropped(group, words, None, "", folding))
            return
        around = next(x for x in excluded[inside] if x.start <= hit.start and hit.end <= x.end)
        text = self.scene.scanned.text[around.start : around.end]
        self.dropped.append(Dropped(group, words, self.spec.exclusions[inside], text))

    def miss(self) -> NearMiss | None:
        """What keeps the rule from hitting, if it is near at all."""
        spec, scene = self.spec, self.scene
        size = len(spec.groups)
        kept = self._kept() if spec.across_messages else {}
        held = self.groups.keys() | kept.keys()
        dropped = {drop.group for drop in self.dropped} - held
        missing = tuple(at for at in range(size) if at not in held and at not in dropped)
        found = size - len(missing)
        needed = spec.groups_needed
        short = needed - found  # groups
        if not found or (short > 1 and found * 2 <= needed):
            return None
        words = tuple(
            scene.evidence(outermost(self.groups[at])[0]) if at in self.groups else kept[at]
            for at in sorted(held)
        )
        if len(held) < needed:
            kind: Kind = "groups"
            what = self._groups(words, missing, dropped)
        else:
            kind, what = self._kept_from_it(words)
            if not what:
                return None
        drops = tuple(drop for drop in self.dropped if drop.group in dropped)
        return NearMiss(self.rule, kind, what, words, found, needed, missing, drops)

    def _kept(self) -> dict[int, Evidence]:
        """Words of each group in any message of the conversation, as the detector kept them."""
        return {
            group: words[0]
            for message in self.scene.conversation.messages
            for (rule, group), words in message.hits.items()
            if rule == self.rule and words
        }

    def _groups(
        self, words: tuple[Evidence, ...], missing: tuple[int, ...], dropped: set[int]
    ) -> str:
        needed = self.spec.groups_needed
        first = {drop.group: drop for drop in reversed(self.dropped)}
        without = [first[at].what for at in sorted(dropped)]
        window = wording.window(self.spec.within) if self.spec.across_messages else ""
        if self.spec.at_least:
            short = self.spec.at_least - len(words)
            without.append(f"{short} more of the others needed{window}")
        else:
            without += [f"missing: {wording.group(self.spec, at)}{window}" for at in missing]
        if needed == 1:
            return without[0]
        found = ", ".join(dict.fromkeys(word.text for word in words)) or "none"
        return f"{len(words)} of {needed} groups: {found}; {'; '.join(without)}"

    def _kept_from_it(self, words: tuple[Evidence, ...]) -> tuple[Kind, str]:
        """Why the rule does not hit though all its groups are found; empty if it does."""
        spec, scene = self.spec, self.scene
        message, conversation = scene.message, scene.conversation
        found = ", ".join(dict.fromkeys(word.text for word in words))
        if spec.speaker not in (message.event.speaker, "any"):
            speaker = message.event.speaker
            return "speaker", f"{found}: said by the {speaker}, the rule is for the {spec.speaker}"
        if scene.channel not in spec.channels:
            channels = ", ".join(spec.channels)
            return "channel", f"{found}: this is {scene.channel}, the rule is for {channels}"
        if spec.position and not position_holds(spec.position, message, conversation):
            return "position", f"{found}: the rule looks only at {wording.looks_at(spec.position)}"
        if spec.context:
            known = Known(scene.pack.customer_words, spec.language, scene.context, message)
            if known.holds(spec.context) is False:
                return "context", f"{found}: {wording.lacks(spec.context)}"
        return self._apart(found)

    def _apart(self, found: str) -> tuple[Kind, str]:
        spec, scene = self.spec, self.scene
        if spec.across_messages:
            kind, what = across(self.rule, spec, scene.message, scene.conversation)
        else:
            kind, what = in_one_message(spec, self.groups, Ruler(scene.scanned.text))
        if what:
            groups = f"{spec.groups_needed} of {spec.groups_needed} groups"
            return kind, f"{groups}: {found}; {what}"
        if spec.repeat is not None:
            for times in range(spec.repeat.times, 0, -1):
                fewer = replace(spec.repeat, times=times)
                if repeat_window(self.rule, fewer, scene.message, scene.conversation):
                    break
            if times < spec.repeat.times:
                needed = f"{spec.repeat.times}{wording.window(spec.repeat.within)} are needed"
                return "repeat", f"{found}: in {wording.messages(times)} so far, {needed}"
        return "groups", ""
