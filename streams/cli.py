"""The `lifeline` command: the offline verbs of the core, and those that need Kafka."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from lifeline.cli import rules_group
from lifeline.commands.responders import responders_command
from lifeline.commands.scan import scan_command
from lifeline.errors import LifelineError
from streams.backtest.command import backtest_command
from streams.report_command import report_command
from streams.settings import Settings, load_settings
from streams.status_command import status_command
from streams.store_commands import forget_command, store_group

brokers_option = click.option("--brokers", help="Kafka bootstrap servers (LIFELINE_BROKERS).")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="lifeline-stream")
def main() -> None:
    """Finds people about to harm themselves in customer-service streams."""


main.add_command(scan_command)
main.add_command(responders_command)
main.add_command(rules_group)
rules_group.add_command(backtest_command)
rules_group.add_command(status_command)
rules_group.add_command(report_command)
main.add_command(store_group)
main.add_command(forget_command)


def settings_or_exit(**given: Any) -> Settings:
    """The settings in force with what was given on the command line, or exit status 2."""
    try:
        return load_settings(**{name: value for name, value in given.items() if value is not None})
    except LifelineError as error:
        click.echo(f"settings cannot be used:\n{error}", err=True)
        sys.exit(2)


def fail(error: Exception) -> None:
    """End the command with one plain line."""
    click.echo(f"error: {error}", err=True)
    sys.exit(1)


@main.command("worker")
def worker_command() -> None:
    """Run a worker: read events, alert. All settings are LIFELINE_* variables."""
    settings_or_exit()
    # Faust's own command, as `faust -A streams.app worker` would run it, less its web server.
    arguments = ["-A", "streams.app", "--quiet", "worker", "--without-web", "-l", "info"]
    os.execv(sys.executable, [sys.executable, "-m", "faust", *arguments])  # noqa: S606


@main.group("topics")
def topics_group() -> None:
    """Make and check the topics Lifeline uses."""


@topics_group.command("create")
@brokers_option
@click.option("--partitions", type=click.IntRange(1, 10_000), default=8, show_default=True)
@click.option("--replication", type=click.IntRange(1, 9), default=1, show_default=True)
def create_command(brokers: str | None, partitions: int, replication: int) -> None:
    """Make the topics that are missing; existing ones are left as they are."""
    from streams import topics

    settings = settings_or_exit(brokers=brokers)
    try:
        made = topics.create(settings, partitions=partitions, replication=replication)
    except LifelineError as error:
        fail(error)
    for name, new in made.items():
        click.echo(f"{'made ' if new else 'there'}  {name}")


@topics_group.command("check")
@brokers_option
def check_command(brokers: str | None) -> None:
    """Are all topics there, with matching numbers of partitions? Exit status 1 when not."""
    from streams import topics

    settings = settings_or_exit(brokers=brokers)
    try:
        problems = topics.check(settings)
    except LifelineError as error:
        fail(error)
    for problem in problems:
        click.echo(problem)
    if problems:
        sys.exit(1)
    click.echo("all topics are there and fit together")


@main.command("replay")
@click.argument("file", type=click.File("rb"))
@brokers_option
@click.option(
    "--rate", type=click.FloatRange(min=0.1), help="Events a second (default: as fast as it goes)."
)
@click.option("--skip-bad", is_flag=True, help="Report bad lines and go on.")
def replay_command(file: Any, brokers: str | None, rate: float | None, *, skip_bad: bool) -> None:
    """Send conversation events (JSON Lines) from FILE to Kafka; - is standard input."""
    from streams import replay

    settings = settings_or_exit(brokers=brokers)
    try:
        sent, skipped = replay.replay_file(settings, file, rate=rate, skip_bad=skip_bad)
    except (LifelineError, KeyboardInterrupt) as error:
        fail(error if isinstance(error, LifelineError) else LifelineError("interrupted"))
    click.echo(f"{sent:,} events acknowledged by Kafka" + (f", {skipped} skipped" * bool(skipped)))


@main.command("tail")
@brokers_option
@click.option("--from-beginning", is_flag=True, help="Show what the topic already holds, too.")
@click.option("--json", "as_json", is_flag=True, help="One JSON line per alert.")
@click.option("--watchlist", is_flag=True, help="Show the watchlist instead of the alerts.")
def tail_command(
    brokers: str | None, *, from_beginning: bool, as_json: bool, watchlist: bool
) -> None:
    """Show the crisis team's queue as alerts come in. Ctrl-C ends it."""
    from kafka.errors import KafkaError

    from alerts.tail import tail

    settings = settings_or_exit(brokers=brokers)
    topic = settings.topic("watchlist" if watchlist else "alerts")
    try:
        tail(settings.brokers, topic, from_beginning=from_beginning, as_json=as_json)
    except KeyboardInterrupt:
        return
    except KafkaError:
        fail(LifelineError(f"Kafka at {settings.brokers} does not answer; check LIFELINE_BROKERS"))
    except (LookupError, OSError) as error:
        fail(error)


@main.command("demo")
@click.option("--speed", type=click.FloatRange(min=0.1), default=1.0, show_default=True)
@click.option("--rules", "rules_folder", type=click.Path(path_type=Path), envvar="LIFELINE_RULES")
def demo_command(speed: float, rules_folder: Path | None) -> None:
    """An invented day, start to end: embedded broker, worker, alerts, summary. Ctrl-C ends it."""
    from streams.demo import run

    sys.exit(run(speed=speed, rules=rules_folder))


if __name__ == "__main__":
    main()
