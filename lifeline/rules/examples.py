"""The examples beside the rules, run: each must come out as its author wrote it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from lifeline.conversation import Conversations
from lifeline.detector import Detector
from lifeline.events import ChatMessage
from lifeline.rules.pack import Pack
from lifeline.rules.problems import Problem
from lifeline.rules.schema import RuleSpec

_START: Final = datetime(2026, 1, 1, tzinfo=UTC)
_APART: Final = timedelta(minutes=1)  # between the messages of one example


def check_examples(pack: Pack) -> list[Problem]:
    """Every example of every active rule that does not come out as written.

    ``alert``: the rule hits, at its last message. ``ignore``: it never does. ``known_gap``: it does
    not yet; once it does, the example belongs under ``alert``.
    """
    detector = Detector(pack)
    problems = []
    for number, spec in enumerate(pack.rules):
        checks = (
            ("L060", "alert", spec.examples.alert, "does not hit"),
            ("L061", "ignore", spec.examples.ignore, "hits"),
            ("L062", "known_gap", spec.examples.known_gap, "hits now: move it to `alert`"),
        )
        for code, kind, examples, what in checks:
            places = spec.examples.places[kind] if examples else ()
            for example, place in zip(examples, places, strict=True):
                hits = _hits(detector, number, spec, example)
                if {"alert": not hits[-1], "ignore": any(hits), "known_gap": hits[-1]}[kind]:
                    message = f"{spec.id}: this `{kind}` example {what}"
                    problems.append(place.problem(code, message))
    return problems


def _hits(detector: Detector, number: int, spec: RuleSpec, example: tuple[str, ...]) -> list[bool]:
    """For each message of the example, whether the rule hit at it."""
    conversations = Conversations(age=3_600_000, number=100, memory=1 << 20)
    speaker = "customer" if spec.speaker == "any" else spec.speaker
    outcome = []
    for at, text in enumerate(example):
        sent = _START + at * _APART
        event = ChatMessage(
            conversation_id="example",
            message_id=str(at),
            sent_at=sent,
            speaker=speaker,  # type: ignore[arg-type]
            text=text,
        )
        found = detector.observe(
            conversations, event, int(sent.timestamp() * 1000), spec.channels[0]
        )
        outcome.append(found is not None and any(hit.rule == number for hit in found.hits))
    return outcome
