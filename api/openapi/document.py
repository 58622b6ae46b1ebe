"""The OpenAPI 3.1 document: everything the API serves, with examples and every error status."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts
from pydantic.json_schema import models_json_schema
from starlette.routing import compile_path

from api.bodies.parsing import BY_HAND
from api.http.conditional import API
from api.http.problems import MEDIA_TYPE, ProblemDocument
from api.known_problems.model import NONE_MATCH
from api.openapi import examples
from api.openapi.event_catalogue import event_schemas, event_webhooks
from api.openapi.event_union import add_event_union
from api.openapi.generators import suit_generators
from api.openapi.headers import declare_headers
from api.openapi.parts import add_parts
from api.openapi.problems import add_problem_examples, list_codes
from api.openapi.response_examples import add_examples, keep_nulls
from munadi.domain.content import ContentView

_REF = "#/components/schemas/{model}"
_MEANINGS = {
    400: "The request cannot be read: broken JSON, or a malformed header.",
    401: "No API key, or none that is valid.",
    403: "The API key lacks the scope.",
    404: "There is no such thing, or none that this key may see.",
    408: "The body did not come in time. The connection is closed.",
    409: "Not possible in the state it is in, or an equal request is still in flight.",
    412: "Changed since the version that If-Match names.",
    413: "The body is too large.",
    415: "The body is of a type that is not taken here.",
    422: "Rules are broken; `errors` names every one of them. Nothing was stored.",
    428: "If-Match is missing.",
    429: "A limit of the brand is used up: `errors` names it, `Retry-After` says when to ask again.",
    500: "Our mistake.",
    503: "Not available now. `Retry-After` says when to ask again; with the same Idempotency-Key it is done once.",
}
# Of browsers: its refusals are pages, and it is never conditional.
CALLBACK = "/v1/oauth/{channel}/callback"
# These can come from every operation, and those with a key count (api/http/quotas.py).
_ALWAYS = (500, 503)


def error_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route for its error statuses. A route that needs a key may also answer 429."""
    counted = (429,) if 401 in statuses else ()
    return {status: _problem(status) for status in sorted({*statuses, *counted, *_ALWAYS})}


def _problem(status: int) -> dict[str, Any]:
    return {
        "description": _MEANINGS.get(status, HTTPStatus(status).phrase),
        "content": {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model=ProblemDocument.__name__)}}},
    }


def allowed_methods(app: FastAPI, path: str) -> list[str]:
    """The methods of a path: a framework's 405 names those of one route only.

    A path that is written out (`/v1/contents/validate`) has its own methods alone, though it fits a template as well
    (`/v1/contents/{content_id}`).
    """
    served = [(route.path or "", route.methods) for route in iter_route_contexts(app.routes) if route.methods]
    exact = [methods for template, methods in served if template == path]
    fitting = [methods for template, methods in served if compile_path(template)[0].match(path)]
    return sorted({method for methods in exact or fitting for method in methods})


def written_out(app: FastAPI) -> frozenset[str]:
    """Every path without a placeholder."""
    return frozenset(route.path for route in iter_route_contexts(app.routes) if route.path and "{" not in route.path)


def install(app: FastAPI) -> None:
    """Serve our document in the place of the framework's."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _document(app: FastAPI) -> dict[str, Any]:
    made = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=app.description,
        license_info=app.license_info,
        routes=app.routes,
    )
    keep_nulls(made, iter_route_contexts(app.routes))
    schemas = made.setdefault("components", {}).setdefault("schemas", {})
    _, extra = models_json_schema(
        [(model, "validation") for model in sorted(BY_HAND, key=lambda model: model.__name__)]
        + [(ProblemDocument, "serialization")],
        ref_template=_REF,
    )
    for name, schema in (extra.get("$defs", {}) | event_schemas(_REF)).items():
        schemas.setdefault(name, schema)
    made["webhooks"] = event_webhooks(lambda name: _REF.format(model=name))
    schemas[ContentView.__name__]["examples"] = [examples.CONTENT]
    for path, methods in made["paths"].items():
        for method, operation in methods.items():
            # The framework makes a title of a function's name: Create Content.
            if operation["summary"].istitle():
                operation["summary"] = operation["summary"].capitalize()
            if path == CALLBACK:
                operation["responses"]["422"]["content"] |= _problem(422)["content"]  # for a NUL in the query
                continue
            _own_refusal(operation)
            if method == "get" and path.startswith(API):
                _conditional(operation)
            # For an unknown query parameter, or a NUL in one.
            operation["responses"].setdefault("422", _problem(422))
            if "requestBody" in operation:
                operation["responses"].setdefault("408", _problem(408))
            if "428" in operation["responses"]:
                _require(operation, "If-Match")
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    add_parts(made)
    add_examples(made)
    add_problem_examples(made)
    declare_headers(made)
    list_codes(schemas)
    add_event_union(made)
    suit_generators(made)
    return made


def _conditional(operation: dict[str, Any]) -> None:
    """Document the conditional read (api/http/conditional.py)."""
    operation.setdefault("parameters", []).append(
        {
            "name": NONE_MATCH,
            "in": "header",
            "required": False,
            "description": "The `ETag` of an earlier answer: 304 without a body if the answer is still the same.",
            "schema": {"type": "string"},
        }
    )
    responses = operation["responses"]
    responses["304"] = {"description": "The answer that If-None-Match names is still the same."}
    responses.setdefault("400", _problem(400))


def _require(operation: dict[str, Any], header: str) -> None:
    """Document a header as required. The route itself responds 428 when it is missing."""
    for parameter in operation["parameters"]:
        if parameter["name"] == header:
            parameter["required"] = True


def _own_refusal(operation: dict[str, Any]) -> None:
    """The framework describes a 422 of its own shape, which is never sent; a malformed id is a 404 here."""
    described = operation["responses"].get("422", {})
    if MEDIA_TYPE in described.get("content", {}) or not described:
        return
    asks = "requestBody" in operation or any(each["in"] != "path" for each in operation.get("parameters", ()))
    if asks:
        operation["responses"]["422"] = _problem(422)
    else:
        del operation["responses"]["422"]
