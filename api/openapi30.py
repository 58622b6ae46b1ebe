"""Converts an OpenAPI 3.1 document to 3.0, for readers that need it. Pure; what 3.0 cannot express is left out."""

from __future__ import annotations

from typing import Any

# What a schema that allows null alone becomes.
_NULL: dict[str, Any] = {"nullable": True, "enum": [None]}


def as_openapi_30(document: dict[str, Any]) -> dict[str, Any]:
    """The same document for a 3.0 reader."""
    # 3.0 has no webhooks.
    made: dict[str, Any] = _rewritten({name: value for name, value in document.items() if name != "webhooks"})
    made["openapi"] = "3.0.3"
    made.get("info", {}).pop("summary", None)
    return made


def _rewritten(value: Any) -> Any:
    if isinstance(value, list):
        return [_rewritten(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    return _schema({name: _rewritten(inner) for name, inner in value.items()})


def _schema(found: dict[str, Any]) -> dict[str, Any]:
    """Null as a type becomes `nullable`, a constant an enum of one, exclusive bounds flags."""
    for key in ("anyOf", "oneOf"):
        choices = found.get(key)
        if isinstance(choices, list) and _NULL in choices:
            rest = [choice for choice in choices if choice != _NULL]
            found.pop(key)
            found["nullable"] = True
            found |= rest[0] if len(rest) == 1 and "$ref" not in rest[0] else {"allOf" if len(rest) == 1 else key: rest}
    if found.get("type") == "null":
        del found["type"]
        found |= _NULL
    if isinstance(found.get("const"), str | int | bool):
        found["enum"] = [found.pop("const")]
    for bound in ("Minimum", "Maximum"):
        limit = found.get(f"exclusive{bound}")
        if isinstance(limit, int | float) and not isinstance(limit, bool):
            found[f"exclusive{bound}"] = True
            found[bound.lower()] = limit
    if isinstance(found.get("examples"), list):
        found["example"] = found.pop("examples")[0]
    if found.get("contentMediaType") == "application/octet-stream":
        found.pop("contentMediaType")
        found["format"] = "binary"
    return found
