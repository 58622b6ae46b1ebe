"""Parses request bodies by hand, so that a malformed field is reported and all other rules are still checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, TypeAdapter, ValidationError

from munadi.domain.problem import Problem, ProblemsFound
from munadi.domain.shape import ReadBody
from munadi.intake.bodies import problems_of, read_sent

Model = TypeVar("Model", bound=BaseModel)
# The models of such bodies, which the framework does not know.
BY_HAND: set[type[BaseModel]] = set()
_NO_BODY = Problem(pointer="", code="MISSING_FIELD", message="a JSON body is needed", rule="missing")


def read_body(request: Request, model: type[Model]) -> tuple[Model, list[Problem]]:
    """The request's body without its malformed fields, and the problems of its shape.

    Raises ProblemsFound without a body, with more than `MAX_MALFORMED` malformed fields, and when too little is left.
    """
    return read_sent(body_of(request), model)


def read_whole(request: Request, model: type[Model]) -> ReadBody[Model]:
    """The body, which has few fields: whole if nothing is malformed, else the readable fields and the problems."""
    sent = body_of(request)
    try:
        whole = model.model_validate(sent)
        return ReadBody(whole, {name: getattr(whole, name) for name in model.model_fields}, [])
    except ValidationError as error:
        problems = problems_of(error.errors(include_url=False))
    return ReadBody(None, _readable(model, sent) if isinstance(sent, dict) else {}, problems)


def body_of(request: Request) -> Any:
    """The request's JSON as it was sent. Raises ProblemsFound without a body."""
    state = request.scope.get("state", {})
    if "json" not in state:
        raise ProblemsFound([_NO_BODY])
    return state["json"]


def _readable(model: type[BaseModel], sent: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        try:
            found[name] = TypeAdapter(field.rebuild_annotation()).validate_python(sent[field.alias or name])
        except (KeyError, ValidationError):
            continue
    return found


def described(model: type[BaseModel], examples: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The OpenAPI description of such a body; `api.openapi.document` adds the schema itself."""
    BY_HAND.add(model)
    content: dict[str, Any] = {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}
    if examples:
        content["examples"] = dict(examples)
    return {"requestBody": {"required": True, "content": {"application/json": content}}}
