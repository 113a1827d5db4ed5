"""Triage on real Kafka: cases completed, added up, escalated, decided; and nothing lost."""

from __future__ import annotations

import json
import os
import random
import signal
from datetime import timedelta

import pytest
from e2e_support import START, chat, free_port, metrics

from alerts.store.store import Store

QUESTION = "how many of these would kill me?"
HOPELESS = "there is no point in anything any more"


@pytest.fixture(params=["sqlite", "postgresql"])
def desk(request, line):
    """A line whose store is of either kind."""
    if request.param == "postgresql":
        line.store = request.getfixturevalue("postgres_url")
    return line


def at(minute: float) -> str:
    return (START + timedelta(minutes=minute)).isoformat()


def profile(customer: str, **fields) -> tuple[str, dict]:
    return customer, {"customer_id": customer, "name": "Ann Example", "region": "US-WI", **fields}


def order(customer: str, number: int, title: str, minute: float, **fields) -> tuple[str, dict]:
    return customer, {
        "customer_id": customer,
        "order_id": f"{customer}-{number}",
        "placed_at": at(minute),
        "status": "placed",
        "cancellable": True,
        "items": [{"sku": "k", "title": title, "category": "x", "quantity": 1}],
        **fields,
    }


def decision(case: str, outcome: str, minute: float) -> tuple[str, dict]:
    given = {"case_id": case, "outcome": outcome, "by": "dana", "decided_at": at(minute)}
    return case, given


def test_the_case_is_completed(desk):
    """Detect's record is followed by one with profile, orders, history and numbers to call."""
    desk.triaging()
    desk.put("customers", profile("u-a"))
    desk.put("orders", order("u-a", 1, "Sleeping tablets 20", -600))
    desk.until_triaged()
    desk.send(chat("c", 1, HOPELESS, customer_id="u-a"))
    desk.until_triaged()
    desk.send(chat("d", 1, QUESTION, customer_id="u-a", minute=4000))
    desk.until_triaged()

    first, *_, last = [alert for alert in desk.alerts() if alert["case_id"] == "d"]

    assert ("opened", 2) == (first["kind"], first["priority"])
    assert ["customer", "orders", "history", "responders"] == [m["what"] for m in first["missing"]]
    assert ("escalated", 1) == (last["kind"], last["priority"])
    assert last["revision"] > first["revision"]
    assert "Ann Example" == last["customer"]["name"]
    assert [["medicine"]] == [found["means"] for found in last["orders"]]
    assert ["c"] == [case["case_id"] for case in last["history"]["cases"]]
    assert first["conversation"]["excerpt"] == last["conversation"]["excerpt"]
    assert first["matches"] == last["matches"]


def test_weak_signs_over_chat_and_e_mail_open_a_case(desk):
    """Neither alone reaches the team; together they do, opened by triage."""
    email = {
        "type": "email.message", "conversation_id": "m", "message_id": "m-1", "sent_at": at(60),
        "speaker": "customer", "subject": "again", "text": HOPELESS, "customer_id": "u-a",
    }  # fmt: skip
    desk.triaging()
    desk.send(chat("c", 1, HOPELESS, customer_id="u-a"))
    desk.until_triaged()
    assert [] == desk.alerts()
    desk.send(json.dumps(email).encode(), topic="emails")
    desk.until_triaged()

    [alert] = desk.alerts()

    assert ("m", "opened", "elevated") == (alert["case_id"], alert["kind"], alert["tier"])
    assert "en.across.hopeless_again" in alert["reasons"][0]
    assert {"c", "m"} == {record["case_id"] for record in desk.alerts("watchlist")}


def test_an_order_of_means_while_the_case_is_open_escalates_it(desk):
    """What is ordered after the conversation reaches the team at once."""
    desk.triaging()
    desk.send(chat("c", 1, QUESTION, customer_id="u-a"))
    desk.until_triaged()
    desk.put("orders", order("u-a", 1, "Rope 10 m", 20))
    desk.until_triaged()

    last = desk.alerts()[-1]

    assert ("escalated", "imminent", "elevated", 1) == (
        last["kind"], last["tier"], last["previous_tier"], last["priority"]
    )  # fmt: skip
    assert [True] == [found["cancellable"] for found in last["orders"]]


def test_decisions_quiet_and_close_and_a_new_hit_opens_anew(desk):
    """A false alarm ends the case; what is said afterwards is a case that names it."""
    desk.triaging()
    desk.send(chat("c", 1, QUESTION, customer_id="u-a"))
    desk.until_triaged()
    desk.put("dispositions", decision("c", "false_alarm", 5))
    desk.until_triaged()
    assert "closed" == desk.pictures()["c"]["status"]
    desk.send(chat("c", 2, QUESTION + " I mean it", customer_id="u-a", minute=9))
    desk.until_triaged()

    pictures = desk.pictures()

    assert ("opened", "c") == (pictures["c#2"]["kind"], pictures["c#2"]["previous_case"])
    assert ("closed", "c#2") == (pictures["c"]["status"], pictures["c"]["continued_in"])


