"""Turns pydantic's errors (unknown fields, wrong types) into problems like those of every other rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from munadi.domain.problem import Problem, shortened

Model = TypeVar("Model", bound=BaseModel)

# More than an answer lists, because later steps put several lists together.
MAX_DESCRIBED = 100
# No field of ours has a name of this length.
MAX_TOKEN = 64

_CODES = {
    "missing": "MISSING_FIELD",
    "extra_forbidden": "UNKNOWN_FIELD",
    "json_invalid": "JSON_INVALID",
    "invalid_link": "INVALID_LINK",
    "timezone_unknown": "TIMEZONE_UNKNOWN",
}
# In JSON's terms, where the library's message names its classes.
_MESSAGES = {"extra_forbidden": "there is no such field"}
_MESSAGES |= dict.fromkeys(("model_type", "model_attributes_type", "dict_type"), "must be an object")
_MESSAGES |= dict.fromkeys(("list_type", "tuple_type", "set_type"), "must be an array")
_LENGTHS = {"too_short": "needs at least", "too_long": "takes at most"}
_UNITS = {"List": "item", "Tuple": "item", "Set": "item", "Dictionary": "field"}
# What the library calls what is allowed.
_LIMITS = ("max_length", "min_length", "le", "ge", "pattern", "expected")
# Where a framework found the value, ahead of its place in there.
_PLACES = {"body", "query", "path", "header", "cookie"}


@dataclass(frozen=True)
class ReadBody(Generic[Model]):
    """A body of few fields, some of them perhaps malformed: their problems, and the other fields, so that the rules of
    those are checked too."""

    whole: Model | None
    fields: Mapping[str, Any]
    problems: Sequence[Problem]

    @property
    def model(self) -> Model:
        """The body, once all problems are raised."""
        if self.whole is None:
            raise ValueError("a malformed body has problems, which are raised first")
        return self.whole


def problems_of_shape(errors: Sequence[Mapping[str, Any]]) -> list[Problem]:
    """Pydantic's errors as problems, the first `MAX_DESCRIBED` of them; `loc` may begin with the part of the request
    it is in."""
    return [_problem(error) for error in errors[:MAX_DESCRIBED]]


def pointer_of(loc: Sequence[Any]) -> str:
    """A JSON pointer from pydantic's `loc`; a query parameter is `?name`."""
    if len(loc) > 2 and loc[-1] == "[key]":
        loc = loc[:-1]  # the name of a field broke the rule
    parts = [token_of(part) for part in loc]
    if parts and parts[0] == "query":
        return "?" + "/".join(parts[1:])
    if parts and parts[0] in _PLACES:
        parts = parts[1:]
    return "".join(f"/{part}" for part in parts)


def token_of(name: str | int) -> str:
    """A name or index as one part of a pointer: bounded, and with a mark for what cannot be written."""
    written = shortened(str(name), MAX_TOKEN).encode("utf-8", "replace").decode("utf-8").replace("\0", "�")
    return written.replace("~", "~0").replace("/", "~1")


def _length_of(kind: str, sent: Any) -> int | None:
    return len(sent) if kind.endswith("too_long") and isinstance(sent, str | list | dict) else None


def _problem(error: Mapping[str, Any]) -> Problem:
    kind = str(error["type"])
    context, sent = error.get("ctx") or {}, error.get("input")
    own = context.get("error")  # a rule of ours
    counted = context.get("actual_length", getattr(own, "actual", None))
    limits = [context[name] for name in _LIMITS if name in context] or [getattr(own, "limit", None)]
    message = _MESSAGES.get(kind) or str(error["msg"]).removeprefix("Value error, ")
    if kind in _LENGTHS:
        unit = _UNITS.get(context.get("field_type", ""), "character")
        message = f"{_LENGTHS[kind]} {limits[0]} {unit}{'' if limits[0] == 1 else 's'}"
    return Problem(
        pointer=pointer_of(error["loc"]),
        code=_CODES.get(kind, "INVALID_FIELD"),
        message=message,
        rule=kind,
        limit=limits[0] if limits and isinstance(limits[0], int | float | str) else None,
        actual=_length_of(kind, sent) if counted is None else counted,
    )
