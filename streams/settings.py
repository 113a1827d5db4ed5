"""Settings: one frozen object from ``LIFELINE_*`` variables and an optional TOML file.

``LIFELINE_SETTINGS`` names the file; variables win over it. All bad values are reported at once.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Final, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_core import PydanticCustomError
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
_SECRET: Final = re.compile(r"(://[^:/@]*:|[?&]password=)[^@&]*")  # in the store's url


_TOKEN: Final = re.compile(r"[\x21-\x7e]+")  # what a header can carry


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
    triage: bool = Field(default=True, description="Whether this worker triages, beside detecting")
    triage_group: str = Field(
        "lifeline-triage", min_length=1, description="Consumer group of triage"
    )
    update_interval_s: float = Field(
        10,
        ge=0,
        le=3600,
        description="Updates of a case that do not rank higher are this far apart at least",
    )
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
    store: str = Field(
        "lifeline.db",
        min_length=1,
        description="The case store: a SQLite file, or a PostgreSQL database as postgresql://…",
    )
    keep_signals_days: int = Field(
        90, ge=1, le=3650, description="How long the case store keeps signals and orders"
    )
    keep_cases_days: int = Field(
        365, ge=1, le=3650, description="How long it keeps cases, their alerts and decisions"
    )
    customer_service: str | None = Field(
        None,
        description="Base URL of a customer service to ask for profiles and orders; default: the"
        " case store, which keeps those of the topics",
    )
    customer_service_token: SecretStr | None = Field(
        None, description="What it wants as bearer token"
    )
    customer_service_time_limit_s: float = Field(
        0.15, ge=0.01, le=5, description="An alert waits for it at most so long"
    )
    metrics_host: str = Field("127.0.0.1", description="Where metrics are served")
    metrics_port: int = Field(0, ge=0, le=65535, description="Port of the metrics; 0 serves none")
    log_format: Literal["json", "console"] = Field("json", description="How log lines look")
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("customer_service")
    @classmethod
    def _base_url(cls, value: str | None) -> str | None:
        problem = None if value is None else _not_a_base_url(value)
        if problem:
            raise PydanticCustomError("base_url", "{problem}", {"problem": problem})
        return value

    @field_validator("customer_service_token")
    @classmethod
    def _token(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _TOKEN.fullmatch(value.get_secret_value()):
            raise PydanticCustomError(
                "token", "expected a token without spaces or line breaks, in ASCII"
            )
        return value

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

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """What is printed of the settings: all but passwords."""
        for name, value in super().__repr_args__():
            yield name, _SECRET.sub(r"\1***", value) if name == "store" else value

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


def _not_a_base_url(value: str) -> str:
    """What is wrong with the address, without repeating it: it may hold a password. Or nothing."""
    try:
        url = urlsplit(value)
        usable = url.scheme in {"http", "https"} and url.hostname and url.port != 0
    except ValueError:
        usable = False
    if not usable or not _TOKEN.fullmatch(value):
        return "expected a base URL with http or https, as in https://customers.example/api"
    if "@" in url.netloc:
        return "expected a URL without name and password; is it a token? Then give it as such"
    if "?" in value or "#" in value:
        return "expected a URL without query and fragment: /customers/… is put after it"
    return ""


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
