"""A malformed request without its malformed fields, so that the rules behind the shape are checked in the same go."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from munadi.domain.problem import Problem
from munadi.domain.shape import problems_of_shape

Model = TypeVar("Model", bound=BaseModel)


def read_model(model: type[Model], value: Any) -> tuple[Model | None, list[Problem]]:
    """The request, and every violation of its shape; None when too little of it can be read."""
    try:
        return model.model_validate(value), []
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False)
    problems = problems_of_shape(errors)
    rest = copy.deepcopy(value)
    for found in errors:
        _remove_field(rest, found["loc"])
    try:
        return model.model_validate(rest), problems
    except ValidationError:
        return None, problems


def _remove_field(value: Any, loc: Sequence[int | str]) -> None:
    """Only fields go: taking an element out of a list would move the places of those behind it."""
    for part in loc[:-1]:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return
    if isinstance(value, dict) and loc:
        value.pop(loc[-1], None)
