"""`pack.yaml`: a pack's name and version, its foldings, and whether rules need reviewers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import yaml

from lifeline.readings import FOLDINGS, FoldingSettings
from lifeline.rules.reader import check_format
from lifeline.rules.text.source import Source

MANIFEST_KEYS: Final = ("format", "name", "version", "foldings", "review")
_VERSION: Final = re.compile(r"\d+\.\d+\.\d+")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What `pack.yaml` says. ``review_waived`` is why active rules need no two reviewers."""

    name: str
    version: str
    foldings: FoldingSettings
    review_waived: str

    @classmethod
    def read(cls, source: Source, node: yaml.Node) -> Manifest:
        """Read the manifest; what is wrong with it becomes a problem of its source."""
        entries = source.mapping(node, MANIFEST_KEYS, MANIFEST_KEYS[:3])
        check_format(source, entries)
        text = {key: source.text(entries[key]) for key in ("name", "version") if key in entries}
        version = text.get("version", "")
        if version and not _VERSION.fullmatch(version):
            source.add(entries["version"], "L047", "expected a version as in 1.4.0")
        waived = ""
        if "review" in entries:
            review = source.mapping(entries["review"], *[("waived",)] * 2)
            waived = source.text(review["waived"]) if "waived" in review else ""
        foldings = _foldings(source, entries["foldings"]) if "foldings" in entries else None
        return cls(text.get("name", ""), version, foldings or FoldingSettings(), waived)


def _foldings(source: Source, node: yaml.Node) -> FoldingSettings:
    """`off`, or what is never a hit by a folding, by its name."""
    off: set[str] = set()
    except_: dict[str, frozenset[str]] = {}
    for name, value in source.mapping(node, FOLDINGS).items():
        if isinstance(value, yaml.ScalarNode):
            if source.choice(value, ("off",)):
                off.add(name)
        else:
            parts = source.mapping(value, *[("except",)] * 2)
            words = source.phrases(parts["except"]) if "except" in parts else []
            except_[name] = frozenset(text for text, _ in words)
    return FoldingSettings(frozenset(off), except_)
