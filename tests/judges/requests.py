"""The requests of a channel to a Graph, recorded below the adapter and split into node, edge and names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

_VERSION = re.compile(r"v\d+\.\d+/")


class Recorder(httpx.AsyncHTTPTransport):
    """A real transport that records every request with the JSON of its answer, or None."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[httpx.Request, Any]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        at = len(self.seen)
        self.seen.append((request, None))
        if request.headers.get("content-type") == "application/octet-stream":
            return await super().handle_async_request(request)  # bytes of a file, not parameters
        await request.aread()
        response = await super().handle_async_request(request)
        try:
            content = await response.aread()
        finally:
            await response.aclose()
        with suppress(ValueError):
            self.seen[at] = (request, json.loads(content))
        return httpx.Response(response.status_code, headers=_unframed(response.headers), content=content)


@dataclass(frozen=True)
class Sent:
    """One call: `GET 1234/comments?fields=id` of the token `token`."""

    method: str
    node: str
    edge: str
    token: str
    params: dict[str, str] = field(default_factory=dict)
    files: frozenset[str] = frozenset()

    @property
    def fields(self) -> dict[str, str]:
        """The names in `fields`, each with the text in its braces."""
        return dict(named_fields(self.params.get("fields", "")))


def sent_to(bases: list[str], request: httpx.Request) -> Sent | None:
    """The call of a request to one of `bases`, the hosts of a Graph, or None."""
    url = str(request.url)
    base = next((base for base in bases if url.startswith(f"{base}/")), None)
    if base is None:
        return None
    path = _VERSION.sub("", urlsplit(url[len(base) + 1 :]).path, count=1)
    node, _, edge = path.partition("/")
    params, files = _body(request)
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    return Sent(request.method, node, edge, token, {**dict(request.url.params), **params}, frozenset(files))


def named_fields(given: str) -> Iterator[tuple[str, str]]:
    """`a,b{c,d{e}}` as `a` with nothing, `b` with `c,d{e}`."""
    depth, start, parts = 0, 0, []
    for index, sign in enumerate(given):
        depth += (sign == "{") - (sign == "}")
        if sign == "," and depth == 0:
            parts.append(given[start:index])
            start = index + 1
    for part in [*parts, given[start:]]:
        name, _, inside = part.partition("{")
        if name:
            yield name, inside.removesuffix("}")


def _body(request: httpx.Request) -> tuple[dict[str, str], list[str]]:
    kind = request.headers.get("content-type", "")
    if kind.startswith("application/x-www-form-urlencoded"):
        return dict(parse_qsl(request.content.decode(), keep_blank_values=True, strict_parsing=True)), []
    if not kind.startswith("multipart/form-data"):
        return {}, []
    message = BytesParser(policy=HTTP).parsebytes(f"content-type: {kind}\r\n\r\n".encode() + request.content)
    params: dict[str, str] = {}
    files: list[str] = []
    for part in message.iter_parts():
        name = str(part.get_param("name", header="content-disposition"))
        if part.get_filename() is None:
            params[name] = str(part.get_payload())
        else:
            files.append(name)
    return params, files


def _unframed(headers: httpx.Headers) -> dict[str, str]:
    """The headers without those of the framing and compression, because the body is read."""
    framing = ("content-length", "transfer-encoding", "content-encoding")
    return {name: value for name, value in headers.items() if name not in framing}
