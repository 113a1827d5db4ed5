"""`lifeline rules check`: is the pack well-formed?"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from lifeline.commands.common import load_or_exit, rules_option
from lifeline.errors import PackError
from lifeline.rules.examples import check_examples
from lifeline.rules.pack import BrokenPackError, load, locate
from lifeline.rules.problems import Problem
from lifeline.rules.schema import STATUSES


@click.command("check")
@rules_option
@click.option("--json", "as_json", is_flag=True, help="Problems as JSON, for editors.")
def check_command(rules_folder: Path | None, *, as_json: bool) -> None:
    """Is the pack well-formed, and do all examples come out as written?

    Exit status 2 when not.
    """
    if as_json:
        try:
            problems = check_examples(load(locate(rules_folder)))
        except BrokenPackError as error:
            problems = error.problems
        except PackError as error:
            problems = [Problem("L006", str(error), error.place, 1, 1)]
        click.echo(json.dumps([p.as_json() for p in problems], ensure_ascii=False, indent=2))
        sys.exit(2 if problems else 0)
    pack = load_or_exit(rules_folder, examples=True)
    counts = dict.fromkeys(STATUSES, 0)
    for spec in pack.all_rules:
        counts[spec.status] += 1
    kinds = ", ".join(f"{n} {status}" for status, n in counts.items() if n)
    click.echo(f"{pack.name} {pack.version}: {kinds}, {len(pack.lexicon.terms):,} terms")
    examples = [spec.examples for spec in pack.rules]
    click.echo(
        f"{sum(len(e.alert) + len(e.ignore) for e in examples)} examples come out as written"
    )
    gaps = sum(len(e.known_gap) for e in examples)
    if gaps:
        click.echo(f"{gaps} known gaps")
    click.echo(f"hash {pack.hash}")
