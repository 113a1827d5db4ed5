"""The `lifeline` command's offline verbs: what needs neither Kafka nor a database."""

from __future__ import annotations

import click

from lifeline.commands.check import check_command
from lifeline.commands.diff import diff_command
from lifeline.commands.explain import explain_command
from lifeline.commands.lock import lock_command
from lifeline.commands.new import new_command
from lifeline.commands.responders import responders_command
from lifeline.commands.scan import scan_command
from lifeline.commands.schema import schema_command
from lifeline.commands.stats import stats_command
from lifeline.commands.test import test_command


@click.group("rules")
def rules_group() -> None:
    """Tools for rule authors."""


for command in (
    check_command,
    test_command,
    explain_command,
    diff_command,
    new_command,
    lock_command,
    schema_command,
    stats_command,
):
    rules_group.add_command(command)


@click.group()
def main() -> None:
    """Offline verbs only; the whole command is in ``streams.cli``."""


main.add_command(scan_command)
main.add_command(responders_command)
main.add_command(rules_group)
