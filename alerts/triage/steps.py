"""Which record of a case is due, and when: at once, after the update interval, or not at all.

What ranks higher, what the team decided and what completes detect's own record leaves at once, and
so does all that is imminent. Other news of a case waits until the interval since the last record is
over, and then leaves together. A quiet case gets only what ranks higher or is imminent.
"""

from __future__ import annotations

from dataclasses import dataclass

from alerts.contract import Kind
from alerts.store.rows import CaseRow
from alerts.triage.assess import Picture
from alerts.triage.render import Sending
from lifeline.taxonomy import Tier


@dataclass(frozen=True, slots=True)
class Due:
    """What is due of a case: a record now, one at ``later`` (ms since 1970), or neither."""

    topic: str
    now: Sending | None = None
    later: int | None = None


def due(
    picture: Picture,
    digest: str,
    before: CaseRow | None,
    *,
    gate: Tier,
    interval: int,
    now: int,
) -> Due:
    """What is due of a case, given its row as last kept. ``interval`` and ``now`` are in ms."""
    topic = _topic(picture, before, gate)
    if before is not None and before.sent_digest == digest:
        return Due(topic)
    completes = _completes(picture, before)
    higher = _is_higher(picture, before)
    opens = before is None or before.sent is None or (topic == "alerts" and not before.on_alerts)
    decided = before is not None and (before.status, before.outcome) != (
        picture.status,
        picture.outcome,
    )
    if opens or higher or completes or decided or _imminent(picture, before):
        return Due(topic, _sending(picture, before, topic))
    if before is not None and before.sent is not None and picture.status == "open":
        later = before.sent + interval
        if now >= later:
            return Due(topic, _sending(picture, before, topic))
        return Due(topic, later=later)
    if picture.continued_in is not None:
        return Due(topic, _sending(picture, before, topic))
    return Due(topic)


def _topic(picture: Picture, before: CaseRow | None, gate: Tier) -> str:
    """Once on the alerts topic, a case stays there."""
    sent = any(record.topic == "alerts" for record in picture.sent)
    if picture.tier >= gate or sent or (before is not None and before.on_alerts):
        return "alerts"
    return "watchlist"


def _sending(picture: Picture, before: CaseRow | None, topic: str) -> Sending:
    """The step that the next record is."""
    detect = [record for record in picture.sent if record.topic == topic]
    known = detect or (
        before is not None
        and before.sent is not None
        and (before.on_alerts or topic == "watchlist")
    )
    kind: Kind = "updated"
    if not known:
        kind = "opened"
    elif _is_higher(picture, before) and not _said_by_detect(picture):
        kind = "escalated"
    previous = Tier(before.tier) if before is not None and kind != "updated" else None
    return Sending(kind, revision_after(picture, before), previous)


def revision_after(picture: Picture, before: CaseRow | None) -> int:
    """Higher than that of any record sent of the case."""
    sent = [record.revision for record in picture.sent]
    return max([picture.signals[-1].received, before.revision if before else 0, *sent]) + 1


def _is_higher(picture: Picture, before: CaseRow | None) -> bool:
    if before is None:
        return True
    return (picture.tier, -picture.priority) > (before.tier, -before.priority)


def _said_by_detect(picture: Picture) -> bool:
    """Whether a record of detect has told of this rank already."""
    return any(
        record.priority <= picture.priority and known.signal.tier == picture.tier.label
        for known in picture.signals
        if (record := known.signal.alert)
    )


def _completes(picture: Picture, before: CaseRow | None) -> bool:
    """Whether detect sent a record since, which knows nothing of the customer."""
    revisions = [record.revision for record in picture.sent]
    return bool(revisions) and (before is None or max(revisions) >= before.revision)


def _imminent(picture: Picture, before: CaseRow | None) -> bool:
    """Whether words came in that keep the case imminent: never held, also when it is quiet."""
    if picture.tier is not Tier.IMMINENT:
        return False
    return before is None or picture.last_said > before.last_said or picture.status == "open"
