"""`lifeline rules explain`: what a text would do, and what it almost did."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, Final

import click

from lifeline.account import Step, account, counts
from lifeline.commands.common import load_or_exit, rules_option
from lifeline.commands.explained import OUTCOMES, shown
from lifeline.context import Context, Item, Order
from lifeline.errors import EventError
from lifeline.events import ConversationEnded, Event, decode
from lifeline.explain import rule_facts
from lifeline.rules.corpora import START
from lifeline.rules.hits import Evidence, RuleHit
from lifeline.rules.pack import Pack
from lifeline.rules.trials.near import NearMiss
from lifeline.rules.trials.rehearsal import APART, utterance
from lifeline.taxonomy import CHANNELS, SPEAKERS, Tier

_BEST: Final = 5  # near misses of a message that are shown
_ORDER: Final = re.compile(r"(?P<title>.+?)(?::(?P<days>\d{1,5}))?")


@click.command("explain")
@click.argument("texts", nargs=-1, metavar="[TEXT]...")
@rules_option
@click.option("--speaker", type=click.Choice(SPEAKERS), default="customer", show_default=True)
@click.option("--channel", type=click.Choice(CHANNELS), default="chat", show_default=True)
@click.option(
    "--order",
    "orders",
    multiple=True,
    metavar="TITLE[:DAYS]",
    help="Something the customer ordered so many days ago (default: today). May be repeated.",
)
@click.option("--sku", metavar="TITLE", help="The product asked about, by its title.")
@click.option("--file", type=click.File("rb"), help="Conversation events (JSON Lines) instead.")
@click.option("--all", "show_all", is_flag=True, help=f"All near misses, not the best {_BEST}.")
@click.option("--json", "as_json", is_flag=True, help="As JSON; places count from 0.")
def explain_command(
    texts: tuple[str, ...],
    rules_folder: Path | None,
    speaker: str,
    channel: str,
    orders: tuple[str, ...],
    sku: str | None,
    file: BinaryIO | None,
    *,
    show_all: bool,
    as_json: bool,
) -> None:
    """What would this text do, and what did it almost do?

    Several TEXTs are the messages of one conversation, a minute apart; - reads them from standard
    input, one a line. Shown are the rules that hit with the words they found, and near misses.
    Exit status 2 when the rules or the events cannot be read.
    """
    if bool(texts) == bool(file):
        raise click.UsageError("give either TEXT or --file")
    events = _events(file) if file else _messages(texts, speaker, channel, sku)
    if not events:
        raise click.UsageError("there is no text to explain")
    context = _context(orders, sku, events[0].sent_at)
    pack = load_or_exit(rules_folder, drafts=True)
    steps = account(pack, events, context)
    most = None if show_all else _BEST
    if as_json:
        click.echo(json.dumps(_as_json(pack, list(steps), most), ensure_ascii=False, indent=2))
        return
    for line in shown(pack, steps, most):
        click.echo(line)


def _messages(texts: tuple[str, ...], speaker: str, channel: str, sku: str | None) -> list[Event]:
    lines = [
        # Bytes that are no text come as half characters, which could not be shown.
        line.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        for text in texts
        for line in (_read_lines() if text == "-" else [text])
        if line.strip()
    ]
    return [
        utterance(
            channel, number + 1, START + timedelta(seconds=number * APART), line, speaker, sku
        )
        for number, line in enumerate(lines)
    ]


def _read_lines() -> list[str]:
    return click.get_binary_stream("stdin").read().decode("utf-8", "replace").splitlines()


def _events(file: BinaryIO) -> list[Event]:
    events = []
    for number, line in enumerate(file, 1):
        if line.strip():
            try:
                events.append(decode(line))
            except EventError as error:
                click.echo(f"{file.name}: line {number}: {error}", err=True)
                sys.exit(2)
    return events


def _context(orders: tuple[str, ...], sku: str | None, start: datetime) -> Context:
    """What is known of the customer: what was given, and nothing else."""
    placed = []
    for number, text in enumerate(orders):
        found = _ORDER.fullmatch(text)
        if found is None:
            raise click.UsageError("--order needs a title, as in --order 'rope:3'")
        days = timedelta(days=int(found["days"] or 0))
        item = Item(sku=str(number), title=found["title"])
        placed.append(Order(order_id=str(number), placed_at=start - days, items=(item,)))
    product = Item(sku=sku, title=sku) if sku else None
    return Context(orders=tuple(placed) if placed else None, product=product)


def _as_json(pack: Pack, steps: Iterable[Step], most: int | None) -> dict[str, Any]:
    worst: dict[str, Tier] = {}
    messages = []
    for step in steps:
        event, tier = step.event, step.tier(pack)
        worst[event.conversation_id] = max(worst.get(event.conversation_id, Tier.NONE), tier)
        if isinstance(event, ConversationEnded) and not step.hits:
            continue
        messages.append(
            {
                "conversation_id": event.conversation_id,
                "message_id": event.message_id,
                "speaker": event.speaker,
                "channel": step.channel,
                "tier": tier.label,
                "hits": [_hit(pack, step, hit) for hit in step.hits],
                "waiting_for_the_end": [_hit(pack, step, hit) for hit in step.waiting],
                "near_misses": [_miss(pack, miss) for miss in step.look.misses[:most]],
            }
        )
    verdicts = [
        {"conversation_id": key, "tier": tier.label, "outcome": OUTCOMES[tier][0]}
        for key, tier in worst.items()
    ]
    return {"messages": messages, "verdicts": verdicts}


def _hit(pack: Pack, step: Step, hit: RuleHit) -> dict[str, Any]:
    facts = rule_facts(pack, hit)
    dropped = step.look.dropped.get(hit.rule, ())
    return {
        "rule_id": facts.id,
        "title": facts.title,
        "status": pack.rules[hit.rule].status if hit.rule >= 0 else "active",
        "counts": counts(pack, hit),
        "rule_tier": facts.tier.label,
        "tier": hit.tier.label,
        "words": [_words(words) for words in hit.evidence],
        "raised": [_reason(r.name, r.why, r.words, r.to) for r in hit.raised],
        "lowered": [_reason(r.name, r.why, r.words, r.to) for r in hit.lowered],
        "noted": [{"name": r.name, "why": r.why, "words": r.words} for r in hit.noted],
        "awaits": list(hit.awaits),
        "not_counted": [_words(drop.words) | {"why": drop.what} for drop in dropped],
    }


def _reason(name: str, why: str, words: str, to: Tier) -> dict[str, str]:
    return {"name": name, "why": why, "words": words, "to": to.label}


def _miss(pack: Pack, miss: NearMiss) -> dict[str, Any]:
    spec = pack.rules[miss.rule]
    return {
        "rule_id": spec.id,
        "title": spec.title,
        "status": spec.status,
        "rule_tier": spec.tier,
        "kind": miss.kind,
        "what": miss.what,
        "found": miss.found,
        "groups": miss.groups,
        "words": [_words(words) for words in miss.words],
        "missing": [list(spec.groups[at]) for at in miss.missing],
    }


def _words(words: Evidence) -> dict[str, Any]:
    return {
        "message_id": words.message_id,
        "field": words.field,
        "start": words.start,
        "end": words.end,
        "text": words.text,
        "foldings": list(words.foldings),
    }
