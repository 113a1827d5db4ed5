"""The Faust app, for ``faust -A streams.app worker``. Importing it has one side effect: the app."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any, NoReturn

import faust
import structlog
from faust.app.base import BootStrategy

from lifeline.commands.common import settle_memory
from lifeline.errors import LifelineError
from lifeline.rules.pack import locate
from lifeline.rules.pack_files import signature
from streams import logs, metrics
from streams.detect import DetectLoop
from streams.reload import RulesWatcher, load_checked
from streams.service import DetectService
from streams.settings import Settings, load_settings
from streams.stage import Stage
from streams.topics import check

log = structlog.get_logger()


class Boot(BootStrategy):
    """What Faust starts: the services, but no consumer of its own while there are no agents.

    faust-streaming 0.15.3 crashes when its consumer has nothing to subscribe to, and serves HTTP on
    all interfaces by default.
    """

    enable_kafka = False
    enable_web = False


def create_app(settings: Settings) -> Any:
    """The app with its detect service, which starts with the worker."""
    app = faust.App(
        "lifeline",
        broker=f"kafka://{settings.brokers}",
        store="memory://",
        # Faust must not make topics (with its own defaults), nor take logging over.
        topic_allow_declare=False,
        topic_disable_leader=True,
        logging_config=logs.config(settings.log_format, settings.log_level),
        # Faust makes this folder at every start, tables or not.
        datadir=str(Path(tempfile.gettempdir(), "lifeline-faust")),
    )
    app.boot_strategy = Boot(app)

    detect: list[DetectLoop] = []

    @app.on_worker_init.connect
    def prepare(*_: Any, **__: Any) -> None:
        """Before anything runs: what is wrong with rules or topics stops the start."""
        if not detect:  # Faust says so twice
            detect.append(_detect_loop(settings))

    @app.service
    class Detect(DetectService):
        """The detect loop of this worker."""

        def __init__(self, **options: Any) -> None:
            super().__init__(detect[0], **options)

        async def on_start(self) -> None:
            # Faust has set its handlers' levels by its own option (-l warn by default) meanwhile.
            logs.configure(settings.log_format, settings.log_level)
            await super().on_start()

    return app


def _detect_loop(settings: Settings) -> DetectLoop:
    try:
        folder = locate(settings.rules)
        seen = signature(folder)  # before loading: what changes meanwhile is loaded again
        pack = load_checked(folder)
        problems = check(settings)
    except LifelineError as error:
        _refuse(error)
    if problems:
        _refuse(LifelineError("\n".join(problems)))
    metrics.pack_in_force(pack)
    metrics.RELOAD_FAILED.set(0)
    if settings.metrics_port:
        try:
            metrics.serve(settings.metrics_host, settings.metrics_port)
        except OSError as error:
            place = f"{settings.metrics_host}:{settings.metrics_port}"
            _refuse(LifelineError(f"LIFELINE_METRICS_PORT: {place}: {error.strerror}"))
    log.info("rules_loaded", pack=pack.name, version=pack.version, hash=pack.hash)
    stage = Stage(
        pack,
        settings.gate_tier,
        settings.team_language,
        settings.window_minutes * 60_000,
        settings.window_messages,
        settings.window_memory_mb << 20,
        settings.topic_prefix,
    )
    settle_memory()
    return DetectLoop(settings, stage, RulesWatcher(folder, pack, seen, settings.rules_poll_s))


def _refuse(error: LifelineError) -> NoReturn:
    """End the start with everything that is wrong."""
    for problem in getattr(error, "problems", []):
        sys.stderr.write(problem.render() + "\n\n")
    sys.stderr.write(f"lifeline worker cannot start:\n{error}\n")
    raise SystemExit(2)


try:
    _settings = load_settings()
    logs.configure(_settings.log_format, _settings.log_level)
    app = create_app(_settings)
except LifelineError as bad:
    sys.stderr.write(f"lifeline worker cannot start; settings:\n{bad}\n")
    raise SystemExit(2) from None
