"""What a Graph call says: query, form, multipart and JSON bodies are one set of parameters."""

from __future__ import annotations

import json
import re

from munadi.sandbox.exchange import Call
from munadi.sandbox.graph import parameters as family
from munadi.sandbox.graph.errors import bad_parameter

_NAME = re.compile(rb'\bname="([^"]*)"')
_FILENAME = re.compile(rb'\bfilename="')
_BOUNDARY = re.compile(r'boundary="?([^";]+)"?')
_INDEXED = re.compile(r"^attached_media\[(\d+)\]$")


def parameters(call: Call) -> dict[str, str]:
    """All parameters as text; lists and objects of JSON bodies become JSON text, as forms carry them."""
    if call.content_type == "multipart/form-data":
        parts = {name: part.decode("utf-8", "replace") for name, part, is_file in _parts(call) if not is_file}
        return dict(call.query) | parts
    if call.content_type in ("application/json", "application/x-www-form-urlencoded"):
        return family.parameters(call)
    return dict(call.query)


def file_in(call: Call, name: str) -> bytes | None:
    """A file of a multipart body."""
    if call.content_type != "multipart/form-data":
        return None
    return next((part for found, part, _ in _parts(call) if found == name), None)


def token_in(call: Call) -> str | None:
    """From the Authorization header, the query or the body; never raises."""
    scheme, _, token = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() in ("bearer", "oauth") and token.strip():
        return token.strip()
    try:
        return parameters(call).get("access_token")
    except Exception:  # noqa: BLE001  whatever is wrong with the body is told by the operation
        return call.query.get("access_token")


def attached(values: dict[str, str]) -> list[str]:
    """The photo ids of `attached_media`: a JSON array, or keys with an index."""
    indexed = sorted((int(found[1]), value) for key, value in values.items() if (found := _INDEXED.match(key)))
    text = values.get("attached_media") or f"[{','.join(value for _, value in indexed)}]"
    try:
        return [str(one["media_fbid"]) for one in json.loads(text)]
    except (ValueError, TypeError, KeyError):
        raise bad_parameter("Param attached_media must be an array of objects with media_fbid") from None


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
