"""The headers that an endpoint adds to each request: which are allowed, and which are secret. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

HEADERS_LIMIT, VALUE_LIMIT = 20, 1_000
MASK = "***"

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e\t]*[\x21-\x7e])?")
# What the request itself is made of, and what HTTP decides hop by hop.
_RESERVED = frozenset(
    {"host", "content-type", "content-length", "content-encoding", "accept-encoding", "user-agent", "date", "expect"}
    | {"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
    | {"proxy-authorization", "proxy-connection"}
)
_SECRET = re.compile(r"auth|cookie|token|secret|key|password|signature", re.IGNORECASE)


def why_refused(name: str, value: str) -> str | None:
    """Why a header is not allowed, or None."""
    if not _NAME.fullmatch(name):
        return "a header's name is 1 to 100 letters, digits and !#$%&'*+.^_`|~-"
    if name.lower() in _RESERVED or name.lower().startswith("webhook-"):
        return f"{name} is set by Munadi or by HTTP itself"
    if len(value) > VALUE_LIMIT:
        return f"a header's value has at most {VALUE_LIMIT} characters"
    if not _VALUE.fullmatch(value):
        return "a header's value is printable ASCII, without spaces at its ends"
    return None


def masked(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers as they may be shown: the values of those whose name says that they are secret are masked."""
    return {name: MASK if _SECRET.search(name) else value for name, value in headers.items()}


def with_kept(sent: Mapping[str, str], before: Mapping[str, str]) -> dict[str, str]:
    """The headers that were sent; one that was sent masked keeps its value from `before`."""
    known = {name.lower(): value for name, value in before.items()}
    return {name: known.get(name.lower(), value) if value == MASK else value for name, value in sent.items()}
