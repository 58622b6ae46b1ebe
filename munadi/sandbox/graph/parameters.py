"""What a Graph call says: query, form and JSON bodies are one set of parameters."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qsl

from munadi.sandbox.exchange import Call
from munadi.sandbox.graph.errors import bad_parameter


def parameters(call: Call) -> dict[str, str]:
    """All parameters as text; lists and objects of JSON bodies become JSON text, as forms carry them."""
    merged = dict(call.query)
    if call.content_type == "application/json" and call.body:
        try:
            body = json.loads(call.body)
        except ValueError:
            raise bad_parameter("The body is not valid JSON") from None
        if not isinstance(body, dict):
            raise bad_parameter("The body must be a JSON object")
        merged |= {key: _text(value) for key, value in body.items() if value is not None}
    elif call.body:
        merged |= dict(parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True))
    return merged


def token_in(call: Call) -> str | None:
    """From the Authorization header, the query or the body; never raises."""
    if call.bearer:
        return call.bearer
    if token := call.query.get("access_token"):
        return token
    if call.content_type == "application/json":
        try:
            body = json.loads(call.body)
        except ValueError:
            return None
        return str(body.get("access_token", "")) or None if isinstance(body, dict) else None
    return dict(parse_qsl(call.body.decode("utf-8", "replace"))).get("access_token")


def flag(values: dict[str, str], name: str, default: bool = False) -> bool:
    return values.get(name, str(default)).lower() in ("true", "1")


def listed(values: dict[str, str], name: str) -> list[str]:
    """`a,b` or `["a","b"]`."""
    text = values.get(name, "").strip()
    if text.startswith("["):
        try:
            return [str(part) for part in json.loads(text)]
        except ValueError:
            raise bad_parameter(f"Param {name} must be an array") from None
    return [part.strip() for part in text.split(",") if part.strip()]


def fields(values: dict[str, str], known: set[str], node: str) -> list[str]:
    """The wanted fields without what they hold and their modifiers; an unknown one is refused as Meta does."""
    text, before = values.get("fields", ""), ""
    while text != before:
        text, before = re.sub(r"\{[^{}]*\}", "", text), text
    wanted = [name for part in text.split(",") if (name := part.split(".")[0].strip())]
    for name in wanted:
        if name not in known:
            raise bad_parameter(f"Tried accessing nonexisting field ({name}) on node type ({node})")
    return wanted


def whole_number(values: dict[str, str], name: str, default: int) -> int:
    text = values.get(name, str(default))
    if not text.lstrip("-").isdecimal():
        raise bad_parameter(f"Param {name} must be an integer")
    return int(text)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value)
