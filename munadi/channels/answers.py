"""Reading a network's answer: bounded in bytes, decoded by us alone, its JSON finite and shallow.

The host may belong to a tenant (a Bluesky PDS), so nothing about an answer is trusted. What breaks a rule here raises
`UnreadableAnswer`: the call may have had its effect, and only the network can say so.
"""

from __future__ import annotations

import json
import math
import re
import zlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import httpx

from munadi.domain.failure import MAX_RAW
from munadi.ports import Answer

# Both for the bytes on the wire and for the decoded body; a list of a hundred posts with long texts stays below it.
MAX_ANSWER, TOO_LARGE = 1_000_000, "ANSWER_TOO_LARGE"
# The only encoding that we request and accept: one decoder, which can be stopped after a number of bytes.
ACCEPT_ENCODING = "gzip"
PLAIN = ("", "identity")
GZIP_HEADER = 16 + zlib.MAX_WBITS
# No network nests its answers deeper than ten levels; recursive code of ours can follow this many.
MAX_DEPTH = 64
REPLACEMENT = "\ufffd"
# PostgreSQL stores no NUL, and no lone surrogate can be encoded.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_ESCAPED = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")


class UnreadableAnswer(Exception):
    """An answer that breaks a limit. `code` is stable, the message is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


async def read_answer(response: httpx.Response, hidden: Sequence[str]) -> Answer:
    """The whole answer of a streamed response. Raises UnreadableAnswer, or httpx.HTTPError when the stream breaks.

    `hidden` is cut out of a refusal, which may echo what was sent. A body that is not valid JSON is None.
    """
    raw = await _body(response)
    if not response.is_success:
        for secret in hidden:
            raw = raw.replace(secret.encode(), b"***")
    headers = {name.lower(): value for name, value in response.headers.items()}
    text = _UNSTORABLE.sub(REPLACEMENT, raw[: MAX_RAW * 2].decode("utf-8", "replace"))
    return Answer(response.status_code, headers, parse_json(raw), text)


def parse_json(raw: bytes) -> Any:
    """The JSON value, or None for what is not JSON by RFC 8259 (NaN, infinite or endless numbers included).

    Characters that cannot be stored are replaced. Raises UnreadableAnswer for JSON nested more than 64 deep.
    """
    if not raw:
        return None
    try:
        value = json.loads(raw, parse_constant=_refuse_constant, parse_float=_finite)
    except RecursionError:
        raise _too_deep() from None
    except ValueError:
        return None
    # Counting is quick, walking is not: most answers have fewer brackets than levels are allowed.
    if raw.count(b"[") + raw.count(b"{") > MAX_DEPTH:
        _check_depth(value)
    return _storable(value) if _ESCAPED.search(raw) else value


def object_in(value: Any, *path: str) -> dict[str, Any]:
    """The object at a path of an answer; empty where there is none."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def text_in(value: Any, *path: str) -> str | None:
    """The text at a path of an answer; None where there is none, or an empty one."""
    found = object_in(value, *path[:-1]).get(path[-1])
    return found if isinstance(found, str) and found else None


def whole_number(value: Any) -> int | None:
    """A whole number that is not negative; None for anything else, true and false included."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def instant(value: Any) -> datetime | None:
    """A time with its zone, as RFC 3339 or Meta's `2026-11-25T09:00:00+0000`; None for anything else."""
    try:
        at = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return at if at.tzinfo else None


async def _body(response: httpx.Response) -> bytes:
    """The decoded body, never more than MAX_ANSWER bytes in memory, whatever it decodes to."""
    decoder = zlib.decompressobj(GZIP_HEADER) if _is_zipped(response) else None
    received, body = 0, bytearray()
    # The stream itself gives the bytes of the wire; httpx's own readers decode as the server says, without a bound.
    assert isinstance(response.stream, httpx.AsyncByteStream)
    async for piece in response.stream:
        received += len(piece)
        try:
            body += decoder.decompress(piece, MAX_ANSWER + 1 - len(body)) if decoder else piece
        except zlib.error as error:
            raise UnreadableAnswer("ANSWER_ENCODING", "the answer is not valid gzip") from error
        if max(received, len(body)) > MAX_ANSWER:
            raise UnreadableAnswer(TOO_LARGE, f"the answer has more than {MAX_ANSWER} bytes")
    if decoder and received and not decoder.eof:
        raise UnreadableAnswer("ANSWER_ENCODING", "the gzip of the answer ends early")
    return bytes(body)


def _is_zipped(response: httpx.Response) -> bool:
    encodings = [one.strip().lower() for one in response.headers.get_list("content-encoding", split_commas=True)]
    named = [one for one in encodings if one not in PLAIN]
    if named and named != ["gzip"]:
        shown = ", ".join(named)[:80]
        raise UnreadableAnswer("ANSWER_ENCODING", f"the answer is encoded as {shown!r}; only gzip was requested")
    return bool(named)


def _too_deep() -> UnreadableAnswer:
    return UnreadableAnswer("ANSWER_TOO_DEEP", f"the answer's JSON is nested more than {MAX_DEPTH} levels deep")


def _check_depth(value: Any) -> None:
    """Level by level, without recursion."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [child for one in level for child in _children(one) if isinstance(child, dict | list)]
        if not level:
            return
    raise _too_deep()


def _children(value: Any) -> Any:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _storable(value: Any) -> Any:
    """The value with replaced characters; its depth is checked."""
    match value:
        case str():
            return _UNSTORABLE.sub(REPLACEMENT, value)
        case list():
            return [_storable(one) for one in value]
        case dict():
            return {_UNSTORABLE.sub(REPLACEMENT, name): _storable(one) for name, one in value.items()}
        case _:
            return value


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError("a number too large")
    return number
