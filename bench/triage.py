"""From said to alerted to completed, on real Kafka, with a case store the size of a large shop's.

    python bench/triage.py postgresql --customers 1000000 --orders 5000000 --rate 50 --seconds 60

The store is filled directly; then a worker is started, and messages that alert are said at a set
rate by customers picked at random. Printed are p50, p99 and the worst of two delays: from said to
the first record (detect's), and to the completed one (triage's), each as a consumer of
the alerts topic gets it, the producer's clock and the consumer's being the same. With ``--outage``
PostgreSQL is stopped for so many seconds in the middle. What is said in the first ``--warm-up``
seconds is not counted: the broker's compiler takes both cores of a small machine then.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import psycopg
from confluent_kafka import Consumer, Producer, TopicPartition
from sqlalchemy import insert

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "e2e")]

from e2e_support import KAFKA, free_port  # noqa: E402
from postgres_support import Postgres, serving  # noqa: E402

from alerts.contract import TRIAGE_SOURCE, decode_alert  # noqa: E402
from alerts.store.store import Store  # noqa: E402
from alerts.store.tables import customers, orders  # noqa: E402
from streams import topics  # noqa: E402
from streams.settings import Settings, load_settings  # noqa: E402

SAID = "how many of these tablets would kill me?"
GOODS = (
    "Sleeping tablets 20", "Phone case", "Rope 10 m", "Running shoes", "Kettle", "Garden hose",
    "Notebook A5", "Desk lamp", "Rice 5 kg", "USB cable",
)  # fmt: skip
_BATCH = 10_000
_SETTLE_S = 20.0


def main() -> None:
    """Fill, start, say, listen, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("store", choices=["sqlite", "postgresql"])
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--orders", type=int, default=5_000_000)
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--warm-up", type=float, default=20)
    parser.add_argument("--outage", type=float, default=0, help="seconds PostgreSQL is stopped")
    parser.add_argument("--rules", type=Path, default=ROOT / "tests" / "e2e" / "pack")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        server = stack.enter_context(serving()) if chosen.store == "postgresql" else None
        url = server.run("url") if server else str(Path(folder, "lifeline.db"))
        started = time.monotonic()
        fill(url, chosen.customers, chosen.orders)
        print(f"{chosen.store} filled in {time.monotonic() - started:.0f} s: "
              f"{chosen.customers:,} customers, {chosen.orders:,} orders")  # fmt: skip
        brokers = stack.enter_context(kafka(Path(folder, "kafka")))
        settings = load_settings(brokers=brokers, store=url, rules=chosen.rules)
        topics.create(settings, partitions=4, replication=1)
        log = stack.enter_context(Path(folder, "worker.log").open("wb"))
        stack.enter_context(worker(settings, log))
        measure(settings, server, chosen)


def fill(url: str, customer_count: int, order_count: int) -> None:
    """Put invented customers and orders of the last 90 days into an empty store."""
    store = Store.open(url)
    chance = random.Random(1)
    now = datetime.now(UTC)

    def customer(number: int) -> tuple[str, int, str]:
        profile = {"customer_id": f"u-{number}", "name": f"Customer {number}", "region": "US-WI",
                   "phone": "+1 555 0100", "address": f"{number} Example Street"}  # fmt: skip
        return f"u-{number}", 1, json.dumps(profile)

    def order(number: int) -> tuple[str, str, int, int, str]:
        who = f"u-{number % customer_count}"
        placed = now - timedelta(seconds=chance.randrange(90 * 86_400))
        items = [{"sku": f"k{n}", "title": chance.choice(GOODS), "category": "goods", "quantity": 1}
                 for n in range(chance.choice((1, 1, 2, 3)))]  # fmt: skip
        record = {"customer_id": who, "order_id": f"o-{number}", "placed_at": placed.isoformat(),
                  "status": chance.choice(("placed", "shipped", "delivered")),
                  "items": items}  # fmt: skip
        at = int(placed.timestamp() * 1000)
        return who, f"o-{number}", at, at, json.dumps(record)

    tables = ((customers, customer, customer_count), (orders, order, order_count))
    for table, make, count in tables:
        names = [c.name for c in table.columns]
        rows = (make(number) for number in range(count))
        if store.engine.dialect.name == "postgresql":
            copy(url, table.name, names, rows)
            continue
        with store.engine.begin() as connection:
            while batch := [
                dict(zip(names, row, strict=True))
                for _, row in zip(range(_BATCH), rows, strict=False)
            ]:
                for each in batch:
                    each["record"] = each["record"].encode()
                connection.execute(insert(table), batch)
    store.close()


def copy(url: str, table: str, names: list[str], rows: Iterator[tuple]) -> None:
    """PostgreSQL's own way of taking many rows."""
    with psycopg.connect(url, autocommit=True) as connection:
        columns = ", ".join(names)
        with connection.cursor().copy(f"COPY {table} ({columns}) FROM STDIN") as out:
            for row in rows:
                out.write_row(row)
        connection.execute(f"VACUUM ANALYZE {table}")  # as it is in a store that grew by day
        connection.execute("CHECKPOINT")


