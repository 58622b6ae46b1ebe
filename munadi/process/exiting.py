"""End a process that used the Temporal SDK at once: its threads can crash a slow exit."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn


def exit_now(code: int) -> NoReturn:
    """Flush what was printed and end, skipping the interpreter's teardown."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            # The reader of a pipe may have closed it.
            continue
    os._exit(code)


@contextmanager
def exits_at_once() -> Iterator[None]:
    """What ends the block with an exit code ends the process by `exit_now`: a refused start has used the SDK, too."""
    try:
        yield
    except SystemExit as ended:
        exit_now(ended.code if isinstance(ended.code, int) else 1)


@contextmanager
def signals_end_quietly() -> Iterator[None]:
    """For uvicorn, which raises the signal that stopped it a second time: a requested stop has exit code 0."""
    previous = {number: signal.signal(number, _ignore) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, action in previous.items():
            signal.signal(number, action)


def _ignore(number: int, frame: FrameType | None) -> None:
    """The server has already stopped because of it."""
