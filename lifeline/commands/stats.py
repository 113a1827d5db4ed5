"""`lifeline rules stats`: what the pack covers, by language, category and tier."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import click

from lifeline.commands.common import load_or_exit, rules_option
from lifeline.rules.corpora import CORPUS_KEYS
from lifeline.rules.coverage import EXAMPLES, Amount, Coverage, coverage
from lifeline.rules.schema import STATUSES
from lifeline.taxonomy import CATEGORIES, RULE_TIERS

_WIDTH = 15


@click.command("stats")
@rules_option
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
def stats_command(rules_folder: Path | None, *, as_json: bool) -> None:
    """What the pack covers: rules, phrases and tests by language, category and tier."""
    pack = load_or_exit(rules_folder, drafts=True)
    languages = coverage(pack)
    if as_json:
        content = {
            "name": pack.name,
            "version": pack.version,
            "languages": [language.as_json() for language in languages],
        }
        click.echo(json.dumps(content, ensure_ascii=False, indent=2))
        return
    click.echo(f"{pack.name} {pack.version}\n")
    click.echo("\n".join(_tables(languages)))
    for language in languages:
        if language.missing and language.language != "any":
            click.echo(f"\n{language.language}: no active rule for {', '.join(language.missing)}")


def _tables(languages: list[Coverage]) -> Iterable[str]:
    yield _row("", (x.language for x in languages))
    for status in STATUSES:
        yield _row(f"rules, {status}", (f"{x.statuses[status]:,}" for x in languages))
    yield _row("active ones reviewed by two", (f"{x.reviewed:,}" for x in languages))
    yield _row("phrases as written", (f"{x.whole.written:,}" for x in languages))
    yield _row("phrases, braces filled in", (f"{x.whole.phrases:,}" for x in languages))
    yield _row("words on the scale", (f"{x.scale:,}" for x in languages))
    yield _row("words of means", (f"{x.means:,}" for x in languages))
    yield _row("rules across conversations", (f"{x.across:,}" for x in languages))
    yield _row("words around a hit", (f"{x.surroundings:,}" for x in languages))
    for kind in EXAMPLES:
        label = f"examples, {kind.replace('_', ' ')}"
        yield _row(label, (f"{x.examples[kind]:,}" for x in languages))
    for name in CORPUS_KEYS:
        yield _row(name.replace("_", " "), (f"{x.corpora[name]:,}" for x in languages))
    yield "\nactive rules (phrases, braces filled in)"
    for tier in reversed(RULE_TIERS):
        yield _row(tier, (_amount(x.tiers[tier]) for x in languages))
    yield ""
    for category in CATEGORIES:
        yield _row(category, (_amount(x.categories[category]) for x in languages))


def _row(label: str, cells: Iterable[str]) -> str:
    return "".join([f"{label:<28}", *(f"{cell:>{_WIDTH}}" for cell in cells)]).rstrip()


def _amount(amount: Amount) -> str:
    return f"{amount.rules:,} ({amount.phrases:,})" if amount.rules else "-"
