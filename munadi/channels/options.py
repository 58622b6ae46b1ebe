"""Reads the options of a post for one channel by the channel's model."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from munadi.channels.text import problem
from munadi.domain.channel import ChannelSpec
from munadi.domain.problem import Problem
from munadi.domain.shape import MAX_DESCRIBED, MAX_TOKEN

# The keys under which pydantic reports what a value had to be.
PYDANTIC_LIMITS = ("limit", "max_length", "min_length", "le", "lt", "ge", "gt", "expected", "pattern")
MAX_SHOWN = 200
# Of a text in the options, in characters, where the network's own limit is checked by the rules, or is not known.
MAX_OPTION = 10_000
OptionsModel = TypeVar("OptionsModel", bound=BaseModel)


def parse_options(
    spec: ChannelSpec, model: type[OptionsModel], options: Mapping[str, Any]
) -> tuple[OptionsModel | None, list[Problem]]:
    """The options as the channel's model, or every violation with its pointer below `/options`."""
    try:
        return model.model_validate(dict(options)), []
    except ValidationError as error:
        return None, [
            problem(
                spec,
                _pointer(found["loc"]),
                "INVALID_OPTION",
                found["type"],
                _of_option(found, model),
                *_compared(found.get("ctx", {}), found["input"]),
            )
            for found in error.errors(include_url=False)[:MAX_DESCRIBED]
        ]


def _of_option(found: ErrorDetails, model: type[OptionsModel]) -> str:
    """What is wrong with an option; of one that does not exist, which there are."""
    if found["type"] != "extra_forbidden":
        return f"option: {found['msg'].removeprefix('Value error, ')}"
    names = sorted(field.alias or name for name, field in model.model_fields.items())
    nearest = get_close_matches(str(found["loc"][-1])[:MAX_TOKEN], names, n=1)
    if nearest:
        return f"has no such option; did you mean {nearest[0]}?"
    return f"has no such option; there are {', '.join(names)}" if names else "has no options"


def broken(rule: str, message: str, limit: float | None = None, actual: float | None = None) -> PydanticCustomError:
    """For an options model's own validators to raise; `parse_options` makes a problem of it, with all of this."""
    return PydanticCustomError(rule, message, {"limit": limit, "actual": actual})


def _compared(context: Mapping[str, Any], given: Any) -> tuple[float | str | None, float | str | None]:
    """What pydantic allows and what it was given, where a person can compare them."""
    limit = next((context[name] for name in PYDANTIC_LIMITS if name in context), None)
    measured = len(given) if isinstance(given, str) and context.keys() & {"max_length", "min_length"} else given
    actual = context.get("actual", context.get("actual_length", measured))
    return _plain(limit), _plain(actual)


def _plain(value: Any) -> float | str | None:
    return value if isinstance(value, int | float) or (isinstance(value, str) and len(value) <= MAX_SHOWN) else None


def _pointer(place: tuple[int | str, ...]) -> str:
    """A name of a mapping that is refused itself stands at its value: pydantic adds `[key]`, which is not there."""
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in place if part != "[key]")
    return "/".join(["/options", *parts])
