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


def _exceptions_without_words(
    _: Any, __: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Of exceptions, types and places; their messages may hold what a customer said."""
    info = event.pop("exc_info", None)
    if info is True:  # inside an `except`: the one being handled
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        frames = traceback.extract_tb(error.__traceback__)[-5:]
        event["exception"] = type(error).__name__
        event["at"] = [f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in frames]
    return {name: _without_words(value) for name, value in event.items()}


def _without_words(value: Any) -> Any:
    if isinstance(value, BaseException):
        return type(value).__name__
    if isinstance(value, list):
        return [_without_words(item) for item in value]
    if isinstance(value, tuple):
        return tuple(_without_words(item) for item in value)
    if isinstance(value, dict):
        return {key: _without_words(item) for key, item in value.items()}
    return value


class _ArgumentsWithoutWords(logging.Filter):
    """The same for exceptions that a library puts into its message (Faust: "Crashed reason=%r")."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, exceptions among its arguments named only."""
        if isinstance(record.msg, BaseException):
            record.msg = _without_words(record.msg)
        record.args = _without_words(record.args)
        return True


# Faust and its friends speak of partitions and groups by the page at INFO, httpx of each address
# that it asks (with the customer's id), httpcore of what the answer's headers hold.
_TALKATIVE: Final = ("faust", "mode", "aiokafka", "kafka", "asyncio", "httpx", "httpcore")
_SHARED: Final[list[structlog.typing.Processor]] = [
    _exceptions_without_words,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def config(form: Form, level: str) -> dict[str, Any]:
    """The set-up for ``logging.config.dictConfig``; Faust, too, is handed it when it starts."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(
            ensure_ascii=False, default=lambda value: type(value).__name__
        )
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
        "filters": {"without_words": {"()": _ArgumentsWithoutWords}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                # Faust puts a logger in place of sys.stderr, and that would feed itself.
                "stream": sys.__stderr__,
                "formatter": "lifeline",
                "filters": ["without_words"],
            }
        },
        "root": {"handlers": ["stderr"], "level": level.upper()},
        "loggers": {
            **{name: {"level": "WARNING"} for name in _TALKATIVE},
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
