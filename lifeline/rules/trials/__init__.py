"""The corpora of a pack, run: what must be found, what must stay quiet, and time lines.

Only rules that are active count here; those in draft or shadow alert nobody.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from datetime import date
from functools import cached_property
from typing import Final

from lifeline.context import Context
from lifeline.detector import Detector
from lifeline.rules.hits import RuleHit
from lifeline.rules.pack import Pack
from lifeline.rules.problems import Problem
from lifeline.rules.schema import Case, Expectation, KnownFalsePositive, Line
from lifeline.rules.trials.across import check_across, check_means
from lifeline.rules.trials.examples import check_examples, words_in
from lifeline.rules.trials.near import NearMiss, NearMisses
from lifeline.rules.trials.rehearsal import APART, Rehearsal
from lifeline.taxonomy import RULE_TIERS, Tier

_TIERS: Final = {Tier.NONE.label: Tier.NONE, **RULE_TIERS}
ALERTS_FROM: Final = Tier.ELEVATED


def check_pack(pack: Pack, today: date | None) -> list[Problem]:
    """Everything a pack is held to: the examples of rules, modifiers and means, corpora and cases.

    Without ``today`` nothing expires.
    """
    examples = [*check_examples(pack), *check_means(pack), *check_across(pack)]
    return [*examples, *check_corpora(pack, today)]


def check_corpora(pack: Pack, today: date | None) -> list[Problem]:
    """Every line and case of the corpora that does not come out as written."""
    trials = _Trials(pack)
    corpora = pack.corpora
    problems: list[Problem] = []
    for line in corpora.must_detect:
        problems += trials.must_detect(line)
    for line in corpora.known_gaps:
        problems += trials.known_gap(line)
    for line in corpora.benign:
        problems += trials.benign(line)
    for known in corpora.known_false_positives:
        problems += trials.known_false_positive(known, today)
    for case in corpora.cases:
        problems += trials.case(case)
    return problems


class _Trials:
    """Holds conversations under a pack; each method yields what did not come out as written."""

    def __init__(self, pack: Pack) -> None:
        self._pack = pack
        self._detector = Detector(pack)

    def must_detect(self, line: Line) -> Iterator[Problem]:
        hits = self._hits(line.messages)
        tier = _worst(hits)
        if tier < _TIERS[line.tier]:
            yield line.place.problem(
                "L082",
                f"this must reach `{line.tier}`, but {_reached(tier)}",
                self._why_low(hits, self._all_misses(line.messages), _TIERS[line.tier]),
            )

    def known_gap(self, line: Line) -> Iterator[Problem]:
        if _worst(self._hits(line.messages)) >= _TIERS[line.tier]:
            yield line.place.problem(
                "L089", f"this known gap reaches `{line.tier}` now: move it to `must_detect`",
                "there it is found for good",
            )  # fmt: skip

    def benign(self, line: Line) -> Iterator[Problem]:
        hits = self._hits(line.messages)
        tier = _worst(hits)
        if tier > _TIERS[line.tier]:
            yield line.place.problem(
                "L083",
                f"this may reach `{line.tier}` at most, but {_reached(tier)}",
                f"{self._by(hits)}: lower or exclude it there; "
                "or bear it for a while under `known_false_positives`",
            )

    def known_false_positive(
        self, known: KnownFalsePositive, today: date | None
    ) -> Iterator[Problem]:
        tier = _worst(self._hits(known.messages))
        if tier < ALERTS_FROM:
            yield known.place.problem(
                "L084", "this known false positive is quiet now: move it to `benign`",
                "there it stays quiet for good",
            )  # fmt: skip
        elif today and known.expires and date.fromisoformat(known.expires) < today:
            yield known.place.problem(
                "L085", f"this known false positive was to be borne until {known.expires}",
                "mend the rule that alerts; or decide anew, and give a later date",
            )  # fmt: skip

    def case(self, case: Case) -> Iterator[Problem]:
        context = Context(orders=case.orders)
        rehearsal = Rehearsal(self._detector, case.channel, context=context, sku=case.sku)
        worst = Tier.NONE
        arrived = sorted(case.messages, key=lambda message: message.arrives)
        for after, said in enumerate(arrived, 1):
            finding = rehearsal.say(said.text, said.at, arrives=said.arrives, speaker=said.speaker)
            hits = list(finding.hits) if finding else []
            if after == len(arrived) and case.ends:
                ended = rehearsal.end()
                hits += ended.hits if ended else ()
            worst = max(worst, _worst(hits))
            for expected in case.expect:
                if expected.after == after:
                    yield from self._expected(case, expected, worst, hits, rehearsal)

    def _expected(
        self,
        case: Case,
        expected: Expectation,
        worst: Tier,
        hits: list[RuleHit],
        rehearsal: Rehearsal,
    ) -> Iterator[Problem]:
        ids = {self._id(hit) for hit in hits}
        wanted = _TIERS[expected.tier]
        reached = worst == wanted
        named = not expected.rule or expected.rule in ids
        if reached and named:
            return
        misses = rehearsal.misses(self._near)
        where = f"{case.name}: after message {expected.after}"
        if not reached:
            is_low = worst < wanted
            help_ = self._why_low(hits, misses, wanted) if is_low else self._by(hits)
            yield expected.place.problem(
                "L086", f"{where} the case is at `{worst.label}`, not at `{expected.tier}`", help_
            )
        if not named:
            yield expected.place.problem(
                "L087", f"{where} the rule `{expected.rule}` does not hit",
                self._why_not(expected.rule, misses) or self._by(hits),
            )  # fmt: skip

    def _hits(self, messages: tuple[str, ...]) -> list[RuleHit]:
        """What counts of a whole conversation, its end included."""
        rehearsal = Rehearsal(self._detector)
        findings = [rehearsal.say(text, at * APART) for at, text in enumerate(messages)]
        findings.append(rehearsal.end())
        return [hit for finding in findings if finding for hit in finding.hits]

    @cached_property
    def _near(self) -> NearMisses:
        rules = enumerate(self._pack.rules)
        return NearMisses(self._pack, [at for at, spec in rules if spec.status == "active"])

    def _all_misses(self, messages: tuple[str, ...]) -> list[NearMiss]:
        """The near misses at all messages, the nearest first."""
        rehearsal = Rehearsal(self._detector)
        misses: list[NearMiss] = []
        for at, text in enumerate(messages):
            rehearsal.say(text, at * APART)
            misses += rehearsal.misses(self._near)
        return sorted(misses, key=lambda miss: -miss.found / miss.groups)

    def _why_low(self, hits: list[RuleHit], misses: list[NearMiss], wanted: Tier) -> str:
        """What keeps the worst hit from being worse, and the nearest rule that would be."""
        told = []
        if hits:
            hit = max(hits, key=lambda hit: hit.tier)
            why = [f"{r.name} (“{r.words}”) lowers it to {r.to.label}" for r in hit.lowered]
            why += [f"{name} waits for what is known of the customer" for name in hit.awaits]
            but = f", but {' and '.join(why)}" if why else ""
            told.append(f"{self._id(hit)} ({self._pack.rules[hit.rule].tier}) hits{but}")
        nearest = next((miss for miss in misses if self._highest(miss.rule) >= wanted), None)
        if nearest:
            told.append(f"nearest is {self._pack.rules[nearest.rule].id}: {nearest.what}")
        return "; ".join(told) or "no rule is near; write a phrase for it"

    def _highest(self, rule: int) -> Tier:
        spec = self._pack.rules[rule]
        return max(_TIERS[spec.tier], *(_TIERS[raised.to] for raised in spec.raises), Tier.NONE)

    def _by(self, hits: list[RuleHit]) -> str:
        """The worst hit, with its words."""
        if not hits:
            return "no rule hits at this message"
        hit = max(hits, key=lambda hit: hit.tier)
        return f"{self._id(hit)} hits: {words_in(hit.evidence)}"

    def _why_not(self, rule: str, misses: list[NearMiss]) -> str:
        by_id = {spec.id: spec for spec in self._pack.all_rules}
        if rule not in by_id:
            near = difflib.get_close_matches(rule, by_id, 1)
            return (
                f"there is no such rule; did you mean `{near[0]}`?"
                if near
                else ("there is no such rule")
            )
        if by_id[rule].status != "active":
            return f"it is {by_id[rule].status}; only active rules count here"
        return next((m.what for m in misses if self._pack.rules[m.rule].id == rule), "")

    def _id(self, hit: RuleHit) -> str:
        return self._pack.rules[hit.rule].id


def _worst(hits: list[RuleHit]) -> Tier:
    return max((hit.tier for hit in hits), default=Tier.NONE)


def _reached(tier: Tier) -> str:
    return f"reaches `{tier.label}`" if tier else "no rule hits"