def test_what_cannot_be_read_is_kept_and_passed(desk):
    """Poison on each of triage's topics is a dead letter, and what comes after it is read."""
    worker = desk.triaging()
    for topic in ("signals", "customers", "orders", "dispositions"):
        desk.put(topic, ("x", b"\xff{"), ("x", b'{"customer_id": 7}'))
    desk.put("customers", profile("u-a"))
    desk.until_triaged()  # a profile that comes later waits for the interval of updates
    desk.send(chat("c", 1, QUESTION, customer_id="u-a"))
    desk.until_triaged()

    letters = [dict(record.headers()) for record in desk.records("dead-letters")]

    sources = sorted(letter["lifeline-topic"].decode().split(".")[1] for letter in letters)
    assert sorted(2 * ["customers", "dispositions", "orders", "signals"]) == sources
    assert "Ann Example" == desk.pictures()["c"]["customer"]["name"]
    assert not any(b"7" in letter["lifeline-error"] for letter in letters)
    assert not any(words in desk.log_of(worker) for words in ("Ann Example", QUESTION))


def test_a_null_value_forgets_the_customer(desk):
    """A tombstone on `customers` erases the customer and all that was kept of their cases."""
    desk.triaging()
    desk.put("customers", profile("u-a"))
    desk.send(chat("c", 1, QUESTION, customer_id="u-a"))
    desk.until_triaged()
    desk.put("customers", ("u-a", None))
    desk.until_triaged()

    assert {} == cases_of(desk)


def test_an_old_picture_is_not_sent_again_for_nothing(desk):
    """The same profile, order and decision again change nothing, so nothing is sent."""
    desk.triaging(LIFELINE_UPDATE_INTERVAL_S="0")
    records = [
        ("customers", profile("u-a")),
        ("orders", order("u-a", 1, "socks", -600)),
        ("dispositions", decision("c", "contacted", 5)),
    ]
    desk.send(chat("c", 1, QUESTION, customer_id="u-a"))
    desk.until_triaged()
    for topic, record in records:
        desk.put(topic, record)
    desk.until_triaged()
    count = len(desk.alerts())
    for topic, record in records:
        desk.put(topic, record)
    desk.until_triaged()

    assert count == len(desk.alerts())


def test_alerts_leave_while_the_database_is_down(line, own_postgres):
    """With PostgreSQL stopped detect's alerts leave at once, and all are completed afterwards."""
    line.store = own_postgres.run("url")
    port = free_port()
    line.triaging(LIFELINE_METRICS_PORT=str(port))
    line.put("customers", *[profile(f"u-{n}") for n in range(20)])
    line.until_triaged()
    own_postgres.run("down")
    for number in range(20):
        line.send(chat(f"c-{number}", 1, QUESTION, customer_id=f"u-{number}"))
    line.until_read()
    assert 20 == len(line.alerts())
    held = 'lifeline_triage_held{topic="signals"}'
    line.until(lambda: metrics(port).get(held) == 1, what="the metric to say so")
    own_postgres.run("up")
    line.until_triaged(timeout=120)

    pictures, shown = line.pictures(), metrics(port)

    assert 20 == len(pictures)
    assert all("customer" in picture for picture in pictures.values())
    assert 0 == shown[held]
    assert 20 == shown['lifeline_logged_to_triaged_seconds_count{topic="signals"}']
    assert 0 < shown['lifeline_logged_to_triaged_seconds_sum{topic="signals"}']


def test_a_worker_that_is_held_stops_in_order(line, own_postgres):
    """SIGTERM ends a worker that waits for its database; what it held is triaged by the next."""
    line.store = own_postgres.run("url")
    own_postgres.run("down")
    worker = line.triaging()
    line.send(chat("c", 1, QUESTION, customer_id="u-a"))
    line.until_read()
    line.until(lambda: "triage_held" in line.log_of(worker), what="triage waits")
    worker.send_signal(signal.SIGTERM)
    worker.wait(30)
    assert 1 == len(line.alerts())
    own_postgres.run("up")
    line.triaging()
    line.until_triaged()

    assert 2 == len(line.alerts())


