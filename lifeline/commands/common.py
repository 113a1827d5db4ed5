"""What the commands share: the option that names a pack, and loading one or ending."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import click

from lifeline.errors import PackError
from lifeline.rules.pack import BrokenPackError, Pack, load, locate
from lifeline.rules.problems import Problem
from lifeline.rules.trials import rehearsal

# The same bounds as the worker's defaults, so that a scan sees what the worker would.
AGE_MS: Final = rehearsal.AGE_MS
MESSAGES: Final = rehearsal.MESSAGES
MEMORY: Final = 2 << 30

rules_option = click.option(
    "--rules",
    "rules_folder",
    envvar="LIFELINE_RULES",
    type=click.Path(path_type=Path),
    help="Folder of the rule pack (default: LIFELINE_RULES, else the packaged rules).",
)


def load_pack(folder: Path | None, *, drafts: bool = False) -> Pack:
    """The pack; with ``drafts``, drafts are evaluated.

    Raises :class:`PackError`, which is a :class:`BrokenPackError` where rule files are at fault.
    """
    gc.disable()  # a pack is all growth and no garbage: collecting costs a fifth of the time
    try:
        return load(locate(folder), drafts=drafts)
    finally:
        gc.enable()


def load_or_exit(folder: Path | None, *, drafts: bool = False) -> Pack:
    """The pack, or all its problems on standard error and exit status 2."""
    try:
        return load_pack(folder, drafts=drafts)
    except BrokenPackError as error:
        show_problems(error.problems)
        click.echo(str(error).split(";")[0], err=True)
        sys.exit(2)
    except PackError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2)


def show_problems(problems: Iterable[Problem]) -> None:
    """Each problem with its place, on standard error."""
    for problem in problems:
        click.echo(problem.render() + "\n", err=True)


def settle_memory() -> None:
    """Keep the garbage collector from walking the loaded pack again and again.

    A pack is hundreds of thousands of objects that stay; with the usual thresholds a third of the
    time would go into looking them over. Higher thresholds save nothing more, and every alert
    would wait while tens of thousands of new objects are looked over at once.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 20, 100)
