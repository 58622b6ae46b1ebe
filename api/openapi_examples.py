"""Examples of the OpenAPI document: as they are written, nulls included."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastapi.routing import RouteContext


def keep_nulls(document: dict[str, Any], routes: Iterable[RouteContext]) -> None:
    """Put back the nulls of examples, which the framework drops. Responses have every field, so examples do too."""
    for route in routes:
        for method in getattr(route, "methods", None) or ():
            operation = document["paths"].get(route.path, {}).get(method.lower())
            if operation is None:
                continue
            for status, response in route.responses.items():
                _add_nulls(operation["responses"].get(str(status)), response)
            _add_nulls(operation.get("requestBody"), (route.openapi_extra or {}).get("requestBody"))
            for body in route.dependant.body_params:
                content = operation["requestBody"]["content"].get("application/json", {})
                _add_nulls(content.get("examples"), body.field_info.openapi_examples)


def _add_nulls(made: Any, source: Any) -> None:
    if isinstance(made, dict) and isinstance(source, dict):
        for name, value in source.items():
            if value is None:
                made.setdefault(name, None)
            else:
                _add_nulls(made.get(name), value)
    elif isinstance(made, list) and isinstance(source, list | tuple):
        for inner, value in zip(made, source, strict=True):
            _add_nulls(inner, value)
