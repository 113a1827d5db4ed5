"""Rules that change while a worker reads, on real Kafka; and who runs which."""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
import time
from collections import defaultdict
from pathlib import Path

import pytest
from click.testing import CliRunner
from e2e_support import PACK, chat, free_port, key_of, metrics

from lifeline.rules.pack import load
from streams.status_command import status_command

RATE = 2000  # events a second
SECONDS = 20
RULE = """\
  - id: en.farewell.{name}
    title: Says goodbye to {name}
    category: farewell
    tier: {tier}
    status: {status}
    terms:
      - say goodbye to {name}
    examples:
      alert:
        - please say goodbye to {name}
      ignore:
        - hello
"""
SAID = {
    "en.method_question.how_many_kill": "how many of these would kill me?",
    "en.farewell.anna": "please say goodbye to Anna",
    "en.farewell.boris": "please say goodbye to Boris",
}


def rule(name: str, tier: str = "elevated", status: str = "active") -> str:
    return RULE.format(name=name, tier=tier, status=status)


def pack_hash(folder: Path, text: str) -> str:
    """The hash that the pack has once its rules are ``text``."""
    copy = folder.with_name(f"copy-{hashlib.sha256(text.encode()).hexdigest()[:8]}")
    shutil.copytree(folder, copy)
    (copy / "rules.yaml").write_text(text)
    return load(copy).hash


