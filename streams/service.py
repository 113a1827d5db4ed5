"""The detect loop as a service of the Faust app, in a thread of its own since librdkafka blocks."""

from __future__ import annotations

import asyncio
import os
import threading
from typing import Any, Final

import structlog
from mode import Service

from lifeline.errors import LifelineError
from streams.detect import DetectLoop

log = structlog.get_logger()

EXIT_TEMPORARY: Final = 75  # EX_TEMPFAIL: whoever supervises the worker starts it again


class DetectService(Service):
    """Runs a :class:`DetectLoop`; stops with the app, and stops the process when it fails.

    A worker that cannot deliver must not look alive, and Faust's own crash can hang, so a failed
    loop ends the process at once. Nothing unsettled has been committed then.
    """

    abstract = False

    def __init__(self, detect: DetectLoop, **options: Any) -> None:
        self._detect = detect
        self._done = threading.Event()
        self._done.set()  # until there is a thread to wait for
        super().__init__(**options)

    async def on_start(self) -> None:
        """Start the loop's thread."""
        self._done.clear()
        threading.Thread(target=self._work, name="detect", daemon=True).start()

    async def on_stop(self) -> None:
        """Let the loop finish its batch, commit, and leave the group."""
        self._detect.stop()
        await asyncio.to_thread(self._done.wait)

    def _work(self) -> None:
        try:
            self._detect.run()
        except BaseException as error:
            detail = str(error) if isinstance(error, LifelineError) else type(error).__name__
            name = error.args[0].name() if _is_kafka(error) else detail
            log.critical("detect_failed", error=name, exit_status=EXIT_TEMPORARY, exc_info=error)
            os._exit(EXIT_TEMPORARY)
        finally:
            self._done.set()


def _is_kafka(error: BaseException) -> bool:
    return type(error).__name__ == "KafkaException" and hasattr(error.args[0], "name")
