"""`lifeline rules report` as people run it: its page in a browser."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from dataclasses import replace

from browser_support import opened
from e2e_support import PACK
from store_support import DAY, MINUTE, case, decided

from alerts.store.store import Store

MARKUP = "<script>document.title = 'broken'</script><img src=http://127.0.0.1:9/x>"


def test_page_in_a_browser(tmp_path):
    """Headings, charts and tables are there; nothing ran, was loaded or was logged."""
    now = time.time_ns() // 1_000_000
    outcomes = ("false_alarm", "contacted", "acknowledged", None)
    store = Store.open(str(tmp_path / "lifeline.db"))
    with store.transaction() as tx:
        for n in range(40):
            opened_at, outcome = now - (n + 1) * DAY, outcomes[n % 4]
            row = case(f"c-{n}", opened=opened_at, outcome=outcome, rules=("en.plan.a",))
            row = replace(row, acknowledged=opened_at + n * MINUTE if outcome else None)
            tx.save_cases([replace(row, case_id=MARKUP) if n == 0 else row])
            if outcome:
                tx.add_disposition(decided(row.case_id, outcome, when=opened_at + n * MINUTE))
    store.close()
    html = tmp_path / "report.html"
    done = subprocess.run(
        [sys.executable, "-m", "streams.cli", "rules", "report", "--rules", PACK, "--store",
         tmp_path / "lifeline.db", "--false-alarms", "--html", html],
        check=False, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert (0, "") == (done.returncode, done.stderr)

    dom, console, loaded = opened(html, tmp_path / "browser")

    assert "<title>What became of the alerts</title>" in dom
    assert [
        "Cases by rule",
        "Cases by the week they opened in",
        "Time from the first alert to the team's first decision",
        "By rule",
        "False alarms",
    ] == re.findall(r"<h2[^>]*>([^<]*)</h2>", dom)
    assert 3 == dom.count("<svg") == dom.count("</svg>")
    assert "en.plan.a: 10 confirmed, 10 false, 10 acknowledged, 10 undecided" in dom
    assert "document.title = 'broken'&lt;/script&gt;" in dom
    assert "<td>50%<span" in dom
    assert ([], []) == (console, loaded)
