"""Locks on files beside a SQLite database, by which its processes take turns. A process that ends holds none."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

# A process that waits for its turn gets it within the time of a transaction. One that has waited for so long is stopped
# (SIGSTOP, a debugger, a frozen container), and the others go past it, without waiting for it again for some time.
PATIENCE, REMEMBERED = 0.5, 10.0
POLL = 0.002


class WriterTurn:
    """The turn to write to a database file, which its processes take one after the other.

    The turn is a lock on the file `<path>-writer`. A process can release it and take it again before one that waits for
    it has woken up. So a process that waits holds a second lock, on `<path>-writer-next`, without which no other takes
    the first: a process that writes without a pause lets each other one in after every transaction.
    """

    # Until then the process that is next counts as stopped.
    _passes_until = 0.0

    def __init__(self, path: str) -> None:
        """Creates missing files. Raises OSError."""
        self._lock = _lock_file(f"{path}-writer")
        try:
            self._next = _lock_file(f"{path}-writer-next")
        except OSError:
            os.close(self._lock)
            raise

    @property
    def is_wanted(self) -> bool:
        """Whether another process waits for the turn that this one has."""
        if not self._is_next():
            return True
        fcntl.flock(self._next, fcntl.LOCK_UN)
        return False

    def take(self) -> None:
        """Wait for the turn."""
        begun = time.monotonic()
        while not (is_next := self._is_next()):
            now = time.monotonic()
            if now < self._passes_until:
                break
            if now - begun > PATIENCE:
                self._passes_until = now + REMEMBERED
            time.sleep(POLL)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX)
        finally:
            if is_next:
                fcntl.flock(self._next, fcntl.LOCK_UN)

    def _is_next(self) -> bool:
        """Try to be the one that waits for the turn."""
        try:
            fcntl.flock(self._next, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        """Give the turn to the process that waits."""
        fcntl.flock(self._lock, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close the files."""
        os.close(self._next)
        os.close(self._lock)


@contextmanager
def sole_use(path: str) -> Iterator[bool]:
    """Whether this block holds the lock file, which is created; not if another one does, here or in another process."""
    file = _lock_file(path)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield True
    finally:
        os.close(file)


def _lock_file(path: str) -> int:
    return os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
