"""Bodies that are read by hand, so that a violation of the shape does not hide the violations behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, TypeAdapter, ValidationError

from munadi.domain.problem import Problem, ProblemsFound
from munadi.intake import repair

Model = TypeVar("Model", bound=BaseModel)
# The models of such bodies, which the framework does not know.
BY_HAND: set[type[BaseModel]] = set()
_NO_BODY = Problem(pointer="", code="MISSING_FIELD", message="a JSON body is needed", rule="missing")


def read_body(request: Request, model: type[Model]) -> tuple[Model, list[Problem]]:
    """The request's body and what is wrong with its shape. ProblemsFound without one, and when too little of it can
    be read."""
    state = request.scope.get("state", {})
    if "json" not in state:
        raise ProblemsFound([_NO_BODY])
    sent, problems = repair.read_model(model, state["json"])
    if sent is None:
        raise ProblemsFound(problems)
    return sent, problems


def read_whole(request: Request, model: type[Model]) -> tuple[Model | None, dict[str, Any], list[Problem]]:
    """As `read_body` for a body of few fields: the model if nothing is wrong, else None beside those of its fields
    that can be read, so that the rules behind them are checked as well."""
    state = request.scope.get("state", {})
    if "json" not in state:
        raise ProblemsFound([_NO_BODY])
    value = state["json"]
    try:
        whole = model.model_validate(value)
        return whole, {name: getattr(whole, name) for name in model.model_fields}, []
    except ValidationError as error:
        problems = repair.described(error.errors(include_url=False, include_input=False))
    return None, _readable(model, value) if isinstance(value, dict) else {}, problems


def _readable(model: type[BaseModel], sent: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        try:
            found[name] = TypeAdapter(field.rebuild_annotation()).validate_python(sent[field.alias or name])
        except (KeyError, ValidationError):
            continue
    return found


def described(model: type[BaseModel], examples: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What the OpenAPI document says of such a body; the schema itself is added by `api.openapi`."""
    BY_HAND.add(model)
    content: dict[str, Any] = {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}
    if examples:
        content["examples"] = dict(examples)
    return {"requestBody": {"required": True, "content": {"application/json": content}}}
