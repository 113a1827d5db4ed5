"""deploy/kafka/kafka, run for real: what tests and developers rely on when they start a broker."""

import os
import random
import shutil
import socket
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic  # its public home, .admin, hides it from mypy (2.16)

FOLDER = Path(__file__).parents[2] / "deploy" / "kafka"
WRONG_SETUP = 2
NOT_RUNNING = 3


@dataclass(frozen=True, slots=True)
class Kafka:
    """One instance: a folder and a port, and the script to command it."""

    folder: Path
    port: int

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def run(self, command: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Runs `kafka COMMAND`; the long timeout is for the first fetch of the jars."""
        env = {k: v for k, v in os.environ.items() if not k.startswith("KAFKA_")}
        env |= {"KAFKA_DIR": str(self.folder), "KAFKA_PORT": str(self.port), "KAFKA_HEAP": "256m"}
        return subprocess.run(
            [FOLDER / "kafka", command],
            env=env | settings,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    def up(self) -> None:
        started = self.run("up")
        assert 0 == started.returncode, started.stderr

    def create_topic(self, name: str) -> None:
        admin = AdminClient({"bootstrap.servers": self.address})
        admin.create_topics([NewTopic(name, 1, 1)])[name].result(30)

    def topics(self) -> set[str]:
        admin = AdminClient({"bootstrap.servers": self.address})
        return {name for name in admin.list_topics(timeout=30).topics if not name.startswith("__")}


def free_ports() -> int:
    """A port that is free and whose next is; below the range that outgoing connections take."""
    while True:
        port = random.randrange(20_000, 32_000, 2)
        with socket.socket() as first, socket.socket() as second:
            try:
                first.bind(("127.0.0.1", port))
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


@pytest.fixture
def kafka(tmp_path: Path) -> Iterator[Kafka]:
    """An instance that is not up; its folder has what trips a careless script."""
    instance = Kafka(tmp_path / "a folder, ünlike others", free_ports())
    yield instance
    instance.run("down")


@pytest.fixture
def other_kafka(tmp_path: Path) -> Iterator[Kafka]:
    """A second instance, not up either."""
    instance = Kafka(tmp_path / "other", free_ports())
    yield instance
    instance.run("down")


def test_up_serves_and_down_ends_it(kafka: Kafka) -> None:
    """After `up` clients are served at once, after `down` nothing runs; both may be repeated."""
    assert NOT_RUNNING == kafka.run("status").returncode

    kafka.up()
    assert 0 == kafka.run("status").returncode
    kafka.create_topic("calls")
    assert {"calls"} == kafka.topics()

    again = kafka.run("up")
    assert (0, True) == (again.returncode, "already up" in again.stdout)

    assert 0 == kafka.run("down").returncode
    assert NOT_RUNNING == kafka.run("status").returncode
    again = kafka.run("down")
    assert (0, "kafka: not up\n") == (again.returncode, again.stdout)
    with socket.socket() as client:
        assert 0 != client.connect_ex(("127.0.0.1", kafka.port))


def test_topics_and_messages_survive_a_kill(kafka: Kafka, other_kafka: Kafka) -> None:
    """`kill` ends only its own instance, and the next `up` has what was acknowledged before."""
    kafka.up()
    other_kafka.up()
    kafka.create_topic("calls")
    producer = Producer({"bootstrap.servers": kafka.address})
    producer.produce("calls", b"one")
    assert 0 == producer.flush(30)

    assert 0 == kafka.run("kill").returncode
    assert NOT_RUNNING == kafka.run("status").returncode
    assert NOT_RUNNING == kafka.run("kill").returncode
    assert 0 == other_kafka.run("status").returncode

    kafka.up()

    assert {"calls"} == kafka.topics()
    assert set() == other_kafka.topics()
    consumer = Consumer({"bootstrap.servers": kafka.address, "group.id": "test"})
    try:
        assert (0, 1) == consumer.get_watermark_offsets(TopicPartition("calls", 0), timeout=30)
    finally:
        consumer.close()


@pytest.mark.parametrize(
    ("offset", "setting"), [(0, "KAFKA_PORT"), (1, "KAFKA_CONTROLLER_PORT")], ids=str
)
def test_a_taken_port_is_named(kafka: Kafka, offset: int, setting: str) -> None:
    """`up` on a taken port starts nothing and says in one line which setting to change."""
    with socket.create_server(("127.0.0.1", kafka.port + offset)):
        refused = kafka.run("up")

    assert WRONG_SETUP == refused.returncode
    assert [
        (
            f"kafka: port {kafka.port + offset} is taken: set {setting} to a free port, "
            "or stop what listens there (ss -ltnp names it)"
        )
    ] == refused.stderr.splitlines()
    assert NOT_RUNNING == kafka.run("status").returncode


def test_a_port_bound_without_listening_is_found_by_kafka_itself(kafka: Kafka) -> None:
    """A port that no probe can see as taken still ends in one line, exit 2 and no process."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", kafka.port))
        refused = kafka.run("up")

    assert WRONG_SETUP == refused.returncode
    assert 1 == len(refused.stderr.splitlines())
    assert f"port {kafka.port} or {kafka.port + 1} is taken" in refused.stderr
    assert NOT_RUNNING == kafka.run("status").returncode


