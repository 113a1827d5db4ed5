"""The examples beside rules and modifiers, run: each must come out as its author wrote it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from lifeline.detector import Detector, Finding
from lifeline.rules.hits import Evidence, RuleHit
from lifeline.rules.pack import Pack
from lifeline.rules.problems import Place, Problem
from lifeline.rules.schema import Modifier, RuleSpec
from lifeline.rules.surroundings import NAME
from lifeline.rules.trials.near import NearMiss, NearMisses
from lifeline.rules.trials.rehearsal import APART, Rehearsal

_SHOWN: Final = 3  # stretches of words in a message


def check_examples(pack: Pack, rule_id: str | None = None) -> list[Problem]:
    """Every example of an evaluated rule or of a modifier that does not come out as written.

    Only those of one rule, if it is given.

    A rule's ``alert``: it hits, at the last message or as the conversation ends, and what is said
    around it does not lower it. ``ignore``: it never hits. ``known_gap``: it does not yet; once it
    does, the example belongs under ``alert``. A modifier's ``applies``: a hit names it. ``leaves``:
    there is a hit, and none names it.
    """
    detector = Detector(pack)
    problems = [
        problem
        for number, spec in enumerate(pack.rules)
        if rule_id in (None, spec.id)
        for problem in _of_rule(detector, number, spec)
    ]
    for modifier in pack.modifiers.all if rule_id is None else ():
        problems += _of_modifier(detector, modifier)
    return problems


def play(
    detector: Detector, messages: Iterable[str], *, speaker: str = "customer", channel: str = "chat"
) -> list[list[RuleHit]]:
    """What each message of a conversation completes, a minute apart; its end counts for the last.

    Hits of rules in draft or shadow are among them.
    """
    rehearsal = Rehearsal(detector, channel)
    hits = [
        _hits(rehearsal.say(text, at * APART, speaker=speaker)) for at, text in enumerate(messages)
    ]
    hits[-1] += _hits(rehearsal.end())
    return hits


def _hits(finding: Finding | None) -> list[RuleHit]:
    return [*finding.hits, *finding.shadow] if finding else []


def _of_rule(detector: Detector, number: int, spec: RuleSpec) -> Iterator[Problem]:
    speaker = "customer" if spec.speaker == "any" else spec.speaker
    kinds = (
        ("alert", spec.examples.alert),
        ("ignore", spec.examples.ignore),
        ("known_gap", spec.examples.known_gap),
    )
    for kind, examples in kinds:
        places = spec.examples.places[kind] if examples else ()
        for messages, place in zip(examples, places, strict=True):
            played = play(detector, messages, speaker=speaker, channel=spec.channels[0])
            hits = [[hit for hit in found if hit.rule == number] for found in played]
            name = f"{spec.id}: this `{kind}` example"
            if kind == "alert" and not hits[-1]:
                help_ = _why_not(Rehearsal(detector, spec.channels[0]), number, messages, hits)
                yield place.problem("L060", f"{name} does not hit", help_)
            elif kind == "alert":
                yield from _lowered_by_surroundings(name, hits[-1], place)
            elif kind == "ignore" and any(hits):
                hit = next(hit for found in hits for hit in found)
                yield place.problem(
                    "L061", f"{name} hits: {words_in(hit.evidence)}",
                    "make the phrase say more, exclude these words, or move the example to `alert`",
                )  # fmt: skip
            elif kind == "known_gap" and hits[-1]:
                yield place.problem(
                    "L062", f"{name} hits now: move it to `alert`", words_in(hits[-1][0].evidence)
                )


def _lowered_by_surroundings(name: str, hits: list[RuleHit], place: Place) -> Iterator[Problem]:
    """What an author wrote as an alert must not come to less by numbers that nobody wrote."""
    hit = max(hits, key=lambda hit: hit.tier)
    for reason in hit.lowered:
        if reason.name == NAME:
            yield place.problem(
                "L111", f"{name} comes to `{hit.tier.label}` by what is said around it",
                f"harmless talk to the surroundings: {reason.words}; weigh them anew "
                "(`make weigh`), or say `unaffected_by: [surroundings]`",
            )  # fmt: skip


def _why_not(
    rehearsal: Rehearsal, number: int, messages: tuple[str, ...], hits: list[list[RuleHit]]
) -> str:
    """What keeps a rule from hitting at the last message."""
    earlier = next((at for at, found in enumerate(hits, 1) if found), 0)
    if earlier:
        return f"it hits at message {earlier} already; the last one must be what completes it"
    spec = rehearsal.pack.rules[number]
    near = NearMisses(rehearsal.pack, [number])
    speaker = "customer" if spec.speaker == "any" else spec.speaker
    misses: list[NearMiss] = []
    for at, text in enumerate(messages):
        rehearsal.say(text, at * APART, speaker=speaker)
        misses += rehearsal.misses(near)
    if misses:
        return max(misses, key=lambda miss: miss.found).what
    if len(spec.groups) == 1:
        return "none of the rule's phrases is found in it"
    return f"too few of the rule's {len(spec.groups)} groups are found in it"


def words_in(evidence: Iterable[Evidence]) -> str:
    """The words that count, where they stand, and by which folding they were found."""
    words = list(dict.fromkeys(evidence))
    shown = [
        f"“{word.text}” at {word.start + 1}"
        + (f" (by {', '.join(word.foldings)})" if word.foldings else "")
        for word in words[:_SHOWN]
    ]
    return ", ".join(shown) + (" …" if len(words) > _SHOWN else "")


def _of_modifier(detector: Detector, modifier: Modifier) -> Iterator[Problem]:
    name = f"the modifier `{modifier.name}`"
    for code, kind, examples in (
        ("L098", "applies", modifier.applies),
        ("L099", "leaves", modifier.leaves),
    ):
        places = modifier.places[kind] if examples else ()
        for messages, place in zip(examples, places, strict=True):
            hits = [hit for found in play(detector, messages) for hit in found]
            # Drafts come and go; what a modifier does must be seen on the rules that count.
            hits = [hit for hit in hits if detector.pack.rules[hit.rule].evaluated]
            yield from _modified(f"{name}: this `{kind}` example", code, modifier, hits, place)


def _modified(
    name: str, code: str, modifier: Modifier, hits: list[RuleHit], place: Place
) -> Iterator[Problem]:
    named = [
        (hit, reason)
        for hit in hits
        for reason in (*hit.lowered, *hit.noted)
        if reason.name == modifier.name
    ]
    if not hits:
        yield place.problem(
            code, f"{name} hits no rule, so it shows nothing",
            "write a sentence that some rule of the pack finds",
        )  # fmt: skip
    elif code == "L098" and not named:
        words = words_in(hits[0].evidence)
        yield place.problem(
            code, f"{name} is left as it is",
            f"no phrase of it stands within its reach of {words}; lengthen `reach`, or add phrases",
        )  # fmt: skip
    elif code == "L099" and named:
        hit, reason = named[0]
        yield place.problem(
            code, f"{name} is changed: “{reason.words}” reaches {words_in(hit.evidence)}",
            "shorten `reach`, or add the words to `except`",
        )  # fmt: skip
