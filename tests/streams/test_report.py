from __future__ import annotations

import json
import sqlite3
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text
from triage_support import by_detect, decided, match, ms, said

from alerts.contract import Disposition
from alerts.store.store import Store
from alerts.triage.triage import Policy, Triage
from lifeline.rules.pack import load
from lifeline.taxonomy import Tier
from streams.cli import main

RULES = """\
format: 1
language: en
rules:
  - id: en.plan.invented
    title: A plan
    category: plan
    tier: elevated
    status: active
    terms: [a plan]
    author: li
    examples:
      alert:
        - a plan
      ignore:
        - none
  - id: en.passive_ideation.invented
    title: A wish
    category: passive_ideation
    tier: watch
    status: active
    terms: [a wish]
    author: wang
    examples:
      alert:
        - a wish
      ignore:
        - none
across:
  - id: en.across.hopeless_again
    title: Hopeless in two conversations within a day
    why: weak signs that add up
    status: active
    author: chen
    signs:
      - {categories: [passive_ideation], tier: watch, times: 2}
    conversations: 2
    within: {hours: 24}
    raise: {to: elevated}
    examples:
      alert:
        - - {at: 0s, sign: passive_ideation watch, conversation: a}
          - {at: 2h, sign: passive_ideation watch, conversation: b}
      ignore:
        - - {at: 0s, sign: passive_ideation watch, conversation: a}
"""
WORDS = ("words of", "words words", "a note of words", "Ann Example", "555")


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hold the rules that hit."""
    folder = tmp_path_factory.mktemp("report-rules")
    (folder / "pack.yaml").write_text("format: 1\nname: invented\nversion: 1.0.0\n")
    (folder / "en.yaml").write_text(RULES)
    return folder


class Told:
    """Triage of a store, told one thing after another at the minute it happens."""

    def __init__(self, url: str, rules: Path) -> None:
        self.url = url
        self.store = Store.open(url)
        self.now = 0
        pack = load(rules)
        policy = Policy(Tier.ELEVATED, "en", 0)
        self.triage = Triage(self.store, lambda: pack, policy, lambda: self.now)

    def say(self, conversation: str, minute: float, *signs: str, **fields) -> None:
        known = said(conversation, minute, *signs, **fields)
        self.now = known.received
        self.triage.signal(known.signal, known.received)

    def decide(self, case: str, minute: float, outcome: str, tier: str | None = None) -> None:
        made = decided(case, minute, outcome).disposition
        made = Disposition(
            case_id=case, outcome=made.outcome, by=made.by, decided_at=made.decided_at, tier=tier,
            note="a note of words",
        )  # fmt: skip
        self.now = ms(minute)
        self.triage.disposition(made, self.now)


@pytest.fixture
def told(store_url, rules):
    """Hold a false alarm, the case after it, one nobody looked at, and one of a rule now gone."""
    made = Told(store_url, rules)
    made.say("c", 0, "plan elevated", sent=by_detect(0))
    made.decide("c", 3, "false_alarm", "watch")
    made.say("c", 10, "plan elevated", number=2)
    made.say("d", 0, "plan elevated", customer="u-2")
    gone = match("plan", "elevated", "e-1", rule_id="en.plan.gone")
    made.say("e", 0, matches=[gone], customer="u-3")
    made.decide("e", 60, "contacted")
    yield made
    made.store.close()


@pytest.fixture
def run(rules):
    """Run the command on the invented rules."""

    def run(store: str, *arguments: str):
        given = ["rules", "report", "--since", "3650", "--rules", str(rules), "--store", store]
        return CliRunner().invoke(main, [*given, *arguments])

    return run


def test_by_rule_and_author_from_either_database(told, run):
    """Confirmed, false and undecided cases stand under their rules and their authors."""
    data = json.loads(run(told.url, "--json").output)

    counted = {
        row["id"]: (row["confirmed"], row["false"], row["undecided"], row["status"])
        for row in data["rules"]
    }
    assert {
        "en.plan.invented": (0, 1, 2, "active"),
        "en.plan.gone": (1, 0, 0, "not in the pack"),
    } == counted
    assert [("li", 1)] == [(row["author"], row["false_alone"]) for row in data["authors"]]
    assert (1, 3 * 60_000) == (data["whole"]["should_be_lower"], data["rules"][0]["median_wait_ms"])
    assert 3 == data["silent_active_rules"]  # the button is one


def test_false_alarms_are_listed_by_ids(told, run):
    """An author finds the case, its messages and signals, and not those of the case after it."""
    lines = run(told.url, "--false-alarms").output.splitlines()

    assert [
        "2026-11-22 02:00 case c (elevated)",
        "   decided 2026-11-22 02:03 by dana; should have been watch",
        "   rules en.plan.invented",
        "   messages c-1",
        "   signals s-c-1-0",
    ] == lines


def test_a_rule_across_conversations_answers_for_its_false_alarm(store_url, rules, run):
    """A decision ends what the rule raised, but not that it alerted: nor is another to blame."""
    told = Told(store_url, rules)
    told.say("a", 0, "passive_ideation watch")
    told.say("b", 100, "passive_ideation watch", channel="calls")
    told.decide("b", 130, "false_alarm")
    told.store.close()

    data = json.loads(run(store_url, "--json", "--false-alarms", "--author", "chen").output)
    other = json.loads(run(store_url, "--json", "--author", "wang").output)

    assert [("en.across.hopeless_again", 1)] == [(r["id"], r["false"]) for r in data["rules"]]
    [alarm] = data["false_alarms"]
    assert ("elevated", ["b-1"], ["s-b-1-100"]) == (
        alarm["tier"],
        alarm["messages"],
        alarm["signals"],
    )
    assert 30 * 60_000 == data["whole"]["median_wait_ms"]
    assert (1, 0) == (other["whole"]["false"], other["whole"]["false_alone"])


def test_no_output_holds_words(told, run, tmp_path):
    """Neither text, page nor data hold what a customer said, a note, a name or a phone."""
    html = tmp_path / "report.html"
    outputs = [
        run(told.url, *arguments).output
        for arguments in ([], ["--json", "--false-alarms"], ["--false-alarms", "--html", str(html)])
    ]
    outputs.append(html.read_text(encoding="utf-8"))

    with told.store.reading() as connection:
        held = "".join(
            record
            for table in ("signals", "dispositions")
            for record in connection.execute(text(f"SELECT record FROM {table}")).scalars()  # noqa: S608
        )
    assert [] == [words for words in WORDS[:3] if words not in held]
    assert all("c-1" in output or "en.plan.invented" in output for output in outputs)
    assert [] == [words for words in WORDS for output in outputs if words in output]
    assert 0o600 == stat.S_IMODE(html.stat().st_mode)


def test_only_what_was_asked_for(told, run):
    """By rule and by language; of a rule that only the store still knows, too."""
    gone = json.loads(run(told.url, "--json", "--rule", "en.plan.gone").output)
    chinese = json.loads(run(told.url, "--json", "--language", "zh").output)

    assert (["en.plan.gone"], 1) == ([r["id"] for r in gone["rules"]], gone["whole"]["alerts"])
    assert 0 == chinese["whole"]["alerts"]


@pytest.mark.parametrize(
    ("option", "name", "hint"),
    [("--rule", "en.plan.invente", "en.plan.invented"), ("--author", "lii", "li")],
)
def test_an_unknown_name_is_refused(told, run, option, name, hint):
    """A typing error gives no empty report."""
    done = run(told.url, option, name)

    assert 2 == done.exit_code
    assert f"did you mean {hint}?" in done.output


def test_an_empty_store_is_a_plain_sentence(store_url, run):
    """With tables and no rows, with no tables, and where nobody made one: all the same."""
    before = run(store_url)
    Store.open(store_url).close()
    after = run(store_url)

    for done in (before, after):
        assert 0 == done.exit_code
        assert "no case was alerted in the last 3650 days.\n" == done.stdout
    assert "there is no case store yet" in before.stderr
    assert "" == after.stderr
    assert "no false alarm in the last 3650 days\n" == run(store_url, "--false-alarms").stdout


def test_looking_makes_no_store(tmp_path, run):
    """The file that a worker would make is not made by a report."""
    assert 0 == run(str(tmp_path / "none.db")).exit_code

    assert [] == list(tmp_path.iterdir())


def test_looking_waits_for_no_worker(told, run):
    """A worker in the middle of writing keeps no report waiting, nor the other way round."""
    with told.store.transaction(person="u-2"):
        done = run(told.url, "--json")

    assert 3 == json.loads(done.output)["whole"]["undecided"] + 1


@pytest.mark.parametrize(
    ("store", "reason"),
    [
        ("{folder}/not/there.db", "there is no case store"),
        ("{folder}/other.db", "other.db"),
        ("postgresql://nobody:secret@127.0.0.1:9/none", "cannot be reached"),
        ("mysql://nobody:secret@host/none", "neither a SQLite file nor a PostgreSQL"),
    ],
)
def test_a_store_that_cannot_be_read_is_a_plain_error(tmp_path, run, store, reason):
    """One line that names the place, with status 1, and no password."""
    (tmp_path / "other.db").write_bytes(b"no database " * 100)

    done = run(store.format(folder=tmp_path))

    assert 1 == done.exit_code
    assert done.stderr.startswith("error: ")
    assert reason in done.stderr
    assert "secret" not in done.output


def test_a_store_of_another_version_is_left_as_it_is(tmp_path, run):
    """A report of a newer version must not keep the workers' one from starting."""
    file = tmp_path / "lifeline.db"
    Store.open(str(file)).close()
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'earlier'")
    connection.close()

    done = run(str(file))

    assert 1 == done.exit_code
    assert "is at revision earlier and this version reads" in done.stderr


def test_since_leaves_out_older_cases(told, run):
    """Cases opened before the days asked for do not count."""
    days = (datetime.now(UTC) - datetime.fromtimestamp(ms(0) / 1000, UTC)).days
    done = run(told.url, "--json", "--since", str(max(days - 1, 1)))

    expected = 4 if days < 1 else 0
    assert expected == json.loads(done.output)["whole"]["alerts"]