def test_another_port_than_it_is_up_on_is_refused(kafka: Kafka) -> None:
    """`up` never says yes about a port that the folder's Kafka does not serve."""
    kafka.up()

    refused = kafka.run("up", KAFKA_PORT=str(free_ports()))

    assert WRONG_SETUP == refused.returncode
    assert f"on port {kafka.port}" in refused.stderr


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("KAFKA_PORT", "http"),
        ("KAFKA_PORT", "65535"),
        ("KAFKA_HEAP", "plenty"),
        ("JAVA_HOME", "/nowhere"),
        ("KAFKA_DIR", "/dev/null/kafka"),
    ],
)
def test_a_wrong_setting_is_one_line(kafka: Kafka, setting: str, value: str) -> None:
    """A setting that cannot work is refused in one line before anything starts."""
    refused = kafka.run("up", **{setting: value})

    assert WRONG_SETUP == refused.returncode
    assert 1 == len(refused.stderr.splitlines())


def test_a_reused_pid_is_left_alone(kafka: Kafka) -> None:
    """A pid file that names somebody else's process stops nobody."""
    kafka.folder.mkdir()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        (kafka.folder / "kafka.pid").write_text(f"{stranger.pid}\n1 {kafka.port}\n")

        assert NOT_RUNNING == kafka.run("status").returncode
        assert NOT_RUNNING == kafka.run("kill").returncode
        assert 0 == kafka.run("down").returncode

        stranger.communicate(b"\n")
    assert 0 == stranger.returncode


def test_two_fetches_at_once_mend_an_interrupted_one(kafka: Kafka, tmp_path: Path) -> None:
    """Of two fetches at once one works and one waits, and half a jar from before does not stay."""
    assert 0 == kafka.run("jars").returncode
    copy = tmp_path / "a copy"
    copy.mkdir()
    for name in ("kafka", "pom.xml"):
        shutil.copy(FOLDER / name, copy)
    (copy / ".jars").mkdir()
    (copy / ".jars" / "kafka_2.13-0.jar").write_bytes(b"half")

    fetches = [
        subprocess.Popen([copy / "kafka", "jars"], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = "".join(fetch.communicate(timeout=600)[0] for fetch in fetches)

    assert [0, 0] == [fetch.returncode for fetch in fetches]
    assert 1 == said.count("fetching the jars")
    names = {path.name: path.stat().st_size for path in (FOLDER / ".jars").glob("*.jar")}
    assert names == {path.name: path.stat().st_size for path in (copy / ".jars").glob("*.jar")}


def test_compose_has_the_same_settings_on_loopback() -> None:
    """The container differs from the script in addresses and folder only, and in no version."""
    addresses = {"listeners", "advertised.listeners", "controller.quorum.voters", "log.dirs"}
    lines = (FOLDER / "server.properties.template").read_text().splitlines()
    settings = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    service = yaml.safe_load((FOLDER / "compose.yaml").read_text())["services"]["kafka"]
    in_container = {
        name.removeprefix("KAFKA_").lower().replace("_", "."): value
        for name, value in service["environment"].items()
        if name not in {"CLUSTER_ID", "KAFKA_HEAP_OPTS"}
    }
    version = ET.parse(FOLDER / "pom.xml").findtext(".//{*}kafka.version")  # noqa: S314 - our own

    assert settings.keys() == in_container.keys()
    assert {k: v for k, v in settings.items() if k not in addresses} == {
        k: v for k, v in in_container.items() if k not in addresses
    }
    assert f"apache/kafka:{version}" == service["image"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
