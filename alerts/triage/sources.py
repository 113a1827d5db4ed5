"""Where profile and orders come from: the case store, or whatever else answers."""

from __future__ import annotations

from typing import Protocol

from alerts.triage.facts import About


class ContextSource(Protocol):
    """Something that can be asked about a person."""

    def about(self, person: str, *, since: int) -> About:
        """What is known; ``since`` is how far back orders are wanted, in ms since 1970.

        Promises to answer soon, and to raise nothing for what the other side does: what could not
        be had is in ``missing``, with why, in plain words and without the customer's data.
        ``passing`` tells that asking later may succeed. Safe to call from several threads.
        """
