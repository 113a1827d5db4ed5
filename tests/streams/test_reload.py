from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from prometheus_client import REGISTRY

from lifeline.rules.pack import load
from lifeline.rules.pack_files import signature
from streams import metrics
from streams.reload import RulesWatcher, load_checked

BETTER = "terms: [want to die, want it to end]"
MISSPELT = "terns: [want to die]"
UNTRUE = "terms: [wants to live]"  # its example does not hit


@pytest.fixture
def folder(tmp_path: Path, rules: Callable[[Path], None]) -> Path:
    """Hold a pack in a folder of its own."""
    place = tmp_path / "rules"
    place.mkdir()
    rules(place)
    return place


@pytest.fixture
def watcher(folder: Path) -> RulesWatcher:
    """Watch that folder, its pack in force."""
    metrics.RELOAD_FAILED.set(0)
    seen = signature(folder)
    return RulesWatcher(folder, load(folder), seen, every_s=0)


@pytest.fixture
def said() -> Iterator[list[structlog.typing.EventDict]]:
    """Hear what is logged."""
    with structlog.testing.capture_logs() as lines:
        yield lines


def change(folder: Path, terms: str) -> None:
    """Save the rules with other terms for the wish to die."""
    text = (folder / "rules.yaml").read_text()
    (folder / "rules.yaml").write_text(text.replace("terms: [want to die]", terms, 1))


def failed() -> float | None:
    """Give what the metric shows."""
    return REGISTRY.get_sample_value("lifeline_rules_reload_failed")


def look_twice(watcher: RulesWatcher) -> None:
    """See a change, and that it stays."""
    watcher.look()
    watcher.look()


def test_nothing_changed_offers_nothing(watcher: RulesWatcher):
    """A folder as it was is not loaded again."""
    look_twice(watcher)

    assert watcher.take() is None


def test_change_is_offered_once(folder: Path, watcher: RulesWatcher):
    """The new pack is there whole, and taken once."""
    change(folder, BETTER)
    look_twice(watcher)

    pack = watcher.take()

    assert load(folder).hash == pack.hash  # type: ignore[union-attr]
    assert watcher.take() is None


def test_change_is_judged_only_once_it_stays(folder: Path, watcher: RulesWatcher):
    """A file half saved is neither taken nor refused: the next look finds it otherwise."""
    whole = (folder / "rules.yaml").read_text()
    for half in (whole[:200], whole[:400], whole[:600]):
        (folder / "rules.yaml").write_text(half)
        watcher.look()
    (folder / "rules.yaml").write_text(whole.replace("want to die", "want to go"))
    look_twice(watcher)

    assert (True, "", 0) == (watcher.take() is not None, watcher.refused, failed())


@pytest.mark.parametrize(
    ("terms", "problem"),
    [
        pytest.param(MISSPELT, "did you mean `terms`?", id="broken"),
        pytest.param(UNTRUE, "this `alert` example does not hit", id="example"),
    ],
)
def test_broken_pack_changes_nothing_and_is_told(
    folder: Path,
    watcher: RulesWatcher,
    said: list[structlog.typing.EventDict],
    terms: str,
    problem: str,
):
    """Its authors' message is logged, a metric is 1, and what was in force stays."""
    change(folder, terms)
    look_twice(watcher)
    look_twice(watcher)

    assert (None, 1, True) == (watcher.take(), failed(), bool(watcher.refused))
    (line,) = said
    assert ("rules_refused", "error", len(line["problems"])) == (
        line["event"],
        line["log_level"],
        line["count"],
    )
    assert any(problem in shown and "rules.yaml:" in shown for shown in line["problems"])


def test_mended_pack_clears_the_metric_and_swaps_nothing(folder: Path, watcher: RulesWatcher):
    """The last good pack saved again is the one in force."""
    whole = (folder / "rules.yaml").read_text()
    change(folder, MISSPELT)
    look_twice(watcher)
    (folder / "rules.yaml").write_text(whole)
    look_twice(watcher)

    assert (None, 0, "") == (watcher.take(), failed(), watcher.refused)


