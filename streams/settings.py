"""Settings: one frozen object from ``LIFELINE_*`` variables and an optional TOML file.

``LIFELINE_SETTINGS`` names the file; variables win over it. All bad values are reported at once.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from pathlib import Path
from typing import Any, ClassVar, Final, Literal

from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from lifeline.errors import LifelineError
from lifeline.rules.schema import MOST_MINUTES
from lifeline.taxonomy import RULE_TIERS, Tier

_PREFIX: Final = "LIFELINE_"
_FILE: Final = "LIFELINE_SETTINGS"


class SettingsError(LifelineError):
    """Settings that cannot be used; the message has a line for each."""

    code = "bad_settings"


class Settings(BaseSettings):
    """What the worker and the commands can be told. Times are in the unit their name ends with."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, frozen=True, extra="forbid")
    _file: ClassVar[Path | None] = None

    brokers: str = Field("localhost:9092", min_length=1, description="Kafka bootstrap servers")
    topic_prefix: str = Field("lifeline.", description="Before each topic's name")
    group: str = Field("lifeline-detect", min_length=1, description="Consumer group of detect")
    instance_id: str | None = Field(
        None,
        max_length=100,
        description="Stable id of this worker: a restart then causes no rebalance",
    )
    rules: Path | None = Field(None, description="Folder of the rule pack; default: the packaged")
    rules_poll_s: float = Field(
        2, ge=0, le=3600, description="How often to look whether the rules changed; 0 is never"
    )
    gate: Literal["watch", "elevated", "imminent"] = Field(
        "elevated", description="Lowest tier that reaches the alerts topic"
    )
    team_language: Literal["en", "zh-Hans"] = Field("en", description="Language of summaries")
    window_minutes: int = Field(
        MOST_MINUTES + 5,  # what is said just within a window may be logged seconds late
        ge=MOST_MINUTES,
        le=1440,
        description="How long messages are remembered",
    )
    window_messages: int = Field(50, ge=2, le=1000, description="Messages kept per conversation")
    window_memory_mb: int = Field(512, ge=16, description="Bound on all remembered messages")
    batch: int = Field(2000, ge=1, le=100_000, description="Most events handled between deliveries")
    session_timeout_s: float = Field(
        10, ge=6, le=1800, description="After this silence Kafka gives a worker's partitions away"
    )
    delivery_timeout_s: float = Field(
        60, ge=1, le=3600, description="A batch undelivered for so long stops the worker"
    )
    metrics_host: str = Field("127.0.0.1", description="Where metrics are served")
    metrics_port: int = Field(0, ge=0, le=65535, description="Port of the metrics; 0 serves none")
    log_format: Literal["json", "console"] = Field("json", description="How log lines look")
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment, then the file."""
        _ = dotenv_settings, file_secret_settings
        toml = TomlConfigSettingsSource(settings_cls, cls._file) if cls._file else None
        return tuple(s for s in (init_settings, env_settings, toml) if s is not None)

    @property
    def gate_tier(self) -> Tier:
        """The gate as a tier."""
        return RULE_TIERS[self.gate]

    def topic(self, name: str) -> str:
        """A topic's full name."""
        return self.topic_prefix + name


def load_settings(**given: Any) -> Settings:
    """The settings in force.

    Raises :class:`SettingsError` naming every bad value and every unknown ``LIFELINE_`` variable.
    """
    file = os.environ.get(_FILE)
    problems = _unknown_variables()
    if file and (unreadable := _unreadable(Path(file))):
        problems.append(f"{_FILE}: {file!r} {unreadable}")
        file = None
    # pydantic-settings takes the file's place from the class, so each load has a class of its own.
    loaded = type("Settings", (Settings,), {"_file": Path(file) if file else None, "__doc__": ""})
    try:
        settings: Settings = loaded(**given)
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_input=False, include_context=False):
            name = ".".join(str(part) for part in detail["loc"])
            if detail["type"] == "extra_forbidden":
                hint = _did_you_mean(name, set(Settings.model_fields))
                problems.append(f"{file or 'settings'}: there is no setting {name!r}{hint}")
            else:
                problems.append(f"{_PREFIX}{name.upper()}: {detail['msg']}")
    if problems:
        raise SettingsError("\n".join(problems))
    return settings


def _unreadable(file: Path) -> str:
    """Why the file cannot be used, or nothing."""
    try:
        tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    except ValueError as error:
        return f"is not TOML in UTF-8: {error}"
    return ""


def _did_you_mean(name: str, known: set[str]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    return f"; did you mean {near[0]}?" if near else ""


def _unknown_variables() -> list[str]:
    known = {_PREFIX + name.upper() for name in Settings.model_fields} | {_FILE}
    problems = []
    for name in sorted(os.environ):
        if name.upper().startswith(_PREFIX) and name.upper() not in known:
            hint = _did_you_mean(name.upper(), known)
            problems.append(f"{name}: there is no such setting{hint}")
    return problems
