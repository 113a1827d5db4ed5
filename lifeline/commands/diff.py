"""`lifeline rules diff`: which rules changed between two packs, in words."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import click

from lifeline.commands.common import load_pack, rules_option, show_problems
from lifeline.errors import PackError
from lifeline.rules.changes import compare, next_version, step_for
from lifeline.rules.changes.base import resolve_base
from lifeline.rules.changes.between import Change, Weight, count
from lifeline.rules.changes.content import PackContent, Texts
from lifeline.rules.changes.content_of import content_of
from lifeline.rules.pack import BrokenPackError, locate

# What a weight says to somebody who writes no software, and its colour.
_SAYS: Final = {
    Weight.MAJOR: ("can lose", "red"),
    Weight.MINOR: ("can add", "yellow"),
    Weight.PATCH: ("no effect", None),
}
_SHOWN: Final = 12  # phrases of one change; --json has all


class _SaidError(Exception):
    """The command ends; everything has been said on standard error."""


@click.command("diff")
@click.argument("base", metavar="BASE")
@rules_option
@click.option("--json", "as_json", is_flag=True, help="All changes as JSON.")
def diff_command(base: str, rules_folder: Path | None, *, as_json: bool) -> None:
    """What changed since BASE: a folder with rules, or a revision in git (a branch, a tag).

    Worst first: what can lose a detection, what can add alerts, what has no effect on what is
    found. Exit status 0 when the rules are alike, 1 when they differ, 2 when they cannot be
    compared.
    """
    try:
        old, new, changes = _compared(base, rules_folder)
    except _SaidError:
        sys.exit(2)
    if as_json:
        click.echo(json.dumps(_as_json(old, new, changes), ensure_ascii=False, indent=2))
    else:
        show_changes(changes, {**titles(old), **titles(new)})
        click.echo(_summary(old, new, changes))
    sys.exit(1 if changes else 0)


def _compared(base: str, given: Path | None) -> tuple[PackContent, PackContent, list[Change]]:
    texts = Texts()
    try:
        folder = locate(given)
        with resolve_base(base, folder) as other:
            old = _content(other, f"the base, {base},", texts)
            new = _content(folder, f"the rules in {folder}", texts)
    except PackError as error:
        click.echo(f"error: {error}", err=True)
        raise _SaidError from error
    return old, new, compare(old, new, texts)


def _content(folder: Path, side: str, texts: Texts) -> PackContent:
    try:
        return content_of(load_pack(folder), folder, texts)
    except BrokenPackError as error:
        show_problems(error.problems)
        click.echo(f"{side} cannot be used: {count(len(error.problems), 'problem')}", err=True)
        raise _SaidError from error


def titles(content: PackContent) -> dict[str, str]:
    """The titles of its rules by id."""
    return {rule_id: rule.title for rule_id, rule in content.all_rules.items()}


def show_changes(changes: Iterable[Change], titles: dict[str, str]) -> None:
    """Each thing that changed with its changes, those that can lose a detection first."""
    by_thing = [(about, list(found)) for about, found in groupby(changes, lambda c: c.about)]
    by_thing.sort(key=lambda thing: -max(change.weight for change in thing[1]))
    for about, found in by_thing:
        title = f"  {titles[about]}" if about in titles else ""
        click.echo(click.style(about, bold=True) + title)
        for change in sorted(found, key=lambda change: -change.weight):
            label, colour = _SAYS[change.weight]
            click.echo(f"  {click.style(f'{label:<9}', fg=colour)}  {_in_words(change)}")
        click.echo()


def _in_words(change: Change) -> str:
    if not change.phrases:
        return change.text
    shown = ", ".join(change.phrases[:_SHOWN])
    more = len(change.phrases) - _SHOWN
    return f"{change.text}: {shown}" + (f", and {more:,} more" if more > 0 else "")


def _summary(old: PackContent, new: PackContent, changes: list[Change]) -> str:
    step = step_for(changes)
    if not changes:
        return f"{new.name} {new.version}: the rules are alike"
    weights = [change.weight for change in changes]
    counts = ", ".join(f"{n} {_SAYS[w][0]}" for w in reversed(Weight) if (n := weights.count(w)))
    things = count(len({change.about for change in changes}), "place")
    wanted = next_version(old.version, step)
    follows = f"{old.version} → {wanted} or higher ({step.label})" if step else "may stay"
    return (
        f"{count(len(changes), 'change')} in {things}: {counts}\n"
        f"version: {follows}; pack.yaml says {new.version}"
    )


def change_as_json(change: Change) -> dict[str, Any]:
    """A change for other programs, with all of its phrases that are known."""
    return {
        "weight": change.weight.label,
        "about": change.about,
        "kind": change.kind,
        "text": change.text,
        "phrases": list(change.phrases),
    }


def _as_json(old: PackContent, new: PackContent, changes: list[Change]) -> dict[str, Any]:
    step = step_for(changes)
    return {
        "base": {"name": old.name, "version": old.version},
        "rules": {"name": new.name, "version": new.version},
        "step": step.label if step else None,
        "least_version": next_version(old.version, step),
        "changes": [change_as_json(change) for change in changes],
    }
