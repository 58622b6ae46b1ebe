"""What the layers in front of the routes know of a door: a prefix whose requests are an API of another program."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.types import Scope

from munadi.domain.door import DoorName

Json = dict[str, Any]
Failure = Callable[[Mapping[str, Any]], Json]


@dataclass(frozen=True)
class Door:
    """`uploads`: the paths that take a file in a multipart form. `failure`: its form of one of our problem documents.
    `keys_are_raw`: its clients send `Authorization: <key>`, without a scheme."""

    name: DoorName
    prefix: str
    uploads: frozenset[str]
    failure: Failure
    keys_are_raw: bool = False


def door_of(scope: Scope) -> Door | None:
    """The door that a request came to, if any (`api.doors.entrance`)."""
    found: Door | None = scope.get("state", {}).get("door")
    return found


def named_profile(scope: Scope) -> str | None:
    """The brand that a request at a door names: `Profile-Key` in its headers, or `profileKey` in its body."""
    if door_of(scope) is None:
        return None
    headers = [value.decode("latin-1") for name, value in scope["headers"] if name == b"profile-key"]
    body = scope["state"].get("json")
    sent = body.get("profileKey") if isinstance(body, dict) else None
    return headers[0] if headers else sent if isinstance(sent, str) else None
