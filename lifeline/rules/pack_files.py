"""The files of a rule pack as a folder: whether anything in it has changed."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path


def signature(folder: Path) -> str:
    """A text that changes whenever a file below ``folder`` does: its name, size, time or place.

    No file is opened, so it can be asked for twice a second. Names that start with a dot are left
    out, as they are when a pack is read; Kubernetes swaps them to change mounted files, which is
    seen through the links to them. A folder that is not there has a signature, too.
    """
    digest = hashlib.sha256()
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.startswith("."):
                continue
            path = os.path.join(parent, name)  # noqa: PTH118 - a name may hold bytes that are no text
            try:
                found = os.stat(path)  # noqa: PTH116
            except OSError:  # gone between the two calls, or a link to nothing
                state = "missing"
            else:
                # Images and releases may give all files one time; the inode tells them apart.
                state = f"{found.st_size} {found.st_mtime_ns} {found.st_ino}"
            digest.update(os.fsencode(path) + b"\0" + state.encode() + b"\0")
    return digest.hexdigest()
