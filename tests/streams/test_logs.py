from __future__ import annotations

import json
import logging
import subprocess
import sys

import pytest

from streams import logs

# In a process of its own, since logging is set up once a process.
PROGRAM = """
import logging
import sys
import structlog
from streams import logs

SECRET = "I want to die"
logs.configure(sys.argv[1], "info")
ours, theirs = structlog.get_logger(), logging.getLogger("library")


def fail():
    raise ValueError(SECRET)


try:
    fail()
except ValueError as error:
    ours.exception("bare")
    ours.error("true", exc_info=True)
    ours.error("given", exc_info=error)
    ours.error("field", error=error)
    ours.error("nested", errors=[error, {"x": (error,)}])
    theirs.exception("bare")
    theirs.error("given", exc_info=error)
    theirs.error("crashed: %r", error)
    theirs.error("crashed: %(error)s", {"error": error})
    theirs.error(error)
try:
    try:
        fail()
    except ValueError as error:
        raise RuntimeError(SECRET) from error
except RuntimeError:
    ours.exception("caused")
    theirs.exception("caused")
try:
    raise ExceptionGroup(SECRET, [ValueError(SECRET)])
except ExceptionGroup:
    ours.exception("group")
for talkative in ("httpx", "httpcore.http11"):
    logging.getLogger(talkative).info("HTTP Request: GET /customers/%s", SECRET)
ours.info("counted", events=3, topic="聊天")
ours.debug("too fine")
theirs.info("plain %s %d", "text", 7)
"""


@pytest.fixture(scope="module", params=["json", "console"])
def printed(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Run the program: the form, and what it wrote on standard error."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, request.param],
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
    )
    assert "" == done.stdout
    return request.param, done.stderr


def test_message_of_an_exception_never_reaches_the_output(printed: tuple[str, str]):
    """An exception's message may hold what a customer said, however it is logged."""
    assert "want to die" not in printed[1]


def test_every_line_is_there(printed: tuple[str, str]):
    """Taking words out loses no line: thirteen errors and two plain ones."""
    form, text = printed

    lines = [line for line in text.splitlines() if form == "json" or line[:2] == "20"]
    assert 15 == len(lines)


def test_exception_is_told_by_type_and_place(printed: tuple[str, str]):
    """Enough to find the fault: what it was, and where."""
    form, text = printed
    if form == "console":
        assert "ValueError" in text
        return

    bare = json.loads(text.splitlines()[0])

    assert ("bare", "ValueError", "error") == (bare["event"], bare["exception"], bare["level"])
    assert ["<module>", "fail"] == [place.split()[-1] for place in bare["at"]]


def test_values_are_written_as_they_are(printed: tuple[str, str]):
    """Counts and names of topics stay readable."""
    form, text = printed
    if form == "console":
        assert "聊天" in text
        return
    counted, plain = (json.loads(line) for line in text.splitlines()[-2:])

    assert (3, "聊天", "info") == (counted["events"], counted["topic"], counted["level"])
    assert "plain text 7" == plain["event"]


def test_libraries_are_heard_from_warnings_on():
    """Faust speaks of partitions by the page; that is not for the log."""
    levels = {
        name: level["level"] for name, level in logs.config("json", "info")["loggers"].items()
    }

    assert {"WARNING"} == {levels[name] for name in ("faust", "mode", "kafka", "aiokafka")}
    assert {"INFO"} == {levels[name] for name in ("lifeline", "alerts", "streams")}
    assert logging.WARNING == logging.getLevelName("WARNING")