def test_cases_after_kills_are_those_of_an_undisturbed_run(desk):
    """Three kill -9 in a stream of signals, orders and decisions leave the same cases."""
    seed = int(os.environ.get("TEST_SEED", random.SystemRandom().randrange(1 << 30)))
    print(f"seed {seed} (TEST_SEED repeats it)")
    chance = random.Random(seed)
    stages = a_day(chance)
    kills = sorted(chance.sample(range(sum(map(len, stages))), 3))
    interval = {"LIFELINE_UPDATE_INTERVAL_S": "0.5"}
    worker = desk.triaging(**interval)
    told = {}
    for disturbed in (False, True):
        prefix = "k" if disturbed else "p"
        sent = 0
        for stage in stages:
            for topic, key, value in stage:
                record = json.loads(json.dumps(value).replace("~", prefix))
                desk.put(topic, (key.replace("~", prefix), record))
                sent += 1
                if disturbed and kills and sent > kills[0]:
                    kills.pop(0)
                    os.kill(worker.pid, signal.SIGKILL)
                    worker.wait()
                    worker = desk.triaging(**interval)
            desk.until_triaged(timeout=120)
        desk.until(lambda: not held_back(desk), what="nothing is held back")
        told[prefix] = cases_of(desk, prefix)

    assert 40 <= len(told["p"])
    assert told["p"] == told["k"]
    shown = {key: comparable(alert) for key, alert in desk.pictures().items()}
    plain = {key[1:]: alert for key, alert in shown.items() if key[0] == "p"}
    killed = {key[1:]: alert for key, alert in shown.items() if key[0] == "k"}
    assert plain.keys() == killed.keys()
    differing = {
        (case, name): (plain[case].get(name), killed[case].get(name))
        for case in plain
        for name in plain[case].keys() | killed[case].keys()
        if plain[case].get(name) != killed[case].get(name)
    }
    assert {} == differing


def a_day(chance: random.Random) -> tuple[list, ...]:
    """Records in stages; within one their order is all one. ``~`` stands for the run.

    Orders have a stage of their own after decisions: a quiet case is not sent again for them, so
    which record of it is the last depends on what comes first.
    """
    first, then, decisions, last, at_last = [], [], [], [], []
    for number in range(40):
        who = f"~u-{number}"
        if number % 5:
            first.append(("customers", *profile(who, name=f"N{number}")))
        if number % 3 == 0:
            first.append(("orders", *order(who, 1, "Sleeping tablets", -600)))
        words = QUESTION if number % 2 else HOPELESS
        spoken = json.loads(chat(f"~c-{number}", 1, words, customer_id=who))
        then.append(("chat", f"~c-{number}", spoken))
        if number % 4 == 0:
            again = json.loads(chat(f"~d-{number}", 1, HOPELESS, customer_id=who, minute=60))
            then.append(("chat", f"~d-{number}", again))
        if number % 7 == 0:
            then.append(("orders", *order(who, 2, "Rope", 20)))
        if number % 6 == 1:
            outcome = chance.choice(["false_alarm", "contacted", "resolved"])
            decisions.append(("dispositions", *decision(f"~c-{number}", outcome, 30)))
            more = chat(f"~c-{number}", 2, QUESTION + " really", customer_id=who, minute=40)
            last.append(("chat", f"~c-{number}", json.loads(more)))
        if number % 8 == 1:
            at_last.append(("orders", *order(who, 3, "Rope", 50, status="cancelled")))
    chance.shuffle(then)
    return first, then, decisions, last, at_last


def kept(line) -> list:
    """The cases the store holds."""
    store = Store.open(line.store)
    try:
        with store.transaction() as tx:
            return list(tx.all_cases())
    finally:
        store.close()


def held_back(line) -> list:
    return [row for row in kept(line) if row.due is not None]


def cases_of(line, prefix: str = "") -> dict[str, tuple]:
    """What the store holds of each case, less what differs from run to run."""
    rows = [row for row in kept(line) if row.case_id.startswith(prefix)]
    return {
        row.case_id.removeprefix(prefix): (
            row.tier, row.priority, row.status, row.outcome, row.on_alerts, row.rules,
            row.last_said,
        )
        for row in rows
    }  # fmt: skip


def comparable(alert: dict) -> dict:
    """An alert record without what differs from run to run."""
    varying = ("alert_id", "revision", "times", "kind", "previous_tier", "also_asked")
    text = json.dumps({key: value for key, value in alert.items() if key not in varying})
    for prefix in "pk":
        for mark in ("u-", "c-", "d-"):
            text = text.replace(prefix + mark, mark)
    told = json.loads(text)
    history = told.get("history", {})
    history.pop("cases", None)  # opened when the log took it
    for known in history.get("signals", []):
        known.pop("signal_id")  # derives from the conversation's id
    return told
