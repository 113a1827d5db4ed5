"""GET requests to one HTTP service, from a thread of their own: whoever waits can stop waiting.

The time limits of httpx hold for each step, so that a service that drips byte by byte would hold a
caller for hours, and none holds for the look-up of a name. Here a caller waits for a future as long
as it likes, and cancelling the future closes the connection.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final

import httpx

MOST_BYTES: Final = 1 << 20  # of one answer
_CONNECTIONS: Final = 16
_KEPT_S: Final = 4.0  # idle connections; common servers close theirs after 5


class TooLargeError(Exception):
    """An answer of more than ``MOST_BYTES``."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the service answered."""

    status: int
    body: bytes


class Exchange:
    """Connections to the service at ``base_url``; ``step_s`` limits each step of a request.

    Certificates are checked against those the system trusts. Redirects are not followed, and
    proxies, passwords and cookies are taken neither from the environment nor from answers.
    """

    def __init__(self, base_url: str, *, token: str | None, step_s: float) -> None:
        self._base_url: Final = base_url.rstrip("/")
        self._client = httpx.AsyncClient(
            headers={
                "Accept": "application/json",
                "Accept-Encoding": "identity",  # what unpacks to gigabytes is never unpacked
                **({} if token is None else {"Authorization": f"Bearer {token}"}),
            },
            verify=ssl.create_default_context(),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            timeout=step_s,
            limits=httpx.Limits(max_connections=_CONNECTIONS, keepalive_expiry=_KEPT_S),
            follow_redirects=False,
            trust_env=False,
        )
        started: Future[asyncio.AbstractEventLoop] = Future()
        self._ended = asyncio.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(started)), name="customer-service", daemon=True
        )
        self._thread.start()
        self._loop = started.result()

    def __repr__(self) -> str:
        return f"<Exchange with {self._base_url}>"

    def get(self, path: str) -> Future[Reply]:
        """Ask for ``path``, which is percent-encoded and begins with ``/``."""
        return asyncio.run_coroutine_threadsafe(self._get(path), self._loop)

    def close(self) -> None:
        """End the thread and its connections, once nobody asks any more."""
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join()

    async def _serve(self, started: Future[asyncio.AbstractEventLoop]) -> None:
        async with self._client:
            started.set_result(asyncio.get_running_loop())
            await self._ended.wait()

    async def _get(self, path: str) -> Reply:
        async with self._client.stream("GET", self._base_url + path) as response:
            body = bytearray()
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > MOST_BYTES:
                    raise TooLargeError
        return Reply(response.status_code, bytes(body))
