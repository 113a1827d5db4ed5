from __future__ import annotations

import os
from pathlib import Path

import pytest

from lifeline.rules.pack_files import signature


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Hold two files, one of them in a folder."""
    (tmp_path / "zh").mkdir()
    (tmp_path / "pack.yaml").write_text("a")
    (tmp_path / "zh" / "rules.yaml").write_text("b")
    return tmp_path


def test_signature_stays_while_nothing_changes(folder: Path):
    """Asking twice gives the same."""
    assert signature(folder) == signature(folder)


@pytest.mark.parametrize("change", ["text", "time", "name", "more", "fewer", "replaced"])
def test_signature_changes_with_any_file(folder: Path, change: str):
    """Content, time, name, number and identity of files count."""
    before = signature(folder)
    path = folder / "zh" / "rules.yaml"
    stat = path.stat()
    if change == "text":
        path.write_text("longer")
    elif change == "time":
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1_000_000))
    elif change == "name":
        path.rename(path.with_name("other.yaml"))
    elif change == "more":
        (folder / "zh" / "more.yaml").write_text("c")
    elif change == "fewer":
        path.unlink()
    else:  # another file of the same size and time, as releases that give all files one time do
        other = folder / "zh" / "other"
        other.write_text("c")
        os.utime(other, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        other.replace(path)

    assert before != signature(folder)


def test_hidden_files_do_not_count(folder: Path):
    """What editors keep beside a file is no change of the rules."""
    before = signature(folder)
    (folder / ".rules.yaml.swp").write_text("x")
    (folder / ".git").mkdir()
    (folder / ".git" / "index").write_text("x")

    assert before == signature(folder)


def test_swapped_link_is_a_change(tmp_path: Path):
    """Kubernetes changes mounted files by swapping a hidden link behind links to them."""
    for version in ("1", "2"):
        (tmp_path / f"..{version}").mkdir()
        (tmp_path / f"..{version}" / "rules.yaml").write_text(version)
        os.utime(tmp_path / f"..{version}" / "rules.yaml", ns=(0, 0))
    (tmp_path / "..data").symlink_to("..1")
    (tmp_path / "rules.yaml").symlink_to("..data/rules.yaml")
    before = signature(tmp_path)

    (tmp_path / "..next").symlink_to("..2")
    (tmp_path / "..next").replace(tmp_path / "..data")

    assert before != signature(tmp_path)


def test_link_to_nothing_and_missing_folder_have_signatures(folder: Path):
    """Half-written folders are no errors: the signature changes once they are whole."""
    (folder / "gone.yaml").symlink_to("nothing.yaml")

    assert signature(folder) != signature(folder / "nowhere")
