"""How long what a server says may be, by the kind of field. The types that carry a server's words enforce it.

Rule: a network, a tenant's server, a receiver or an authorization server may answer anything of any length. It is
bounded where it enters, once, because it is repeated in rows, lists, events and webhooks. Words for people are cut. An
address that no one should open is dropped. An id or a secret is never changed, so one that is too long is refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlsplit

from pydantic import BeforeValidator


class Over(StrEnum):
    """What happens to a value over its bound."""

    CUT = "cut"
    DROPPED = "dropped"
    REFUSED = "refused"


class Bound(NamedTuple):
    """Characters of a text, entries of a list, or characters of the whole as JSON."""

    limit: int
    over: Over


ADDRESS = Bound(2_048, Over.DROPPED)
ID = Bound(512, Over.REFUSED)
NAME = Bound(300, Over.CUT)
CODE = Bound(200, Over.CUT)
MESSAGE = Bound(1_000, Over.CUT)
SCOPE = Bound(200, Over.CUT)
SCOPES = Bound(100, Over.CUT)
SECRET = Bound(16_384, Over.REFUSED)
# Facts of an account and what was prepared for a post: small numbers and texts, and the addresses of uploads.
FACTS = Bound(65_536, Over.REFUSED)
STATE = Bound(65_536, Over.REFUSED)
STATE_TEXT = Bound(8_192, Over.REFUSED)

# Every kind there is, for a test that walks the types which carry them.
BOUNDS: Mapping[str, Bound] = {
    "address": ADDRESS,
    "id": ID,
    "name": NAME,
    "code": CODE,
    "message": MESSAGE,
    "scope": SCOPE,
    "scopes": SCOPES,
    "secret": SECRET,
    "facts": FACTS,
    "state": STATE,
    "state text": STATE_TEXT,
}


def web_address(value: Any) -> Any:
    """An address that a person may open, else None: http or https with a host, no spaces, at most 2 048 characters."""
    if not isinstance(value, str):
        return value
    if len(value) > ADDRESS.limit or not value.isprintable() or " " in value:
        return None
    try:
        parts = urlsplit(value)
    except ValueError:
        return None
    return value if parts.scheme in ("http", "https") and parts.hostname else None


def _cut(bound: Bound) -> BeforeValidator:
    def cut(value: Any) -> Any:
        return value[: bound.limit] if isinstance(value, str | list | tuple) else value

    return BeforeValidator(cut)


def _within(bound: Bound) -> BeforeValidator:
    def check(value: Any) -> Any:
        if isinstance(value, str) and len(value) > bound.limit:
            raise ValueError(f"a text of more than {bound.limit} characters")
        return value

    return BeforeValidator(check)


def _facts(value: Any) -> Any:
    require_size(value, FACTS)
    return value


WebAddress = Annotated[str | None, BeforeValidator(web_address)]
GivenId = Annotated[str, _within(ID)]
Name = Annotated[str, _cut(NAME)]
Code = Annotated[str, _cut(CODE)]
Message = Annotated[str, _cut(MESSAGE)]
ShownId = Annotated[str, _cut(ID)]
Scopes = Annotated[tuple[Annotated[str, _cut(SCOPE)], ...], _cut(SCOPES)]
Facts = Annotated[dict[str, Any], BeforeValidator(_facts)]


def require_size(value: Any, whole: Bound, text: Bound | None = None) -> None:
    """Raises ValueError for a value that is longer than `whole` as JSON, or has a longer text than `text`."""
    size = len(json.dumps(value, default=str))
    if size > whole.limit:
        raise ValueError(f"{size} characters where {whole.limit} are enough")
    if text is not None and any(len(one) > text.limit for one in _texts(value)):
        raise ValueError(f"a text of more than {text.limit} characters")


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for pair in value.items() for one in pair for text in _texts(one)]
    return [text for one in value for text in _texts(one)] if isinstance(value, list | tuple) else []
