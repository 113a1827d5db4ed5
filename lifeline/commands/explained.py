"""An account of conversations, shown to a clinician."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import click
from rich.cells import cell_len

from lifeline.account import Step, counts
from lifeline.events import AgentReport, ConversationEnded, Event
from lifeline.explain import folding_in_words, rule_facts, tier_changes
from lifeline.rules.hits import Evidence, RuleHit
from lifeline.rules.pack import Pack
from lifeline.rules.problems import printable
from lifeline.rules.trials.near import NearMiss
from lifeline.rules.trials.wording import looks_at
from lifeline.taxonomy import Tier

_COLOURS: Final = {
    Tier.IMMINENT: "bright_red", Tier.ELEVATED: "red", Tier.WATCH: "yellow", Tier.SIGNAL: "cyan",
    Tier.NONE: None,
}  # fmt: skip
OUTCOMES: Final = {
    Tier.IMMINENT: ("alert", "an alert to the crisis team"),
    Tier.ELEVATED: ("alert", "an alert to the crisis team"),
    Tier.WATCH: ("watchlist", "on the watchlist, no alert"),
    Tier.SIGNAL: ("nothing", "nothing happens; a signal only adds to what else is found"),
    Tier.NONE: ("nothing", "nothing happens"),
}
_SHOWN_TEXT: Final = 400  # characters of a message


def shown(pack: Pack, steps: Iterable[Step], most: int | None) -> Iterator[str]:
    """The lines to print, with the ``most`` best near misses of each message."""
    worst: dict[str, Tier] = {}
    on_trial: dict[str, Tier] = {}
    several = False
    for step in steps:
        key = step.event.conversation_id
        tier = step.tier(pack)
        several = several or bool(worst.keys() - {key})
        worst[key] = max(worst.get(key, Tier.NONE), tier)
        others = [hit.tier for hit in step.hits if not counts(pack, hit)]
        on_trial[key] = max([on_trial.get(key, Tier.NONE), *others])
        if not isinstance(step.event, ConversationEnded) or step.hits:
            yield from _step(pack, step, most)
    for key, tier in worst.items():
        where = f" for {printable(key)}" if several else ""
        yield f"Verdict{where}: {_coloured(tier, tier.label)} - {OUTCOMES[tier][1]}"
        if on_trial[key] > tier:
            yield f"with the rules in draft and shadow it would be {on_trial[key].label}"


def _step(pack: Pack, step: Step, most: int | None) -> Iterator[str]:
    yield click.style(_heading(step), bold=True)
    for line in _said(step.event):
        yield f"   {line}"
    for hit in step.hits:
        yield ""
        yield from _hit(pack, step, hit)
    for hit in step.waiting:
        position = pack.rules[hit.rule].position
        where = looks_at(position) if position else "its end"
        yield ""
        yield f"   counts only if it is still within {where} when the conversation ends:"
        yield from _hit(pack, step, hit)
    if not step.hits and not step.waiting and not isinstance(step.event, ConversationEnded):
        yield ""
        yield "   nothing found" + ("" if step.look.misses else ", and no rule is near")
    misses = step.look.misses[:most]
    if misses:
        yield ""
        yield "   near misses:"
        for miss in misses:
            yield from _miss(pack, miss)
        left = len(step.look.misses) - len(misses)
        if left:
            yield f"     and {left} more, shown by --all"
    yield ""


def _heading(step: Step) -> str:
    if isinstance(step.event, ConversationEnded):
        return "as the conversation ends"
    return f"{step.number}  {step.event.speaker}, {step.channel}"


def _said(event: Event) -> list[str]:
    if isinstance(event, AgentReport):
        text = event.reason
    else:
        text = "\n".join(filter(None, (getattr(event, name, "") for name in ("subject", "text"))))
    cut = text[:_SHOWN_TEXT] + (" …" if len(text) > _SHOWN_TEXT else "")
    return [printable(line) for line in cut.splitlines()]


def _hit(pack: Pack, step: Step, hit: RuleHit) -> Iterator[str]:
    facts = rule_facts(pack, hit)
    tier = _coloured(hit.tier, hit.tier.label)
    if not counts(pack, hit):
        tier = f"{pack.rules[hit.rule].status}: would be {tier}"
    yield f"   {tier}  {click.style(facts.id, bold=True)}  {facts.title}"
    yield from (f"     {line}" for line in _words(hit.evidence, step.event))
    for change in tier_changes(pack, hit):
        yield f"     {printable(change)}"
    for what in dict.fromkeys(drop.what for drop in step.look.dropped.get(hit.rule, ())):
        yield f"     not counted: {printable(what)}"


def _words(evidence: Iterable[Evidence], event: Event) -> Iterator[str]:
    """A line for each stretch of words, in columns; places count from 1, ends included."""
    rows = [
        (
            f"“{printable(word.text)}”",
            f"{word.start + 1}-{word.end}" + _where(word, event),
            "; ".join(f"{name}: {folding_in_words(name)}" for name in word.foldings),
        )
        for word in evidence
    ]
    widths = [max(cell_len(row[at]) for row in rows) for at in (0, 1)]
    for row in rows:
        first, second = (row[at] + " " * (widths[at] - cell_len(row[at])) for at in (0, 1))
        yield f"{first}  {second}  {row[2]}".rstrip()


def _where(word: Evidence, event: Event) -> str:
    field = f" of the {word.field}" if word.field != "text" else ""
    other = f" in message {word.message_id}" if word.message_id != event.message_id else ""
    return field + other


def _miss(pack: Pack, miss: NearMiss) -> Iterator[str]:
    spec = pack.rules[miss.rule]
    status = "" if spec.status == "active" else f"{spec.status}, "
    yield f"     {click.style(spec.id, bold=True)} ({status}{spec.tier})  {spec.title}"
    yield f"       {printable(miss.what)}"


def _coloured(tier: Tier, text: str) -> str:
    return click.style(text, fg=_COLOURS[tier], bold=tier > Tier.NONE)
