"""What the commands share: the option that names a pack, and loading one or ending."""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import Final

import click

from lifeline.errors import PackError
from lifeline.rules.examples import check_examples
from lifeline.rules.pack import BrokenPackError, Pack, load, locate

# The same bounds as the worker's defaults, so that a scan sees what the worker would.
AGE_MS: Final = 35 * 60 * 1000
MESSAGES: Final = 50
MEMORY: Final = 2 << 30

rules_option = click.option(
    "--rules",
    "rules_folder",
    envvar="LIFELINE_RULES",
    type=click.Path(path_type=Path),
    help="Folder of the rule pack (default: LIFELINE_RULES, else the packaged rules).",
)


def load_or_exit(folder: Path | None, *, examples: bool = False) -> Pack:
    """The pack, or all its problems on standard error and exit status 2."""
    gc.disable()  # a pack is all growth and no garbage: collecting costs a fifth of the time
    try:
        place = locate(folder)
        pack = load(place)
    except BrokenPackError as error:
        for problem in error.problems:
            click.echo(problem.render() + "\n", err=True)
        click.echo(str(error).split(";")[0], err=True)
        sys.exit(2)
    except PackError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2)
    finally:
        gc.enable()
    problems = check_examples(pack) if examples else []
    if problems:
        for problem in problems:
            click.echo(problem.render() + "\n", err=True)
        count = len(problems)
        what = "1 example does" if count == 1 else f"{count} examples do"
        click.echo(f"{what} not come out as written", err=True)
        sys.exit(2)
    return pack


def settle_memory() -> None:
    """Keep the garbage collector from walking the loaded pack again and again.

    A pack is hundreds of thousands of objects that stay; with the usual thresholds a third of the
    time would go into looking them over.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)
