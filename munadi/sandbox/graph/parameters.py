"""The parameters of a Graph call: query, form and multipart bodies are one set. JSON bodies are not emulated."""

from __future__ import annotations

import json
import re
from typing import Any

from munadi.sandbox.exchange import Call, Refusal
from munadi.sandbox.graph.errors import bad_parameter, bad_parameter_if

_NAME = re.compile(rb'\bname="([^"]*)"')
_FILENAME = re.compile(rb'\bfilename="')
_BOUNDARY = re.compile(r'boundary="?([^";]+)"?')


def parameters(call: Call) -> dict[str, str]:
    """All parameters as text; lists and objects are JSON."""
    merged = dict(call.query)
    if call.content_type == "multipart/form-data":
        return merged | {name: part.decode("utf-8", "replace") for name, part, is_file in _parts(call) if not is_file}
    return merged | call.form if call.content_type in ("", "application/x-www-form-urlencoded") else merged


def file_in(call: Call, name: str) -> bytes | None:
    """A file of a multipart body."""
    if call.content_type != "multipart/form-data":
        return None
    return next((part for found, part, _ in _parts(call) if found == name), None)


def token_in(call: Call) -> str | None:
    """The token from the Authorization header, the query or the body; never raises."""
    scheme, _, token = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() in ("bearer", "oauth") and token.strip():
        return token.strip()
    try:
        return parameters(call).get("access_token")
    except Refusal:  # the operation answers to a malformed body
        return call.query.get("access_token")


def node_in(call: Call, position: int = -1) -> str:
    """A part of the path: the last one is the node, or with -2 the one before its edge."""
    return call.path.split("/")[position]


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


def json_in(values: dict[str, str], name: str, kind: type, type: str = "OAuthException") -> Any:
    """A parameter that is JSON of this kind."""
    try:
        found = json.loads(values[name])
    except ValueError:
        found = None
    bad_parameter_if(not isinstance(found, kind), f"Param {name} must be JSON, of the kind {kind.__name__}", type)
    return found


def fields(values: dict[str, str], known: set[str], node: str) -> list[str]:
    """The requested fields without nested fields and modifiers; an unknown one is refused as Meta does."""
    text, before = values.get("fields", ""), ""
    while text != before:
        text, before = re.sub(r"\{[^{}]*\}", "", text), text
    wanted = [name for part in text.split(",") if (name := part.split(".")[0].strip())]
    for name in wanted:
        bad_parameter_if(name not in known, f"Tried accessing nonexisting field ({name}) on node type ({node})")
    return wanted


def whole_number(values: dict[str, str], name: str, default: int) -> int:
    text = values.get(name, str(default))
    bad_parameter_if(not text.lstrip("-").isdecimal(), f"Param {name} must be an integer")
    return int(text)


def _parts(call: Call) -> list[tuple[str, bytes, bool]]:
    """(name, bytes, whether it is a file) of a multipart body."""
    found = _BOUNDARY.search(call.headers.get("content-type", ""))
    if found is None:
        raise bad_parameter("The multipart body has no boundary")
    parts = []
    for chunk in (b"\r\n" + call.body).split(b"\r\n--" + found[1].encode())[1:-1]:
        head, _, body = chunk.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        if name := _NAME.search(head):
            parts.append((name[1].decode(), body, _FILENAME.search(head) is not None))
    return parts
