"""An alert on a terminal, readable at a glance: who, how urgent, and the words in their place."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from rich.console import Group
from rich.text import Text

from alerts.contract import Alert, ExcerptMessage

_TIER_STYLE: Final = {
    "imminent": "bold white on red",
    "elevated": "bold black on yellow",
    "watch": "black on cyan",
    "signal": "dim",
}
_HIT_STYLE: Final = "bold red underline"
_AROUND: Final = 2  # messages shown around one with words that hit
_MOST_LINE: Final = 240  # characters of a message without hits


def render(alert: Alert, *, now: datetime) -> Group:
    """The alert as a block of lines, for ``rich.console.Console.print``."""
    style = _TIER_STYLE[alert.tier]
    head = Text()
    head.append(f" P{alert.priority} {alert.tier.upper()} ", style=style)
    head.append(f" {_kind(alert)}", style="bold")
    said = alert.times.said
    head.append(f"  said {said:%H:%M:%S} ({ago((now - said).total_seconds())})")
    facts = [
        alert.conversation.channel,
        alert.conversation.queue,
        alert.customer_id,
        alert.conversation.region,
        f"case {alert.case_id}",
    ]
    lines = [head, Text("   " + _plain(" · ".join(fact for fact in facts if fact)), style="dim")]
    lines.append(Text(f"   {_plain(alert.summary)}"))
    lines.extend(_excerpt(alert))
    lines.extend(Text(f"   why: {_plain(reason)}", style="dim") for reason in alert.reasons)
    lines.append(Text())
    return Group(*lines)


def _kind(alert: Alert) -> str:
    if alert.kind == "escalated" and alert.previous_tier not in (None, alert.tier):
        return f"escalated from {alert.previous_tier}"
    return alert.kind


def ago(seconds: float) -> str:
    """How long ago, in the largest unit that is not zero."""
    if seconds < 0:
        return "just now"
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{int(seconds // size)} {unit} ago"
    return f"{seconds:.1f} s ago" if seconds < 10 else f"{int(seconds)} s ago"  # noqa: PLR2004


def _excerpt(alert: Alert) -> list[Text]:
    excerpt = alert.conversation.excerpt
    hit = [at for at, message in enumerate(excerpt) if message.spans]
    shown = {
        near
        for at in hit
        for near in range(max(0, at - _AROUND), min(len(excerpt), at + _AROUND + 1))
    }
    lines = []
    last = -1
    for at in sorted(shown):
        if at != last + 1:
            lines.append(Text(f"   … {at - last - 1} messages", style="dim"))
        lines.append(_line(excerpt[at]))
        last = at
    return lines


def _line(message: ExcerptMessage) -> Text:
    line = Text(f"   {message.said_at:%H:%M} ")
    line.append(f"{_plain(message.speaker)}: ", style="bold" if message.spans else "dim")
    if message.subject is not None:
        line.append_text(_highlighted(message, "subject", message.subject, 0))
        line.append(" — ")
    line.append_text(_highlighted(message, "text", message.text, message.text_offset))
    return line


def _plain(text: str) -> str:
    """The text with a space for each character that could move the cursor or colour the screen."""
    return "".join(c if c.isprintable() else " " for c in text)


def _highlighted(message: ExcerptMessage, field: str, text: str, offset: int) -> Text:
    spans = [s for s in message.spans if (s.field == "subject") == (field == "subject")]
    styled = Text(_plain(text))
    for span in spans:
        styled.stylize(_HIT_STYLE, max(0, span.start - offset), max(0, span.end - offset))
    if not spans and len(styled) > _MOST_LINE:
        styled.truncate(_MOST_LINE, overflow="ellipsis")
    return styled
