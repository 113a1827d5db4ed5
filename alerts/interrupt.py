"""Ctrl-C that is never lost: a flag beside the exception.

A KeyboardInterrupt raised inside a client's network loop may be swallowed there (kafka-python 3.0
does), so what runs until Ctrl-C asks for the flag as well.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def interruptible() -> Iterator[threading.Event]:
    """Set the event on Ctrl-C, as well as raising KeyboardInterrupt. Main thread only."""
    pressed = threading.Event()

    def press(_number: int, _frame: FrameType | None) -> None:
        pressed.set()
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, press)
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)
