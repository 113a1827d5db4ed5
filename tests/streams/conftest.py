from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lifeline.rules.pack import Pack, load
from lifeline.taxonomy import Tier
from streams.stage import Stage


def rule(name: str, category: str, tier: str, condition: str, alert: str, more: str = "") -> str:
    """One rule with the examples it needs."""
    return f"""\
  - id: en.{category}.{name}
    title: Says {name.replace("_", " ")}
    category: {category}
    tier: {tier}
    status: active
    {condition}
{more}    examples:
      alert:
{alert}
      ignore:
        - hello
"""


PAIR = "together: {{groups: [[{}], [{}]], within: {{{}}}}}"
FILM = "    lower:\n      - {name: film, why: about a film, to: watch, nearby: [film]}\n"
RULES = "format: 1\nlanguage: en\nrules:\n" + "".join(
    [
        rule("wish", "active_intent", "elevated", "terms: [want to die]",
             "        - I want to die", FILM),
        rule("amount", "method_question", "elevated", "terms: [how many would kill]",
             "        - how many would kill me"),
        rule("took", "attempt", "imminent", "terms: [just took them all]",
             "        - I just took them all"),
        rule("tired", "passive_ideation", "watch", "terms: [no point in living]",
             "        - no point in living"),
        rule("drink", "stressor", "signal", "terms: [drinking again]",
             "        - I am drinking again"),
        rule("halves", "plan", "elevated", PAIR.format("my wrist", "the blade", "minutes: 10"),
             "        - - here is my wrist\n          - and the blade"),
        rule("near", "farewell", "elevated", PAIR.format("my cat", "goodbye", "messages: 3"),
             "        - - take my cat\n          - goodbye"),
    ]
)  # fmt: skip


def write_pack(folder: Path, text: str = RULES) -> None:
    """Write a pack of these rules."""
    (folder / "pack.yaml").write_text("format: 1\nname: invented\nversion: 1.2.3\n")
    (folder / "rules.yaml").write_text(text)


@pytest.fixture(scope="session")
def rules() -> Callable[..., None]:
    """Write packs into folders."""
    return write_pack


@pytest.fixture(scope="session")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    """Hold rules of every tier, alone and across messages."""
    folder: Path = tmp_path_factory.mktemp("pack")
    write_pack(folder)
    return load(folder)


def pack_on(status: str, folder: Path) -> Pack:
    """Write the same rules, some of them of another status."""
    some = ("en.active_intent", "en.stressor", "en.passive_ideation")
    rules = [
        rule.replace("status: active", f"status: {status}") if rule.startswith(some) else rule
        for rule in RULES.split("  - id: ")
    ]
    write_pack(folder, "  - id: ".join(rules))
    return load(folder)


@pytest.fixture(scope="session")
def trial_pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    """Hold rules of which some are on trial."""
    return pack_on("shadow", tmp_path_factory.mktemp("pack"))


@pytest.fixture(scope="session")
def draft_pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    """Hold the same rules, those drafts that nobody looks for."""
    return pack_on("draft", tmp_path_factory.mktemp("pack"))


NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def new_stage(pack: Pack) -> Callable[..., Stage]:
    """Make stages of one partition, all alike."""

    def make(gate: Tier = Tier.ELEVATED, now: datetime = NOW) -> Stage:
        stage = Stage(
            pack, gate, "en", 30 * 60_000, 50, 1 << 24, "lifeline.", clock=lambda: now
        )  # fmt: skip
        stage.add_partition("chat", 0)
        return stage

    return make
