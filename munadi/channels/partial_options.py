"""The part of a post's options that can be read, so that one bad option does not hide what else is wrong. Pure."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError, create_model

OptionsModel = TypeVar("OptionsModel", bound=BaseModel)
# An option that still cannot be read after a bad entry of it is left out is left out itself.
_TRIES = 3


def readable_options(model: type[OptionsModel], options: Mapping[str, Any]) -> OptionsModel | None:
    """The options without those that the model refuses. A required one that is missing is None, whatever its type.

    Only for rules that look for further problems: nothing is published with these. None when nothing can be read.
    """
    partial, kept = _without_required(model), copy.deepcopy(dict(options))
    for _ in range(_TRIES):
        try:
            read: OptionsModel = partial.model_validate(kept)
            return read
        except ValidationError as error:
            for found in error.errors(include_url=False, include_context=False, include_input=False):
                _leave_out(kept, found["loc"])
    return None


@cache
def _without_required(model: type[OptionsModel]) -> type[OptionsModel]:
    """The model with every required option made optional."""
    required: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        if field.is_required() and field.annotation is not None:
            required[name] = (field.annotation | None, None)
    return create_model(f"Partial{model.__name__}", __base__=model, **required) if required else model


def _leave_out(options: dict[str, Any], place: tuple[int | str, ...]) -> None:
    """Remove the innermost entry of a mapping on the way to `place`. An entry of a list would move those after it."""
    inside: Any = options
    last: tuple[dict[str, Any], str] | None = None
    for part in place:
        if not isinstance(inside, dict) or not isinstance(part, str) or part not in inside:
            break
        last, inside = (inside, part), inside[part]
    if last is not None:
        del last[0][last[1]]
