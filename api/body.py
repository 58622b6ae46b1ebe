"""Bodies that are read by hand, so that a violation of the shape does not hide the violations behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel

from munadi.domain.problem import Problem, ProblemsFound
from munadi.intake.repair import read_model

Model = TypeVar("Model", bound=BaseModel)


def read_body(request: Request, model: type[Model]) -> tuple[Model, list[Problem]]:
    """The request's body and what is wrong with its shape. ProblemError 422 without one, ProblemsFound
    when too little of it can be read."""
    state = request.scope.get("state", {})
    if "json" not in state:
        raise ProblemsFound(
            [Problem(pointer="", code="MISSING_FIELD", message="a JSON body is needed", rule="missing")]
        )
    sent, problems = read_model(model, state["json"])
    if sent is None:
        raise ProblemsFound(problems)
    return sent, problems


def described(model: type[BaseModel], examples: Mapping[str, Any]) -> dict[str, Any]:
    """What the OpenAPI document says of such a body; the schema itself is added by `api.openapi`."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": schema, "examples": dict(examples)}},
        }
    }
