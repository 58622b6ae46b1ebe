"""The form of each network's errors, and the tables of their meaning."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from munadi.domain.failure import Effect, Reason
from munadi.ports import Answer

WORDS = "in its own words"


@dataclass(frozen=True)
class Row:
    key: str
    reason: Reason
    effect: Effect
    seconds: int | None  # until it may be sent again


@dataclass(frozen=True)
class ErrorTable:
    """`rows` has lines `REASON effect [seconds]: key key…`; `others` are answers without a row."""

    rows: str
    answer: Callable[[str], Answer]
    others: Sequence[tuple[Answer, Reason | None, Effect, str | None]]
    words: str = WORDS

    def __iter__(self) -> Iterator[Row]:
        for line in filter(None, self.rows.splitlines()):
            outcome, _, keys = line.partition(":")
            reason, effect, *seconds = outcome.split()
            for key in keys.split():
                for one in _range(key):
                    yield Row(one, Reason(reason), Effect(effect), int(seconds[0]) if seconds else None)

    @property
    def keys(self) -> set[str]:
        return {row.key for row in self}


def _range(key: str) -> Iterator[str]:
    first, dots, last = key.partition("..")
    yield from map(str, range(int(first), int(last) + 1)) if dots else [key]


def given(status: int, body: Any = None, **headers: str) -> Answer:
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, body, json.dumps(body))


def graph(
    status: int, code: Any = None, subcode: Any = None, headers: dict[str, str] | None = None, **more: Any
) -> Answer:
    """An answer in the envelope of Meta's Graph."""
    known = {"message": WORDS, "type": "OAuthException", "code": code, "error_subcode": subcode, **more}
    return given(
        status, {"error": {name: value for name, value in known.items() if value is not None}}, **headers or {}
    )


def graph_of(key: str) -> Answer:
    if key.startswith("THREADS_API__"):
        return graph(400, 100, message=f"(#100) {key}: too many")
    if key.endswith("Error"):  # of Facebook's upload host
        return given(400, {"debug_info": {"retriable": True, "type": key, "message": WORDS}})
    code, _, subcode = key.partition("/")
    return graph(400, 25 if code == "*" else int(code), int(subcode) if subcode else None)


def xrpc_of(key: str) -> Answer:
    status, _, name = key.partition(":")
    return given(int(status), {"error": name, "message": WORDS})


def mastodon_of(key: str) -> Answer:
    return given(401 if key == "invalid_client" else 400, {"error": key, "error_description": WORDS})


def pinterest_of(key: str) -> Answer:
    status, _, code = key.partition("/")
    return given(int(status), {"code": int(code), "message": WORDS})


def x_of(key: str) -> Answer:
    if key.isdecimal():
        return given(403, {"errors": [{"code": int(key), "message": WORDS}]})
    if "_" in key:
        return given(400, {"error": key, "error_description": WORDS})
    return given(403, {"title": "x", "detail": WORDS, "type": f"https://api.x.com/2/problems/{key}", "status": 403})


def linkedin_of(key: str) -> Answer:
    if key.isdecimal():
        return given(401, {"status": 401, "serviceErrorCode": int(key), "message": WORDS})
    if key.islower():
        return given(400, {"error": key, "error_description": WORDS})
    return given(400, {"status": 400, "code": key, "message": WORDS})


def telegram(status: int, description: str, **parameters: Any) -> Answer:
    """An answer in the envelope of the Bot API."""
    more = {"parameters": parameters} if parameters else {}
    return given(status, {"ok": False, "error_code": status, "description": description, **more})


def telegram_of(key: str) -> Answer:
    return telegram(400, f"Bad Request: {key}")


def tiktok_of(key: str) -> Answer:
    status, _, code = key.partition(":")
    if code in OAUTH_WORDS.split():
        return given(int(status), {"error": code, "error_description": WORDS})
    return given(int(status), {"data": {}, "error": {"code": code, "message": WORDS, "log_id": "7"}})


def google(
    http: int, reason: str | None, message: str = WORDS, headers: dict[str, str] | None = None, **more: Any
) -> Answer:
    """An answer in the envelope of YouTube's Data API."""
    errors = [{"domain": "global", "reason": reason, "message": message}] if reason else []
    return given(http, {"error": {"code": 400, "message": message, "errors": errors, **more}}, **headers or {})


def youtube_of(key: str) -> Answer:
    if key in ("invalid_grant", "invalid_rapt", "invalid_client", "deleted_client"):
        return given(400, {"error": key, "error_description": WORDS})
    return google(400, key)


OAUTH_WORDS = """
access_denied invalid_grant invalid_client unauthorized_client invalid_scope invalid_request
unsupported_grant_type unsupported_response_type server_error temporarily_unavailable
"""
