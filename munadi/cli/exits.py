"""What an exit code means; scripts rely on it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum


class Exit(IntEnum):
    """Every code that `munadi` ends with by itself."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    NOT_REACHABLE = 3
    NOT_PERMITTED = 4


class CommandFailed(Exception):
    """A command cannot go on; `code` is how `munadi` ends. `advice` is what to do about it."""

    def __init__(self, message: str, code: Exit = Exit.REFUSED, advice: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.advice = advice


def exit_of_status(status: int) -> Exit:
    """The exit code for a refused answer: not permitted, not there (a gateway answered), or refused."""
    if status in (401, 403):
        return Exit.NOT_PERMITTED
    return Exit.NOT_REACHABLE if status in (502, 503, 504) else Exit.REFUSED


@contextmanager
def refusal_ends_process() -> Iterator[None]:
    """For a process that is not started as a command: say why it cannot go on, and end with the code that means it."""
    try:
        yield
    except CommandFailed as error:
        for line in (str(error), error.advice):
            if line:
                print(line, file=sys.stderr)
        raise SystemExit(int(error.code)) from error
