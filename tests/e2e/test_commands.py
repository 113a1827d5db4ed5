"""The commands, as people run them, against real Kafka; and every command the docs show."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from confluent_kafka.admin import NewPartitions
from e2e_support import ROOT, chat, free_port

from alerts.store.store import Store

BIN = Path(sys.executable).parent
DOCS = [ROOT / "README.md", ROOT / "rules" / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMAND = re.compile(r"`((?:lifeline|make|faust) [^`]+)`")
SERVER = re.compile(r"make (?P<name>kafka|postgres)-(?P<what>up|down)")
# The test run itself; what asks workers, which test_reload.py has running; and what would weigh the
# shipped scales anew, which test_weigh.py does to a pack of its own.
NOT_RUN_HERE = {"make test", "lifeline rules status", "make weigh"}
# What runs until it is told to stop, and what it says once it runs.
ENDLESS = {
    "lifeline worker": "partitions_assigned",
    "faust -A streams.app worker": "partitions_assigned",
    "lifeline tail": "waiting for alerts",
}


def documented() -> list[str]:
    """Every command in a sh block or in backticks."""
    found = []
    for path in DOCS:
        text = path.read_text(encoding="utf-8")
        for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL):
            found += [line for line in block.splitlines() if line.strip()]
        found += COMMAND.findall(text)
    return sorted(set(found) - NOT_RUN_HERE)


def environment(line) -> dict[str, str]:
    kept = {
        k: v for k, v in os.environ.items() if not k.startswith(("LIFELINE_", "MAKE", "MFLAGS"))
    }
    return {
        **kept,
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "LIFELINE_BROKERS": line.settings.brokers,
        "LIFELINE_TOPIC_PREFIX": line.settings.topic_prefix,
        "LIFELINE_GROUP": line.settings.group,
        "LIFELINE_TRIAGE_GROUP": line.settings.triage_group,
        "KAFKA_PORT": str(free_port()),
        "KAFKA_CONTROLLER_PORT": str(free_port()),
        "KAFKA_DIR": str(line.folder / "kafka"),
        "LIFELINE_STORE": str(line.folder / "lifeline.db"),
        "PG_PORT": str(free_port()),
        # Not in pytest's folders, which the user postgres may not enter.
        "PG_DIR": f"{tempfile.gettempdir()}/{line.settings.group}-postgres",
        "PYTHONUNBUFFERED": "1",
    }


def run(line, *command: str, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        check=False,
        cwd=ROOT,
        env=environment(line) | options.pop("env", {}),
        capture_output=True,
        text=True,
        timeout=280,
        **options,
    )


def until_said(process: subprocess.Popen, words: str) -> str:
    """Read a process's output up to the words; all of it."""
    output = ""
    for text in process.stdout:
        output += text
        if words in text:
            return output
    pytest.fail(f"it ended without saying {words!r}:\n{output}")


