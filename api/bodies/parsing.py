"""Parses request bodies by hand, so that a malformed field is reported and all other rules are still checked."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from munadi.domain.problem import MAX_PROBLEMS, Problem, ProblemsFound
from munadi.domain.shape import problems_of_shape

Model = TypeVar("Model", bound=BaseModel)
# The models of such bodies, which the framework does not know.
BY_HAND: set[type[BaseModel]] = set()
# A request with more malformed fields than this is refused without further checks.
MAX_MALFORMED = 100
_NO_BODY = Problem(pointer="", code="MISSING_FIELD", message="a JSON body is needed", rule="missing")


def read_body(request: Request, model: type[Model]) -> tuple[Model, list[Problem]]:
    """The request's body without its malformed fields, and the problems of its shape.

    Raises ProblemsFound without a body, with more than `MAX_MALFORMED` malformed fields, and when too little is left.
    """
    return read_sent(body_of(request), model)


def read_sent(sent: Any, model: type[Model]) -> tuple[Model, list[Problem]]:
    """As `read_body`, for JSON that was stored before."""
    try:
        return model.model_validate(sent), []
    except ValidationError as error:
        errors = error.errors(include_url=False)
    problems = _problems_of(errors)
    rest = copy.deepcopy(sent)
    for each in errors:
        _remove_field(rest, each["loc"])
    try:
        return model.model_validate(rest), problems
    except ValidationError:
        raise ProblemsFound(problems) from None


def read_whole(request: Request, model: type[Model]) -> tuple[Model | None, dict[str, Any], list[Problem]]:
    """As `read_body` for a body of few fields: the model if nothing is malformed, else None; the readable fields, so
    that their rules are checked too; and the problems of its shape."""
    sent = body_of(request)
    try:
        whole = model.model_validate(sent)
        return whole, {name: getattr(whole, name) for name in model.model_fields}, []
    except ValidationError as error:
        problems = _problems_of(error.errors(include_url=False))
    return None, _readable(model, sent) if isinstance(sent, dict) else {}, problems


def body_of(request: Request) -> Any:
    """The request's JSON as it was sent. Raises ProblemsFound without a body."""
    state = request.scope.get("state", {})
    if "json" not in state:
        raise ProblemsFound([_NO_BODY])
    return state["json"]


def _problems_of(errors: Sequence[ErrorDetails]) -> list[Problem]:
    if len(errors) > MAX_MALFORMED:
        raise ProblemsFound(problems_of_shape(errors[:MAX_PROBLEMS]), more=len(errors) - MAX_PROBLEMS)
    return problems_of_shape(errors)


def _remove_field(value: Any, loc: Sequence[int | str]) -> None:
    """Remove a field. List elements stay, because removing one would shift the indexes of the following ones."""
    if loc and loc[-1] == "[key]":
        loc = loc[:-1]
    for part in loc[:-1]:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return
    if isinstance(value, dict) and loc:
        value.pop(loc[-1], None)


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
