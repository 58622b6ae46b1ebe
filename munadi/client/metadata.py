"""What an answer says beside its body: the request's id, whether it is a repeat, and what is left of limits.

Rule: an answer is a dictionary like any other; `response_of` finds the rest. A copy of the dictionary has lost it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

_ITEM = re.compile(r'"([^"]*)"((?:;[a-z]+=\d+)*)')
_PARAMETER = re.compile(r";([a-z]+)=(\d+)")


@dataclass(frozen=True)
class RateLimit:
    """What is left of a limit, of how much, and in how many seconds it is full again."""

    remaining: int
    quota: int | None
    reset_seconds: int | None


@dataclass(frozen=True)
class ResponseMetadata:
    """The status and headers of an answer.

    `request_id` is in the server's log, too. `replayed`: this is the stored answer to an earlier request with the same
    idempotency key. `etag`: the version that a later change is based on. `limits`: those of the brand that the request
    counted against, by their names.
    """

    status: int
    request_id: str | None
    replayed: bool
    etag: str | None
    limits: Mapping[str, RateLimit]


class _Answer(dict[str, Any]):
    response: ResponseMetadata


def response_of(answer: object) -> ResponseMetadata | None:
    """The metadata of what a call returned: `response_of(post).replayed`. None for any other object."""
    return answer.response if isinstance(answer, _Answer) else None


def json_of(response: httpx.Response) -> Any:
    """The JSON of a response, of which `response_of` knows the rest. ValueError if there is none."""
    body = response.json()
    if not isinstance(body, dict):
        return body
    answer = _Answer(body)
    answer.response = metadata_of(response)
    return answer


def metadata_of(response: httpx.Response) -> ResponseMetadata:
    """The metadata of a response."""
    headers = response.headers
    return ResponseMetadata(
        status=response.status_code,
        request_id=headers.get("x-request-id"),
        replayed=headers.get("idempotent-replayed") == "true",
        etag=headers.get("etag"),
        limits=_limits(headers),
    )


def _limits(headers: httpx.Headers) -> dict[str, RateLimit]:
    """The limits of `RateLimit` and `RateLimit-Policy`: `"apiCallsPerMinute";r=3;t=12` and `…;q=60;w=60`."""
    quotas = _items(headers.get("ratelimit-policy", ""))
    return {
        name: RateLimit(given["r"], quotas.get(name, {}).get("q"), given.get("t"))
        for name, given in _items(headers.get("ratelimit", "")).items()
        if "r" in given
    }


def _items(header: str) -> dict[str, dict[str, int]]:
    """A list of quoted names with numbers as parameters (RFC 9651). What is not of this form is left out."""
    return {
        name: {key: int(value) for key, value in _PARAMETER.findall(parameters)}
        for name, parameters in _ITEM.findall(header)
    }
