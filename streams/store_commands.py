"""`lifeline forget` and `lifeline store`: what people do with the case store."""

from __future__ import annotations

import sys
import time
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from lifeline.errors import LifelineError
from streams.settings import Settings, load_settings

if TYPE_CHECKING:
    from alerts.store.proof import Proof

store_option = click.option("--store", help="The case store (LIFELINE_STORE).")


@click.command("forget")
@click.argument("customer")
@click.option("--by", required=True, help="Who asks for it; kept in the store's trail.")
@click.option("--brokers", help="Kafka bootstrap servers (LIFELINE_BROKERS).")
@store_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--store-only", is_flag=True, help="Send no tombstone to Kafka.")
def forget_command(
    customer: str, by: str, brokers: str | None, store: str | None, *, yes: bool, store_only: bool
) -> None:
    """Erase all that the case store holds of CUSTOMER (their id), and prove it.

    Exit status 1 when anything is left, or nothing is known of the customer.
    """
    settings = _settings(brokers=brokers, store=store)
    try:
        _forget(settings, customer, by, yes=yes, store_only=store_only)
    except LifelineError as error:
        _fail(str(error))


def _forget(settings: Settings, customer: str, by: str, *, yes: bool, store_only: bool) -> None:
    from alerts.store import forget
    from alerts.store.engine import must_exist
    from alerts.store.proof import Traces, prove
    from alerts.store.store import Store
    from streams import tombstone

    kept = f"Kafka keeps copies until their retention ends: {', '.join(tombstone.copies(settings))}"
    must_exist(settings.store)
    with closing(Store.open(settings.store)) as opened:
        held = forget.held(opened, customer)
        if not any(held.values()):
            _show_proof(prove(opened, Traces((customer,))), "searched for the id alone")
            click.echo(kept)
            _fail(f"{opened.place} has no rows of this customer; is the id written as in events?")
        click.echo(f"{opened.place} holds of this customer:")
        _table(held)
        if not yes:
            click.confirm("Erase them for good?", abort=True)

        def tell() -> None:
            if not store_only:
                tombstone.send(settings, customer)

        _, traces = forget.forget(opened, customer, by=by, now=_now(), tell=tell)
        click.echo(f"erased{'' if store_only else '; the tombstone is sent'}")
        proof = forget.prove_forgotten(opened, customer, traces, by=by, now=_now())
        _show_proof(proof, "searched for the id, the conversations, the name and the phone")
        click.echo(kept)
        if not proof.holds:
            _fail(f"something is left: {forget.said(proof.left)}")


def _show_proof(proof: Proof, searched: str) -> None:
    click.echo(f"{searched}; found:")
    _table(proof.counts)
    if proof.others:
        places = ", ".join(f"{place} {count}" for place, count in proof.others.items())
        click.echo(f"rows of other people hold the same name or phone: {places}")


@click.group("store")
def store_group() -> None:
    """Look at the case store."""


@store_group.command("check")
@store_option
def check_command(store: str | None) -> None:
    """Show which database it is, its revision, its rows, and the oldest signal.

    Exit status 1 when it cannot be reached, or is not at the revision this version needs.
    """
    from alerts.store.check import check

    settings = _settings(store=store)
    try:
        found = check(settings.store)
    except LifelineError as error:
        _fail(str(error))
    click.echo(f"{found.place} ({found.database}), revision {found.revision or 'none'}")
    if found.revision != found.head:
        _fail(f"this version needs revision {found.head}: a worker brings it there as it starts")
    _table(found.rows)
    if found.oldest is not None:
        said = datetime.fromtimestamp(found.oldest / 1000, tz=UTC)
        click.echo(f"oldest signal: said {said:%Y-%m-%d %H:%M} UTC")


def _table(counts: dict[str, int]) -> None:
    wide = max(map(len, counts), default=0)
    for name, count in counts.items():
        click.echo(f"  {name:<{wide}}  {count:>9,}")


def _now() -> int:
    return time.time_ns() // 1_000_000


def _settings(**given: Any) -> Settings:
    try:
        return load_settings(**{name: value for name, value in given.items() if value is not None})
    except LifelineError as error:
        click.echo(f"settings cannot be used:\n{error}", err=True)
        sys.exit(2)


def _fail(message: str) -> None:
    click.echo(f"error: {message}", err=True)
    sys.exit(1)
