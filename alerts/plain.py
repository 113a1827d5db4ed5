"""Words for a terminal: times as people say them, and nothing that could move the cursor."""

from __future__ import annotations

from typing import Final

_CLOCKS_DIFFER_S: Final = 60


def ago(seconds: float) -> str:
    """How long ago, in the largest unit that is not zero."""
    if seconds < -_CLOCKS_DIFFER_S:
        return f"the sender's clock is {ago(-seconds).removesuffix(' ago')} ahead"
    if seconds < 0:
        return "just now"
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{int(seconds // size)} {unit} ago"
    return f"{seconds:.1f} s ago" if seconds < 10 else f"{int(seconds)} s ago"  # noqa: PLR2004


def span(seconds: float) -> str:
    """A length of time, in the largest unit that is not zero."""
    return ago(abs(seconds)).removesuffix(" ago").replace("just now", "0 s")


def plain(text: str) -> str:
    """The text with a space for each character that could move the cursor or colour the screen."""
    return "".join(c if c.isprintable() else " " for c in text)
