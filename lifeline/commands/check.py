"""`lifeline rules check`: is the pack well-formed, and can all of it be meant?"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import click

from lifeline.commands.common import load_pack, rules_option, show_problems
from lifeline.commands.watching import again_on_change
from lifeline.errors import PackError
from lifeline.rules.changes.between import count
from lifeline.rules.changes.lock import check_lock
from lifeline.rules.lint import lint
from lifeline.rules.pack import BrokenPackError, Pack, locate
from lifeline.rules.problems import Problem
from lifeline.rules.schema import STATUSES

# Of the lock's problems these are for the day a change is shipped: `rules lock --check` has them.
_FOR_SHIPPING: Final = frozenset({"L090", "L095", "L097"})


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check of a folder found; ``pack`` is None when it cannot be used."""

    pack: Pack | None
    problems: list[Problem]

    @property
    def errors(self) -> int:
        """How many of the problems keep the pack from being used, or should."""
        return sum(problem.severity == "error" for problem in self.problems)

    def status(self, *, strict: bool) -> int:
        """The exit status: 2 on an error, and when strict on a warning."""
        return 2 if self.errors or (strict and self.problems) else 0

    def summary(self) -> str:
        """The counts in one line."""
        counts = count(self.errors, "error"), count(len(self.problems) - self.errors, "warning")
        if self.pack is None:
            return ", ".join(counts)
        rules = dict.fromkeys(STATUSES, 0)
        for spec in self.pack.with_across:
            rules[spec.status] += 1
        kinds = ", ".join(f"{n} {status}" for status, n in rules.items() if n)
        terms = f"{len(self.pack.lexicon.terms):,} terms"
        return f"{self.pack.name} {self.pack.version}: {', '.join((kinds, terms, *counts))}"


def check(folder: Path | None) -> Checked:
    """Read the pack, drafts included, and lint it."""
    try:
        place = locate(folder)
        pack = load_pack(place, drafts=True)
    except BrokenPackError as error:
        return Checked(None, error.problems)
    except PackError as error:
        return Checked(None, [Problem("L006", str(error), error.place, 1, 1)])
    today = datetime.now().astimezone().date()
    against = check_lock(place, pack, today)
    lost = [problem for problem in against if problem.code not in _FOR_SHIPPING]
    return Checked(pack, [*lint(pack, place, today), *lost])


@click.command("check")
@rules_option
@click.option("--json", "as_json", is_flag=True, help="Problems as JSON, for editors.")
@click.option("--strict", is_flag=True, help="Warnings, too, make the exit status 2.")
@click.option("--watch", is_flag=True, help="Check again whenever a file changes, until Ctrl-C.")
def check_command(rules_folder: Path | None, *, as_json: bool, strict: bool, watch: bool) -> None:
    """Is the pack well-formed, and can all of it be meant? Examples are for `rules test`.

    Exit status 2 when not.
    """
    if watch and as_json:
        raise click.UsageError("--watch is for people, --json for programs: give one of them")
    if watch:
        again_on_change(rules_folder, lambda: _show(check(rules_folder)))
        return
    checked = check(rules_folder)
    if as_json:
        problems = [problem.as_json() for problem in checked.problems]
        click.echo(json.dumps(problems, ensure_ascii=False, indent=2))
    else:
        _show(checked)
    sys.exit(checked.status(strict=strict))


def _show(checked: Checked) -> None:
    # What must be mended stands last: a pack of others' warnings scrolls it into view.
    show_problems(sorted(checked.problems, key=lambda problem: problem.severity == "error"))
    click.echo(checked.summary())
    if checked.pack:
        click.echo(f"hash {checked.pack.hash}")
