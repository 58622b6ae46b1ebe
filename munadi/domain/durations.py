"""Lengths of time in requests."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from munadi.domain.model import Duration

# No duration of a request is written longer, in characters.
LONGEST_DURATION = 40


def _short(given: Any) -> Any:
    if isinstance(given, str) and len(given) > LONGEST_DURATION:
        raise PydanticCustomError("too_long", "takes at most {limit} characters", {"limit": LONGEST_DURATION})
    return given


# A length of time in a request.
GivenDuration = Annotated[Duration, BeforeValidator(_short)]
