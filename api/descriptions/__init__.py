"""What the names on the wire mean, for the OpenAPI document.

Most names mean the same everywhere, so each is described once here. What a model or a route says itself comes first.
"""

from __future__ import annotations

from typing import Any

from api.descriptions.parameters import PARAMETERS


def describe(document: dict[str, Any]) -> None:
    """Add the missing descriptions. A name that is not known here stays without one, and a test reports it."""
    for item in document["paths"].values():
        for operation in item.values():
            for parameter in operation.get("parameters", ()):
                text = PARAMETERS.get((parameter["in"], parameter["name"]))
                if text:
                    parameter.setdefault("description", text)
