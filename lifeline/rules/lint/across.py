"""Lints of rules across conversations: what can never come together, or hardly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lifeline.rules.across_spec import MINUTE, span_in_words
from lifeline.rules.pack import Pack
from lifeline.rules.problems import Problem

_SECONDS_A_MESSAGE: Final = 10  # faster than that nobody says things that each are a sign
_MINUTES_A_CONVERSATION: Final = 5  # until the next one begins


def windows_too_short(pack: Pack) -> Iterator[Problem]:
    """Windows in which nobody says so much, or holds so many conversations."""
    for spec in pack.all_across:
        if spec.customers or not spec.within_ms:
            continue
        messages = (spec.messages - 1) * _SECONDS_A_MESSAGE * 1000
        conversations = (spec.conversations - 1) * _MINUTES_A_CONVERSATION * MINUTE
        if max(messages, conversations) > spec.within_ms:
            what = (
                f"{spec.conversations} conversations"
                if conversations > spec.within_ms
                else f"{spec.messages} messages"
            )
            yield spec.place.problem(
                "L109", f"{spec.id}: hardly anybody has {what} in {span_in_words(spec.within_ms)}",
                "widen `within`", "warning",
            )  # fmt: skip


def means_without_words(pack: Pack) -> Iterator[Problem]:
    """Rules that ask for kinds of means of which no file says what they are."""
    known = {one.kind for one in pack.means.all}
    for spec in pack.all_across:
        wanted = set(spec.orders.means) if spec.orders else set()
        lacking = sorted(wanted - known)
        if spec.orders and not known:
            what = "no file of the pack says what means are"
        elif lacking:
            what = f"no file of the pack says what `{lacking[0]}` is"
        else:
            continue
        yield spec.place.problem(
            "L110", f"{spec.id} asks for orders of means, and {what}",
            "write its words under `means:`", "error" if wanted == set(lacking) else "warning",
        )  # fmt: skip
