"""The `lifeline` command's offline verbs: what needs neither Kafka nor a database."""

from __future__ import annotations

import click

from lifeline.commands.check import check_command
from lifeline.commands.scan import scan_command


@click.group("rules")
def rules_group() -> None:
    """Tools for rule authors."""


rules_group.add_command(check_command)


@click.group()
def main() -> None:
    """Offline verbs only; the whole command is in ``streams.cli``."""


main.add_command(scan_command)
main.add_command(rules_group)
