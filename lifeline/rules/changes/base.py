"""The other pack of a comparison: a folder, or a revision in git of the folder with the rules."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from lifeline.errors import PackError
from lifeline.rules.pack import MANIFEST

# Set inside git's hooks, and would point git elsewhere than at the folder.
_OF_HOOKS: Final = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")


class BaseError(PackError):
    """There is no such pack to compare with."""


@contextmanager
def resolve_base(text: str, rules_folder: Path) -> Iterator[Path]:
    """The folder of the pack that ``text`` names, for as long as the context lasts.

    A folder with a pack is taken for itself; everything else is a revision (a branch, a tag,
    ``HEAD~1``) of ``rules_folder`` in git, put into a temporary folder. Raises :class:`BaseError`.
    """
    if text and (Path(text) / MANIFEST).is_file():
        yield Path(text)
        return
    with tempfile.TemporaryDirectory(prefix="lifeline-base-") as temporary:
        prefix = _take_out(text, rules_folder.resolve(), Path(temporary))
        folder = Path(temporary) / prefix
        if not (folder / MANIFEST).is_file():
            raise BaseError(f"revision `{text}` holds no {MANIFEST} in {prefix}", place=text)
        yield folder


def _take_out(revision: str, folder: Path, target: Path) -> str:
    """Write a folder as of a revision below ``target``; where it is there."""
    inside = _git(folder, "rev-parse", "--is-inside-work-tree").stdout.strip() == b"true"
    if not inside:
        raise BaseError(
            f"`{revision}` is no folder with a {MANIFEST}, and {folder} is not under git; "
            "give the folder of another pack",
            place=revision,
        )
    commit = _commit(revision, folder)
    prefix = os.fsdecode(_git(folder, "rev-parse", "--show-prefix").stdout.rstrip(b"\n"))
    top = Path(os.fsdecode(_git(folder, "rev-parse", "--show-toplevel").stdout.rstrip(b"\n")))
    archive = _git(top, "archive", "--format=tar", commit, "--", *[prefix] * bool(prefix))
    if archive.returncode:
        raise BaseError(
            f"revision `{revision}` does not hold the folder {prefix or '.'}: {_said(archive)}",
            place=revision,
        )
    try:
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as packed:
            # Python 3.11.2, Debian's, knows no filter; git writes no path that leads out.
            if hasattr(tarfile, "data_filter"):
                packed.extractall(target, filter="data")
            else:
                packed.extractall(target)  # noqa: S202
    except (tarfile.TarError, OSError) as error:
        raise BaseError(
            f"the rules of `{revision}` cannot be unpacked: {error}", place=revision
        ) from error
    return prefix


def _commit(revision: str, folder: Path) -> str:
    """The hash of a revision: given in place of the text, git can take it for no option."""
    found = None
    if revision and not revision.startswith("-"):
        found = _git(folder, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    if found is None or found.returncode:
        raise BaseError(
            f"`{revision}` is neither a folder with a {MANIFEST} nor a revision in git of {folder}"
            "; `git branch -a` and `git tag` list what there is",
            place=revision,
        )
    return found.stdout.decode().strip()


def _git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    environment = {k: v for k, v in os.environ.items() if k not in _OF_HOOKS}
    command = ["git", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(  # noqa: S603 - a list, no shell; the arguments are checked
            command, capture_output=True, check=False, env=environment
        )
    except FileNotFoundError as error:
        raise BaseError(
            "git is not installed; install it, or give the folder of another pack", place="git"
        ) from error
    if b"dubious ownership" in done.stderr:
        raise BaseError(f"git does not trust this folder: {_said(done)}", place=str(folder))
    return done


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    """What git said went wrong, in one line."""
    return " ".join(done.stderr.decode("utf-8", "replace").split())[:300]
