"""Structured logs on standard error: ids and counts, never words of customers."""

from __future__ import annotations

import logging
import logging.config
import sys
import traceback
from pathlib import Path
from typing import Any, Final, Literal

import structlog

Form = Literal["json", "console"]


def _exception_without_words(
    _: Any, __: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """An exception's type and places; its message may hold what a customer said."""
    info = event.pop("exc_info", None)
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        frames = traceback.extract_tb(error.__traceback__)[-5:]
        event["exception"] = type(error).__name__
        event["at"] = [f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in frames]
    return event


_SHARED: Final[list[structlog.typing.Processor]] = [
    _exception_without_words,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def config(form: Form, level: str) -> dict[str, Any]:
    """The set-up for ``logging.config.dictConfig``; Faust, too, is handed it when it starts."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "lifeline": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _SHARED,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    renderer,
                ],
            }
        },
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                # Faust puts a logger in place of sys.stderr, and that would feed itself.
                "stream": sys.__stderr__,
                "formatter": "lifeline",
            }
        },
        "root": {"handlers": ["stderr"], "level": level.upper()},
        # Faust and its friends speak of partitions and groups by the page at INFO.
        "loggers": {
            **{n: {"level": "WARNING"} for n in ("faust", "mode", "aiokafka", "kafka", "asyncio")},
            # Faust sets the root's level from its own option.
            **{name: {"level": level.upper()} for name in ("lifeline", "alerts", "streams")},
        },
    }


def configure(form: Form, level: str) -> None:
    """Send structlog's and the libraries' lines to standard error in one form."""
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(config(form, level))
