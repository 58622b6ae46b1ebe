"""The interface of a media store: a folder (`folder.py`) or a bucket (`bucket.py`).

Rule: a stored file is complete, durable and never changes. Layout, the same in both:
`<root>/ab/cd/<sha256>`, and notes under `<root>/renditions/`. A file
that is being written is a local file in `incoming`.
Blocking: call it through `munadi.media.pool.off_loop`.
"""

import hashlib
import os
import re
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

from munadi.private_files import private_folder

# The name of a stored file below a store's root. A sweep leaves other names alone.
CONTENT_NAME = re.compile(r"([0-9a-f]{2})/([0-9a-f]{2})/(\1\2[0-9a-f]{60})")
# Longer than any fetch or upload takes: such a file in `incoming` was left by a process that died.
ABANDONED_AFTER = timedelta(days=1)
_SHA256 = re.compile(r"[0-9a-f]{64}")


class StoreUnavailable(OSError):
    """The store cannot be reached; the same call may succeed later."""


class StoreRefused(StoreUnavailable):
    """The store refuses: no such bucket, wrong keys. Only a change of the named settings helps."""


class MediaStore(ABC):
    """Media named by their content. Several processes may share a store, but for `incoming`'s files.

    Every method raises StoreUnavailable while the store is away, FileNotFoundError only for a media that a store
    which answers does not have, and ValueError for a name that is no SHA-256 in lower-case hex.
    """

    def __init__(self, incoming: Path) -> None:
        """`incoming` is a local folder, created here; files to `put` are best made there."""
        self.incoming = incoming
        private_folder(self.incoming.absolute())

    @abstractmethod
    def put(self, path: Path) -> str:
        """Take over the local file at `path` (it is gone afterwards) and return its SHA-256 in hex.

        Durable on return; idempotent: the same content again only renews its age. When it raises, the file is still
        the caller's, and there is nothing or all of it under its name.
        """

    @abstractmethod
    def size(self, digest: str) -> int:
        """Octets of a content. Raises FileNotFoundError."""

    @abstractmethod
    def read(self, digest: str, start: int = 0, length: int | None = None) -> bytes:
        """`length` octets from `start` on, fewer where the content ends; all of it by default.

        Raises FileNotFoundError.
        """

    @abstractmethod
    def local(self, digest: str) -> AbstractContextManager[Path]:
        """A local file with the content, to be read inside the block only. Raises FileNotFoundError."""

    @abstractmethod
    def renew(self, digest: str) -> bool:
        """Renew the age of a file, so that a sweep keeps it; False when there is none."""

    @abstractmethod
    def delete(self, digest: str) -> None:
        """Remove a content; nothing happens when there is none."""

    @abstractmethod
    def read_note(self, name: str) -> bytes | None:
        """A small file that is named by us, not by its content, such as `renditions/…/….json`; None without one."""

    @abstractmethod
    def write_note(self, name: str, content: bytes) -> None:
        """Write a note, whole or not at all; the last one wins. A crash may lose it."""

    @abstractmethod
    def list_notes(self, folder: str) -> list[str]:
        """The names of the notes in a folder, such as `renditions/…`; none when there is no such folder."""

    @abstractmethod
    def delete_note(self, name: str) -> None:
        """Remove a note; nothing happens when there is none."""

    @abstractmethod
    def _sweep_contents(self, keep: Callable[[str], bool], older_than: timedelta) -> list[str]: ...

    def put_bytes(self, content: bytes) -> str:
        """Store `content` and return its SHA-256, as `put` does with a file."""
        handle, name = tempfile.mkstemp(dir=self.incoming)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            return self.put(Path(name))
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def exists(self, digest: str) -> bool:
        """Whether the store has a content."""
        try:
            self.size(digest)
        except FileNotFoundError:
            return False
        return True

    def sweep(self, keep: Callable[[str], bool], *, older_than: timedelta) -> list[str]:
        """Delete files that `keep` returns False for, and abandoned incoming files; returns the deleted digests.

        Only files older than `older_than` are deleted, so that a file stored before its row is committed stays.
        """
        self.clear_incoming(older_than)
        return self._sweep_contents(keep, older_than)

    def clear_incoming(self, older_than: timedelta = ABANDONED_AFTER) -> None:
        """Delete what a dead process has left in `incoming`."""
        limit = time.time() - older_than.total_seconds()
        for abandoned in self.incoming.iterdir():
            if modified(abandoned) < limit:
                abandoned.unlink(missing_ok=True)


def is_digest(text: str) -> bool:
    """Whether this is a SHA-256 in lower-case hex."""
    return _SHA256.fullmatch(text) is not None


def name_of(digest: str) -> str:
    """The path of a file below the root. Raises ValueError for what is no SHA-256 in lower-case hex."""
    if not is_digest(digest):
        raise ValueError("a media is named by its SHA-256 in lower-case hex")
    return f"{digest[:2]}/{digest[2:4]}/{digest}"


def digest_of(path: Path) -> str:
    """The SHA-256 of a local file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def modified(path: Path) -> float:
    """When a local file was changed, in seconds since 1970; never, for one that another process has removed."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")
