"""A malformed request without its malformed fields, so that the rules behind the shape are checked at the same time."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from munadi.domain.problem import MAX_PROBLEMS, Problem, ProblemsFound
from munadi.domain.shape import problems_of_shape

Model = TypeVar("Model", bound=BaseModel)
# With more malformed fields than this a request is refused as it is.
MAX_REPAIRS = 100


def read_model(model: type[Model], value: Any) -> tuple[Model | None, list[Problem]]:
    """The request, and every violation of its shape; None when too little of it can be read.

    ProblemsFound when there are more than `MAX_REPAIRS`, with the first of them.
    """
    try:
        return model.model_validate(value), []
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False)
    problems = described(errors)
    rest = copy.deepcopy(value)
    for found in errors:
        _remove_field(rest, found["loc"])
    try:
        return model.model_validate(rest), problems
    except ValidationError:
        return None, problems


def described(errors: Sequence[ErrorDetails]) -> list[Problem]:
    """Pydantic's errors as problems. ProblemsFound with the first of them when there are more than `MAX_REPAIRS`."""
    if len(errors) > MAX_REPAIRS:
        raise ProblemsFound(problems_of_shape(errors[:MAX_PROBLEMS]), more=len(errors) - MAX_PROBLEMS)
    return problems_of_shape(errors)


def _remove_field(value: Any, loc: Sequence[int | str]) -> None:
    """Only fields go: taking an element out of a list would move the places of those behind it."""
    for part in loc[:-1]:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return
    if isinstance(value, dict) and loc:
        value.pop(loc[-1], None)
