"""`lifeline rules test`: do all examples, corpora and cases come out as written?"""

from __future__ import annotations

import difflib
import json
import sys
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

import click

from lifeline.commands.common import load_pack, rules_option, show_problems
from lifeline.commands.watching import again_on_change
from lifeline.errors import PackError
from lifeline.rules.pack import MANIFEST, BrokenPackError, Pack
from lifeline.rules.problems import Problem
from lifeline.rules.trials import check_pack
from lifeline.rules.trials.across import check_across
from lifeline.rules.trials.examples import check_examples
from lifeline.rules.trials.on_trial import only_on_trial


class Tested(NamedTuple):
    """What came of a test; ``pack`` is None when it cannot be used."""

    pack: Pack | None
    problems: list[Problem]
    counts: dict[str, int]
    expires: str  # the next known false positive, if any

    @property
    def status(self) -> int:
        """The exit status."""
        return 2 if any(problem.severity == "error" for problem in self.problems) else 0


@click.command("test")
@rules_option
@click.option("--rule", "rule_id", metavar="ID", help="Run only the examples of this rule.")
@click.option("--json", "as_json", is_flag=True, help="The outcome as JSON.")
@click.option("--watch", is_flag=True, help="Test again whenever a file changes, until Ctrl-C.")
def test_command(
    rules_folder: Path | None, rule_id: str | None, *, as_json: bool, watch: bool
) -> None:
    """Do all examples, corpora and cases come out as written? Examples of drafts are run, too.

    Exit status 2 when not.
    """
    if watch and as_json:
        raise click.UsageError("--watch is for people, --json for programs: give one of them")
    today = datetime.now().astimezone().date()
    if watch:
        again_on_change(rules_folder, lambda: _show(run(rules_folder, rule_id, today)))
        return
    tested = run(rules_folder, rule_id, today)
    if as_json:
        click.echo(json.dumps(_as_json(tested), ensure_ascii=False, indent=2))
    else:
        _show(tested)
    sys.exit(tested.status)


def run(folder: Path | None, rule_id: str | None, today: date) -> Tested:
    """Run everything, or the examples of one rule."""
    try:
        pack = load_pack(folder, drafts=True)
    except BrokenPackError as error:
        return Tested(None, error.problems, {}, "")
    except PackError as error:
        return Tested(None, [Problem("L006", str(error), error.place, 1, 1)], {}, "")
    if rule_id is None:
        return Tested(pack, check_pack(pack, today), _counts(pack), _next_to_expire(pack))
    ids = [*(spec.id for spec in pack.rules), *(spec.id for spec in pack.across)]
    if rule_id not in ids:
        near = difflib.get_close_matches(rule_id, ids, 1)
        hint = f"did you mean {near[0]}?" if near else "retired rules are not run"
        unknown = Problem("L088", f"the pack has no rule {rule_id}", MANIFEST, 1, 1, help=hint)
        return Tested(None, [unknown], {}, "")
    problems = [
        *check_examples(pack, rule_id),
        *check_across(pack, rule_id),
        *only_on_trial(pack, rule_id),
    ]
    return Tested(pack, problems, _counts(pack, rule_id), "")


def _counts(pack: Pack, rule_id: str | None = None) -> dict[str, int]:
    """How many there are of each kind."""
    specs = [spec for spec in pack.rules if rule_id in (None, spec.id)]
    across = [spec for spec in pack.across if rule_id in (None, spec.id)]
    counts = {
        "rules": len(specs) + len(across),
        "examples": sum(len(s.examples.alert) + len(s.examples.ignore) for s in specs),
        "time-lines": sum(len(s.examples.alert) + len(s.examples.ignore) for s in across),
        "known gaps of rules": sum(len(s.examples.known_gap) for s in specs),
    }
    if rule_id is None:
        corpora, modifiers = pack.corpora, pack.modifiers.all
        counts |= {
            "modifiers' examples": sum(len(m.applies) + len(m.leaves) for m in modifiers),
            "titles of means": sum(len(m.titles) + len(m.not_titles) for m in pack.means.all),
            "must-detect": len(corpora.must_detect),
            "known gaps of the pack": len(corpora.known_gaps),
            "benign": len(corpora.benign),
            "cases": len(corpora.cases),
            "examples that only rules on trial find": sum(1 for _ in only_on_trial(pack)),
            "known false positives": len(corpora.known_false_positives),
        }
    return counts


def _next_to_expire(pack: Pack) -> str:
    return min((known.expires for known in pack.corpora.known_false_positives), default="")


def _show(tested: Tested) -> None:
    show_problems(tested.problems)
    if tested.pack is None:
        click.echo("nothing was run", err=True)
        return
    click.echo(f"{tested.pack.name} {tested.pack.version}")
    for kind, count in tested.counts.items():
        note = f", the next expires {tested.expires}" if "false" in kind and tested.expires else ""
        click.echo(f"{count:>8,} {kind}{note}")
    failed = sum(problem.severity == "error" for problem in tested.problems)
    if failed:
        what = "1 does" if failed == 1 else f"{failed} do"
        click.secho(f"{what} not come out as written", fg="red", bold=True)
    else:
        click.secho("all come out as written", fg="green")


def _as_json(tested: Tested) -> dict[str, object]:
    return {
        "ok": not tested.status,
        "problems": [problem.as_json() for problem in tested.problems],
        "counts": {kind.replace(" ", "_").replace("'", ""): n for kind, n in tested.counts.items()},
        "next_expires": tested.expires or None,
    }
