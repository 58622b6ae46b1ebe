"""The parameter `fields`: only some fields of an answer, such as `id,status,publications.status`.

A name leads through objects and lists with dots. A name that leads nowhere is refused, with the nearest that exists: an
answer that silently lacked it would look like a post without it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Annotated, Any, get_args, get_origin

from fastapi import Query
from pydantic import BaseModel

from api.http.problems import refused
from munadi.domain.problem import MAX_PROBLEMS, Problem
from munadi.domain.shape import MAX_TOKEN

MAX_FIELDS = 2_000
FieldsQuery = Annotated[
    str | None,
    Query(
        max_length=MAX_FIELDS,
        description="Only these fields of each entry, by their names with commas between them; a dot leads into "
        "objects and lists: `id`, `status` and `publications.status`. Absent: every field.",
    ),
]
# As pydantic takes it: the fields to include, by their names in Python.
Included = dict[str, Any]


class _Known:
    """A field that may be named: its name in Python, what is inside it, and whether that is a list."""

    def __init__(self, python: str, inside: type[BaseModel] | None, *, is_list: bool) -> None:
        self.python, self.inside, self.is_list = python, inside, is_list


def read_fields(text: str | None, model: type[BaseModel]) -> Included | None:
    """The fields of `model` that are named, for `model_dump_json(include=…)`; None for all. ProblemError 422 for names
    that do not exist."""
    if text is None:
        return None
    included: Included = {}
    problems = list[Problem]()
    for path in dict.fromkeys(part.strip() for part in text.split(",")):
        if (wrong := _add(included, path, model)) is not None:
            problems.append(wrong)
    if problems:
        raise refused(problems[:MAX_PROBLEMS], more=max(0, len(problems) - MAX_PROBLEMS))
    return included


def _add(included: Included, path: str, model: type[BaseModel]) -> Problem | None:
    """Include a path, with what is inside its end; the problem where it does not exist."""
    parts, way, here = path.split("."), list[_Known](), model
    for number, part in enumerate(parts):
        if part not in (known := _known(here)):
            return _unknown(path, parts[:number], part, known)
        way.append(known[part])
        inside = way[-1].inside
        if inside is None and number + 1 < len(parts):
            return _unknown(path, parts[: number + 1], parts[number + 1], {})
        here = inside or here
    place = included
    for each in way[:-1]:
        if place.get(each.python) is True:  # the whole of it is included
            return None
        place = place.setdefault(each.python, {})
        place = place.setdefault("__all__", {}) if each.is_list else place
    place[way[-1].python] = True
    return None


def _unknown(path: str, parents: list[str], part: str, known: Mapping[str, _Known]) -> Problem:
    nearest = get_close_matches(part[:MAX_TOKEN], known, n=1)
    where = ".".join(parents)
    message = f"{where} has no fields" if where and not known else "there is no such field"
    if nearest:
        message += f"; did you mean {'.'.join([*parents, nearest[0]])}?"
    elif known:
        message += f"; there are {', '.join(known)}"
    return Problem(pointer="?fields", code="UNKNOWN_FIELD", message=message, rule="unknown_field", actual=path)


@cache
def _known(model: type[BaseModel]) -> dict[str, _Known]:
    found = {}
    for python, field in model.model_fields.items():
        is_list = any(get_origin(each) in (tuple, list) for each in _parts(field.annotation))
        inside = next((each for each in _parts(field.annotation) if _is_model(each)), None)
        found[field.serialization_alias or field.alias or python] = _Known(python, inside, is_list=is_list)
    return found


def _parts(annotation: Any) -> Iterator[Any]:
    """The annotation, and every type inside it, but for what a mapping has: its names are a client's own."""
    yield annotation
    for inner in get_args(annotation) if get_origin(annotation) is not dict else ():
        yield from _parts(inner)


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
