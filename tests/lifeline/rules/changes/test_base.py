from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from lifeline.rules.changes.base import BaseError, resolve_base

WHO = {"GIT_AUTHOR_NAME": "li", "GIT_AUTHOR_EMAIL": "li@example.org"}
WHO |= {name.replace("AUTHOR", "COMMITTER"): value for name, value in WHO.items()}


def git(folder: Path, *arguments: str) -> str:
    # Apart from the settings of whoever runs the tests.
    alone = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments],
        env=os.environ | WHO | alone,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


def commit(folder: Path, message: str) -> str:
    git(folder, "add", "-A")
    git(folder, "commit", "-m", message)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Hold two revisions of a pack in the folder `my rules`, the first tagged."""
    top = tmp_path / "repository"
    rules = top / "my rules"
    rules.mkdir(parents=True)
    git(top, "init", "-b", "main")
    (top / "README").write_text("before")
    commit(top, "no rules yet")
    git(top, "tag", "empty")
    (rules / "pack.yaml").write_text("first")
    (rules / "zh").mkdir()
    (rules / "zh" / "a.yaml").write_text("rule")
    commit(top, "first")
    git(top, "tag", "v1")
    (rules / "pack.yaml").write_text("second")
    commit(top, "second")
    return top


def test_folder_is_taken_as_it_is(tmp_path: Path):
    """No copy is made."""
    (tmp_path / "pack.yaml").touch()

    with resolve_base(str(tmp_path), tmp_path / "nowhere") as found:
        assert tmp_path == found


@pytest.mark.parametrize("revision", ["v1", "HEAD~1", "main~1"])
def test_revision_is_taken_out_for_as_long_as_needed(repository: Path, revision: str):
    """All files of the folder as they were then, gone afterwards; the work tree stays."""
    rules = repository / "my rules"

    with resolve_base(revision, rules) as found:
        assert "first" == (found / "pack.yaml").read_text()
        assert "rule" == (found / "zh" / "a.yaml").read_text()

    assert not found.exists()
    assert "second" == (rules / "pack.yaml").read_text()
    assert "" == git(repository, "status", "--porcelain")


def test_rules_may_be_the_whole_repository(tmp_path: Path):
    """The folder of the rules is the top of its repository."""
    git(tmp_path, "init", "-b", "main")
    (tmp_path / "pack.yaml").write_text("first")
    commit(tmp_path, "first")
    (tmp_path / "pack.yaml").write_text("not committed")

    with resolve_base("HEAD", tmp_path) as found:
        assert "first" == (found / "pack.yaml").read_text()


def test_work_goes_on_inside_a_hook(repository: Path, monkeypatch: pytest.MonkeyPatch):
    """Git tells its hooks of another place to look at."""
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/index")

    with resolve_base("v1", repository / "my rules") as found:
        assert "first" == (found / "pack.yaml").read_text()


@pytest.mark.parametrize(
    "text", ["nowhere", "", "--output=taken", "-h", "v1:README", "HEAD; touch taken"]
)
def test_what_is_neither_is_said(repository: Path, text: str):
    """What to do next is said, and nothing that looks like an option reaches git."""
    with (
        pytest.raises(BaseError, match=r"neither a folder with a pack\.yaml nor a revision"),
        resolve_base(text, repository / "my rules"),
    ):
        pass

    assert not list(repository.rglob("taken"))


def test_revision_without_the_rules_is_said(repository: Path):
    """The folder was not there yet."""
    with (
        pytest.raises(BaseError, match="does not hold the folder my rules/"),
        resolve_base("empty", repository / "my rules"),
    ):
        pass


def test_revision_without_a_manifest_is_said(repository: Path):
    """There were files then, but no pack."""
    git(repository, "rm", "--cached", "my rules/pack.yaml")
    git(repository, "commit", "-m", "no manifest")

    with (
        pytest.raises(BaseError, match=r"no pack\.yaml in my rules/"),
        resolve_base("HEAD", repository / "my rules"),
    ):
        pass


def test_folder_without_a_pack_does_not_hide_a_branch(
    repository: Path, monkeypatch: pytest.MonkeyPatch
):
    """A checkout is often called like its branch."""
    (repository / "main").mkdir()
    monkeypatch.chdir(repository)

    with resolve_base("main", repository / "my rules") as found:
        assert "second" == (found / "pack.yaml").read_text()


def test_rules_outside_git_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A revision makes sense only under git."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(BaseError, match="is not under git"), resolve_base("main", tmp_path):
        pass


def test_missing_git_is_said(repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """A folder still works without it."""
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    rules = repository / "my rules"

    with pytest.raises(BaseError, match="git is not installed"), resolve_base("v1", rules):
        pass
    with resolve_base(str(rules), rules) as found:
        assert rules == found
