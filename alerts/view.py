"""An alert on a terminal, readable at a glance: who, how urgent, and the words in their place."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from rich.console import Group
from rich.padding import Padding
from rich.text import Text

from alerts.context_view import context_lines
from alerts.contract import Alert, ExcerptMessage
from alerts.plain import ago, plain

_TIER_STYLE: Final = {
    "imminent": "bold white on red",
    "elevated": "bold black on yellow",
    "watch": "black on cyan",
    "signal": "dim",
}
_HIT_STYLE: Final = "bold red underline"
_INDENT: Final = 3
_MOST_REASONS: Final = 3
_MOST_REASON: Final = 200  # characters of one; the record holds the rest
_LATELY: Final = timedelta(minutes=10)  # what was shown no longer ago need not be shown again
_AROUND: Final = 2  # messages shown around one with words that hit
_MOST_LINE: Final = 240  # characters of a message without hits


def render(
    alert: Alert,
    *,
    now: datetime,
    before: Alert | None = None,
    known: Alert | None = None,
    marks: bool = False,
    wrap: bool = False,
) -> Group:
    """The alert as a block of lines, for ``rich.console.Console.print``.

    Times are shown in the zone of ``now``. ``before`` is the record of the case that was shown
    last: what was said is not repeated where nothing was added to it. ``known`` is the last that
    held what is known of the customer: of that, too, only what is new is shown, unless the case
    has become more urgent. Neither counts when it is long ago. ``marks`` puts «» round the words
    that hit, for where colours do not show. ``wrap`` breaks long lines between words, each part
    indented; without it a line stays whole.
    """
    style = _TIER_STYLE[alert.tier]
    head = Text()
    head.append(f" P{alert.priority} {alert.tier.upper()} ", style=style)
    head.append(f" {_kind(alert, before)}", style="bold")
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
    told_of = " · ".join(f"{name}{fact}" for name, fact in facts if fact)
    lines = [Text(plain(told_of), style="dim"), Text(plain(alert.summary), style="bold")]
    repeated = before is not None and before.matches == alert.matches and _lately(before, alert)
    if not repeated:
        lines.extend(_excerpt(alert, now, marks=marks))
    fresh = known is not None and _lately(known, alert) and not _is_more_urgent(alert, known)
    lines.extend(context_lines(alert, now, known if fresh else None))
    told = set(before.reasons) if before is not None and repeated else set()
    lines.extend(_why(reason) for reason in _reasons(alert, told))
    if wrap:
        indented = [Padding(line, (0, 0, 0, _INDENT), expand=False) for line in lines]
        return Group(head, *indented, Text())
    return Group(head, *(Text(" " * _INDENT).append_text(line) for line in lines), Text())


def _lately(before: Alert, alert: Alert) -> bool:
    return alert.times.emitted - before.times.emitted <= _LATELY


def _is_more_urgent(alert: Alert, before: Alert) -> bool:
    """Whether the case rose in tier or priority."""
    rank = list(_TIER_STYLE).index
    return rank(alert.tier) < rank(before.tier) or alert.priority < before.priority


def _why(reason: str) -> Text:
    line = Text(f"why: {plain(reason)}", style="dim")
    line.truncate(_MOST_REASON, overflow="ellipsis")
    return line


def _reasons(alert: Alert, told: set[str]) -> list[str]:
    """The first few reasons that are news, the weightiest first; the record holds them all."""
    news = [reason for reason in alert.reasons if reason not in told]
    shown = news[:_MOST_REASONS]
    more = len(news) - len(shown)
    return [*shown, f"and {more} more" + " reason" + "s" * (more > 1)] if more else shown


def _kind(alert: Alert, before: Alert | None) -> str:
    if alert.kind == "escalated" and alert.previous_tier not in (None, alert.tier):
        return f"escalated from {alert.previous_tier}"
    if alert.kind == "escalated" and before is not None and before.priority > alert.priority:
        return f"escalated from P{before.priority}"
    if alert.kind == "updated" and before is not None and is_pending(before):
        return "completed"
    return alert.kind


def is_pending(alert: Alert) -> bool:
    """Whether the record of what is known of the customer is still to come."""
    return any(missing.why == "pending" for missing in alert.missing)


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
    line.append(f"{plain(message.speaker)}: ", style="bold" if message.spans else "dim")
    if message.subject is not None:
        line.append_text(_highlighted(message, "subject", marks=marks))
        line.append(" — ")
    line.append_text(_highlighted(message, "text", marks=marks))
    return line


def _highlighted(message: ExcerptMessage, field: str, *, marks: bool) -> Text:
    text = message.subject or "" if field == "subject" else message.text
    offset = 0 if field == "subject" else message.text_offset
    spans = [s for s in message.spans if (s.field == "subject") == (field == "subject")]
    styled = Text()
    shown = 0
    for start, end in _merged([(s.start - offset, s.end - offset) for s in spans], len(text)):
        styled.append(plain(text[shown:start]))
        words = plain(text[start:end])
        styled.append(f"«{words}»" if marks else words, style=_HIT_STYLE)
        shown = end
    styled.append(plain(text[shown:]))
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
