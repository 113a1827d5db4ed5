"""An alert on a terminal, readable at a glance: who, how urgent, and the words in their place."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from rich.console import Group
from rich.padding import Padding
from rich.text import Text

from alerts.contract import Alert, ExcerptMessage

_TIER_STYLE: Final = {
    "imminent": "bold white on red",
    "elevated": "bold black on yellow",
    "watch": "black on cyan",
    "signal": "dim",
}
_HIT_STYLE: Final = "bold red underline"
_INDENT: Final = 3
_MOST_REASONS: Final = 3
_CLOCKS_DIFFER_S: Final = 60
_AROUND: Final = 2  # messages shown around one with words that hit
_MOST_LINE: Final = 240  # characters of a message without hits


def render(alert: Alert, *, now: datetime, marks: bool = False, wrap: bool = False) -> Group:
    """The alert as a block of lines, for ``rich.console.Console.print``.

    Times are shown in the zone of ``now``. ``marks`` puts «» round the words that hit, for where
    colours do not show. ``wrap`` breaks long lines between words, each part indented; without it
    a line stays whole.
    """
    style = _TIER_STYLE[alert.tier]
    head = Text()
    head.append(f" P{alert.priority} {alert.tier.upper()} ", style=style)
    head.append(f" {_kind(alert)}", style="bold")
    said = alert.times.said
    local = said.astimezone(now.tzinfo)
    day = "" if local.date() == now.date() else f"{local:%Y-%m-%d} "
    head.append(f"  said {day}{local:%H:%M:%S %Z} ({ago((now - said).total_seconds())})")
    context = alert.conversation
    facts = (
        ("", context.channel),
        ("", context.queue),
        ("customer ", alert.customer_id),
        ("agent ", context.agent_id),
        ("", context.region),
        ("case ", alert.case_id),
    )
    known = " · ".join(f"{name}{fact}" for name, fact in facts if fact)
    lines = [Text(_plain(known), style="dim"), Text(_plain(alert.summary), style="bold")]
    lines.extend(_excerpt(alert, now, marks=marks))
    lines.extend(Text(f"why: {_plain(reason)}", style="dim") for reason in _reasons(alert))
    if wrap:
        indented = [Padding(line, (0, 0, 0, _INDENT), expand=False) for line in lines]
        return Group(head, *indented, Text())
    return Group(head, *(Text(" " * _INDENT).append_text(line) for line in lines), Text())


def _reasons(alert: Alert) -> list[str]:
    """The first few reasons, which are those of the highest tier; the record holds them all."""
    shown = alert.reasons[:_MOST_REASONS]
    more = len(alert.reasons) - len(shown)
    return [*shown, f"and {more} more" + " reason" + "s" * (more > 1)] if more else shown


def _kind(alert: Alert) -> str:
    if alert.kind == "escalated" and alert.previous_tier not in (None, alert.tier):
        return f"escalated from {alert.previous_tier}"
    return alert.kind


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


def _excerpt(alert: Alert, now: datetime, *, marks: bool) -> list[Text]:
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
            left_out = at - last - 1
            lines.append(Text(f"… {left_out} message{'s' * (left_out > 1)}", style="dim"))
        lines.append(_line(excerpt[at], now, marks=marks))
        last = at
    return lines


def _line(message: ExcerptMessage, now: datetime, *, marks: bool) -> Text:
    line = Text(f"{message.said_at.astimezone(now.tzinfo):%H:%M} ")
    line.append(f"{_plain(message.speaker)}: ", style="bold" if message.spans else "dim")
    if message.subject is not None:
        line.append_text(_highlighted(message, "subject", marks=marks))
        line.append(" — ")
    line.append_text(_highlighted(message, "text", marks=marks))
    return line


def _plain(text: str) -> str:
    """The text with a space for each character that could move the cursor or colour the screen."""
    return "".join(c if c.isprintable() else " " for c in text)


def _highlighted(message: ExcerptMessage, field: str, *, marks: bool) -> Text:
    text = message.subject or "" if field == "subject" else message.text
    offset = 0 if field == "subject" else message.text_offset
    spans = [s for s in message.spans if (s.field == "subject") == (field == "subject")]
    styled = Text()
    shown = 0
    for start, end in _merged([(s.start - offset, s.end - offset) for s in spans], len(text)):
        styled.append(_plain(text[shown:start]))
        words = _plain(text[start:end])
        styled.append(f"«{words}»" if marks else words, style=_HIT_STYLE)
        shown = end
    styled.append(_plain(text[shown:]))
    if not spans and len(styled) > _MOST_LINE:
        styled.truncate(_MOST_LINE, overflow="ellipsis")
    return styled


def _merged(spans: list[tuple[int, int]], length: int) -> list[tuple[int, int]]:
    """Spans within the text, in order, those that overlap or touch made one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted((max(0, a), min(b, length)) for a, b in spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        elif start < end:
            merged.append((start, end))
    return merged
