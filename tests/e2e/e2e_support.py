"""What the tests on real Kafka share: a line of topics and workers, and invented events."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from streams import topics
from streams.offsets import lag, watermarks
from streams.settings import Settings

ROOT = Path(__file__).parents[2]
PACK = Path(__file__).parent / "pack"
KAFKA = ROOT / "deploy" / "kafka" / "kafka"


def metrics(port: int) -> dict[str, float]:
    """What a worker shows: each sample by its name with labels."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    samples = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(value) for name, value in samples}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Line:
    """A whole line of its own on the shared broker: topics, group, workers."""

    settings: Settings
    folder: Path
    workers: list[subprocess.Popen] = field(default_factory=list)
    store: str = ""  # a file of its own, unless given

    def __post_init__(self) -> None:
        self.store = self.store or str(self.folder / "lifeline.db")

    def worker(self, **variables: str) -> subprocess.Popen:
        """Start a worker; its log goes to a file of its own."""
        number = len(self.workers)
        environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("LIFELINE_")},
            "LIFELINE_BROKERS": self.settings.brokers,
            "LIFELINE_TOPIC_PREFIX": self.settings.topic_prefix,
            "LIFELINE_GROUP": self.settings.group,
            "LIFELINE_RULES": str(self.settings.rules),
            "LIFELINE_SESSION_TIMEOUT_S": "6",
            "LIFELINE_TRIAGE": "false",
            "LIFELINE_TRIAGE_GROUP": self.settings.triage_group,
            "LIFELINE_STORE": self.store,
            "PYTHONWARNINGS": "default",
            **variables,
        }
        with (self.folder / f"worker-{number}.log").open("wb") as log:
            worker = subprocess.Popen(
                [sys.executable, "-m", "streams.cli", "worker"],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.workers.append(worker)
        return worker

    def log_of(self, worker: subprocess.Popen) -> str:
        """What a worker has logged so far."""
        number = self.workers.index(worker)
        return (self.folder / f"worker-{number}.log").read_text(encoding="utf-8")

    def end(self) -> None:
        """End what still runs."""
        for worker in self.workers:
            if worker.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    worker.send_signal(signal.SIGCONT)
                worker.kill()
                worker.wait()

    def triaging(self, **variables: str) -> subprocess.Popen:
        """Start a worker that triages, too."""
        return self.worker(**{"LIFELINE_TRIAGE": "true", **variables})

    def put(self, topic: str, *records: tuple[str, dict | bytes | None]) -> None:
        """Send records with their keys, and wait until they are in."""
        producer = self.producer()
        for key, value in records:
            data = json.dumps(value).encode() if isinstance(value, dict) else value
            producer.produce(self.settings.topic(topic), data, key.encode())
        assert 0 == producer.flush(30)

    def triage_lag(self) -> int:
        """How many records triage has not committed."""
        consumer = Consumer(
            {"bootstrap.servers": self.settings.brokers, "group.id": self.settings.triage_group}
        )
        try:
            return lag(consumer, self.settings, topics.TRIAGED)
        finally:
            consumer.close()

    def until_triaged(self, timeout: float = 60.0) -> None:
        self.until_read(timeout)
        self.until(lambda: self.triage_lag() == 0, timeout, what="everything triaged")

    def pictures(self) -> dict[str, dict]:
        """Of each case the record of the highest revision on the alerts topic."""
        cases: dict[str, dict] = {}
        for alert in self.alerts():
            known = cases.get(alert["case_id"])
            if known is None or alert["revision"] > known["revision"]:
                cases[alert["case_id"]] = alert
        return cases

    def producer(self) -> Producer:
        return Producer({"bootstrap.servers": self.settings.brokers, "linger.ms": 1})

    def send(self, *values: bytes, topic: str = "chat") -> None:
        """Send records, keyed by conversation where they have one, and wait until they are in."""
        producer = self.producer()
        for value in values:
            producer.produce(self.settings.topic(topic), value, key_of(value))
        assert 0 == producer.flush(30)

    def lag(self) -> int:
        """How many records of the sources are not committed."""
        consumer = Consumer(
            {"bootstrap.servers": self.settings.brokers, "group.id": self.settings.group}
        )
        try:
            return lag(consumer, self.settings)
        finally:
            consumer.close()

    def until(self, condition, timeout: float = 60.0, *, what: str):
        """Poll until ``condition`` holds; its value. Fails with the workers' logs otherwise."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            value = condition()
            if value:
                return value
            time.sleep(0.1)
        logs = "\n".join(self.log_of(worker)[-3000:] for worker in self.workers)
        pytest.fail(f"not within {timeout} s: {what}\n{logs}")

    def until_read(self, timeout: float = 60.0) -> None:
        self.until(lambda: self.lag() == 0, timeout, what="everything read and committed")

    def records(self, topic: str):
        """Every record a topic holds, as raw Kafka messages."""
        consumer = Consumer(
            {
                "bootstrap.servers": self.settings.brokers,
                "group.id": uuid.uuid4().hex,
                "enable.auto.commit": False,
                "enable.partition.eof": False,
            }
        )
        try:
            name = self.settings.topic(topic)
            count = len(consumer.list_topics(name, timeout=10).topics[name].partitions)
            places = [TopicPartition(name, number, 0) for number in range(count)]
            total = sum(watermarks(consumer, place)[1] for place in places)
            consumer.assign(places)
            found = []
            while len(found) < total:
                batch = consumer.consume(total - len(found), timeout=10)
                assert batch, f"{name}: {len(found)} of {total} records came"
                assert all(message.error() is None for message in batch)
                found.extend(batch)
            return found
        finally:
            consumer.close()

    def alerts(self, topic: str = "alerts") -> list[dict]:
        """The data of every alert record, in each partition's order."""
        return [json.loads(record.value())["data"] for record in self.records(topic)]

    def admin(self) -> AdminClient:
        return AdminClient({"bootstrap.servers": self.settings.brokers})


START = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


def chat(conversation: str, number: int, text: str, *, minute: float = 0.0, **fields) -> bytes:
    """A chat message, encoded; ``minute`` after the start of the invented day."""
    event = {
        "type": "chat.message",
        "conversation_id": conversation,
        "message_id": f"{conversation}-{number}",
        "sent_at": (START + timedelta(minutes=minute)).isoformat(),
        "speaker": "customer",
        "text": text,
        "customer_id": f"u-{conversation}",
        **fields,
    }
    return json.dumps(event, ensure_ascii=False).encode()


def key_of(value: bytes) -> bytes | None:
    try:
        return json.loads(value)["conversation_id"].encode()
    except (ValueError, KeyError, TypeError):
        return None
