"""Templates to pages that load nothing, and pages to files."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from alerts.pages.drawing import WIDTH


def environment(package: str) -> Environment:
    """The templates of a package, and those that all share. All text is escaped."""
    # Without a file name there is nothing to tell HTML by, so escaping is asked for outright.
    made = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("alerts.pages")]),
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    made.globals["width"] = WIDTH
    return made


def write_page(text: str, path: Path) -> None:
    """Write a page that only its owner can read, whole or not at all."""
    # mkstemp makes files of mode 600, so what it holds is never readable to others.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
