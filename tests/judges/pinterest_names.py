"""What Pinterest's own client knows of API v5: calls with their parameters, and the shapes of bodies and answers.

The client is generated from Pinterest's OpenAPI document, so its endpoints can be read as one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import cache
from typing import Any

import httpx
from openapi_generated.pinterest_client import ApiClient, Configuration
from openapi_generated.pinterest_client.api.boards_api import BoardsApi
from openapi_generated.pinterest_client.api.media_api import MediaApi
from openapi_generated.pinterest_client.api.pins_api import PinsApi
from openapi_generated.pinterest_client.api.user_account_api import UserAccountApi
from openapi_generated.pinterest_client.exceptions import OpenApiException
from openapi_generated.pinterest_client.model.board import Board
from openapi_generated.pinterest_client.model.board_section import BoardSection
from openapi_generated.pinterest_client.model.error import Error
from openapi_generated.pinterest_client.model.pin import Pin
from openapi_generated.pinterest_client.model.pin_media import PinMedia
from openapi_generated.pinterest_client.model.pin_media_source import PinMediaSource
from openapi_generated.pinterest_client.model_utils import OpenApiModel, check_allowed_values, check_validations

# The rows of lists, which the client leaves open, by the last word of the path.
ROWS: Mapping[str, type[OpenApiModel]] = {"boards": Board, "pins": Pin, "sections": BoardSection}
# Parts that the client leaves open, with the name in them that says their kind.
PARTS: Mapping[str, tuple[type[OpenApiModel], str]] = {
    "media_source": (PinMediaSource, "source_type"),
    "media": (PinMedia, "media_type"),
}

DOCS = "docs/networks/pinterest.md"
# What the documentation says and the client, made from an older document, does not.
KNOWN_OTHERWISE: Mapping[str, str] = {
    "POST /pins: sent unknown cover_image_key_frame_time": f"{DOCS}, 3: added after the client's document",
    "POST /oauth/token: unknown": f"{DOCS}, 2; the client's call leaves out the code and the refresh token",
}


@cache
def endpoints() -> list[Any]:
    """Of pins, boards, media and accounts; paths without parameters first."""
    kinds = (PinsApi, BoardsApi, MediaApi, UserAccountApi)
    client = ApiClient(Configuration())
    found = [one for kind in kinds for name, one in vars(kind(client)).items() if name.endswith("_endpoint")]
    return sorted(found, key=lambda one: one.settings["endpoint_path"].count("{"))


def complaints(request: httpx.Request, response: httpx.Response | None, root: str) -> set[str]:
    """What a request has that the client does not know, or an answer that it does not expect."""
    path = request.url.path.removeprefix(root)
    found = next((one for one in endpoints() if _serves(one, request.method, path)), None)
    if found is None:
        return {f"{request.method} {path}: unknown"}
    faults = set(_query(found, request.url.params))
    kinds = [kind for name, (kind, *_) in found.openapi_types.items() if found.location_map.get(name) == "body"]
    if request.content and not kinds:
        faults.add("a body")
    elif request.content:
        faults |= {f"sent {fault}" for fault in judged(kinds[0], json.loads(request.content), sent=True)}
    if response is not None:
        faults |= {f"answered {fault}" for fault in _answered(found, response)}
    return {f"{request.method} {found.settings['endpoint_path']}: {fault}" for fault in faults}


def judged(kind: type[OpenApiModel], body: Mapping[str, Any], *, sent: bool = False) -> Iterator[str]:
    """The faults of a JSON object as a type of the client's."""
    unknown = set(body) - set(kind.attribute_map.values())
    yield from (f"unknown {name}" for name in unknown)
    if sent:
        yield from (f"{name}, which is only read" for name in set(body) & set(kind.read_only_vars))
    try:
        kind._from_openapi_data(
            **{name: deepcopy(value) for name, value in body.items() if name not in unknown},  # it changes values
            _configuration=Configuration(),
            _spec_property_naming=True,
        )
    except (OpenApiException, TypeError) as error:
        yield str(error)
    for name, (part, word) in PARTS.items():
        if isinstance(inner := body.get(name), dict) and name in kind.openapi_types and kind is not Board:
            known = part.discriminator[word].get(inner.get(word))
            yield from judged(known, inner) if known else [f"{name}.{word} is {inner.get(word)!r}"]


def _serves(endpoint: Any, method: str, path: str) -> bool:
    pattern = re.sub(r"\{\w+\}", "[^/]+", endpoint.settings["endpoint_path"])
    return bool(endpoint.settings["http_method"] == method and re.fullmatch(pattern, path))


def _query(endpoint: Any, given: httpx.QueryParams) -> Iterator[str]:
    for name, value in given.items():
        if endpoint.location_map.get(name) != "query":
            yield f"no parameter {name!r}"
            continue
        typed = int(value) if int in endpoint.openapi_types[name] else value
        try:
            if (name,) in endpoint.allowed_values:
                check_allowed_values(endpoint.allowed_values, (name,), typed)
            if (name,) in endpoint.validations:
                check_validations(endpoint.validations, (name,), typed, Configuration())
        except (OpenApiException, ValueError) as error:
            yield str(error)


def _answered(endpoint: Any, response: httpx.Response) -> Iterator[str]:
    kind = (endpoint.settings["response_type"] or (None,))[0]
    if not response.is_success:
        yield from judged(Error, response.json())
    elif kind is None:
        yield from ["a body"] if response.content else []
    elif isinstance(kind, type) and issubclass(kind, OpenApiModel):
        yield from judged(kind, response.json())
    else:
        page = response.json()
        yield from (f"unknown {name}" for name in set(page) - {"items", "bookmark"})
        for one in page["items"]:
            yield from judged(ROWS[endpoint.settings["endpoint_path"].rpartition("/")[2]], one)
