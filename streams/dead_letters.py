"""What cannot be read: the record unchanged, with where it came from and why."""

from __future__ import annotations

from datetime import datetime

from streams.records import Output, Record


def dead_letter(record: Record, topic: str, reason: str, error: str, at: datetime) -> Output:
    """The dead letter of a record; ``topic`` is the full name, ``error`` without what was said."""
    headers = {
        "topic": topic,
        "partition": str(record.partition),
        "offset": str(record.offset),
        "reason": reason,
        "error": error,
        "time": at.isoformat(),
    }
    encoded = [(f"lifeline-{name}", value.encode()) for name, value in headers.items()]
    return Output("dead-letters", record.key, record.value, encoded)
