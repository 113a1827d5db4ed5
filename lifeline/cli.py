"""The `lifeline` command's offline verbs: what needs neither Kafka nor a database."""

from __future__ import annotations

import gc
import json
import sys
from pathlib import Path
from typing import BinaryIO, Final

import click
import msgspec

from lifeline.conversation import Conversations
from lifeline.errors import PackError
from lifeline.rules.examples import check_examples
from lifeline.rules.pack import BrokenPackError, Pack, load, locate
from lifeline.rules.problems import Problem
from lifeline.rules.schema import STATUSES
from lifeline.scan import BadLineError, scan
from lifeline.taxonomy import RULE_TIERS

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


@click.group("rules")
def rules_group() -> None:
    """Tools for rule authors."""


@rules_group.command("check")
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


@click.group()
def main() -> None:
    """Offline verbs only; the whole command is in ``streams.cli``."""


main.add_command(scan_command)
main.add_command(rules_group)
