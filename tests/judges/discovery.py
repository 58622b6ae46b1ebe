"""Checks requests to the YouTube Data API, and answers from it, against Google's discovery document.

The document is part of google-api-python-client. It does not describe the chunks that follow videos.insert, and
`uploadType=resumable` at the path of simple uploads, which Google's client uses too. The guide of the resumable
protocol describes those.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

import httpx

CHUNK_UNIT = 262_144
CONTENT_RANGE = re.compile(r"^bytes (?:\*|(\d+)-(\d+))/(\d+)$")
# These are in every resource with any parts.
ALWAYS = {"kind", "etag", "id"}
CHUNK = "resumable upload"
UPLOAD_TYPES = ("media", "multipart", "resumable")


@cache
def document() -> dict[str, Any]:
    """The document of the installed package. It changes only with the lock file."""
    place = files("googleapiclient").joinpath("discovery_cache/documents/youtube.v3.json")
    found: dict[str, Any] = json.loads(place.read_text())
    return found


class Discovery:
    """Checks by the document. `root` is the path prefix of the host. Faults are sentences."""

    def __init__(self, root: str = "") -> None:
        self._root = root.rstrip("/")
        self._schemas = document()["schemas"]
        self._methods: dict[tuple[str, str], dict[str, Any]] = {}
        for method in _methods(document()["resources"]):
            self._methods[method["httpMethod"], f"/{method['path']}"] = method
            for protocol in method.get("mediaUpload", {}).get("protocols", {}).values():
                self._methods[method["httpMethod"], protocol["path"]] = {**method, "uploads": True}

    def name(self, request: httpx.Request) -> str | None:
        """The method that a request calls, such as `videos.list`, or None."""
        if self._is_chunk(request):
            return CHUNK
        method = self._method(request)
        return method["id"].removeprefix("youtube.") if method else None

    def scopes(self, name: str) -> set[str]:
        """The scopes of a method. A token needs one of them."""
        return next(set(each["scopes"]) for each in self._methods.values() if each["id"] == f"youtube.{name}")

    def request(self, request: httpx.Request) -> list[str]:
        """The faults of a request."""
        if self._is_chunk(request):
            return list(_chunk(request))
        method = self._method(request)
        if method is None:
            return [f"no method is called by {request.method} {request.url.path}"]
        return [f"{self.name(request)}: {fault}" for fault in self._faults(method, request)]

    def answer(self, request: httpx.Request, response: httpx.Response) -> list[str]:
        """The faults of a success. The document does not describe errors and unfinished uploads."""
        if not response.is_success:
            return []
        opens = request.headers.get("x-upload-content-length") is not None
        schema = "Video" if self._is_chunk(request) else (self._method(request) or {}).get("response", {}).get("$ref")
        if schema is None or opens:
            return [f"{self.name(request)} answers with a body"] if response.content else []
        try:
            body = response.json()
        except ValueError:
            return [f"{self.name(request)} answers without JSON"]
        faults = [*self._value({"$ref": schema}, body, schema), *self._parts(schema, request, body)]
        kind = self._schemas[schema]["properties"]["kind"]["default"]
        if isinstance(body, dict) and body.get("kind") != kind:
            faults.append(f"{schema}.kind is not {kind}")
        return faults

    def _path(self, request: httpx.Request) -> str:
        return request.url.path.removeprefix(self._root)

    def _method(self, request: httpx.Request) -> dict[str, Any] | None:
        return self._methods.get((request.method, self._path(request)))

    def _is_chunk(self, request: httpx.Request) -> bool:
        uploads = self._methods.get(("POST", self._path(request)), {}).get("uploads", False)
        return bool(request.method == "PUT" and uploads)

    def _faults(self, method: dict[str, Any], request: httpx.Request) -> Iterator[str]:
        known = {**document()["parameters"], **method.get("parameters", {})}
        given = {name: request.url.params.get_list(name) for name in request.url.params}
        for name, rule in known.items():
            if rule.get("required") and not any(given.get(name, [])):
                yield f"the parameter {name} is missing"
        for name, values in given.items():
            if name not in known:
                yield f"there is no parameter {name}"
            elif len(values) > 1 and not known[name].get("repeated"):
                yield f"the parameter {name} is given twice"
            else:
                yield from (fault for value in values for fault in _parameter(name, known[name], value))
        yield from self._named(method, given.get("part", []))
        if method.get("uploads"):
            yield from _upload(method, request)
        else:
            yield from self._body(method, request)
        if method.get("uploads") and request.url.params.get("uploadType") == "resumable":
            yield from self._body(method, request)

    def _named(self, method: dict[str, Any], given: list[str]) -> Iterator[str]:
        """Checks that the parts that a call names are properties of its resource."""
        resource = method.get("response", {}).get("$ref", "").replace("ListResponse", "")
        for part in (part for value in given for part in value.split(",")):
            if part not in self._schemas[resource]["properties"]:
                yield f"{resource} has no part {part}"

    def _body(self, method: dict[str, Any], request: httpx.Request) -> Iterator[str]:
        schema = method.get("request", {}).get("$ref")
        if schema is None:
            if request.content:
                yield "takes no body"
            return
        try:
            body = json.loads(request.content)
        except ValueError:
            yield "the body is not JSON"
            return
        if request.headers.get("content-type", "").partition(";")[0] != "application/json":
            yield "the body is not called JSON"
        yield from self._value({"$ref": schema}, body, schema)
        yield from self._parts(schema, request, body)
        for name, rule in self._schemas[schema]["properties"].items():
            if method["id"] in rule.get("annotations", {}).get("required", []) and name not in body:
                yield f"{schema}.{name} is missing"

    def _parts(self, schema: str, request: httpx.Request, body: Any) -> Iterator[str]:
        """Checks that a resource has exactly the parts that the call names."""
        named = {part for value in request.url.params.get_list("part") for part in value.split(",")}
        if not named or not isinstance(body, dict):
            return
        listed = body.get("items", []) if schema.endswith("ListResponse") else [body]
        for name in sorted({name for each in listed for name in each} - ALWAYS - named):
            yield f"{schema} has {name}, which the call does not name as a part"

    def _value(self, rule: Mapping[str, Any], value: Any, at: str) -> Iterator[str]:
        """Checks a value against a schema of the document, and refuses unknown properties."""
        if "$ref" in rule:
            rule = self._schemas[rule["$ref"]]
        kind = rule["type"]
        if kind == "object" and isinstance(value, dict):
            properties, rest = rule.get("properties", {}), rule.get("additionalProperties")
            for name, each in value.items():
                if name not in properties and rest is None:
                    yield f"{at} has no property {name}"
                else:
                    yield from self._value(properties.get(name, rest), each, f"{at}.{name}")
        elif kind == "array" and isinstance(value, list):
            for index, each in enumerate(value):
                yield from self._value(rule["items"], each, f"{at}[{index}]")
        elif kind not in TYPES or not TYPES[kind](value):
            yield f"{at} is not of type {kind}"
        elif value not in rule.get("enum", [value]):
            yield f"{at} may not be {value!r}"
        elif not FORMATS.get(rule.get("format", ""), lambda _: True)(value):
            yield f"{at} is not a {rule['format']}"


class Witness:
    """The hooks of a client: every request is checked when it is sent, and answers are kept for a check."""

    def __init__(self, discovery: Discovery, host: str) -> None:
        self._discovery = discovery
        self._host = host
        self.faults: list[str] = []
        self.answers: list[tuple[httpx.Request, httpx.Response]] = []
        self.names: list[str | None] = []
        self.hooks: dict[str, list[Callable[..., Any]]] = {"request": [self._sent], "response": [self._answered]}

    def answer_faults(self) -> list[str]:
        """The faults of all answers so far."""
        return [fault for seen in self.answers for fault in self._discovery.answer(*seen)]

    async def _sent(self, request: httpx.Request) -> None:
        if str(request.url).startswith(self._host):
            self.names.append(self._discovery.name(request))
            self.faults += self._discovery.request(request)

    async def _answered(self, response: httpx.Response) -> None:
        if str(response.request.url).startswith(self._host):
            await response.aread()
            response.stream = httpx.ByteStream(response.content)  # to be read again
            self.answers.append((response.request, response))


def _methods(resources: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for resource in resources.values():
        yield from resource.get("methods", {}).values()
        yield from _methods(resource.get("resources", {}))


def _parameter(name: str, rule: Mapping[str, Any], value: str) -> Iterator[str]:
    kind = rule["type"]
    if kind == "boolean" and value not in ("true", "false"):
        yield f"the parameter {name} is not true or false"
    if kind == "integer" and not (
        value.isdecimal() and int(rule.get("minimum", 0)) <= int(value) <= int(rule.get("maximum", value))
    ):
        yield f"the parameter {name} is not a number in its range"
    if value not in rule.get("enum", [value]):
        yield f"the parameter {name} may not be {value!r}"


def _upload(method: Mapping[str, Any], request: httpx.Request) -> Iterator[str]:
    """Checks an upload: media are in the body, or follow in a session whose first call describes them."""
    way, media = request.url.params.get("uploadType"), method["mediaUpload"]
    resumable = way == "resumable"
    if way not in UPLOAD_TYPES:
        yield f"there is no uploadType {way}"
    prefix = "x-upload-content-" if resumable else "content-"
    size, mime_type = (request.headers.get(prefix + name, "") for name in ("length", "type"))
    if not (size.isdecimal() and 0 < int(size) <= int(media["maxSize"])):
        yield f"{prefix}length is no size that is taken"
    if not any(re.fullmatch(accepted.replace("*", ".+"), mime_type) for accepted in media["accept"]):
        yield f"{prefix}type is none of {', '.join(media['accept'])}"


def _chunk(request: httpx.Request) -> Iterator[str]:
    told = request.headers.get("content-range", f"bytes 0-{len(request.content) - 1}/{len(request.content)}")
    given = CONTENT_RANGE.match(told)
    if "upload_id" not in request.url.params:
        yield f"{CHUNK}: the session is not named"
    if given is None:
        yield f"{CHUNK}: Content-Range says nothing"
        return
    first, last, total = (int(number) if number else None for number in given.groups())
    length = 0 if first is None or last is None else last - first + 1
    if length != len(request.content):
        yield f"{CHUNK}: Content-Range does not fit the content"
    if last is not None and total is not None and last + 1 != total and length % CHUNK_UNIT:
        yield f"{CHUNK}: a chunk is not a multiple of {CHUNK_UNIT} bytes"


def _is_instant(value: str) -> bool:
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


TYPES: Mapping[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
}
FORMATS: Mapping[str, Callable[[Any], bool]] = {
    "date-time": _is_instant,
    "int64": lambda value: value.removeprefix("-").isdecimal(),
    "uint64": str.isdecimal,
    "uint32": lambda value: 0 <= value < 1 << 32,
    "int32": lambda value: -(1 << 31) <= value < 1 << 31,
}
