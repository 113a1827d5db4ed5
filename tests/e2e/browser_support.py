"""Pages in a real browser: what is there, what went wrong, what was loaded."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

BROWSER = [
    "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--enable-logging=stderr", "--disable-dev-shm-usage",
    # What a browser asks for of its own accord gets no further than this machine.
    "--host-resolver-rules=MAP * ~NOTFOUND",
]  # fmt: skip


def opened(page: Path, folder: Path) -> tuple[str, list[str], list[str]]:
    """A page in a browser: its DOM, what the console says, and what it asked to be loaded."""
    folder.mkdir()
    log = folder / "net.json"
    done = subprocess.run(
        [*BROWSER, f"--user-data-dir={folder / 'profile'}", f"--log-net-log={log}", "--dump-dom",
         page.as_uri()],
        check=True, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    requests = [event.get("params") or {} for event in json.loads(log.read_text())["events"]]
    # The browser's own requests have no origin.
    loaded = [r["url"] for r in requests if r.get("initiator", "not an origin") != "not an origin"]
    return done.stdout, [s for s in done.stderr.splitlines() if "CONSOLE" in s], loaded