def start(line, *command: str, env: dict[str, str] | None = None) -> subprocess.Popen:
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(line) | (env or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def endless(command: str) -> str | None:
    return next((said for known, said in ENDLESS.items() if command.startswith(known)), None)


@pytest.mark.parametrize("command", documented())
def test_every_documented_command_works(line, command):
    """Each command that the docs show runs as shown."""
    said = endless(command)
    server = SERVER.fullmatch(command)
    if server and server["what"] == "down":
        assert 0 == run(line, "make", f"{server['name']}-up").returncode
    if "store" in command:  # as where a worker has run
        Store.open(environment(line)["LIFELINE_STORE"]).close()
    try:
        if said is None:
            done = run(line, *shlex.split(command))
            # As of diff, 1 says that something differs: while somebody works on the rules.
            well = {0, 1} if " diff " in command else {0}
            assert done.returncode in well, done.stdout + done.stderr
            return
        process = start(line, *shlex.split(command))
        try:
            until_said(process, said)
            process.send_signal(signal.SIGINT if "tail" in command else signal.SIGTERM)
            assert 0 == process.wait(60)
        finally:
            process.kill()
            process.communicate()
    finally:
        if server:
            assert 0 == run(line, "make", f"{server['name']}-down").returncode
            shutil.rmtree(environment(line)["PG_DIR"], ignore_errors=True)


def test_topics_check_names_what_is_missing_and_what_differs(line):
    """A missing topic and differing partition counts are each named, with exit status 1."""
    admin = line.admin()
    name = line.settings.topic("emails")
    admin.delete_topics([line.settings.topic("alerts")])[line.settings.topic("alerts")].result()
    admin.create_partitions([NewPartitions(name, 6)])[name].result()

    def both() -> subprocess.CompletedProcess[str] | None:
        done = run(line, "lifeline", "topics", "check")
        return done if "missing" in done.stdout and "same number" in done.stdout else None

    done = line.until(both, what="Kafka shows the changes")
    assert 1 == done.returncode
    assert f"{line.settings.topic('alerts')}: missing (for the crisis team)" in done.stdout
    assert f"{name} 6" in done.stdout
    worker = line.worker()
    assert 2 == worker.wait(60)
    assert "same number of partitions" in line.log_of(worker)


def test_topics_create_leaves_what_is_there(line):
    """Creating twice makes nothing the second time."""
    done = run(line, "lifeline", "topics", "create", "--partitions", "9")
    assert 0 == done.returncode
    assert "made" not in done.stdout


def test_replay_then_tail(line):
    """What replay sends, the worker alerts on, and tail shows with the words in their place."""
    events = line.folder / "events.jsonl"
    events.write_bytes(
        chat("c", 1, "hello")
        + b"\n"
        + chat("c", 2, "how many of these would kill me?", queue="pharmacy")
        + b"\n"
    )
    done = run(line, "lifeline", "replay", str(events), "--rate", "200")
    assert (0, "2 events acknowledged by Kafka\n") == (done.returncode, done.stdout)
    line.worker()
    line.until_read()
    process = start(line, "lifeline", "tail", "--from-beginning", "--json")
    try:
        event = json.loads(until_said(process, '"lifeline.alert.opened"').splitlines()[-1])
    finally:
        process.kill()
        process.communicate()
    assert ("1.0", "c") == (event["specversion"], event["subject"])
    process = start(line, "lifeline", "tail", "--from-beginning")
    try:
        shown = until_said(process, "why:")
    finally:
        process.kill()
        process.communicate()
    assert "P2 ELEVATED" in shown
    assert "customer: «how many of these would kill me»?" in shown


def test_replay_stops_at_a_bad_line(line):
    """A bad line ends the replay with its number and field; --skip-bad goes past it."""
    events = line.folder / "events.jsonl"
    events.write_bytes(chat("c", 1, "hello") + b'\n{"type":"chat.message"}\n' + chat("c", 2, "hi"))
    done = run(line, "lifeline", "replay", str(events))
    assert 1 == done.returncode
    assert "line 2: conversation_id: missing" in done.stderr
    done = run(line, "lifeline", "replay", str(events), "--skip-bad")
    assert (0, "2 events acknowledged by Kafka, 1 skipped\n") == (done.returncode, done.stdout)


def test_a_worker_refuses_to_start_with_all_reasons(line, tmp_path):
    """Bad settings are all named at once, and a broken pack is shown with its places."""
    worker = line.worker(LIFELINE_GATE="high", LIFELINE_BATCH="0", LIFELINE_GAET="x")
    assert 2 == worker.wait(60)
    for name in ("LIFELINE_GATE:", "LIFELINE_BATCH:", "did you mean LIFELINE_GATE"):
        assert name in line.log_of(worker)
    (tmp_path / "pack.yaml").write_text('format: 1\nname: broken\nversion: "1"\n')
    (tmp_path / "rules.yaml").write_text(
        "format: 1\nlanguage: en\nrules:\n  - id: x\n    terns: []\n"
    )
    worker = line.worker(LIFELINE_RULES=str(tmp_path))
    assert 2 == worker.wait(60)
    assert "did you mean `terms`?" in line.log_of(worker)


def test_without_kafka_the_commands_say_so(line):
    """No Kafka is one plain line, not a traceback."""
    nowhere = {"LIFELINE_BROKERS": f"127.0.0.1:{free_port()}"}
    for command in (["topics", "check"], ["tail"]):
        done = run(line, "lifeline", *command, env=nowhere)
        assert 1 == done.returncode
        assert done.stderr.splitlines()[-1].startswith("error: ")
        assert "Traceback" not in done.stderr


def test_tail_says_when_kafka_is_gone_and_back(line):
    """Silence never looks like peace: a lost connection is said, and its return."""
    settings = environment(line)
    script = str(ROOT / "deploy" / "kafka" / "kafka")
    assert 0 == run(line, script, "up", env=settings).returncode
    there = {"LIFELINE_BROKERS": f"127.0.0.1:{settings['KAFKA_PORT']}"}
    process = None
    try:
        assert 0 == run(line, "lifeline", "topics", "create", env=there).returncode
        process = start(line, "lifeline", "tail", env=there)
        until_said(process, "waiting for alerts")
        assert 0 == run(line, script, "kill", env=settings).returncode
        until_said(process, "NO CONNECTION to Kafka")
        assert 0 == run(line, script, "up", env=settings).returncode
        until_said(process, "connected to Kafka again")
        process.send_signal(signal.SIGINT)
        assert 0 == process.wait(60)
    finally:
        if process is not None:
            process.kill()
            process.communicate()
        run(line, script, "down", env=settings)
