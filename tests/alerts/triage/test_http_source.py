"""An existing customer service as a context source: what comes of it, however it behaves."""

from __future__ import annotations

import gzip
import json
import re
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema
import pytest
import structlog
from customer_service import (
    CustomerService,
    Handler,
    breaks_off,
    customer,
    drips,
    never_answers,
    ordered,
    says,
    sends,
)
from triage_support import at, ms

import alerts
from alerts.contract import Missing
from alerts.triage.exchange import MOST_BYTES
from alerts.triage.facts import DAY_MS, About
from alerts.triage.http_source import HttpSource

SINCE = ms(0) - 90 * DAY_MS
LONG = 20.0  # s; a limit that no healthy test comes near
SHORT = 0.2
TOKEN = "s3cret-t0ken"  # noqa: S105 - invented
SCHEMAS = Path(alerts.__file__).parent / "schemas"
LATE = "the customer service did not answer in time"
BROKEN_OFF = "the customer service broke its answer off"
NOT_AGREED = "the customer service's answer is not as agreed"
ENDLESS_BODY = drips(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
UNKNOWN = "the customer service knows no such customer"


class Clock:
    """Seconds that pass when a test says so."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def service() -> Iterator[CustomerService]:
    """Serve a customer with an order."""
    with CustomerService() as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    """Stand still."""
    return Clock()


@pytest.fixture
def source(service: CustomerService, clock: Clock) -> Iterator[Callable[..., HttpSource]]:
    """Make sources on the stand-in, closed at the end."""
    made = []

    def make(url: str | None = None, **given: Any) -> HttpSource:
        made.append(
            HttpSource(url or service.url, **{"time_limit_s": LONG, "clock": clock, **given})
        )
        return made[-1]

    yield make
    for each in made:
        each.close()


def why(about: About) -> dict[str, str]:
    return {each.what: each.why for each in about.missing}


def both(reason: str) -> dict[str, str]:
    return {"customer": reason, "orders": reason}


def test_profile_and_orders_are_those_of_the_service(source):
    """A healthy service leaves nothing missing."""
    about = source().about("u-1", since=SINCE)

    assert ("Ann Example", ["Rope, 10 m"], (), False) == (
        about.profile.name,
        [order.items[0].title for order in about.orders],
        about.missing,
        about.passing,
    )


def test_what_is_asked_is_what_the_openapi_document_says(source, service):
    """Paths, query and answers of the document are those that are used here."""
    source().about("u-1", since=SINCE)

    document = json.loads((SCHEMAS / "openapi.json").read_text(encoding="utf-8"))
    asked = []
    for template, operations in document["paths"].items():
        assert ["get"] == list(operations)
        query = [p["name"] for p in operations["get"]["parameters"] if p["in"] == "query"]
        asked.append(template.replace("{id}", "u-1") + "".join(f"?{name}=" for name in query))
    assert asked == [re.sub("=.*", "=", path) for path in service.paths]

    def schema_of(template: str) -> Any:
        answer = document["paths"][template]["get"]["responses"]["200"]
        return answer["content"]["application/json"]["schema"]

    def published(reference: str) -> Any:
        return json.loads((SCHEMAS / reference).read_text(encoding="utf-8"))

    jsonschema.validate(customer(), published(schema_of("/customers/{id}")["$ref"]))
    orders = schema_of("/customers/{id}/orders")
    assert "array" == orders["type"]
    jsonschema.validate(ordered(), published(orders["items"]["$ref"]))


def test_since_is_the_start_of_the_day_and_held_exactly(source, service):
    """The service is asked by the day; older orders that it gives are left out."""
    service.orders = says(
        [ordered(1, placed_at=at(-1).isoformat()), ordered(2, placed_at=at(0).isoformat())]
    )

    about = source().about("u-1", since=ms(0))

    assert ["o-2"] == [order.order_id for order in about.orders]
    assert "/customers/u-1/orders?since=2026-11-22T00:00:00Z" == service.paths[1]


def test_latest_fifty_orders_come_first(source, service):
    """A long list is cut as that of the store is."""
    service.orders = says([ordered(n, placed_at=at(n).isoformat()) for n in range(60)])

    orders = source().about("u-1", since=SINCE).orders

    assert [f"o-{n}" for n in range(59, 9, -1)] == [order.order_id for order in orders]


def test_no_orders_is_known_to_be_none(source, service):
    """An empty list is an answer."""
    service.orders = says([])

    about = source().about("u-1", since=SINCE)

    assert ((), ()) == (about.orders, about.missing)


def test_unknown_customer_is_not_asked_for_again(source, service):
    """404 is an answer that does not pass."""
    service.profile = service.orders = says({"error": "no such"}, 404)

    assert About(
        missing=(Missing(what="customer", why=UNKNOWN), Missing(what="orders", why=UNKNOWN))
    ) == source().about("u-1", since=SINCE)


def test_conversation_without_customer_asks_nobody(source, service):
    """There is nobody to ask about."""
    about = source().about("conversation:c-1", since=SINCE)

    assert (both("nobody has named the customer"), False, []) == (
        why(about), about.passing, service.requests,
    )  # fmt: skip


def broken(inner: bytes) -> Callable[[Handler], None]:
    """Begin as agreed, and never end."""
    return lambda handler: sends(
        (b'[{"order_id": ' if "since" in handler.path else b'{"customer_id": "u-1", "x": ') + inner
    )(handler)


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (says({}, 500), "the customer service answered HTTP 500"),
        (says({}, 503), "the customer service answered HTTP 503"),
        (says({}, 401), "the customer service answered HTTP 401"),
        (says({}, 429), "the customer service answered HTTP 429"),
        (sends(b"", 204), "the customer service answered HTTP 204"),
        (breaks_off, BROKEN_OFF),
        (lambda handler: handler.wfile.write(b"garbage\r\n\r\n"), BROKEN_OFF),
        (lambda handler: setattr(handler, "close_connection", True), BROKEN_OFF),
        (broken(b""), "the customer service's answer is not JSON"),
        (broken(b"[" * 100_000), "the customer service's answer is not JSON"),
        (sends(b"<html>"), "the customer service's answer is not JSON"),
        (sends(b"\xff\xfe"), "the customer service's answer is not JSON"),
        (sends(b""), "the customer service's answer is not JSON"),
    ],
)
def test_service_that_fails_may_be_asked_later(source, service, behaviour, reason):
    """What failed is missing, with a plain reason, for now."""
    service.profile = service.orders = behaviour

    about = source().about("u-1", since=SINCE)

    assert (both(reason), True) == (why(about), about.passing)


@pytest.mark.parametrize(
    "behaviour",
    [
        never_answers,
        drips(b""),
        drips(b"HTTP/1.1 200 OK\r\nX: "),
        ENDLESS_BODY,
    ],
    ids=["silence", "status line", "headers", "body"],
)
def test_time_limit_holds_for_what_drips(source, service, behaviour):
    """A byte now and then does not prolong the wait."""
    service.profile = service.orders = behaviour

    start = time.monotonic()
    about = source(time_limit_s=SHORT).about("u-1", since=SINCE)

    assert (both(LATE), True) == (why(about), about.passing)
    assert LONG / 4 > time.monotonic() - start


def test_time_limit_holds_for_both_together(source, service):
    """Two slow answers do not add up: both are under way at once."""
    together = threading.Barrier(2, timeout=LONG)

    def meets(behaviour: Callable[[Handler], None]) -> Callable[[Handler], None]:
        def met(handler: Handler) -> None:
            together.wait()
            behaviour(handler)

        return met

    service.profile, service.orders = meets(service.profile), meets(service.orders)

    assert () == source().about("u-1", since=SINCE).missing


def test_what_came_in_time_is_kept(source, service):
    """Slow orders do not cost the profile."""
    service.orders = never_answers

    about = source(time_limit_s=1).about("u-1", since=SINCE)

    assert ("Ann Example", None, {"orders": LATE}) == (
        about.profile.name, about.orders, why(about),
    )  # fmt: skip


def test_late_answers_leave_no_connection_taken(source, service):
    """More questions than there are connections come to nothing; the next is answered."""
    good, service.profile = service.profile, ENDLESS_BODY
    asking = source(time_limit_s=0.05, failures=1000)
    for number in range(20):
        asking.about(f"u-{number + 2}", since=SINCE)
    service.profile = good

    until(lambda: asking.about("u-1", since=SINCE).profile)


def until(done: Callable[[], object]) -> None:
    """Try again and again: on a busy machine a short limit may be missed."""
    deadline = time.monotonic() + LONG
    while not done():
        assert deadline > time.monotonic()


def test_service_that_is_not_there_cannot_be_reached(source):
    """A refused connection is told in plain words."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and does not listen
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        about = source(url).about("u-1", since=SINCE)

    assert (both("the customer service cannot be reached"), True) == (why(about), about.passing)


@pytest.mark.parametrize(
    ("profile", "orders", "places"),
    [
        (b"[]", b"{}", {"$"}),
        (b"null", b"null", {"$"}),
        (b'"u-1"', b'["u-1"]', {"$"}),
        (b'{"name": "Ann"}', b'[{"order_id": "o-1"}]', {"customer_id", "placed_at"}),
        (
            json.dumps(customer(birth_year="1961")).encode(),
            json.dumps([ordered(items=3)]).encode(),
            {"birth_year", "items"},
        ),
        (
            json.dumps(customer(region="Wisconsin")).encode(),
            json.dumps([ordered(placed_at="2026-11-22T02:14:07")]).encode(),
            {"region", "placed_at"},
        ),
        (
            json.dumps(customer("u-2")).encode(),
            json.dumps([ordered(1, "u-2")]).encode(),
            {"customer_id"},
        ),
        (b" " * (MOST_BYTES + 1), b" " * (MOST_BYTES + 1), {"too much"}),
    ],
    ids=["swapped", "null", "text", "missing", "types", "values", "another customer", "too much"],
)
def test_answer_that_is_not_as_agreed_is_not_used(source, service, profile, orders, places):
    """It does not pass, and the log names the field without its value."""
    service.profile, service.orders = sends(profile), sends(orders)

    with structlog.testing.capture_logs() as logged:
        about = source().about("u-1", since=SINCE)

    assert (None, None, both(NOT_AGREED), False) == (
        about.profile, about.orders, why(about), about.passing,
    )  # fmt: skip
    assert ["customer_service_unusable"] * 2 == [line["event"] for line in logged]
    assert places == {line["place"] for line in logged}


def test_orders_that_can_be_read_are_shown(source, service):
    """One odd order does not hide the others, and it is said that it is missing."""
    service.orders = says([ordered(1), ordered(2, "u-2"), ordered(3)])

    about = source().about("u-1", since=SINCE)

    assert ["o-1", "o-3"] == [order.order_id for order in about.orders]
    assert {"orders": "1 of 3 orders of the customer service are not as agreed"} == why(about)


def test_compressed_answer_is_not_unpacked(source, service):
    """What is small on the wire may be gigabytes."""
    packed = gzip.compress(json.dumps(customer()).encode())
    service.profile = sends(packed, Content_Encoding="gzip")

    about = source().about("u-1", since=SINCE)

    assert {"customer": "the customer service's answer is not JSON"} == why(about)
    assert {"identity"} == {headers["Accept-Encoding"] for _, headers in service.requests}


def test_redirect_is_not_followed(source, service):
    """The token and the customer's id go to no other address."""
    service.profile = sends(b"", 302, Location=f"{service.url}/customers/u-2")

    about = source().about("u-1", since=SINCE)

    assert {"customer": "the customer service answered HTTP 302"} == why(about)
    assert ["/customers/u-1", "/customers/u-1/orders"] == [
        path.partition("?")[0] for path in service.paths
    ]


def test_environment_sends_nothing_elsewhere(source, monkeypatch):
    """A proxy that somebody set in a shell does not get to read customers' data."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{nobody.getsockname()[1]}")
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)

        assert () == source().about("u-1", since=SINCE).missing


def test_cookie_of_one_customer_is_not_sent_with_the_next(source, service):
    """Questions have nothing to do with each other."""
    service.profile = sends(json.dumps(customer()).encode(), Set_Cookie="who=u-1; Path=/")
    asking = source()
    asking.about("u-1", since=SINCE)
    asking.about("u-2", since=SINCE)

    assert 4 == len(service.requests)
    assert not any("Cookie" in headers for _, headers in service.requests)


def test_certificate_that_nobody_trusts_is_refused(source, tmp_path):
    """Whoever stands in the way gets neither token nor id."""
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1",
            "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate,
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    with CustomerService(tls) as service:
        about = source(service.url, token=TOKEN).about("u-1", since=SINCE)

        assert [] == service.requests
    assert both("the customer service's certificate is not trusted") == why(about)


def test_token_is_sent_and_never_shown(source, service):
    """It is a header, and in no representation."""
    asking = source(token=TOKEN)
    asking.about("u-1", since=SINCE)

    assert {f"Bearer {TOKEN}"} == {headers["Authorization"] for _, headers in service.requests}
    assert f"<HttpSource: <Exchange with {service.url}>>" == repr(asking)


def test_without_token_none_is_sent(source, service):
    """Some services need none."""
    source().about("u-1", since=SINCE)

    assert not any("Authorization" in headers for _, headers in service.requests)


@pytest.mark.parametrize(
    ("customer_id", "segment"),
    [
        ("a/b", "a%2Fb"),
        ("..", "%2E%2E"),
        (".", "%2E"),
        ("../u-2", "..%2Fu-2"),
        ("a?since=x#y", "a%3Fsince%3Dx%23y"),
        ("%2F", "%252F"),
        ("a b+c", "a%20b%2Bc"),
        ("顾客-1", "%E9%A1%BE%E5%AE%A2-1"),
        ("a\r\nX: y\0", "a%0D%0AX%3A%20y%00"),
        ("@evil.example", "%40evil.example"),
    ],
)
def test_odd_customer_id_is_one_segment_of_the_path(source, service, customer_id, segment):
    """No id reaches another address, and the service gets it as it was."""
    service.profile = says(customer(customer_id))
    service.orders = says([ordered(1, customer_id)])

    about = source().about(customer_id, since=SINCE)

    assert (customer_id, ()) == (about.profile.customer_id, about.missing)
    assert f"/customers/{segment}" == service.paths[0]
    assert customer_id == unquote(service.paths[1].split("/")[2])


def test_id_that_is_no_text_raises_nothing(source, service):
    """Half a character can be in JSON, and be asked for."""
    service.profile = service.orders = says({}, 404)

    assert both(UNKNOWN) == why(source().about("\ud800", since=SINCE))


def test_good_answer_is_remembered_for_a_while(source, service, clock):
    """Several messages within seconds ask once; then the service is asked anew."""
    asking = source(cache_s=10)
    first = asking.about("u-1", since=SINCE)

    clock.now += 9
    assert first == asking.about("u-1", since=SINCE + 1)
    assert 2 == len(service.requests)

    clock.now += 2
    asking.about("u-1", since=SINCE)
    assert 4 == len(service.requests)


def test_other_day_or_customer_is_asked_anew(source, service):
    """What is remembered answers the same question only."""
    asking = source()
    asking.about("u-1", since=SINCE)

    asking.about("u-1", since=SINCE + DAY_MS)
    assert 3 == len(service.requests)

    asking.about("u-2", since=SINCE)
    assert 5 == len(service.requests)


@pytest.mark.parametrize("bad", [says({}, 503), says({}, 404), sends(b"7")])
def test_bad_answer_is_not_remembered(source, service, bad):
    """The next question may be answered better."""
    good, service.profile = service.profile, bad
    asking = source()
    asking.about("u-1", since=SINCE)
    service.profile = good

    assert "Ann Example" == asking.about("u-1", since=SINCE).profile.name
    assert 3 == len(service.requests)  # orders were remembered


def test_memory_is_bounded(source, service):
    """Of many customers the first is forgotten."""
    service.profile = lambda handler: says(customer(handler.path.split("/")[-1]))(handler)
    service.orders = says([])
    asking = source()
    for number in range(300):
        asking.about(f"u-{number}", since=SINCE)
    before = len(service.requests)

    asking.about("u-299", since=SINCE)
    assert before == len(service.requests)
    asking.about("u-0", since=SINCE)
    assert before + 2 == len(service.requests)


def test_connections_are_kept(source, service):
    """Twenty questions one after the other need the connections of one."""
    service.profile = service.orders = says({}, 404)
    asking = source()
    for _ in range(20):
        asking.about("u-1", since=SINCE)

    assert (40, True) == (len(service.requests), service.connections < 5)


def failing(source, service, **given: Any) -> HttpSource:
    """A source whose breaker has opened."""
    service.profile = service.orders = says({}, 503)
    asking = source(failures=3, pause_s=30, **given)
    for _ in range(3):
        asking.about("u-1", since=SINCE)
    return asking


def test_failing_service_is_spared(source, service, clock):
    """After three failures in a row nobody asks it, whoever the customer is."""
    with structlog.testing.capture_logs() as logged:
        asking = failing(source, service)
    assert 6 == len(service.requests)
    assert ["customer", "orders"] == [line["what"] for line in logged]

    clock.now += 5.5
    about = asking.about("u-2", since=SINCE)

    assert both("the customer service is not answering; asked again in 25 s") == why(about)
    assert (True, 6) == (about.passing, len(service.requests))


def test_service_that_answers_again_is_used_again(source, service, clock):
    """After the pause one question tries, and its answer counts."""
    asking = failing(source, service)
    service.profile, service.orders = says(customer()), says([ordered()])

    clock.now += 30
    with structlog.testing.capture_logs() as logged:
        assert () == asking.about("u-1", since=SINCE).missing

    assert ["customer_service_answers"] * 2 == [line["event"] for line in logged]
    assert both(NOT_AGREED) == why(asking.about("u-2", since=SINCE))  # asked, as all are now


def test_service_that_fails_again_is_spared_anew(source, service, clock):
    """One failure of the trial begins another pause."""
    asking = failing(source, service)

    clock.now += 30
    asking.about("u-1", since=SINCE)
    asking.about("u-1", since=SINCE)
    assert 8 == len(service.requests)

    clock.now += 30
    asking.about("u-1", since=SINCE)
    assert 10 == len(service.requests)


def test_only_one_question_tries(source, service, clock):
    """While a trial is under way others are answered at once."""
    asking = failing(source, service)
    trying, over = threading.Event(), threading.Event()

    def slow(handler: Handler) -> None:
        trying.set()
        over.wait(LONG)
        says(customer())(handler)

    service.profile, service.orders = slow, says([ordered()])
    clock.now += 30
    with ThreadPoolExecutor() as pool:
        trial = pool.submit(asking.about, "u-1", since=SINCE)
        assert trying.wait(LONG)
        meanwhile = asking.about("u-2", since=SINCE)
        over.set()

        assert () == trial.result().missing
    assert (
        "the customer service is not answering; asked again in 30 s" == why(meanwhile)["customer"]
    )


def test_answer_asked_for_before_changes_no_pause(source, service):
    """What was under way when the service began to be spared is used, and decides nothing."""
    asked, over = threading.Event(), threading.Event()

    def slow(handler: Handler) -> None:
        asked.set()
        over.wait(LONG)
        says(customer())(handler)

    service.profile = slow
    asking = source(failures=3)
    with ThreadPoolExecutor() as pool:
        early = pool.submit(asking.about, "u-1", since=SINCE)
        assert asked.wait(LONG)
        service.profile = says({}, 503)
        for _ in range(3):
            asking.about("u-2", since=SINCE)
        over.set()

        assert "Ann Example" == early.result().profile.name
    assert "asked again in 30 s" in why(asking.about("u-2", since=SINCE))["customer"]


def test_failures_that_are_not_in_a_row_are_no_reason(source, service):
    """A service that mostly answers is asked."""
    asking = source(failures=3)
    for status in (503, 503, 404) * 3:
        service.profile = service.orders = says({}, status)
        asking.about("u-1", since=SINCE)

    assert 18 == len(service.requests)


@pytest.mark.parametrize("answer", [says({}, 404), sends(b"7")])
def test_answers_that_help_nobody_are_no_failures(source, service, answer):
    """Unknown customers and wrong shapes do not stop questions about others."""
    service.profile = service.orders = answer
    asking = source(failures=3)
    for _ in range(5):
        asking.about("u-1", since=SINCE)

    assert 10 == len(service.requests)


def test_orders_that_fail_do_not_cost_profiles(source, service):
    """Each is spared by itself."""
    service.orders = says({}, 503)
    asking = source(failures=3, cache_s=0)
    for _ in range(4):
        about = asking.about("u-1", since=SINCE)

    assert "Ann Example" == about.profile.name
    assert {"orders": "the customer service is not answering; asked again in 30 s"} == why(about)
    assert 4 + 3 == len(service.requests)


def test_eight_threads_do_not_wait_for_each_other(source, service):
    """No answer leaves before all eight have asked for both."""
    everybody = threading.Barrier(16, timeout=LONG)

    def together(handler: Handler) -> None:
        everybody.wait()
        name = unquote(handler.path.split("/")[3])
        one_of = says([ordered(1, name)]) if "since" in handler.path else says(customer(name))
        one_of(handler)

    service.profile = service.orders = together
    asking = source()
    people = [f"u-{number}" for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        about = list(pool.map(lambda person: asking.about(person, since=SINCE), people))

    assert people == [each.profile.customer_id for each in about]
    assert people == [each.orders[0].customer_id for each in about]
    assert 16 == len(service.requests)


def test_reasons_tell_nothing_of_the_customer(source, service):
    """Neither id nor answer nor token nor address is in what an alert says is missing."""
    ann = "Ann-Example-7"
    cut = f'{{"customer_id": "{ann}", "name": {ann}'.encode()
    for behaviour in (
        breaks_off, sends(cut), says({"name": ann}), says({"name": ann}, 500),
        says(customer(birth_year=ann)), lambda h: h.wfile.write(f"{ann}\r\n\r\n".encode()),
    ):  # fmt: skip
        service.profile = service.orders = behaviour
        with structlog.testing.capture_logs() as logged:
            about = source(token=TOKEN).about(ann, since=SINCE)
        told = f"{about.missing} {logged}"

        assert 2 == len(about.missing)
        assert not [word for word in (ann, TOKEN, "127.0.0.1") if word in told]


def test_closing_ends_what_is_under_way(service):
    """A worker that stops does not wait for a slow service."""
    asked = threading.Event()

    def slow(handler: Handler) -> None:
        asked.set()
        never_answers(handler)

    service.profile = service.orders = slow
    asking = HttpSource(service.url, time_limit_s=LONG)
    with ThreadPoolExecutor() as pool:
        about = pool.submit(asking.about, "u-1", since=SINCE)
        assert asked.wait(LONG)
        asking.close()

        assert {"customer", "orders"} == set(why(about.result(LONG / 4)))
