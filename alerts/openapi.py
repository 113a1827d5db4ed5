"""What Lifeline asks of an existing customer service, as an OpenAPI 3.1 document."""

from __future__ import annotations

from typing import Any

_ID = {
    "name": "id",
    "in": "path",
    "required": True,
    "description": "The customer's id as conversation events carry it, percent-encoded",
    "schema": {"type": "string", "minLength": 1, "maxLength": 256},
}
_SINCE = {
    "name": "since",
    "in": "query",
    "required": True,
    "description": "Orders placed at this time or later; the start of a day in UTC",
    "schema": {"type": "string", "format": "date-time"},
}
_UNKNOWN = {"description": "There is no such customer"}


def openapi() -> dict[str, Any]:
    """The document. What it does not name (other answers, more fields) is up to the service."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Customer service, as Lifeline asks it",
            "version": "1.0.0",
            "description": "Profiles and orders for alerts. Lifeline is the client.",
        },
        "paths": {
            "/customers/{id}": _get(
                "customer",
                "The customer's latest profile",
                [_ID],
                {"$ref": "./customer.schema.json"},
            ),
            "/customers/{id}/orders": _get(
                "orders",
                "The customer's orders as they are now, in any order",
                [_ID, _SINCE],
                {"type": "array", "items": {"$ref": "./order.schema.json"}},
            ),
        },
        "security": [{"token": []}, {}],
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    }


def _get(
    name: str, summary: str, parameters: list[dict[str, Any]], schema: dict[str, Any]
) -> dict[str, Any]:
    answer = {"description": summary, "content": {"application/json": {"schema": schema}}}
    return {
        "get": {
            "operationId": name,
            "summary": summary,
            "parameters": parameters,
            "responses": {"200": answer, "404": _UNKNOWN},
        }
    }
