"""What X's own client, xdk, knows of API v2: calls with the names of their queries, shapes of bodies and answers.

xdk is generated from X's OpenAPI document, so its methods can be read as one.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.parser import BytesParser
from email.policy import HTTP
from functools import cache
from typing import Any, get_args

import httpx
from pydantic import BaseModel, TypeAdapter, ValidationError
from xdk.media.client import MediaClient
from xdk.posts.client import PostsClient
from xdk.schemas import Problem
from xdk.users.client import UsersClient

PATH = re.compile(r'self\.client\.base_url\s*\+\s*"([^"]+)"')
METHOD = re.compile(r"self\.client\.session\.(get|post|put|delete)\(")
QUERY = re.compile(r'params\["([^"]+)"\]')
# The client hands on this name in a variable.
PAGING = "pagination_token"
DOCS, TIMELINE, BY_IDS = "docs/networks/x.md", "GET /2/users/{id}/tweets", "GET /2/tweets"
# What the documentation of X says and xdk does not, each with its source.
KNOWN_OTHERWISE: Mapping[str, str] = {
    f"{TIMELINE}: no parameter 'tweet.fields'": f"{DOCS}, 7; xdk has post.fields, whose names the channel reads too",
    f"{TIMELINE}: answered unknown data.edit_history_tweet_ids": f"{DOCS}, 7: with tweet.fields",
    f"{TIMELINE}: answered unknown data.note_tweet": f"{DOCS}, 7: with tweet.fields",
    f"{TIMELINE}: answered unknown data.referenced_tweets": f"{DOCS}, 7: with tweet.fields",
    f"{BY_IDS}: no parameter 'tweet.fields'": f"{DOCS}, 7: as in the timeline",
    f"{BY_IDS}: answered unknown data.edit_history_tweet_ids": f"{DOCS}, 7: with tweet.fields",
    "GET /2/media/upload: answered unknown data.processing_info.error": f"{DOCS}, 3: of media that failed",
    "POST /2/oauth2/token: unknown": f"{DOCS}, 2; xdk writes this call by hand",
}


@dataclass(frozen=True)
class Operation:
    """One method of the client."""

    method: str
    path: str
    query: frozenset[str]
    body: type[BaseModel] | None
    answer: type[BaseModel]

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    def serves(self, request: httpx.Request, root: str) -> bool:
        pattern = re.sub(r"\{\w+\}", "[^/]+", self.path)
        return request.method == self.method and bool(re.fullmatch(f"{root}{pattern}", request.url.path))


@cache
def operations() -> list[Operation]:
    """Of posts, users and media; paths without parameters first."""
    methods = (
        method
        for kind in (PostsClient, UsersClient, MediaClient)
        for name, method in inspect.getmembers(kind, inspect.isfunction)
        if not name.startswith("_")
    )
    return sorted((_read(method) for method in methods), key=lambda one: one.path.count("{"))


def complaints(request: httpx.Request, response: httpx.Response | None, root: str) -> set[str]:
    """What a request has that xdk does not know, or an answer that xdk does not expect."""
    found = next((one for one in operations() if one.serves(request, root)), None)
    if found is None:
        return {f"{request.method} {request.url.path.removeprefix(root)}: unknown"}
    faults = {f"no parameter {name!r}" for name in set(request.url.params) - found.query}
    faults |= {f"sent {fault}" for fault in _sent(request, found.body)}
    if response is not None:
        faults |= {f"answered {fault}" for fault in _answered(response, found.answer)}
    return {f"{found.name}: {fault}" for fault in faults}


def strange(value: Any, at: str = "") -> Iterator[str]:
    """The names that a model took without knowing them."""
    if isinstance(value, BaseModel):
        yield from (f"unknown {at}{name}" for name in value.model_extra or {})
        for name in type(value).model_fields:
            yield from strange(getattr(value, name), f"{at}{name}.")
    elif isinstance(value, list):
        for one in value:
            yield from strange(one, at)


def judged(kind: Any, body: Any) -> Iterator[str]:
    """The faults of a JSON value as a type of xdk's."""
    try:
        yield from strange(TypeAdapter(kind).validate_json(json.dumps(body), strict=True))
    except ValidationError as error:
        for one in error.errors():
            yield f"{'.'.join(map(str, one['loc']))}: {one['msg']}"


def _sent(request: httpx.Request, kind: type[BaseModel] | None) -> Iterator[str]:
    if not request.content:
        return
    if kind is None:
        yield "a body"
    elif request.headers["content-type"].startswith("multipart/"):
        header = f"content-type: {request.headers['content-type']}\r\n\r\n".encode()
        parts = BytesParser(policy=HTTP).parsebytes(header + request.content).iter_parts()
        names = {str(part.get_param("name", header="content-disposition")) for part in parts}
        yield from (f"part {name}" for name in names ^ set(kind.model_fields))
    else:
        yield from judged(kind, json.loads(request.content))


def _answered(response: httpx.Response, kind: type[BaseModel]) -> Iterator[str]:
    if not response.is_success:
        body: Mapping[str, Any] = response.json()
        known = [one for one in get_args(Problem) if body["type"] in get_args(one.model_fields["type"].annotation)]
        yield from judged(known[0] if known else dict[str, Any], body)
    else:
        yield from judged(kind, response.json())


def _read(method: Any) -> Operation:
    source, hints = inspect.getsource(method), inspect.get_annotations(method)
    path, verb, answer = PATH.search(source), METHOD.search(source), re.search(r"\w+Response", hints["return"])
    assert path is not None, method
    assert verb is not None, method
    assert answer is not None, method
    models = inspect.getmodule(method)
    query = set(QUERY.findall(source)) | ({PAGING} if PAGING in hints else set())
    body = getattr(models, hints["body"]) if "body" in hints else None
    return Operation(verb[1].upper(), path[1], frozenset(query), body, getattr(models, answer[0]))
