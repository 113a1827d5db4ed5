"""`lifeline rules lock`: write down what the pack finds, unless it went a way that it must not."""

from __future__ import annotations

import json
import sys
from datetime import date, datetime
from pathlib import Path

import click

from lifeline.commands.common import load_pack, rules_option, show_problems
from lifeline.commands.diff import change_as_json, show_changes, titles
from lifeline.errors import PackError
from lifeline.rules.changes.between import count
from lifeline.rules.changes.lock import LOCK, Proposal, behind, propose
from lifeline.rules.lint import lint
from lifeline.rules.pack import BrokenPackError, locate
from lifeline.rules.problems import Problem


@click.command("lock")
@rules_option
@click.option("--check", is_flag=True, help="Only say whether the lock is up to date.")
@click.option("--json", "as_json", is_flag=True, help="The outcome as JSON.")
@click.option(
    "--today",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day by which reviews are judged (default: today).",
)
def lock_command(
    rules_folder: Path | None, *, check: bool, as_json: bool, today: datetime | None
) -> None:
    """Write lock.json: what each rule finds, by which the next change is judged.

    Refused, and nothing is written, when `rules check` finds errors, an active rule changed without
    a new review, an id came back, an active rule or a line that must be detected went without a
    word in CHANGELOG.md, or the version did not rise as the changes ask. Exit status 2 then; with
    --check, also when the lock is missing or behind the rules.
    """
    day = (today or datetime.now().astimezone()).date()
    written = False
    try:
        proposal = _proposal(rules_folder, day)
        problems = proposal.problems + (behind(proposal) if check else [])
        if not check and not proposal.refused and not proposal.up_to_date:
            proposal.write()
            written = True
    except BrokenPackError as error:
        _fail(error.problems, as_json=as_json)
    except PackError as error:
        _fail([Problem("L006", str(error), error.place, 1, 1)], as_json=as_json)
    except OSError as error:
        text = f"this cannot be written: {error.strerror}"
        _fail([Problem("L007", text, str(error.filename), 1, 1)], as_json=as_json)
    if as_json:
        click.echo(_as_json(proposal, problems, written=written))
    else:
        _show(proposal, problems, written=written, check=check)
    sys.exit(2 if proposal.refused or (check and not proposal.up_to_date) else 0)


def _proposal(given: Path | None, today: date) -> Proposal:
    folder = locate(given)
    pack = load_pack(folder)
    wrong = [problem for problem in lint(pack, folder, today) if problem.severity == "error"]
    if wrong:  # what `rules check` refuses must not become the record either
        raise BrokenPackError(wrong, str(folder), pack.hash)
    return propose(folder, pack, today)


def _fail(problems: list[Problem], *, as_json: bool) -> None:
    if as_json:
        found = {
            "up_to_date": False,
            "written": False,
            "problems": [problem.as_json() for problem in problems],
            "changes": [],
        }
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        show_problems(problems)
        click.echo(f"{count(len(problems), 'problem')}; nothing was written", err=True)
    sys.exit(2)


def _show(proposal: Proposal, problems: list[Problem], *, written: bool, check: bool) -> None:
    pack = proposal.new.pack
    if proposal.old:
        show_changes(proposal.changes, {**titles(proposal.old.pack), **titles(pack)})
    show_problems(problems)
    what = f"{pack.name} {pack.version}, {count(len(pack.rules), 'rule')}"
    if written:
        click.echo(f"locked {what}: {proposal.folder / LOCK}")
    elif proposal.refused and not check:
        click.echo(f"{what}: refused; nothing was written", err=True)
    elif proposal.up_to_date:
        click.echo(f"{what}: the lock is up to date")
    else:
        click.echo(f"{what}: the lock is not up to date", err=True)


def _as_json(proposal: Proposal, problems: list[Problem], *, written: bool) -> str:
    found = {
        "up_to_date": proposal.up_to_date or written,
        "written": written,
        "problems": [problem.as_json() for problem in problems],
        "changes": [change_as_json(change) for change in proposal.changes],
    }
    return json.dumps(found, ensure_ascii=False, indent=2)
