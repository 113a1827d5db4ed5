"""Doing something again whenever the rules change: what `--watch` means for every command."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

import click

from lifeline.errors import PackError
from lifeline.rules.pack import locate
from lifeline.rules.pack_files import signature

_POLL_SECONDS: Final = 0.5


def again_on_change(given: Path | None, show: Callable[[], object]) -> None:
    """Show now, and again after each change of the folder; Ctrl-C ends it.

    The screen is cleared only where there is one. A change while something is shown counts, too.
    """
    seen = ""
    try:
        while True:
            folder = _folder(given)
            now = signature(folder)
            if now != seen:
                seen = now
                click.clear()
                click.echo(f"{datetime.now().astimezone():%H:%M:%S} {folder}")
                show()
                click.echo("waiting for a change; Ctrl-C ends")
                sys.stdout.flush()
            time.sleep(_POLL_SECONDS)
    except KeyboardInterrupt:
        click.echo()


def _folder(given: Path | None) -> Path:
    """The folder to watch, which need not hold a pack yet."""
    try:
        return locate(given)
    except PackError:
        return given or Path()
