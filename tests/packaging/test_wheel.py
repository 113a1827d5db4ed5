"""The wheel as users get it: built, installed elsewhere, used from another directory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# The packaged rules on one event, by the installed copy alone.
SCAN = """
import json
import sys
from pathlib import Path

import alerts
import lifeline
import streams
from alerts.store.store import Store
from lifeline.conversation import Conversations
from lifeline.rules.pack import load, locate
from lifeline.scan import scan
from streams.day import invented_day

place = locate(None)
pack = load(place)
conversations = Conversations(age=1_800_000, number=50, memory=1 << 20)
(verdict,) = scan([sys.argv[1].encode()], pack, conversations=conversations)
store = Store.open("lifeline.db")
with store.transaction() as transaction:
    cases = transaction.case_rows("nobody")
store.close()
print(json.dumps({
    "places": [str(Path(module.__file__).parent) for module in (lifeline, streams, alerts)],
    "rules": str(place),
    "tier": verdict.tier.label,
    "day": len(invented_day()),
    "cases": len(cases),
}))
"""
EVENT = {
    "type": "chat.message", "conversation_id": "c-81", "message_id": "c-81-3",
    "sent_at": "2026-11-22T02:14:07.120+08:00", "speaker": "customer",
    "text": "我买的这个晕车药,吃多少片能死?",
}  # fmt: skip


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel, without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    """List what is in the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if not name.endswith("/")}


def in_tree(folder: str, pattern: str) -> set[str]:
    """List the files of a folder of the tree, less what tools leave there."""
    return {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / folder).rglob(pattern)
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_wheel_has_three_packages_and_nothing_else(names: set[str]):
    """A top-level name more could collide with someone else's."""
    tops = {name.split("/")[0] for name in names}

    assert {"lifeline", "streams", "alerts"} == {t for t in tops if not t.endswith(".dist-info")}
    assert 4 == len(tops)


@pytest.mark.parametrize("package", ["lifeline", "streams", "alerts"])
def test_every_module_is_in_the_wheel(names: set[str], package: str):
    """What the tree has, the wheel has, type information too."""
    assert in_tree(package, "*.py") == {
        n for n in names if n.startswith(f"{package}/") and n.endswith(".py")
    }
    assert f"{package}/py.typed" in names


def test_rules_are_in_the_wheel(names: set[str]):
    """All of the pack lies where the code looks for it."""
    rules = {f"lifeline/rulepacks/{name.removeprefix('rules/')}" for name in in_tree("rules", "*")}

    assert rules == {name for name in names if name.startswith("lifeline/rulepacks/")}
    assert "lifeline/rulepacks/pack.yaml" in names


@pytest.mark.parametrize("folder", ["streams/demo_day", "alerts/schemas"])
def test_data_is_in_the_wheel(names: set[str], folder: str):
    """The demo's day and the published schemas come with the code."""
    assert in_tree(folder, "*.json*") == {name for name in names if name.startswith(f"{folder}/")}


def test_installed_wheel_detects_with_its_own_rules(wheel: Path, tmp_path: Path):
    """Installed somewhere and run from elsewhere, it needs nothing of the tree."""
    target, elsewhere = tmp_path / "target", tmp_path / "elsewhere"
    elsewhere.mkdir()
    install = ["install", "--no-deps", "--no-index", "--no-compile", "--target", target, wheel]
    subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", *install],
        check=True,
        capture_output=True,
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith("LIFELINE_")}

    done = subprocess.run(
        [sys.executable, "-c", SCAN, json.dumps(EVENT)],
        cwd=elsewhere,
        env={**environment, "PYTHONPATH": str(target)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert "" == done.stderr
    found = json.loads(done.stdout)
    assert [str(target / name) for name in ("lifeline", "streams", "alerts")] == found["places"]
    assert str(target / "lifeline" / "rulepacks") == found["rules"]
    assert "elevated" == found["tier"]
    assert 0 < found["day"]
    assert 0 == found["cases"]  # its migrations have made the tables
