"""What Google publishes of business profiles: the methods, their parameters, and the shapes in calls and answers.

Accounts and locations are judged by the discovery documents in google-api-python-client. Version 4, which has the
posts, is in none of its releases: `SCHEMAS` has what its discovery document of 2020 says of posts, which generated
clients in Rust and Ruby carry, with the two states that the reference of 2025 added.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import httpx

from tests.judges.discovery import FORMATS, TYPES

TEXT, NUMBER = {"type": "string"}, {"type": "integer", "format": "int32"}
TIME = {"type": "string", "format": "date-time"}


def named(*names: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(names)}


def record(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def rows(schema: str) -> dict[str, Any]:
    return {"type": "array", "items": {"$ref": schema}}


SCHEMAS: Mapping[str, Any] = {
    "LocalPost": record(
        name=TEXT,
        languageCode=TEXT,
        summary=TEXT,
        callToAction={"$ref": "CallToAction"},
        createTime=TIME,
        updateTime=TIME,
        event={"$ref": "LocalPostEvent"},
        state=named("REJECTED", "LIVE", "PROCESSING", "SCHEDULED", "RECURRING"),
        media=rows("MediaItem"),
        searchUrl=TEXT,
        topicType=named("STANDARD", "EVENT", "OFFER", "ALERT"),
        alertType=named("COVID_19"),
        offer={"$ref": "LocalPostOffer"},
    ),
    "CallToAction": record(
        actionType=named("BOOK", "ORDER", "SHOP", "LEARN_MORE", "SIGN_UP", "GET_OFFER", "CALL"), url=TEXT
    ),
    "LocalPostEvent": record(title=TEXT, schedule={"$ref": "TimeInterval"}),
    "LocalPostOffer": record(couponCode=TEXT, redeemOnlineUrl=TEXT, termsConditions=TEXT),
    "TimeInterval": record(
        startDate={"$ref": "Date"},
        startTime={"$ref": "TimeOfDay"},
        endDate={"$ref": "Date"},
        endTime={"$ref": "TimeOfDay"},
    ),
    "Date": record(year=NUMBER, month=NUMBER, day=NUMBER),
    "TimeOfDay": record(hours=NUMBER, minutes=NUMBER, seconds=NUMBER, nanos=NUMBER),
    "MediaItem": record(name=TEXT, mediaFormat=named("PHOTO", "VIDEO"), sourceUrl=TEXT, googleUrl=TEXT),
    "ListLocalPostsResponse": record(localPosts=rows("LocalPost"), nextPageToken=TEXT),
    "Empty": record(),
}
POST, POSTS = r"/v4/accounts/[^/]+/locations/[^/]+/localPosts/[^/]+", r"/v4/accounts/[^/]+/locations/[^/]+/localPosts"
# By method and path: the parameters, and the schemas of the body and of the answer.
METHODS: Mapping[tuple[str, str], tuple[set[str], str, str]] = {
    ("POST", POSTS): (set(), "LocalPost", "LocalPost"),
    ("GET", POSTS): ({"pageSize", "pageToken"}, "", "ListLocalPostsResponse"),
    ("GET", POST): (set(), "", "LocalPost"),
    ("PATCH", POST): ({"updateMask"}, "LocalPost", "LocalPost"),
    ("DELETE", POST): (set(), "", "Empty"),
}
# What Google makes itself.
OUTPUT = {"name", "createTime", "updateTime", "state", "searchUrl"}
DOCUMENTS = {"accounts": "mybusinessaccountmanagement.v1", "locations": "mybusinessbusinessinformation.v1"}


@cache
def document(name: str) -> dict[str, Any]:
    place = files("googleapiclient").joinpath(f"discovery_cache/documents/{name}.json")
    found: dict[str, Any] = json.loads(place.read_text())
    return found


def complaints(request: httpx.Request, response: httpx.Response | None, root: str = "/google_business") -> set[str]:
    """What is wrong with a call, and with its answer."""
    host, _, path = request.url.path.removeprefix(f"{root}/").partition("/")
    path = f"/{path}"
    if host not in ("api", *DOCUMENTS):
        return set()
    schemas, found = (SCHEMAS, _post_method(request, path)) if host == "api" else _method(host, request, path)
    if found is None:
        return {f"no method is called by {request.method} {path}"}
    parameters, body, answer = found
    faults = {f"there is no parameter {name}" for name in set(request.url.params) - parameters}
    if body:
        sent = json.loads(request.content)
        faults |= {f"{name} is Google's own" for name in set(sent) & OUTPUT}
        faults |= set(_value(schemas, {"$ref": body}, sent, body))
        mask = request.url.params.get("updateMask")
        faults |= {f"the mask lacks {name}" for name in set(sent) - set((mask or "").split(","))} if mask else set()
    elif request.content:
        faults.add("takes no body")
    if response is not None and response.is_success:
        faults |= {f"answered {fault}" for fault in _value(schemas, {"$ref": answer}, response.json(), answer)}
    return faults


def _post_method(request: httpx.Request, path: str) -> tuple[set[str], str, str] | None:
    fits = (found for (verb, of), found in METHODS.items() if verb == request.method and re.fullmatch(of, path))
    return next(fits, None)


def _method(host: str, request: httpx.Request, path: str) -> tuple[Any, tuple[set[str], str, str] | None]:
    known = document(DOCUMENTS[host])
    for one in _methods(known["resources"]):
        of = re.sub(r"\{[^}]+\}", "[^/]+", one["flatPath"])
        if one["httpMethod"] == request.method and re.fullmatch(f"/{of}", path):
            taken = {name for name, rule in one["parameters"].items() if rule["location"] == "query"}
            return known["schemas"], (taken, one.get("request", {}).get("$ref", ""), one["response"]["$ref"])
    return known["schemas"], None


def _methods(resources: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for resource in resources.values():
        yield from resource.get("methods", {}).values()
        yield from _methods(resource.get("resources", {}))


def _value(schemas: Mapping[str, Any], rule: Mapping[str, Any], value: Any, at: str) -> Iterator[str]:
    rule = schemas[rule["$ref"]] if "$ref" in rule else rule
    kind = rule["type"]
    if kind == "object" and isinstance(value, dict):
        for name, each in value.items():
            if name in rule.get("properties", {}):
                yield from _value(schemas, rule["properties"][name], each, f"{at}.{name}")
            else:
                yield f"{at} has no property {name}"
    elif kind == "array" and isinstance(value, list):
        for each in value:
            yield from _value(schemas, rule["items"], each, at)
    elif kind not in TYPES or not TYPES[kind](value):
        yield f"{at} is not of type {kind}"
    elif value not in rule.get("enum", [value]):
        yield f"{at} may not be {value!r}"
    elif not FORMATS.get(rule.get("format", ""), lambda _: True)(value):
        yield f"{at} is not a {rule['format']}"
