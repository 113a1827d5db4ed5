"""`lifeline scan`: the whole detection without Kafka."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import BinaryIO

import click
import msgspec

from lifeline.commands.common import (
    AGE_MS,
    MEMORY,
    MESSAGES,
    load_or_exit,
    rules_option,
    settle_memory,
)
from lifeline.conversation import Conversations
from lifeline.scan import BadLineError, scan
from lifeline.taxonomy import RULE_TIERS


@click.command("scan")
@click.argument("file", type=click.File("rb"))
@rules_option
@click.option(
    "--gate",
    type=click.Choice(list(RULE_TIERS)),
    default="elevated",
    show_default=True,
    help="Lowest tier that counts for first_alert.",
)
@click.option("--skip-bad", is_flag=True, help="Report bad lines on standard error and go on.")
def scan_command(file: BinaryIO, rules_folder: Path | None, gate: str, *, skip_bad: bool) -> None:
    """Conversation events (JSON Lines) in, one JSON line per conversation out.

    FILE is a path, or - for standard input. Exit status 2 on a bad line, with its number.
    """
    pack = load_or_exit(rules_folder)
    settle_memory()
    skipped = 0

    def report(bad: BadLineError) -> None:
        nonlocal skipped
        skipped += 1
        click.echo(f"{file.name}: {bad}; skipped", err=True)

    conversations = Conversations(age=AGE_MS, number=MESSAGES, memory=MEMORY)
    encode = msgspec.json.Encoder().encode
    out = sys.stdout.buffer
    try:
        for verdict in scan(
            file,
            pack,
            conversations=conversations,
            gate=RULE_TIERS[gate],
            on_bad_line=report if skip_bad else None,
        ):
            out.write(encode(verdict.as_json()) + b"\n")
    except BadLineError as bad:
        click.echo(f"{file.name}: {bad}; use --skip-bad to go on past bad lines", err=True)
        sys.exit(2)
    except BrokenPipeError:
        sys.exit(0)
    out.flush()
    if skipped:
        click.echo(f"{skipped} bad lines skipped", err=True)