@contextlib.contextmanager
def kafka(folder: Path) -> Iterator[str]:
    """A broker of its own."""
    port = free_port()
    environment = {**os.environ, "KAFKA_PORT": str(port), "KAFKA_DIR": str(folder),
                   "KAFKA_CONTROLLER_PORT": str(free_port())}  # fmt: skip
    subprocess.run([KAFKA, "up"], env=environment, check=True)
    try:
        yield f"127.0.0.1:{port}"
    finally:
        subprocess.run([KAFKA, "down"], env=environment, check=True)


@contextlib.contextmanager
def worker(settings: Settings, log: BinaryIO) -> Iterator[None]:
    """A worker as anybody starts it."""
    environment = {**os.environ, "LIFELINE_BROKERS": settings.brokers,
                   "LIFELINE_RULES": str(settings.rules),
                   "LIFELINE_STORE": settings.store}  # fmt: skip
    command = [sys.executable, "-m", "streams.cli", "worker"]
    running = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=ROOT)
    try:
        yield
    finally:
        running.terminate()
        running.wait(90)


class Ear:
    """Notes when each case's first and completed records came."""

    def __init__(self, settings: Settings) -> None:
        self.first: dict[str, float] = {}
        self.completed: dict[str, float] = {}
        self._consumer = Consumer({"bootstrap.servers": settings.brokers, "fetch.wait.max.ms": 5,
                                   "group.id": uuid.uuid4().hex})  # fmt: skip
        topic = settings.topic("alerts")
        count = len(self._consumer.list_topics(topic, timeout=10).topics[topic].partitions)
        self._consumer.assign([TopicPartition(topic, number, 0) for number in range(count)])
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while not self._stop.is_set():
            message = self._consumer.poll(0.1)
            if message is None or message.error() is not None:
                continue
            event = decode_alert(message.value())
            came = self.completed if event.source == TRIAGE_SOURCE else self.first
            came.setdefault(event.subject, time.time())

    def stop(self) -> None:
        """No more is noted."""
        self._stop.set()
        self._thread.join()
        self._consumer.close()


def measure(settings: Settings, server: Postgres | None, chosen: argparse.Namespace) -> None:
    """Say things at the rate, and print how long the records took."""
    ear = Ear(settings)
    producer = Producer({"bootstrap.servers": settings.brokers, "linger.ms": 0})
    said: dict[str, float] = {}
    chance = random.Random(2)

    def say(case: str) -> None:
        said[case] = time.time()
        event = {"type": "chat.message", "conversation_id": case, "message_id": f"{case}-1",
                 "sent_at": datetime.now(UTC).isoformat(), "speaker": "customer", "text": SAID,
                 "customer_id": f"u-{chance.randrange(chosen.customers)}",
                 "region": "US-WI"}  # fmt: skip
        producer.produce(settings.topic("chat"), json.dumps(event).encode(), case.encode())
        producer.poll(0)

    say("warm-up")
    until(lambda: "warm-up" in ear.completed, 120, "the worker to answer")
    pace(chosen.rate, chosen.warm_up, say, "w")
    outage = None
    if server is not None and chosen.outage:
        outage = threading.Timer(chosen.seconds / 3, stop_for, (server, chosen.outage))
        outage.start()
    total = pace(chosen.rate, chosen.seconds, say, "c")
    producer.flush(30)
    until(
        lambda: said.keys() <= ear.completed.keys(),
        _SETTLE_S + chosen.outage * 2,
        "completed records",
    )
    if outage:
        outage.join()
    ear.stop()
    first, completed = (
        {case: at for case, at in came.items() if case.startswith("c")}
        for came in (ear.first, ear.completed)
    )
    print(f"{total:,} said at {chosen.rate:g}/s: {len(first):,} alerted, "
          f"{len(completed):,} completed")  # fmt: skip
    for name, came in (("first record", first), ("completed record", completed)):
        delays = sorted((at - said[c]) * 1000 for c, at in came.items())
        at = {label: delays[min(len(delays) - 1, int(len(delays) * share))]
              for label, share in (("p50", 0.5), ("p99", 0.99), ("worst", 1.0))}  # fmt: skip
        print(f"  {name}: " + ", ".join(f"{label} {ms:.0f} ms" for label, ms in at.items()))


def pace(rate: float, seconds: float, say: Callable[[str], None], name: str) -> int:
    """Say things at the rate for so long; how many."""
    started, total = time.monotonic(), int(rate * seconds)
    for number in range(total):
        time.sleep(max(0.0, started + number / rate - time.monotonic()))
        say(f"{name}-{number}")
    return total


def stop_for(server: Postgres, seconds: float) -> None:
    """Stop PostgreSQL, wait, start it."""
    server.run("down")
    print(f"PostgreSQL stopped for {seconds:g} s")
    time.sleep(seconds)
    server.run("up")
    print("PostgreSQL started")


def until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait for something, at most so long."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            print(f"gave up waiting for {what}")
            return
        time.sleep(0.05)


if __name__ == "__main__":
    main()
