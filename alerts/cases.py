"""What a consumer of alerts keeps: each alert once, and of each case the highest revision."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from alerts.contract import Alert

_MOST_REMEMBERED: Final = 200_000


class CaseBook:
    """Drops alerts seen before and keeps the latest picture of each case.

    Pure and bounded: ids and cases are remembered for the last ``most`` alerts taken.
    """

    def __init__(self, most: int = _MOST_REMEMBERED) -> None:
        self._most = most
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._cases: OrderedDict[str, Alert] = OrderedDict()

    def take(self, alert: Alert) -> bool:
        """Whether the alert is new. A late one of a lower revision is new, but not the picture."""
        if alert.alert_id in self._seen:
            self._seen.move_to_end(alert.alert_id)
            return False
        self._seen[alert.alert_id] = None
        known = self._cases.get(alert.case_id)
        if known is None or alert.revision > known.revision:
            self._cases[alert.case_id] = alert
        self._cases.move_to_end(alert.case_id)
        for remembered in (self._seen, self._cases):
            while len(remembered) > self._most:
                remembered.popitem(last=False)
        return True

    def case(self, case_id: str) -> Alert | None:
        """The highest revision taken of a case."""
        return self._cases.get(case_id)

    def queue(self) -> list[Alert]:
        """All cases, the most urgent first, then the longest waiting."""
        return sorted(self._cases.values(), key=lambda a: (a.priority, a.times.said))
