"""The first thing anybody runs."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys

from e2e_support import ROOT

LANGUAGES = {"en", "es", "ru", "zh-Hans", "zh-Hant"}


def start(*arguments: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "streams.cli", "demo", *arguments],
        cwd=ROOT,
        env={
            **{k: v for k, v in os.environ.items() if not k.startswith("LIFELINE_")},
            "COLUMNS": "120",
            "PYTHONUNBUFFERED": "1",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def test_the_demo_alerts_in_every_language_and_channel():
    """Over 300 conversations are read; each language and each channel alerts; it ends with 0."""
    process = start("--speed", "3")
    output, _ = process.communicate(timeout=280)
    assert 0 == process.returncode, output
    assert int(re.search(r"(\d+) conversations read", output)[1]) >= 300
    counts = {
        m[1]: [int(n) for n in m[2].split("│")]
        for m in re.finditer(r"│ ([a-zA-Z-]+) +│((?: +\d+ │?){3})", output.replace("│\n", "\n"))
    }
    assert set(counts) == LANGUAGES, output
    assert all(sum(by_channel) for by_channel in counts.values()), output
    assert all(sum(column) for column in zip(*counts.values(), strict=True)), output
    assert "from said to alerted: median" in output


def test_ctrl_c_ends_the_demo_cleanly():
    """Ctrl-C ends it without a traceback and leaves no process behind."""
    process = start()
    try:
        for text in process.stdout:
            if "why:" in text:
                break
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()
    assert 130 == process.returncode
    assert "ended by Ctrl-C" in rest
    assert "Traceback" not in rest
    left = subprocess.run(
        ["ps", "-eo", "ppid,args"], capture_output=True, text=True, check=True
    ).stdout
    assert not re.search(rf"^ *{process.pid} ", left, re.MULTILINE)
