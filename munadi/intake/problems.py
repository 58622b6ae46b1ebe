"""Collecting violations: in order, each once."""

from __future__ import annotations

from collections.abc import Iterable

from munadi.domain.channel import ChannelSpec
from munadi.domain.problem import Problem, ProblemsFound


class Findings:
    """Every violation of one request. The same rule at the same place is told once per channel."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, str | None, str | None], Problem] = {}

    def add(
        self,
        pointer: str,
        code: str,
        message: str,
        *,
        spec: ChannelSpec | None = None,
        limit: float | str | None = None,
        actual: float | str | None = None,
    ) -> None:
        """A violation; its rule is its code in lower case."""
        channel = spec.name.value if spec else None
        self.extend(
            [
                Problem(
                    pointer=pointer,
                    code=code,
                    message=message,
                    channel=channel,
                    rule=code.lower(),
                    limit=limit,
                    actual=actual,
                )
            ]
        )

    def extend(self, problems: Iterable[Problem]) -> None:
        """Violations found elsewhere."""
        for problem in problems:
            self._found.setdefault((problem.pointer, problem.code, problem.channel, problem.rule), problem)

    def has(self, pointer: str) -> bool:
        """Whether anything was found at exactly this place."""
        return any(problem.pointer == pointer for problem in self._found.values())

    def has_code(self, code: str) -> bool:
        """Whether this rule is broken anywhere."""
        return any(problem.code == code for problem in self._found.values())

    @property
    def all(self) -> list[Problem]:
        """In the order they were found."""
        return list(self._found.values())

    def raise_if_any(self) -> None:
        """ProblemsFound with all of them."""
        if self._found:
            raise ProblemsFound(self.all)
