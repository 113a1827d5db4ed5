"""Small packs and conversations for the tests of the core."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
import yaml
from hypothesis import settings

from lifeline.conversation import Conversations
from lifeline.detector import Detector
from lifeline.events import AgentReport, CallSegment, ChatMessage, ConversationEnded, EmailMessage
from lifeline.rules.hits import NOTHING_KNOWN
from lifeline.rules.pack import load

settings.register_profile("lifeline", deadline=None)  # the first fold reads OpenCC
settings.load_profile("lifeline")

START = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


class Talk:
    """Conversations and a detector; times are in seconds from a fixed start."""

    def __init__(self, pack, *, age=1800, number=50, memory=1 << 30):
        self.pack = pack
        self.conversations = Conversations(age=age * 1000, number=number, memory=memory)
        self._detector = Detector(pack)
        self._ids = itertools.count()

    def observe(self, event, *, received=None, channel=None, context=NOTHING_KNOWN):
        """Take in an event; the log takes it when it was sent, unless told otherwise."""
        at = (event.sent_at - START).total_seconds() if received is None else received
        return self._detector.observe(self.conversations, event, int(at * 1000), channel, context)

    def swap(self, pack):
        """Go on under another pack."""
        self._detector = Detector(pack)

    def chat(self, text, *, received=None, channel=None, context=NOTHING_KNOWN, **fields):
        """Say it in chat."""
        event = self.event(ChatMessage, text=text, **fields)
        return self.observe(event, received=received, channel=channel, context=context)

    def segment(self, text, *, final=True, key="s", start_ms=0, received=None, **fields):
        """Say it on the phone."""
        times = {"start_ms": start_ms, "end_ms": start_ms + 1}
        event = self.event(
            CallSegment, text=text, segment_id=key, is_final=final, **times, **fields
        )
        return self.observe(event, received=received)

    def email(self, subject, text, **fields):
        """Write it in an e-mail."""
        return self.observe(self.event(EmailMessage, subject=subject, text=text, **fields))

    def report(self, reason, **fields):
        """Press the button."""
        return self.observe(self.event(AgentReport, reason=reason, **fields))

    def end(self, **fields):
        """End the conversation."""
        return self.observe(self.event(ConversationEnded, **fields))

    def event(self, kind, *, at=0, **fields):
        """An event sent so many seconds after the start."""
        given = {"conversation_id": "c", "message_id": f"m{next(self._ids)}"}
        if kind not in (AgentReport, ConversationEnded):
            given["speaker"] = "customer"
        return kind(**given | fields, sent_at=START + timedelta(seconds=at))

    def remembered(self, conversation_id="c"):
        """What is remembered of a conversation."""
        for conversation in self.conversations:
            if conversation.id == conversation_id:
                return list(conversation.messages)
        return []


@pytest.fixture(scope="session")
def make_pack(tmp_path_factory):
    """Write rules to a folder and load them; each rule is given by what differs from a plain one.

    Rule ``n`` is called ``<language>.active_intent.r<n>``. Further headings of the file are given
    by name (``modifiers``, ``cases`` ...), what `pack.yaml` holds beside as ``manifest``.
    """

    def make(*rules, language="zh", manifest=None, drafts=False, **headings):
        folder = tmp_path_factory.mktemp("pack")
        head = {"format": 1, "name": "test", "version": "1.0.0"} | (manifest or {})
        (folder / "pack.yaml").write_text(yaml.safe_dump(head, allow_unicode=True), "utf-8")
        written = [
            {
                "id": f"{language}.{rule.get('category', 'active_intent')}.r{number}",
                "title": f"Rule {number}",
                "category": "active_intent",
                "tier": "elevated",
                "status": "active",
                "examples": {"alert": ["yes"], "ignore": ["no"]},
            }
            | rule
            for number, rule in enumerate(rules)
        ]
        content = {"format": 1, "language": language, "rules": written} | headings
        text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
        (folder / "rules.yaml").write_text(text, "utf-8")
        return load(folder, drafts=drafts)

    return make


@pytest.fixture(scope="session")
def make_talk(make_pack):
    """Make a pack of the rules, and conversations to hold under it."""

    def make(
        *rules,
        language="zh",
        manifest=None,
        modifiers=None,
        scale=None,
        surroundings=None,
        **bounds,
    ):
        given = {"modifiers": modifiers, "scale": scale, "surroundings": surroundings}
        headings = {name: value for name, value in given.items() if value}
        pack = make_pack(*rules, language=language, manifest=manifest, **headings)
        return Talk(pack, **bounds)

    return make
