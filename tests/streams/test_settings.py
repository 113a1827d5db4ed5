from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from lifeline.taxonomy import Tier
from streams.settings import SettingsError, load_settings


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start from an environment without settings."""
    for name in os.environ:
        if name.upper().startswith("LIFELINE_"):
            monkeypatch.delenv(name)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Name a settings file that a test may write."""
    monkeypatch.setenv("LIFELINE_SETTINGS", str(tmp_path / "settings.toml"))
    return tmp_path / "settings.toml"


def refused(**given: object) -> list[str]:
    """Load settings that cannot be used; one line for each mistake."""
    with pytest.raises(SettingsError) as error:
        load_settings(**given)
    return str(error.value).splitlines()


def test_defaults_need_no_environment():
    """A worker beside a local Kafka starts without any setting."""
    settings = load_settings()

    assert ("localhost:9092", "lifeline.chat", Tier.ELEVATED) == (
        settings.brokers, settings.topic("chat"), settings.gate_tier,
    )  # fmt: skip


def test_environment_is_read(monkeypatch: pytest.MonkeyPatch):
    """Each setting has a variable, in capitals or not."""
    monkeypatch.setenv("LIFELINE_GATE", "watch")
    monkeypatch.setenv("lifeline_batch", "7")
    monkeypatch.setenv("LIFELINE_TOPIC_PREFIX", "")

    settings = load_settings()

    assert (Tier.WATCH, 7, "chat") == (settings.gate_tier, settings.batch, settings.topic("chat"))


def test_file_is_read_and_the_environment_wins(file: Path, monkeypatch: pytest.MonkeyPatch):
    """The file holds what all workers share, a variable what this one differs in."""
    file.write_text('gate = "watch"\nbatch = 7\ngroup = "file"\n')
    monkeypatch.setenv("LIFELINE_BATCH", "8")

    settings = load_settings(group="given")

    assert (Tier.WATCH, 8, "given") == (settings.gate_tier, settings.batch, settings.group)


def test_file_of_one_load_is_not_that_of_the_next(file: Path, monkeypatch: pytest.MonkeyPatch):
    """Nothing is kept between loads."""
    file.write_text("batch = 7\n")
    load_settings()
    monkeypatch.delenv("LIFELINE_SETTINGS")

    assert 2000 == load_settings().batch


def test_all_bad_values_are_named_at_once(file: Path, monkeypatch: pytest.MonkeyPatch):
    """Nobody has to start a worker five times to learn of five mistakes."""
    file.write_text('log_level = "loud"\nbarch = 5\n')
    for name, value in {
        "GATE": "wacth", "BATCH": "0", "METRICS_PORT": "http", "WINDOW_MINUTES": "5", "BROKER": "x",
    }.items():  # fmt: skip
        monkeypatch.setenv(f"LIFELINE_{name}", value)

    lines = refused(session_timeout_s=-1)

    assert [
        "LIFELINE_BROKER: there is no such setting; did you mean LIFELINE_BROKERS?",
        "LIFELINE_WINDOW_MINUTES: Input should be greater than or equal to 30",
    ] == [line for line in lines if line.startswith(("LIFELINE_BROKER:", "LIFELINE_WINDOW"))]
    assert f"{file}: there is no setting 'barch'; did you mean batch?" in lines
    assert {
        "LIFELINE_BROKER", "LIFELINE_GATE", "LIFELINE_BATCH", "LIFELINE_METRICS_PORT",
        "LIFELINE_WINDOW_MINUTES", "LIFELINE_LOG_LEVEL", "LIFELINE_SESSION_TIMEOUT_S", str(file),
    } == {line.partition(":")[0] for line in lines}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("LIFELINE_BROKER", "; did you mean LIFELINE_BROKERS?"),
        ("LIFELINE_TEAM_LANG", "; did you mean LIFELINE_TEAM_LANGUAGE?"),
        ("LIFELINE_SETTING", "; did you mean LIFELINE_SETTINGS?"),
        ("lifeline_gates", "; did you mean LIFELINE_GATE?"),
        ("LIFELINE_QQQQQQQQQQQQQQQQQ", ""),
    ],
)
def test_unknown_variable_is_told_with_the_nearest(
    monkeypatch: pytest.MonkeyPatch, name: str, hint: str
):
    """A slip in a name would otherwise leave the default in force, unseen."""
    monkeypatch.setenv(name, "x")

    assert [f"{name}: there is no such setting{hint}"] == refused()


