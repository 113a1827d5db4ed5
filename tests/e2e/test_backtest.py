"""`lifeline rules backtest` as people run it: files, real Kafka, its page in a browser."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from browser_support import opened
from e2e_support import PACK, START, chat

from streams.day import in_order, invented_day

COMMAND = [
    sys.executable, "-c", "from streams.backtest.command import backtest_command as go; go()"
]  # fmt: skip
SCRIPT = "how many of these would kill me? <script>document.title = 'broken'</script>"


def environment(**more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("LIFELINE_")}
    return {**kept, "LIFELINE_RULES": str(PACK), "TZ": "UTC", **more}


def backtest(*arguments: object, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        check=False, capture_output=True, text=True, timeout=240, env=environment(**more),
    )  # fmt: skip


def children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(child) for child in found.split()]


def until(condition, what: str):
    """Poll until ``condition`` holds; its value."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    pytest.fail(f"not within a minute: {what}")


def ended(pids: list[int]) -> bool:
    """Whether none of them runs any more."""
    return not any(Path(f"/proc/{pid}/exe").exists() for pid in pids)


def waiting(**options) -> subprocess.Popen:
    """A backtest of two processes that waits for more events on standard input."""
    return subprocess.Popen(
        [*COMMAND, "-", "--workers", "2"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=environment(), start_new_session=True, **options,
    )  # fmt: skip


@pytest.fixture
def base(tmp_path) -> Path:
    """The test pack with another phrase for a question of method."""
    folder = tmp_path / "base"
    folder.mkdir()
    (folder / "pack.yaml").write_bytes((PACK / "pack.yaml").read_bytes())
    text = (PACK / "rules.yaml").read_text(encoding="utf-8")
    changed = text.replace("- how many … would kill me", "- how many … would end me")
    assert changed != text
    (folder / "rules.yaml").write_text(changed, encoding="utf-8")
    return folder


@pytest.fixture
def events(tmp_path) -> Path:
    """Two hours of chat, with an alert by the changed phrase, one by another, and a markup."""
    path = tmp_path / "events.jsonl"
    lines = [chat(f"c{n}", 1, "hello", minute=n) for n in range(120)]
    lines[5] = chat("c5", 1, SCRIPT, minute=5, language="en")
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


def test_file_to_all_three_reports(events, base, tmp_path):
    """Text and page at once; the JSON by another run; the page is for its owner's eyes alone."""
    html = tmp_path / "report.html"

    text = backtest(events, "--against", base, "--html", html)
    data = backtest(events, "--against", base, "--json")

    assert (0, 0) == (text.returncode, data.returncode), text.stderr + data.stderr
    assert "Gate elevated: 0 to 1 alerts (+1)" in text.stdout
    assert "«how many of these would kill me»?" in text.stdout
    report = json.loads(data.stdout)
    assert {"new": 1, "lost": 0} == {
        kind: report["gates"][1]["changes"][kind] for kind in ("new", "lost")
    }
    assert 0o600 == stat.S_IMODE(html.stat().st_mode)
    assert [html] == list(tmp_path.glob("*report.html*"))
    assert "120 of 120 events" in data.stderr
    assert "kill" not in text.stderr + data.stderr


def test_page_replaces_one_that_others_could_read(events, tmp_path):
    """Writing over a page that is open to all leaves one that is not."""
    html = tmp_path / "report.html"
    html.write_text("old", encoding="utf-8")
    html.chmod(0o644)

    assert 0 == backtest(events, "--html", html).returncode

    assert 0o600 == stat.S_IMODE(html.stat().st_mode)
    assert "old" != html.read_text(encoding="utf-8")


def test_without_words_nothing_said_is_written(events, base, tmp_path):
    """With --no-words neither the page nor the text holds what customers said."""
    html = tmp_path / "report.html"

    done = backtest(events, "--against", base, "--no-words", "--html", html)

    page = html.read_text(encoding="utf-8")
    assert "c5-1" in done.stdout
    assert "c5-1" in page
    assert "document.title" not in done.stdout + page


def test_page_in_a_browser(tmp_path, base):
    """Headings, charts and words are there; no script ran, no error was logged, nothing loaded."""
    path, html = tmp_path / "events.jsonl", tmp_path / "report.html"
    lines = [chat(f"c{n}", 1, "hello", minute=n) for n in range(180)]
    lines[7] = chat("c7", 1, SCRIPT + "<img src=http://127.0.0.1:9/x>")
    path.write_bytes(b"\n".join([*lines, *in_order(invented_day())]))
    assert 0 == backtest(path, "--against", base, "--html", html).returncode

    dom, console, loaded = opened(html, tmp_path / "browser")

    assert "<title>Backtest of" in dom
    headings = re.findall(r"<h2[^>]*>([^<]*)</h2>", dom)
    assert ["In short", "Load for the team", "What changed", "Rules that changed"] == headings
    assert dom.count("<svg") == dom.count("</svg>") >= 4
    assert "<mark>how many of these would kill me</mark>" in dom
    assert "&lt;script&gt;document.title = 'broken'&lt;/script&gt;" in dom
    assert ([], []) == (console, loaded)


def test_browser_tells_of_what_a_page_loads_and_of_errors(tmp_path):
    """A page that is not as ours must be: its image and its error are both seen."""
    page = tmp_path / "page.html"
    page.write_text("<img src='http://127.0.0.1:9/x'><script>nothing()</script>", encoding="utf-8")

    _, console, loaded = opened(page, tmp_path / "browser")

    assert ["http://127.0.0.1:9/x"] == loaded
    assert "nothing is not defined" in console[0]


def test_bad_line_ends_it_and_can_be_skipped(events):
    """The line and the field are named, and nothing of what it holds; skipped lines are counted."""
    events.write_bytes(events.read_bytes() + b'{"type":"chat.message","text":"secret"}\n')

    strict, lenient = backtest(events), backtest(events, "--skip-bad")

    assert (2, 0) == (strict.returncode, lenient.returncode)
    assert f"{events}: line 121: conversation_id: missing" in strict.stderr
    assert "--skip-bad" in strict.stderr
    assert "line 121: conversation_id: missing" in lenient.stderr
    assert "1 event could not be read" in lenient.stdout
    assert "secret" not in strict.stderr + lenient.stderr + lenient.stdout


def test_what_to_read_must_be_clear():
    """Neither a file nor Kafka, or both, is a question of usage."""
    both = backtest("-", "--topic", "chat")
    neither = backtest()

    assert (2, 2) == (both.returncode, neither.returncode)
    assert "give either FILE, or --topic or --brokers" in both.stderr


def test_interrupt_ends_everything():
    """Ctrl-C ends all processes at once, says so in one line, and leaves no report."""
    process = waiting()
    workers = until(lambda: children(process.pid)[1:] and children(process.pid), "two processes")

    os.killpg(process.pid, signal.SIGINT)

    output, errors = process.communicate(timeout=60)
    assert (130, b"") == (process.returncode, output)
    assert b"interrupted; there is no report" in errors
    assert b"Traceback" not in errors
    until(lambda: ended(workers), "the processes' end")


def test_processes_end_with_a_parent_that_was_killed():
    """A killed backtest leaves no process behind."""
    process = waiting()
    workers = until(lambda: children(process.pid)[1:] and children(process.pid), "two processes")

    process.kill()
    process.communicate()

    until(lambda: ended(workers), "the processes' end")


def test_process_killed_under_way_is_an_error():
    """When one process is killed, all end, with status 1 and the reason."""
    process = waiting()
    workers = until(lambda: children(process.pid)[1:] and children(process.pid), "two processes")
    os.kill(workers[0], signal.SIGKILL)

    _, errors = process.communicate(b"\n".join(chat(f"c{n}", 1, "hello") for n in range(5000)), 60)

    assert 1 == process.returncode
    assert b"a process of the backtest died (ended by signal 9)" in errors
    until(lambda: ended(workers), "the other's end")


def test_kafka_as_a_file_without_a_trace(line, events, base):
    """From a topic come the same alerts as from the file; no group is made, nothing committed."""
    line.send(*events.read_bytes().splitlines(), b"{}")
    line.send(chat("mail", 1, "hello"), topic="emails")
    settings = {
        "LIFELINE_BROKERS": line.settings.brokers,
        "LIFELINE_TOPIC_PREFIX": line.settings.topic_prefix,
    }

    def groups() -> set[str]:
        return {group.group_id for group in line.admin().list_consumer_groups().result().valid}

    before = groups()
    done = backtest("--topic", "chat", "--against", base, "--json", **settings)
    everything = backtest("--brokers", line.settings.brokers, "--json", **settings)
    file = backtest(events, "--against", base, "--json")

    assert (0, 0) == (done.returncode, everything.returncode), done.stderr + everything.stderr
    kafka, expected = json.loads(done.stdout), json.loads(file.stdout)
    assert [g["changes"] for g in expected["gates"]] == [g["changes"] for g in kafka["gates"]]
    assert (120, 1) == (kafka["recording"]["messages"], kafka["recording"]["unreadable"])
    assert 121 == json.loads(everything.stdout)["recording"]["messages"]
    assert "121 of 121 events" in done.stderr
    assert before == groups()


def test_kafka_from_a_time_on(line, events):
    """Only what the log took then or later, before the end, is read."""
    admin_settings = {
        "LIFELINE_BROKERS": line.settings.brokers,
        "LIFELINE_TOPIC_PREFIX": line.settings.topic_prefix,
    }
    line.send(*events.read_bytes().splitlines())
    stamps = sorted(record.timestamp()[1] for record in line.records("chat"))
    later = json.loads(
        backtest(
            "--topic", "chat", "--json", "--from", iso(stamps[-1] + 1), **admin_settings
        ).stdout
    )
    earlier = json.loads(
        backtest("--topic", "chat", "--json", "--from", iso(stamps[0]), "--until",
                 iso(stamps[-1] + 1), **admin_settings).stdout
    )  # fmt: skip

    assert (0, 120) == (later["recording"]["events"], earlier["recording"]["messages"])


def iso(milliseconds: int) -> str:
    epoch = START - timedelta(seconds=START.timestamp())
    return (epoch + timedelta(milliseconds=milliseconds)).isoformat()


def test_missing_topic_and_missing_kafka_are_plain_errors(line):
    """What is not there is named in one line, with status 1."""
    nowhere = {"LIFELINE_BROKERS": "127.0.0.1:9"}
    prefix = {"LIFELINE_BROKERS": line.settings.brokers, "LIFELINE_TOPIC_PREFIX": "none."}

    for done, said in (
        (backtest("--topic", "chat", **nowhere), "does not answer"),
        (backtest("--topic", "calls", **prefix), "none.calls: there is no such topic"),
    ):
        assert 1 == done.returncode
        assert said in done.stderr
        assert "Traceback" not in done.stderr
