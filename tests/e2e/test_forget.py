"""`lifeline forget` with real Kafka and a real PostgreSQL."""

from __future__ import annotations

import subprocess
import sys

import pytest
from store_support import profile

from alerts.store.store import Store
from streams.topics import partition_counts


@pytest.fixture
def forget(line, postgres_url):
    """Forget a customer that the store holds."""
    store = Store.open(postgres_url)
    with store.transaction() as transaction:
        transaction.put_profile(profile("customer-1"), 1)
    store.close()

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "streams.cli", "forget", "customer-1", "--by", "me", "--yes"],
            env={
                "LIFELINE_STORE": postgres_url,
                "LIFELINE_BROKERS": line.settings.brokers,
                "LIFELINE_TOPIC_PREFIX": line.settings.topic_prefix,
            },
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


def test_the_tombstone_reaches_every_partition(line, forget):
    """Whatever partition the profile is in, compaction there finds a tombstone."""
    done = forget()
    assert 0 == done.returncode, done.stderr
    records = line.records("customers")
    assert {(number, b"customer-1", None) for number in range(4)} == {
        (record.partition(), record.key(), record.value()) for record in records
    }
    assert "customers (until compaction, which the tombstone asks for)" in done.stdout
    assert 1 == forget().returncode


def test_nothing_is_erased_without_the_tombstone(line, forget):
    """Where there is no topic to tell, the store keeps all, and the command can be repeated."""
    topic = line.settings.topic("customers")
    admin = line.admin()  # kept by name: answers die with the client that asked
    admin.delete_topics([topic])[topic].result(30)
    line.until(lambda: topic not in partition_counts(line.settings), what="Kafka shows it gone")
    for _ in range(2):
        done = forget()
        assert 1 == done.returncode
        assert f"there is no topic {topic}" in done.stderr
        assert "customers" in done.stdout
