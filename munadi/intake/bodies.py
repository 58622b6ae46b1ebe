"""Reads request bodies so that a malformed field is reported and all other rules are still checked."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from munadi.domain.problem import MAX_PROBLEMS, Problem, ProblemsFound
from munadi.domain.shape import problems_of_shape

Model = TypeVar("Model", bound=BaseModel)
# A request with more malformed fields than this is refused without further checks.
MAX_MALFORMED = 100


def read_sent(sent: Any, model: type[Model]) -> tuple[Model, list[Problem]]:
    """The body without its malformed fields, and the problems of its shape.

    Raises ProblemsFound with more than `MAX_MALFORMED` malformed fields, and when too little is left.
    """
    try:
        return model.model_validate(sent), []
    except ValidationError as error:
        errors = error.errors(include_url=False)
    problems = problems_of(errors)
    rest = copy.deepcopy(sent)
    for each in errors:
        _remove_field(rest, each["loc"])
    try:
        return model.model_validate(rest), problems
    except ValidationError:
        raise ProblemsFound(problems) from None


def problems_of(errors: Sequence[ErrorDetails]) -> list[Problem]:
    """The problems of a body's shape. Raises ProblemsFound where there are too many."""
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
