"""Collects the problems of one request: in order, each once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from munadi.domain.channel import ChannelSpec
from munadi.domain.problem import Problem, ProblemsFound


class ProblemCollector:
    """Every problem of one request. The same rule at the same place is reported once per channel."""

    def __init__(self, problems: Sequence[Problem] = ()) -> None:
        self._found: dict[tuple[str, str, str | None, str | None], Problem] = {}
        self._pointers, self._codes = set[str](), set[str]()
        if problems:
            self.extend(problems)

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
        """Report a broken rule. The rule's name is the code in lower case."""
        channel = spec.name.value if spec else None
        rule = code.lower()
        self.extend(
            [
                Problem(
                    pointer=pointer, code=code, message=message, channel=channel, rule=rule, limit=limit, actual=actual
                )
            ]
        )

    def extend(self, problems: Iterable[Problem]) -> None:
        """Add problems that other code has described."""
        for problem in problems:
            self._found.setdefault((problem.pointer, problem.code, problem.channel, problem.rule), problem)
            self._pointers.add(problem.pointer)
            self._codes.add(problem.code)

    def has(self, pointer: str) -> bool:
        """Whether there is a problem at exactly this pointer."""
        return pointer in self._pointers

    def has_code(self, code: str) -> bool:
        """Whether any problem has this code."""
        return code in self._codes

    @property
    def all(self) -> list[Problem]:
        """All problems, in the order in which they were added."""
        return list(self._found.values())

    def raise_if_any(self) -> None:
        """Raise ProblemsFound with all of them, if there are any."""
        if self._found:
            raise ProblemsFound(self.all)
