"""The Faust app, for ``faust -A streams.app worker``. Importing it has one side effect: the app."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

import faust
import structlog
from faust.app.base import BootStrategy

from alerts.triage.http_source import HttpSource
from alerts.triage.sources import ContextSource
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
from streams.triage import FollowUpService, Held, TriageWork, add_agents

log = structlog.get_logger()

_MOST_HELD_S: Final = 7 * 86_400


class Boot(BootStrategy):
    """What Faust starts: the services, and a consumer of its own where this worker triages.

    faust-streaming 0.15.3 crashes when its consumer has nothing to subscribe to, and serves HTTP on
    all interfaces by default.
    """

    enable_web = False


@dataclass(slots=True)
class Parts:
    """What a worker is made of, once it is prepared."""

    detect: DetectLoop | None = None
    triage: TriageWork | None = None

    def prepared(self) -> tuple[DetectLoop, TriageWork]:
        """Both; only asked for once the worker starts."""
        assert self.detect is not None  # noqa: S101 - Faust prepares before it starts
        assert self.triage is not None  # noqa: S101
        return self.detect, self.triage

    def finish(self) -> None:
        """End detection in order."""
        if self.detect is not None:
            self.detect.finish()


def create_app(settings: Settings) -> Any:
    """The app with its detect service and triage agents, which start with the worker."""
    parts = Parts()
    held = Held(parts.finish)
    app = _app(settings, held)

    def prepare(*_: Any, **__: Any) -> None:
        """Before anything runs: what is wrong with rules, topics or store stops the start."""
        if parts.detect is None:  # Faust says so twice
            parts.detect, parts.triage = _prepared(settings)

    app.on_worker_init.connect(prepare)

    @app.service
    class Detect(DetectService):
        """The detect loop of this worker."""

        def __init__(self, **options: Any) -> None:
            super().__init__(parts.prepared()[0], **options)

        async def on_start(self) -> None:
            # Faust has set its handlers' levels by its own option (-l warn by default) meanwhile.
            logs.configure(settings.log_format, settings.log_level)
            await super().on_start()

    if settings.triage:
        add_agents(app, settings, lambda: parts.prepared()[1], held)

        @app.service
        class FollowUp(FollowUpService):
            """What triage held back leaves when it is due."""

            def __init__(self, **options: Any) -> None:
                super().__init__(parts.prepared()[1], held, **options)

    return app


def _app(settings: Settings, held: Held) -> Any:
    """The bare app. Its consumer group is that of triage."""

    class App(faust.App):
        """Tells triage of the stop before Faust waits for what triage has in hand."""

        async def on_stop(self) -> None:
            held.stop()
            await super().on_stop()

    app = App(
        settings.triage_group,
        broker=f"kafka://{settings.brokers}",
        store="memory://",
        # Faust must not make topics (with its own defaults), nor take logging over.
        topic_allow_declare=False,
        topic_disable_leader=True,
        logging_config=logs.config(settings.log_format, settings.log_level),
        # Faust makes this folder at every start, tables or not.
        datadir=str(Path(tempfile.gettempdir(), "lifeline-faust")),
        # What is read again after a kill is small, and comes to nothing new.
        broker_commit_interval=1.0,
        broker_session_timeout=settings.session_timeout_s,
        broker_heartbeat_interval=max(0.3, settings.session_timeout_s / 4),
        # A database that is down for hours must not cost the partitions.
        broker_max_poll_interval=float(_MOST_HELD_S),
        consumer_group_instance_id=settings.instance_id,
        stream_wait_empty=True,  # otherwise a record in hand at the stop is acknowledged, and lost
        web_enabled=False,
    )
    app.boot_strategy = Boot(app, enable_kafka=settings.triage)
    return app


def _prepared(settings: Settings) -> tuple[DetectLoop, TriageWork]:
    stage, loop = _detect_loop(settings)
    triage = TriageWork(settings, lambda: stage.pack, _source(settings))
    if settings.triage:
        try:
            triage.start()
        except LifelineError as error:
            _refuse(error)
    return loop, triage


def _source(settings: Settings) -> ContextSource | None:
    """An existing customer service to ask instead of the store, if there is one."""
    if settings.customer_service is None:
        return None
    token = settings.customer_service_token
    return HttpSource(
        settings.customer_service,
        token=None if token is None else token.get_secret_value(),
        time_limit_s=settings.customer_service_time_limit_s,
    )


def _detect_loop(settings: Settings) -> tuple[Stage, DetectLoop]:
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
    watcher = RulesWatcher(folder, pack, seen, settings.rules_poll_s)
    return stage, DetectLoop(settings, stage, watcher)


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