def test_bad_values_are_named_without_their_value(monkeypatch: pytest.MonkeyPatch):
    """A value pasted into the wrong variable may be a secret."""
    monkeypatch.setenv("LIFELINE_METRICS_PORT", "hunter2")

    assert "hunter2" not in "".join(refused())


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"gate = \n", "is not TOML in UTF-8"),
        (b'gate = "\xff"', "is not TOML in UTF-8"),
    ],
    ids=["missing", "not TOML", "not UTF-8"],
)
def test_unusable_file_is_told_beside_the_rest(
    file: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, what: str
):
    """A file that cannot be read does not hide a bad variable."""
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setenv("LIFELINE_BATCH", "0")

    lines = refused()

    assert f"LIFELINE_SETTINGS: {str(file)!r} {what}" in lines[0]
    assert "LIFELINE_BATCH: Input should be greater than or equal to 1" == lines[1]


def test_folder_is_no_settings_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A mount that went wrong ends in one plain line."""
    monkeypatch.setenv("LIFELINE_SETTINGS", str(tmp_path))

    assert [f"LIFELINE_SETTINGS: {str(tmp_path)!r} cannot be read: Is a directory"] == refused()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("batch", 100_001), ("session_timeout_s", float("nan")), ("window_messages", 1),
        ("window_memory_mb", 15), ("metrics_port", 65_536), ("team_language", "fr"),
        ("brokers", ""), ("group", ""), ("gate", "signal"), ("delivery_timeout_s", 0),
        ("customer_service_time_limit_s", 0), ("customer_service_time_limit_s", 5.1),
        ("customer_service_time_limit_s", float("nan")),
        ("log_format", "xml"), ("colour", 1), ("rules_poll_s", -1), ("instance_id", "x" * 101),
    ],
)  # fmt: skip
def test_value_outside_its_bounds_is_refused(name: str, value: object):
    """Each bound is held."""
    assert 1 == len(refused(**{name: value}))


def test_settings_do_not_change():
    """One object, frozen, for the life of the worker."""
    with pytest.raises(ValidationError):
        load_settings().batch = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("store", "shown"),
    [
        ("lifeline.db", "lifeline.db"),
        ("/srv/a:b@c.db", "/srv/a:b@c.db"),
        ("postgresql://me:hidden@host:5432/x", "postgresql://me:***@host:5432/x"),
        ("postgresql://host/x?password=hidden&user=me", "postgresql://host/x?password=***&user=me"),
    ],
)
def test_settings_print_themselves_without_passwords(store: str, shown: str):
    """A password in the store's url is used, and never shown."""
    settings = load_settings(store=store)

    assert store == settings.store
    assert f"store={shown!r}" in repr(settings)
    assert "hidden" not in f"{settings} {settings!r}"


@pytest.mark.parametrize(
    "url", ["https://customers.example", "http://127.0.0.1:8080/api/", "https://[::1]/v2"]
)
def test_customer_service_is_a_base_url(url: str):
    """Name or address, with port and path or without."""
    assert url == load_settings(customer_service=url).customer_service


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        *(
            (url, "expected a base URL with http or https, as in https://customers.example/api")
            for url in (
                "", "customers.example", "ftp://customers.example", "file:///etc/passwd",
                "https://", "https:///api", "https://customers.example:http", "https://[::1",
                "https://customers.example:99999", "https://customers .example", "https://a/b\n",
            )
        ),
        (
            "https://lifeline:hunter2@customers.example",
            "expected a URL without name and password; is it a token? Then give it as such",
        ),
        (
            "https://customers.example/?key=hunter2",
            "expected a URL without query and fragment: /customers/… is put after it",
        ),
    ],
)  # fmt: skip
def test_address_that_cannot_be_asked_is_refused_at_the_start(url: str, expected: str):
    """The message says what is expected, and repeats no password."""
    assert [f"LIFELINE_CUSTOMER_SERVICE: {expected}"] == refused(customer_service=url)


def test_token_is_not_shown(monkeypatch: pytest.MonkeyPatch):
    """Settings print themselves into logs and messages."""
    monkeypatch.setenv("LIFELINE_CUSTOMER_SERVICE_TOKEN", "hunter2")

    settings = load_settings()

    assert settings.customer_service_token is not None
    assert "hunter2" == settings.customer_service_token.get_secret_value()
    assert "hunter2" not in f"{settings!r} {settings} {settings.model_dump()}"


@pytest.mark.parametrize("token", ["", "hunter2\n", "hunter 2", "hünter2"])
def test_token_that_no_header_can_carry_is_refused(token: str):
    """A line break from the file it was kept in would fail each question."""
    message = "expected a token without spaces or line breaks, in ASCII"

    assert [f"LIFELINE_CUSTOMER_SERVICE_TOKEN: {message}"] == refused(customer_service_token=token)
