"""Other readings of a text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

FOLDINGS: Final[dict[str, str]] = dict.fromkeys(
    ("leet", "look_alike", "repeats", "keyboard", "emoji", "homophone", "pinyin", "zhuyin", "initials", "digits"), ""
)
LOSSY: Final[frozenset[str]] = frozenset({"homophone", "pinyin", "zhuyin", "initials", "digits", "emoji"})


@dataclass(frozen=True, slots=True)
class FoldingSettings:
    """Which readings a pack turns off, and what is never a hit by one."""

    off: frozenset[str] = frozenset()
    except_: Mapping[str, frozenset[str]] = field(default_factory=dict)
