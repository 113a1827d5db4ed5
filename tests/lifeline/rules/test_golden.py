"""Each mistake an author can make, as a file, with what it shows: golden/NN_name.yaml and .txt."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lifeline.rules.pack import BrokenPackError, load

GOLDEN = sorted(Path(__file__).with_name("golden").glob("*.yaml"))
MANIFEST = "format: 1\nname: invented\nversion: 1.2.3\n"


@pytest.mark.parametrize("mistake", GOLDEN, ids=lambda path: path.stem)
def test_mistake_is_shown_as_written_down(mistake: Path, tmp_path: Path):
    """A mistake is refused with exactly the messages beside it."""
    (tmp_path / "pack.yaml").write_text(MANIFEST, encoding="utf-8")
    shutil.copy(mistake, tmp_path / "rules.yaml")

    with pytest.raises(BrokenPackError) as broken:
        load(tmp_path)

    shown = "\n\n".join(problem.render() for problem in broken.value.problems) + "\n"
    assert mistake.with_suffix(".txt").read_text(encoding="utf-8") == shown


def test_every_mistake_has_its_messages():
    """No golden file stands alone, and there are as many as the traps we know."""
    folder = Path(__file__).with_name("golden")

    assert [path.stem for path in GOLDEN] == sorted(path.stem for path in folder.glob("*.txt"))
    assert 140 <= len(GOLDEN)
