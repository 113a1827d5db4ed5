"""`lifeline rules new`: a rule from a template, at the end of the right file."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from lifeline.commands.common import rules_option, show_problems
from lifeline.errors import PackError
from lifeline.rules.pack import BrokenPackError, locate
from lifeline.rules.problems import Problem
from lifeline.rules.template import prepare
from lifeline.taxonomy import RULE_TIERS


@click.command("new")
@click.argument("rule_id", metavar="ID")
@rules_option
@click.option("--title", default="", help="What the rule finds, in plain words.")
@click.option("--tier", type=click.Choice(list(RULE_TIERS)), help="elevated, unless given.")
@click.option("--file", default="", help="The file to add it to, within the pack.")
@click.option("--print", "only_print", is_flag=True, help="Print the rule, and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Say as JSON where the rule stands.")
def new_command(
    rule_id: str,
    rules_folder: Path | None,
    title: str,
    tier: str | None,
    file: str,
    *,
    only_print: bool,
    as_json: bool,
) -> None:
    """A new draft to fill in. ID is language.category.name, as in zh.farewell.last_words.

    It goes to the file that holds most rules of its category. Exit status 2 when it cannot be
    added; nothing is written then.
    """
    try:
        rule = prepare(locate(rules_folder), rule_id, title, tier or "", file)
        if not only_print:
            rule.write()
    except BrokenPackError as error:
        _refuse(error.problems, as_json=as_json)
    except PackError as error:
        _refuse([Problem("L006", str(error), error.place, 1, 1)], as_json=as_json)
    except OSError as error:
        text = f"this cannot be written: {error.strerror}"
        _refuse([Problem("L007", text, str(error.filename), 1, 1)], as_json=as_json)
    if only_print:
        click.echo(rule.addition.decode().replace("\r\n", "\n"), nl=False)
    elif as_json:
        click.echo(json.dumps({"id": rule_id, "file": str(rule.path), "line": rule.line}))
    else:
        click.echo(f"{rule.path}:{rule.line}")
        click.echo("fill it in, then run `lifeline rules check` and `lifeline rules test`")


def _refuse(problems: list[Problem], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([p.as_json() for p in problems], ensure_ascii=False, indent=2))
    else:
        show_problems(problems)
        click.echo("nothing was written", err=True)
    sys.exit(2)
