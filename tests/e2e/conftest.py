"""Real Kafka for the tests: one broker a session, topics of its own for each test."""

from __future__ import annotations

import os
import subprocess
import uuid

import pytest
from e2e_support import KAFKA, PACK, Line, free_port

from streams import topics
from streams.settings import load_settings


@pytest.fixture(scope="session")
def broker(tmp_path_factory):
    """The address of a Kafka that runs for the whole session."""
    port = free_port()
    environment = {
        **os.environ,
        "KAFKA_PORT": str(port),
        "KAFKA_CONTROLLER_PORT": str(free_port()),
        "KAFKA_DIR": str(tmp_path_factory.mktemp("kafka")),
    }
    subprocess.run([KAFKA, "up"], env=environment, check=True)
    yield f"127.0.0.1:{port}"
    subprocess.run([KAFKA, "down"], env=environment, check=True)


@pytest.fixture
def line(broker, tmp_path):
    """A line with its topics made, of four partitions each."""
    name = uuid.uuid4().hex[:8]
    settings = load_settings(
        brokers=broker,
        topic_prefix=f"{name}.",
        group=f"{name}-detect",
        triage_group=f"{name}-triage",
        rules=PACK,
    )
    topics.create(settings, partitions=4, replication=1)
    made = Line(settings, tmp_path)
    yield made
    made.end()
