"""JSON Schema, AsyncAPI and OpenAPI, from the contract: `python -m alerts.schema FOLDER`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

import msgspec

from alerts.contract import AlertEvent, Disposition, Signal
from alerts.openapi import openapi
from lifeline.customers import CustomerOrder, Profile
from lifeline.events import AgentReport, CallSegment, ChatMessage, ConversationEnded, EmailMessage

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_EVENTS: Final = ChatMessage | CallSegment | EmailMessage | AgentReport | ConversationEnded


def schema(kind: Any, title: str) -> dict[str, Any]:
    """The JSON Schema of one record type. Fields it does not name are ignored by readers."""
    return {"$schema": _DIALECT, "title": title, **msgspec.json.schema(kind)}


def asyncapi() -> dict[str, Any]:
    """The AsyncAPI 3 document: who writes what to which topic."""
    messages = {
        "alert": ("application/cloudevents+json", "./alert.schema.json", "One step in a case"),
        "event": ("application/json", "./event.schema.json", "A conversation event"),
        "signal": ("application/json", "./signal.schema.json", "What detect found in one message"),
        "customer": ("application/json", "./customer.schema.json", "A customer's latest profile"),
        "order": ("application/json", "./order.schema.json", "An order placed or changed"),
        "disposition": (
            "application/json",
            "./disposition.schema.json",
            "What the crisis team decided on a case",
        ),
    }
    topics = {
        "chat": ("event", "receive", "Chat messages, keyed by conversation_id"),
        "calls": ("event", "receive", "Call transcripts, keyed by conversation_id"),
        "emails": ("event", "receive", "E-mails, keyed by conversation_id"),
        "customers": ("customer", "receive", "Keyed by customer_id; a null value forgets them"),
        "orders": ("order", "receive", "Keyed by customer_id"),
        "dispositions": ("disposition", "receive", "Keyed by case_id"),
        "alerts": ("alert", "send", "For the crisis team, keyed by case_id"),
        "watchlist": ("alert", "send", "Findings below the gate, keyed by case_id"),
        "shadow": (
            "alert",
            "send",
            "What rules on trial found, keyed by case_id; not for the team",
        ),
        "signals": ("signal", "send", "Internal; keyed by customer_id, else conversation_id"),
    }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Lifeline",
            "version": "1.0.0",
            "description": "Conversation events in, prioritised alerts out.",
        },
        "channels": {
            name: {
                "address": f"lifeline.{name}",
                "description": what,
                "messages": {message: {"$ref": f"#/components/messages/{message}"}},
                "bindings": {"kafka": {"topic": f"lifeline.{name}", "bindingVersion": "0.5.0"}},
            }
            for name, (message, _, what) in topics.items()
        },
        "operations": {
            f"{action}_{name}": {"action": action, "channel": {"$ref": f"#/channels/{name}"}}
            for name, (_, action, _) in topics.items()
        },
        "components": {
            "messages": {
                name: {
                    "summary": summary,
                    "contentType": content_type,
                    "payload": {"$ref": reference},
                    "bindings": {"kafka": {"key": {"type": "string"}, "bindingVersion": "0.5.0"}},
                }
                for name, (content_type, reference, summary) in messages.items()
            }
        },
    }


def documents() -> dict[str, str]:
    """Every published document by file name, as text."""
    content = {
        "alert.schema.json": schema(AlertEvent, "Lifeline alert"),
        "signal.schema.json": schema(Signal, "Lifeline signal"),
        "event.schema.json": schema(_EVENTS, "Lifeline conversation event"),
        "customer.schema.json": schema(Profile, "Lifeline customer"),
        "order.schema.json": schema(CustomerOrder, "Lifeline order"),
        "disposition.schema.json": schema(Disposition, "Lifeline disposition"),
        "asyncapi.json": asyncapi(),
        "openapi.json": openapi(),
    }
    return {
        name: json.dumps(value, indent=2, ensure_ascii=False, sort_keys=False) + "\n"
        for name, value in content.items()
    }


def main(folder: str) -> None:
    """Write every document into ``folder``."""
    for name, text in documents().items():
        Path(folder, name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
