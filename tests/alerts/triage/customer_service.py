"""A stand-in for a customer service: real HTTP on loopback, as well or as badly as a test asks."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from triage_support import START

Behaviour = Callable[["Handler"], None]


def customer(customer_id: str = "u-1", **fields: Any) -> dict[str, Any]:
    return {"customer_id": customer_id, "name": "Ann Example", "region": "US-WI", **fields}


def ordered(number: int = 1, customer_id: str = "u-1", **fields: Any) -> dict[str, Any]:
    return {
        "customer_id": customer_id, "order_id": f"o-{number}", "placed_at": START.isoformat(),
        "items": [{"sku": f"k-{number}", "title": "Rope, 10 m"}], **fields,
    }  # fmt: skip


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    disable_nagle_algorithm = True  # else each answer waits for an acknowledgement of its headers
    protocol_version = "HTTP/1.1"
    server: CustomerService

    def setup(self) -> None:
        super().setup()
        with self.server.counting:
            self.server.connections += 1

    def do_GET(self) -> None:
        with self.server.counting:
            self.server.requests.append((self.path, dict(self.headers)))
        orders = self.path.partition("?")[0].endswith("/orders")
        behaviour = self.server.orders if orders else self.server.profile
        try:
            behaviour(self)
        except ConnectionError:  # whoever asked has gone
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as inherited
        pass


class CustomerService(ThreadingHTTPServer):
    """Answers ``profile`` and ``orders`` as told, and keeps what it was asked."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.connections = 0
        self.counting = threading.Lock()
        self.ending = threading.Event()
        self.profile: Behaviour = says(customer())
        self.orders: Behaviour = says([ordered()])
        self.scheme = "https" if tls else "http"
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_port}/api"

    @property
    def paths(self) -> list[str]:
        return sorted(path.removeprefix("/api") for path, _ in self.requests)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ending.set()  # whoever is slow
        self.shutdown()
        self._thread.join()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet of what a client refused."""


def sends(body: bytes, status: int = 200, **headers: str) -> Behaviour:
    def behaviour(handler: Handler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return behaviour


def says(answer: Any, status: int = 200) -> Behaviour:
    return sends(json.dumps(answer).encode(), status)


def never_answers(handler: Handler) -> None:
    handler.server.ending.wait()
    handler.close_connection = True


def breaks_off(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"customer_id"')
    handler.close_connection = True


def drips(first: bytes) -> Behaviour:
    """A byte every hundredth of a second, for ever; ``first`` comes at once."""

    def behaviour(handler: Handler) -> None:
        handler.wfile.write(first)
        while not handler.server.ending.wait(0.01):
            handler.wfile.write(b"x")
        handler.close_connection = True

    return behaviour
