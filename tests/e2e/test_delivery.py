"""What leaves a worker, whatever happens to it: on real Kafka."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time

from confluent_kafka import ConsumerGroupTopicPartitions
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType
from e2e_support import PACK, chat, key_of

from alerts.consumer import AlertConsumer
from alerts.contract import decode_alert
from lifeline.rules.pack import load
from lifeline.taxonomy import Tier
from streams import topics
from streams.records import Record
from streams.service import EXIT_TEMPORARY
from streams.stage import Stage

EVENTS = 20_000
RATE = 1000  # a second
ALERTING = 0.02
BAD = 50


def a_stage() -> Stage:
    stage = Stage(load(PACK), Tier.ELEVATED, "en", 30 * 60_000, 50, 1 << 30)
    stage.add_partition("chat", 0)
    return stage


def expected_alert_ids(values: list[bytes]) -> dict[str, str]:
    """Conversation by alert id, as the core alone finds them, without Kafka."""
    stage = a_stage()
    found = {}
    for offset, value in enumerate(values):
        _, outputs = stage.process(Record("chat", 0, offset, 1_800_000_000_000, None, value))
        for output in outputs:
            if output.topic == "alerts":
                alert = decode_alert(output.value).data
                found[alert.alert_id] = alert.case_id
    return found


def traffic(chance: random.Random) -> tuple[list[bytes], set[str]]:
    """Events in order, and the conversations that must alert, known by construction.

    Half of those say it in one message; the other half in two, thousands of events apart.
    """
    count = int(EVENTS * ALERTING)
    alerting = [f"risk-{number}" for number in range(count)]
    slots: dict[int, bytes] = {}

    def put(after: int, before: int, value: bytes) -> int:
        while (at := chance.randrange(after, before)) in slots:
            pass
        slots[at] = value
        return at

    for number, conversation in enumerate(alerting):
        if number % 2:
            put(0, EVENTS, chat(conversation, 1, "how many of these would kill me?"))
        else:
            first = put(0, EVENTS // 2, chat(conversation, 1, "how do I stop drinking?"))
            put(first + 1, EVENTS, chat(conversation, 2, "my wrist is bleeding", minute=9))
    for number in range(BAD):
        bad = [b"\xff\xfe{", b'{"type":"chat.message"', b'{"type":"chat.message","text":7}'][
            number % 3
        ]
        put(0, EVENTS, bad + str(number).encode())
    values = [
        slots.get(at) or chat(f"c-{at % 3000}", at, "when does my parcel arrive?", minute=at / 1000)
        for at in range(EVENTS)
    ]
    return values, set(alerting)


def test_no_alert_is_lost_or_doubled_when_the_worker_is_killed(line):
    """20,000 events at 1,000/s, three kill -9: each expected alert once, each bad event kept."""
    seed = int(os.environ.get("TEST_SEED", random.SystemRandom().randrange(1 << 30)))
    print(f"seed {seed} (TEST_SEED repeats it)")
    chance = random.Random(seed)
    values, alerting = traffic(chance)
    kills = sorted(chance.sample(range(2000, EVENTS - 2000), 3))
    worker = line.worker()
    producer = line.producer()
    started = time.monotonic()
    for number, value in enumerate(values):
        producer.produce(line.settings.topic("chat"), value, key_of(value))
        producer.poll(0)
        if kills and number >= kills[0]:
            kills.pop(0)
            os.kill(worker.pid, signal.SIGKILL)
            worker.wait()
            worker = line.worker()
        due = started + number / RATE
        while time.monotonic() < due:
            producer.poll(max(0.0, min(0.01, due - time.monotonic())))
    assert 0 == producer.flush(30)
    line.until_read(timeout=120)
    with AlertConsumer(
        line.settings.brokers, topic=line.settings.topic("alerts"), from_beginning=True
    ) as consumer:
        seen = []
        quiet = 0
        while quiet < 5:
            fresh = consumer.poll(1.0)
            quiet = 0 if fresh else quiet + 1
            seen.extend(fresh)
    expected = expected_alert_ids(values)
    assert alerting == set(expected.values())
    assert sorted(expected) == sorted(alert.alert_id for alert in seen)
    raw = line.records("dead-letters")
    places = {
        (dict(r.headers())["lifeline-partition"], dict(r.headers())["lifeline-offset"]) for r in raw
    }
    assert BAD == len(places)
    assert sorted(v for v in values if key_of(v) is None) == sorted({r.value() for r in raw})
    assert [] == line.records("watchlist")
    halves = {a.case_id: a for a in seen if len({m.message_id for m in a.matches}) > 1}
    assert len(alerting) / 2 == len(halves)
    print(
        f"{len(seen)} alerts, {len(line.records('alerts'))} records; "
        f"{len(places)} dead letters, {len(raw)} records"
    )


def test_memory_is_rebuilt_from_the_log_after_a_restart(line):
    """The first half is said before a restart, the second after it: one alert names both."""
    worker = line.worker()
    line.send(chat("c", 1, "how do I stop drinking?"))
    line.until_read()
    worker.terminate()
    assert 0 == worker.wait(30)
    line.worker()
    line.send(chat("c", 2, "my wrist is bleeding", minute=29))
    line.until_read()
    (alert,) = line.alerts()
    assert ["c-1", "c-2"] == [match["message_id"] for match in alert["matches"]]
    assert ["c-1", "c-2"] == [m["message_id"] for m in alert["conversation"]["excerpt"]]


def test_memory_moves_with_its_partition(line):
    """Partitions move to a second worker and back: the halves of every conversation meet."""
    conversations = [f"c-{number}" for number in range(40)]
    line.worker()
    line.send(*(chat(c, 1, "how do I stop drinking?") for c in conversations[:20]))
    line.until_read()
    second = line.worker()
    line.until(lambda: "partitions_assigned" in line.log_of(second), what="the second worker joins")
    line.send(*(chat(c, 2, "my wrist is bleeding", minute=1) for c in conversations[:20]))
    line.send(*(chat(c, 1, "how do I stop drinking?") for c in conversations[20:]))
    line.until_read()
    second.terminate()
    assert 0 == second.wait(30)
    line.send(*(chat(c, 2, "my wrist is bleeding", minute=1) for c in conversations[20:]))
    line.until_read()
    assert sorted(conversations) == sorted(alert["case_id"] for alert in line.alerts())


def test_a_case_stays_open_over_a_restart(line):
    """After a restart a hit of the same rank is no news, and a worse one escalates."""
    worker = line.worker()
    line.send(chat("c", 1, "how many of these would kill me?"))
    line.until_read()
    worker.kill()
    worker.wait()
    line.worker()
    line.send(chat("c", 2, "tell me, how many of these would kill me?", minute=1))
    line.send(chat("c", 3, "I just swallowed the whole box", minute=2))
    line.until_read()
    first, second = line.alerts()
    assert ("opened", "elevated", "c-1") == (
        first["kind"],
        first["tier"],
        first["matches"][0]["message_id"],
    )
    assert ("escalated", "imminent") == (second["kind"], second["tier"])
    assert second["previous_tier"] == "elevated"
    assert second["revision"] > first["revision"]
    assert 3 == len({record.value() for record in line.records("signals")})


def test_a_new_rule_is_not_mute_to_what_was_just_said(line, tmp_path):
    """After a release, what only the new rules find in the last messages alerts, once."""
    old = tmp_path / "old"
    shutil.copytree(PACK, old)
    text = (old / "rules.yaml").read_text()
    (old / "rules.yaml").write_text(text.replace("how many … would kill me", "how many … kill us"))
    text = (old / "rules.yaml").read_text().replace("would kill me?", "would kill us?")
    (old / "rules.yaml").write_text(text)
    worker = line.worker(LIFELINE_RULES=str(old))
    line.send(chat("c", 1, "how many of these would kill me?"))
    line.send(chat("d", 1, "I just swallowed the whole box"), b"{")
    line.until_read()
    worker.terminate()
    assert 0 == worker.wait(30)
    assert ["d"] == [alert["case_id"] for alert in line.alerts()]
    line.worker()
    line.send(chat("c", 2, "how many of these would kill me? tell me", minute=1))
    line.until_read()
    ids = {alert["alert_id"]: alert["case_id"] for alert in line.alerts()}
    assert ["c", "d"] == sorted(ids.values())
    assert 1 == len(line.records("dead-letters"))


def test_a_log_that_lost_its_end_is_read_from_the_start(line):
    """A commit beyond the end of the log does not swallow the events that come below it."""
    worker = line.worker()
    line.send(*(chat("c", n, "hello") for n in range(50)))
    line.until_read()
    worker.terminate()
    assert 0 == worker.wait(30)
    admin, topic = line.admin(), line.settings.topic("chat")
    for future in admin.delete_topics([topic]).values():
        future.result()
    line.until(lambda: topic not in admin.list_topics(timeout=10).topics, what="the topic is gone")
    topics.create(line.settings, partitions=4, replication=1)
    line.worker()
    line.send(chat("c", 60, "how many of these would kill me?"))
    line.until(line.alerts, what="the alert")
    assert ["c-60"] == [alert["matches"][0]["message_id"] for alert in line.alerts()]


def test_the_consumer_commits_only_what_it_handed_out(line):
    """A consumer that crashes between two alerts of one batch gets the second one again."""
    line.worker()
    line.send(*(chat(f"c-{n}", 1, "how many of these would kill me?") for n in range(10)))
    line.until_read()
    options = {"topic": line.settings.topic("alerts"), "group_id": f"{line.settings.group}-desk"}
    with AlertConsumer(line.settings.brokers, **options) as consumer:
        first = next(iter(consumer))
        consumer.commit()
    with AlertConsumer(line.settings.brokers, **options) as consumer:
        rest: list = []
        line.until(lambda: rest.extend(consumer.poll()) or len(rest) >= 9, what="the other nine")
    assert {f"c-{n}" for n in range(10)} - {first.case_id} == {alert.case_id for alert in rest}


def test_sigterm_finishes_and_leaves_the_group(line):
    """On SIGTERM all that was read is settled and committed, and nobody is left in the group."""
    worker = line.worker()
    line.send(*(chat(f"c-{n}", 1, "how many of these would kill me?") for n in range(200)))
    line.until(lambda: "partitions_assigned" in line.log_of(worker), what="the worker joins")
    worker.terminate()
    assert 0 == worker.wait(30)
    admin, name = line.admin(), line.settings.group
    group = admin.describe_consumer_groups([name])[name].result()
    assert [] == group.members
    request = [ConsumerGroupTopicPartitions(name)]
    offsets = admin.list_consumer_group_offsets(request)[name].result()
    committed = sum(p.offset for p in offsets.topic_partitions if p.offset > 0)
    assert committed == len({alert["case_id"] for alert in line.alerts()})
    line.worker()
    line.until_read()
    assert {f"c-{n}" for n in range(200)} == {alert["case_id"] for alert in line.alerts()}


def test_an_alert_that_kafka_refuses_is_never_committed_past(line):
    """The worker stops without committing, and once Kafka takes the alert it leaves."""
    admin = line.admin()
    resource = ConfigResource(ResourceType.TOPIC, line.settings.topic("alerts"))

    def most_bytes(value: str) -> None:
        resource.incremental_configs = [
            ConfigEntry("max.message.bytes", value, incremental_operation=AlterConfigOpType.SET)
        ]
        for future in admin.incremental_alter_configs([resource]).values():
            future.result()

    most_bytes("200")
    worker = line.worker()
    line.send(chat("c", 1, "how many of these would kill me?"))
    assert EXIT_TEMPORARY == worker.wait(60)
    assert "MSG_SIZE_TOO_LARGE" in line.log_of(worker)
    assert 1 == line.lag()
    assert [] == line.records("alerts")
    most_bytes("1048576")
    line.worker()
    line.until_read()
    assert ["c"] == [alert["case_id"] for alert in line.alerts()]


def test_a_dead_letter_keeps_bytes_key_and_place(line):
    """An event that cannot be read keeps its bytes and key, and says where it came from and why."""
    line.worker()
    bad = chat("c", 1, "hello").replace(b"customer", b"costumer")
    line.send(bad)
    line.until_read()
    (letter,) = line.records("dead-letters")
    headers = {name: value.decode() for name, value in letter.headers()}
    assert (bad, b"c") == (letter.value(), letter.key())
    assert line.settings.topic("chat") == headers["lifeline-topic"]
    assert ("0", "invalid") == (headers["lifeline-offset"], headers["lifeline-reason"])
    assert "speaker: expected one of customer, agent, bot, system" == headers["lifeline-error"]


def test_below_the_gate_goes_to_the_watchlist(line):
    """A watch finding is kept on the watchlist and does not reach the team's queue."""
    line.worker()
    line.send(chat("c", 1, "there is no point in anything any more"))
    line.until_read()
    assert [] == line.records("alerts")
    assert [("c", "watch", 3)] == [
        (a["case_id"], a["tier"], a["priority"]) for a in line.alerts("watchlist")
    ]
