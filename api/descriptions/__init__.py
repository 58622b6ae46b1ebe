"""What the names on the wire mean, for the OpenAPI document.

Most names mean the same everywhere, so each is described once here; `Schema.name` where it means something else. What a
model or a route says about its own name comes before `name`, and `Schema.name` before both.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from api.descriptions.accounts import ACCOUNTS
from api.descriptions.channels import CHANNELS
from api.descriptions.parameters import PARAMETERS
from api.descriptions.posts import POSTS
from api.descriptions.webhooks import WEBHOOKS

PROPERTIES = POSTS | ACCOUNTS | CHANNELS | WEBHOOKS
# Schemas that have the properties of another one and some of their own.
_EXTENDS = {
    "AccountCheck": "AccountView",
    "EndpointCreate": "EndpointChange",
    "EndpointWithSecret": "EndpointView",
    "DeliveryDetail": "DeliveryView",
    "KeyWithText": "KeyView",
    "LengthView": "TextLength",
    "ListedPublication": "PublicationView",
    "PublicationDetail": "PublicationView",
}


def describe(document: dict[str, Any]) -> None:
    """Add the missing descriptions. A name that is not known here stays without one, and a test reports it."""
    for item in document["paths"].values():
        for operation in item.values():
            for parameter in operation.get("parameters", ()):
                _add(parameter, PARAMETERS.get((parameter["in"], parameter["name"])))
    for schema, described in document["components"]["schemas"].items():
        for name, described_property in described.get("properties", {}).items():
            special = next((PROPERTIES[key] for key in _keys(schema, name) if key in PROPERTIES), None)
            if special is not None:
                described_property["description"] = special
            _add(described_property, PROPERTIES.get(name))


def _keys(schema: str, name: str) -> Iterator[str]:
    """Where a special meaning of a property may stand."""
    yield f"{schema}.{name}"
    if schema in _EXTENDS:
        yield f"{_EXTENDS[schema]}.{name}"
    if schema.endswith("Event"):
        yield f"Event.{name}"


def _add(described: dict[str, Any], text: str | None) -> None:
    if text is not None:
        described.setdefault("description", text)
