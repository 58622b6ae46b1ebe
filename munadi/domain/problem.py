"""One violation of a rule, found before anything is stored."""

from __future__ import annotations

from collections.abc import Sequence

from munadi.domain.model import WireModel
from munadi.domain.publication import Warning_


class Problem(WireModel):
    """`pointer` is a JSON pointer into the request; `rule` is stable; a person compares `limit` and `actual`."""

    pointer: str
    code: str
    message: str
    channel: str | None = None
    rule: str | None = None
    limit: int | float | str | None = None
    actual: int | float | str | None = None


class ProblemsFound(Exception):
    """Every violation of a request, at once, and the warnings that it would have been accepted with otherwise."""

    def __init__(self, problems: list[Problem], warnings: Sequence[Warning_] = ()) -> None:
        super().__init__("; ".join(f"{p.pointer}: {p.message}" for p in problems)[:500])
        self.problems = problems
        self.warnings = tuple(warnings)