class Traffic(threading.Thread):
    """Sends events at the rate until told to stop, and notes where each conversation went."""

    def __init__(self, line) -> None:
        super().__init__(daemon=True)
        self.ending = threading.Event()
        self.places: dict[str, tuple[int, int]] = {}  # partition and offset by conversation
        self.rules: dict[str, str] = {}  # the rule each conversation with a hit is for
        self.sent = 0
        self.seconds = 0.0
        self._line = line

    def run(self) -> None:
        producer = self._line.producer()
        topic = self._line.settings.topic("chat")
        said = list(SAID.items())
        started = time.monotonic()
        while not self.ending.is_set() or self.sent < RATE * SECONDS:
            number, self.sent = self.sent, self.sent + 1
            if number % 40:
                value = chat(f"c-{number % 3000}", number, "when does my parcel arrive?")
            else:
                rule_id, text = said[number // 40 % len(said)]
                value = chat(f"risk-{number}", number, text)
                self.rules[f"risk-{number}"] = rule_id
            producer.produce(topic, value, key_of(value), on_delivery=self._delivered)
            due = started + number / RATE
            while (wait := due - time.monotonic()) > 0:
                producer.poll(min(wait, 0.01))
        self.seconds = time.monotonic() - started
        producer.flush(30)

    def _delivered(self, error, message) -> None:
        assert error is None, error
        case = message.key().decode()
        if case in self.rules:
            self.places[case] = (message.partition(), message.offset())


def in_force(port: int) -> set[str]:
    """The hashes of the packs that a worker shows as in force."""
    return {
        name.split('hash="')[1].split('"')[0]
        for name in metrics(port)
        if name.startswith("lifeline_rule_pack{")
    }


def test_rules_change_under_load_and_no_event_goes_unread(line, tmp_path):
    """2,000 events/s, good, broken, good: each event one outcome, each alert the right pack."""
    folder = tmp_path / "rules"
    shutil.copytree(PACK, folder)
    first = (folder / "rules.yaml").read_text()
    second = first + rule("anna")
    third = second + rule("boris")
    broken = second + rule("boris").replace("terms:", "terns:")
    hashes = [pack_hash(folder, text) for text in (first, second, third)]
    port = free_port()
    worker = line.worker(
        LIFELINE_RULES=str(folder), LIFELINE_RULES_POLL_S="0.25", LIFELINE_METRICS_PORT=str(port)
    )
    line.until(lambda: "partitions_assigned" in line.log_of(worker), what="the worker joins")
    saved = {}

    def save(text: str) -> None:
        saved[text] = time.time()
        (folder / "rules.yaml").write_text(text)

    def failed() -> float:
        return metrics(port)["lifeline_rules_reload_failed"]

    traffic = Traffic(line)
    traffic.start()
    line.until(lambda: traffic.sent > 3 * RATE, what="3 s of traffic")
    assert ({hashes[0]}, 0) == (in_force(port), failed())
    save(second)
    line.until(lambda: in_force(port) == {hashes[1]}, what="the second pack")
    at_second = traffic.sent
    line.until(lambda: traffic.sent > at_second + 3 * RATE, what="3 s by the second pack")
    save(broken)
    line.until(lambda: failed() == 1, what="the broken pack is refused")
    at_broken = traffic.sent
    line.until(lambda: traffic.sent > at_broken + 3 * RATE, what="3 s with a broken folder")
    assert {hashes[1]} == in_force(port)
    save(third)
    line.until(lambda: in_force(port) == {hashes[2]}, what="the third pack")
    assert 0 == failed()
    traffic.ending.set()
    traffic.join(60)
    line.until_read()

    counts = metrics(port)
    outcomes = {
        outcome: counts.get(f'lifeline_events_total{{outcome="{outcome}",topic="chat"}}', 0)
        for outcome in ("read", "signal", "dead_letter")
    }
    assert traffic.sent == sum(outcomes.values())
    assert 0 == outcomes["dead_letter"]
    assert "did you mean `terms`?" in line.log_of(worker)
    records = line.records("alerts")
    check_alerts(records, traffic, hashes)
    for name, text in (("anna", second), ("boris", third)):
        times = [
            record.timestamp()[1] / 1000
            for record in records
            if f"en.farewell.{name}".encode() in record.value()
        ]
        print(f"saved to first alert by the new rule ({name}): {min(times) - saved[text]:.2f} s")
    print(f"{traffic.sent:,} events at {traffic.sent / traffic.seconds:,.0f}/s, {outcomes}")


def check_alerts(records, traffic: Traffic, hashes: list[str]) -> None:
    """Exactly the alerts that are due, each by the pack in force where its event stands."""
    alerts = [json.loads(record.value())["data"] for record in records]
    assert len(alerts) == len({alert["alert_id"] for alert in alerts})
    holds = dict(zip(SAID, (hashes, hashes[1:], hashes[2:]), strict=True))
    by_case = {alert["case_id"]: alert for alert in alerts}
    by_partition = defaultdict(list)
    for case, rule_id in traffic.rules.items():
        partition, offset = traffic.places[case]
        by_partition[partition].append((offset, case, rule_id))
    assert 4 == len(by_partition)
    expected = set()
    for events in by_partition.values():
        events.sort()
        packs = []
        for _, case, rule_id in events:
            if case in by_case:
                found = by_case[case]["rule_pack"]["hash"]
                assert {rule_id} == {match["rule_id"] for match in by_case[case]["matches"]}
                assert found in holds[rule_id]
                packs.append(found)
            # Events between the last alert by one pack and the first by the next may be of either,
            # but what hits under every pack always alerts and so says where the change was.
            if case in by_case or (packs and packs[-1] in holds[rule_id]):
                expected.add(case)
        assert packs == sorted(packs, key=hashes.index)
        assert set(hashes) == set(packs)
    assert expected == set(by_case)
    assert len(alerts) == len(by_case)


def test_words_before_a_swap_alert_after_a_restart(line, tmp_path):
    """A crash right behind a swap rereads the last window: what only the new rules find alerts."""
    folder = tmp_path / "rules"
    shutil.copytree(PACK, folder)
    rules = {"LIFELINE_RULES": str(folder), "LIFELINE_RULES_POLL_S": "0.2"}
    worker = line.worker(**rules)
    line.send(
        chat("c", 1, "please say goodbye to Anna"), chat("d", 1, SAID[next(iter(SAID))]), b"{"
    )
    line.until_read()
    with (folder / "rules.yaml").open("a") as file:
        file.write(rule("anna"))
    line.until(lambda: "rules_swapped" in line.log_of(worker), what="the swap")
    line.send(chat("c", 2, "hello", minute=1))
    line.until_read()
    assert ["d"] == [alert["case_id"] for alert in line.alerts()]
    worker.kill()
    worker.wait()
    line.worker(**rules)
    line.send(chat("c", 3, "please say goodbye to Anna", minute=2))
    line.until_read()
    messages = {alert["alert_id"]: alert["matches"][0]["message_id"] for alert in line.alerts()}
    assert ["c-1", "d-1"] == sorted(messages.values())
    assert 1 == len(line.records("dead-letters"))


def status(line, *arguments: str):
    """What `lifeline rules status` says, and its exit status."""
    env = {
        "LIFELINE_BROKERS": line.settings.brokers,
        "LIFELINE_TOPIC_PREFIX": line.settings.topic_prefix,
        "LIFELINE_GROUP": line.settings.group,
    }
    done = CliRunner(env=env).invoke(status_command, arguments)
    assert isinstance(done.exception, SystemExit | None), done.exception
    return done.exit_code, done.output


def test_status_tells_which_worker_runs_which_pack(line, tmp_path):
    """None, one alone and idle, one that differs, one that refused, and again none."""
    code, said = status(line)
    assert (1, "no worker is running: nobody reads\n") == (code, said)
    folder = tmp_path / "other"
    shutil.copytree(PACK, folder)
    text = (folder / "rules.yaml").read_text()
    first = line.worker(LIFELINE_INSTANCE_ID="first")
    line.until(lambda: status(line)[0] == 0, what="one worker, all well")
    (worker,) = json.loads(status(line, "--json")[1])["workers"]
    assert ("first", "first", 12) == (
        worker["worker"],
        worker["instance_id"],
        len(worker["partitions"]),
    )
    assert ("e2e", "1.0.0", load(PACK).hash[:16], "elevated", None) == tuple(
        worker["rules"][name] for name in ("pack", "version", "hash", "gate", "refused")
    )

    (folder / "rules.yaml").write_text(text + rule("anna"))
    second = line.worker(
        LIFELINE_INSTANCE_ID="second", LIFELINE_RULES=str(folder), LIFELINE_RULES_POLL_S="0.2"
    )
    line.until(lambda: "not all read by the same" in status(line)[1], what="the second differs")
    assert 1 == status(line)[0]
    (folder / "rules.yaml").write_text(text)
    line.until(lambda: status(line)[0] == 0, what="the second follows, though idle")
    (folder / "rules.yaml").write_text(text.replace("terms:", "terns:", 1))
    line.until(lambda: "second refused the pack" in status(line)[1], what="the second refuses")
    assert "first refused" not in status(line)[1]
    for process in (first, second):
        process.terminate()
        assert 0 == process.wait(30)

    def left() -> bool:
        return "what was read last was read by" in status(line)[1]

    line.until(left, what="both are gone")


def test_trial_rule_writes_to_shadow_and_to_nobody_else(line, tmp_path):
    """A rule on trial leaves records and a count, and the team's topics stay as they are."""
    folder = tmp_path / "rules"
    shutil.copytree(PACK, folder)
    text = (folder / "rules.yaml").read_text()
    (folder / "rules.yaml").write_text(text + rule("anna", tier="imminent", status="shadow"))
    port = free_port()
    line.worker(LIFELINE_RULES=str(folder), LIFELINE_METRICS_PORT=str(port))
    line.send(
        chat("c", 1, "please say goodbye to Anna"),
        chat("c", 2, "how many of these would kill me? say goodbye to Anna", minute=1),
    )
    line.until_read()
    tried = line.alerts("shadow")
    assert ["c-1", "c-2"] == [alert["matches"][0]["message_id"] for alert in tried]
    assert [("c", "opened", "imminent")] * 2 == [
        (alert["case_id"], alert["kind"], alert["tier"]) for alert in tried
    ]
    assert [("c", "elevated", ["en.method_question.how_many_kill"])] == [
        (alert["case_id"], alert["tier"], [match["rule_id"] for match in alert["matches"]])
        for alert in line.alerts()
    ]
    assert 1 == len(line.records("signals"))
    assert [] == line.records("watchlist")
    counts = metrics(port)
    assert 2 == counts['lifeline_shadow_hits_total{rule="en.farewell.anna"}']
    assert 1 == counts['lifeline_events_total{outcome="read",topic="chat"}']


@pytest.mark.parametrize("change", ["gone and back", "touched"])
def test_folder_that_is_as_before_changes_nothing(line, tmp_path, change):
    """A folder that vanishes for a moment, or is only touched, swaps and refuses nothing."""
    folder = tmp_path / "rules"
    shutil.copytree(PACK, folder)
    port = free_port()
    worker = line.worker(
        LIFELINE_RULES=str(folder), LIFELINE_RULES_POLL_S="0.5", LIFELINE_METRICS_PORT=str(port)
    )
    line.until(lambda: "partitions_assigned" in line.log_of(worker), what="the worker joins")
    if change == "gone and back":
        folder.rename(tmp_path / "away")
        shutil.copytree(tmp_path / "away", folder)
    else:
        (folder / "rules.yaml").touch()
    line.until(
        lambda: metrics(port).get('lifeline_rules_reloads_total{outcome="unchanged"}') == 1,
        what="the change is judged",
    )
    assert "rules_swapped" not in line.log_of(worker)
    assert 0 == metrics(port)["lifeline_rules_reload_failed"]
