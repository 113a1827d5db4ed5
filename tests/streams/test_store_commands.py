from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from store_support import NOW, case, order, profile, signal

from alerts.store.store import Store
from streams.cli import main


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Result]:
    """Run a command on a store of its own, told nothing by the environment."""
    environment = {"LIFELINE_STORE": str(tmp_path / "lifeline.db"), "LIFELINE_SETTINGS": None}
    return lambda *words, **more: CliRunner().invoke(main, words, env=environment, **more)


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """Hold a customer with an order, a signal and a case, and another customer."""
    store = Store.open(str(tmp_path / "lifeline.db"))
    with store.transaction() as transaction:
        transaction.put_profile(profile("customer-1"), 1)
        transaction.put_profile(profile("customer-2", "Li Na", phone=""), 1)
        transaction.put_order(order("o-1", "customer-1"), 1)
        transaction.add_signal(signal("s-1", customer="customer-1"), "customer-1", None)
        transaction.save_cases([case(person="customer-1")])
    store.close()
    return tmp_path / "lifeline.db"


FORGET = ("forget", "customer-1", "--by", "an officer", "--store-only")


def counts(output: str) -> list[dict[str, int]]:
    """The tables of an output."""
    tables: list[dict[str, int]] = [{}]
    for line in output.splitlines():
        if not line.startswith("  "):
            tables.append({})
            continue
        name, number = line.split()
        tables[-1][name] = int(number.replace(",", ""))
    return [table for table in tables if table]


@pytest.mark.usefixtures("filled")
def test_forget_shows_asks_erases_and_proves(run):
    """What will be erased is shown first; then nothing of it is found anywhere."""
    done = run(*FORGET, input="y\n")
    assert 0 == done.exit_code, done.output
    shown, found = counts(done.output)
    assert {"customers": 1, "orders": 1, "signals": 1, "cases": 1} == {
        name: count for name, count in shown.items() if count
    }
    assert {0} == set(found.values())
    assert {*shown, "audit", "lifeline.db"} == set(found)
    for kept in (
        "lifeline.chat (3 days)",
        "lifeline.customers (until compaction, which the tombstone asks for)",
        "lifeline.dispositions (the latest of each key for good)",
    ):
        assert kept in done.output


@pytest.mark.usefixtures("filled")
def test_forget_erases_nothing_unless_told(run):
    """Whoever does not say yes has erased nothing."""
    assert 1 == run(*FORGET, input="n\n").exit_code
    assert 0 == run(*FORGET, "--yes").exit_code


@pytest.mark.usefixtures("filled")
def test_an_unknown_customer_is_an_error_that_says_what_was_searched(run):
    """A mistyped id is no success: every table was searched, and Kafka may know more."""
    done = run("forget", "customer-3", "--by", "an officer", "--yes", "--store-only")
    assert 1 == done.exit_code
    assert "has no rows of this customer" in done.stderr
    (found,) = counts(done.output)
    assert {"customers", "orders", "signals", "cases", "alerts", "dispositions"} < set(found)
    assert "lifeline.signals (30 days)" in done.output


def test_forget_fails_where_something_is_left(run, filled):
    """What is left is named by table and column, with exit status 1."""
    store = Store.open(str(filled))
    with store.transaction() as transaction:
        transaction.save_cases([case("c-9", "u-9", digest="customer-1")])
    store.close()
    done = run(*FORGET, "--yes")
    assert 1 == done.exit_code
    assert "something is left: cases.digest 1" in done.stderr


def test_no_store_is_no_success(run, tmp_path):
    """In the wrong folder nothing is made, and nothing is said to be forgotten."""
    for command in (FORGET, ("store", "check")):
        done = run(*command)
        assert (1, True) == (done.exit_code, "there is no case store" in done.stderr)
    assert [] == list(tmp_path.iterdir())


@pytest.mark.usefixtures("filled")
def test_check_shows_what_a_store_holds(run):
    """Which database, its revision, its rows and its oldest signal."""
    done = run("store", "check")
    assert 0 == done.exit_code, done.output
    assert "lifeline.db (sqlite), revision 0001" in done.output
    assert 2 == counts(done.output)[0]["customers"]
    assert "oldest signal: said 2026-11-22 02:20 UTC" in done.output
    assert NOW == signal("s").received - 5


def test_check_of_a_database_not_migrated_says_who_does_it(run, tmp_path):
    """An empty database is not taken for a store that holds nothing."""
    (tmp_path / "lifeline.db").touch()
    done = run("store", "check")
    assert (1, True) == (done.exit_code, "a worker brings it there" in done.stderr)


def test_passwords_are_not_shown(run):
    """What cannot be reached is named without its password."""
    done = run("store", "check", "--store", "postgresql://me:hidden@127.0.0.1:1/x")
    assert 1 == done.exit_code
    assert "me:***@127.0.0.1:1/x" in done.stderr
    assert "hidden" not in done.output