def test_good_pack_before_a_broken_one_is_still_offered(folder: Path, watcher: RulesWatcher):
    """A broken pack does not take back what was found good before it."""
    change(folder, BETTER)
    look_twice(watcher)
    good = load(folder).hash
    (folder / "rules.yaml").write_text("format: 1\nlanguage: en\nrules: []\n")
    look_twice(watcher)

    assert (good, 1) == (watcher.take().hash, failed())  # type: ignore[union-attr]


def test_old_pack_saved_again_is_a_change(folder: Path, watcher: RulesWatcher):
    """Going back is a reload like any other."""
    whole, before = (folder / "rules.yaml").read_text(), load(folder).hash
    change(folder, BETTER)
    look_twice(watcher)
    watcher.take()
    (folder / "rules.yaml").write_text(whole)
    look_twice(watcher)

    assert before == watcher.take().hash  # type: ignore[union-attr]


def test_folder_gone_for_a_moment_is_neither_crash_nor_swap(folder: Path, watcher: RulesWatcher):
    """A checkout and a mount that is swapped leave no folder for a moment."""
    away = folder.with_name("away")
    folder.rename(away)
    watcher.look()
    shutil.copytree(away, folder)
    look_twice(watcher)

    assert (None, 0, "") == (watcher.take(), failed(), watcher.refused)


def test_folder_gone_for_good_is_refused(
    folder: Path, watcher: RulesWatcher, said: list[structlog.typing.EventDict]
):
    """Rules that nobody can restart with are a thing to be told of, and pass when they are back."""
    away = folder.with_name("away")
    folder.rename(away)
    look_twice(watcher)
    assert (None, 1, ["rules_refused"]) == (
        watcher.take(),
        failed(),
        [line["event"] for line in said],
    )
    away.rename(folder)
    look_twice(watcher)

    assert (None, 0) == (watcher.take(), failed())


def test_change_during_a_load_is_looked_at_again(
    folder: Path, watcher: RulesWatcher, monkeypatch: pytest.MonkeyPatch
):
    """What was loaded while its files changed may be half of each, so it is not offered."""
    change(folder, BETTER)
    watcher.look()

    def load_while_saved(place: Path) -> object:
        pack = load_checked(place)
        (folder / "pack.yaml").write_text("format: 1\nname: invented\nversion: 1.2.4\n")
        return pack

    with monkeypatch.context() as saving:
        saving.setattr("streams.reload.load_checked", load_while_saved)
        watcher.look()
    assert watcher.take() is None
    look_twice(watcher)

    assert "1.2.4" == watcher.take().version  # type: ignore[union-attr]


def test_loader_that_fails_is_told_as_a_refusal(
    folder: Path,
    watcher: RulesWatcher,
    said: list[structlog.typing.EventDict],
    monkeypatch: pytest.MonkeyPatch,
):
    """A fault of ours is no end of the watch: the next good pack is taken."""

    def failing(_: Path) -> object:
        raise IndexError("list index out of range")

    with monkeypatch.context() as broken:
        broken.setattr("streams.reload.load_checked", failing)
        change(folder, BETTER)
        look_twice(watcher)
    assert (None, 1) == (watcher.take(), failed())
    assert ("rules_refused", "IndexError") == (said[0]["event"], said[0]["error"])
    (folder / "rules.yaml").touch()
    look_twice(watcher)

    assert (True, 0) == (watcher.take() is not None, failed())


def test_pack_in_force_is_the_only_one_shown(folder: Path):
    """The metric names one pack at a time."""
    before = load(folder)
    change(folder, BETTER)
    after = load(folder)
    metrics.pack_in_force(before)
    metrics.pack_in_force(after, before)

    def shown(pack_hash: str) -> float | None:
        labels = {"name": "invented", "version": "1.2.3", "hash": pack_hash}
        return REGISTRY.get_sample_value("lifeline_rule_pack", labels)

    assert (None, 1) == (shown(before.hash), shown(after.hash))
