"""Locks on files beside a SQLite database, by which its processes take turns. A process that ends holds none."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager


class WriterTurn:
    """The turn to write to a database file, which its processes take one after the other.

    The turn is a lock on the file `<path>-writer`. A process can release it and take it again before one that waits for
    it has woken up. So whoever waits holds a second lock, on `<path>-writer-next`, without which no process can take
    the first: a process that writes without a pause lets each other one in after every transaction.
    """

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
        try:
            fcntl.flock(self._next, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        fcntl.flock(self._next, fcntl.LOCK_UN)
        return False

    def take(self) -> None:
        """Wait for the turn."""
        fcntl.flock(self._next, fcntl.LOCK_EX)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX)
        finally:
            fcntl.flock(self._next, fcntl.LOCK_UN)

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
