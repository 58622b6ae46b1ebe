"""Exit codes and their meanings; scripts rely on them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum


class Exit(IntEnum):
    """Every exit code that `munadi` chooses."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    NOT_REACHABLE = 3
    NOT_PERMITTED = 4


class CommandFailed(Exception):
    """A command failed; `code` is the exit code. `advice` says what to do."""

    def __init__(self, message: str, code: Exit = Exit.REFUSED, advice: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.advice = advice


def exit_of_status(status: int) -> Exit:
    """The exit code for an error status: not permitted, not reachable (a gateway answered), or refused."""
    if status in (401, 403):
        return Exit.NOT_PERMITTED
    return Exit.NOT_REACHABLE if status in (502, 503, 504) else Exit.REFUSED


@contextmanager
def refusal_ends_process() -> Iterator[None]:
    """For a process that is not a command: print why it cannot start, and exit with that code."""
    try:
        yield
    except CommandFailed as error:
        for line in (str(error), error.advice):
            if line:
                sys.stderr.write(f"{line}\n")
        raise SystemExit(int(error.code)) from error


def cause(error: Exception) -> str:
    """The driver's own words, without SQL and without parameters, which may hold secrets."""
    return str(getattr(error, "orig", None) or type(error).__name__).splitlines()[0]
