"""The filter `metadata[name]=value`: names that no signature can list, read from the query."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import Depends, Request

from api.http.problems import refused
from munadi.domain.metadata import MAX_METADATA, MAX_METADATA_VALUE, METADATA_NAME
from munadi.domain.problem import MAX_PROBLEMS, Problem
from munadi.domain.shape import token_of

EXAMPLE = "metadata[campaign]"
PARAMETER: dict[str, Any] = {
    "name": "metadata",
    "in": "query",
    "required": False,
    "style": "deepObject",
    "explode": True,
    "description": f"Only posts that have each of these names with its value, such as `{EXAMPLE}=diwali`.",
    "schema": {
        "type": "object",
        "maxProperties": MAX_METADATA,
        "propertyNames": {"pattern": METADATA_NAME},
        "additionalProperties": {"type": "string", "maxLength": MAX_METADATA_VALUE},
    },
    "example": {"campaign": "diwali"},
}
_FORM = re.compile(r"metadata\[(.*)\]", re.DOTALL)
_NAME = re.compile(METADATA_NAME)


def is_of_metadata(name: str) -> bool:
    """Whether a parameter belongs to this filter, in a good form or not."""
    return name == "metadata" or name.startswith("metadata[")


async def read_metadata(request: Request) -> dict[str, str]:
    """The wanted names and values. ProblemError 422 for each that cannot be read."""
    given = [(name, value) for name, value in request.query_params.multi_items() if is_of_metadata(name)]
    wanted: dict[str, str] = {}
    problems: list[Problem] = []
    for parameter, value in given:
        form = _FORM.fullmatch(parameter)
        name = form[1] if form else None
        if problem := _problem(parameter, name, value, wanted):
            problems.append(problem)
        elif name is not None:
            wanted[name] = value
    if len(wanted) > MAX_METADATA:
        message = f"takes at most {MAX_METADATA} names"
        problems.append(_of("metadata", "too_long", message, MAX_METADATA, len(wanted)))
    if problems:
        raise refused(problems[:MAX_PROBLEMS], more=max(0, len(problems) - MAX_PROBLEMS))
    return wanted


MetadataQuery = Annotated[dict[str, str], Depends(read_metadata)]


def _problem(parameter: str, name: str | None, value: str, wanted: dict[str, str]) -> Problem | None:
    if name is None:
        return _of(parameter, "metadata_form", f"write one name in brackets, such as {EXAMPLE}=diwali", EXAMPLE)
    if not _NAME.fullmatch(name):
        message = "a name has 1 to 40 letters, digits, dots, hyphens and underscores"
        return _of(parameter, "metadata_name", message, METADATA_NAME, name)
    if name in wanted:
        return _of(parameter, "metadata_repeated", "give each name once", 1, 2)
    if len(value) > MAX_METADATA_VALUE:
        message = f"a value has at most {MAX_METADATA_VALUE} characters"
        return _of(parameter, "string_too_long", message, MAX_METADATA_VALUE, len(value))
    return None


def _of(parameter: str, rule: str, message: str, limit: int | str, actual: int | str | None = None) -> Problem:
    pointer = f"?{token_of(parameter)}"
    return Problem(pointer=pointer, code="INVALID_FIELD", message=message, rule=rule, limit=limit, actual=actual)
