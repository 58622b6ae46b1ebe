"""Problems: violations of rules, found before anything is stored.

An answer lists at most `MAX_PROBLEMS` of them, and each text in one is bounded, so that no request gets an answer
that is much larger than itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from munadi.domain.model import WireModel
from munadi.domain.publication import Warning_

MAX_PROBLEMS = 20
MAX_POINTER = 300
MAX_MESSAGE = 600
MAX_VALUE = 200


def shortened(text: str, limit: int) -> str:
    """The text, or its beginning and an ellipsis: `limit` characters at most."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _bounded(limit: int) -> AfterValidator:
    def bound(value: Any) -> Any:
        return shortened(value, limit) if isinstance(value, str) else value

    return AfterValidator(bound)


class Problem(WireModel):
    """`pointer` is a JSON pointer into the request; `rule` is stable; a person compares `limit` and `actual`."""

    pointer: Annotated[str, _bounded(MAX_POINTER)] = Field(
        description="A JSON pointer into the request; `?name` is a parameter of the query."
    )
    code: str = Field(description="What it is about, for programs; stable.")
    message: Annotated[str, _bounded(MAX_MESSAGE)] = Field(description="What is wrong or worth knowing, for people.")
    channel: Annotated[str | None, _bounded(MAX_VALUE)] = Field(
        None, description="The network whose rule it is; null if it is a rule of every network."
    )
    rule: str | None = Field(None, description="The rule, for programs; stable.")
    limit: int | float | str | None = Field(None, description="What the rule allows.")
    actual: Annotated[int | float | str | None, _bounded(MAX_VALUE)] = Field(None, description="What was sent.")


class ProblemsFound(Exception):
    """Every violation of a request, at once, and the warnings that it would have been accepted with otherwise.

    `more`: how many violations there are beside `problems`, where so many are broken that not all are described.
    """

    def __init__(self, problems: list[Problem], warnings: Sequence[Warning_] = (), *, more: int = 0) -> None:
        super().__init__("; ".join(f"{p.pointer}: {p.message}" for p in problems[:MAX_PROBLEMS])[:500])
        self.problems = problems
        self.warnings = tuple(warnings)
        self.more = more
