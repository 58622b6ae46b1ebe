"""Folders and files that only the user who runs Munadi may read: the database, keys and media have others' secrets."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path


def private_folder(path: Path) -> None:
    """Create a folder of ours with what is missing above it. One that others may enter, from an earlier version or a
    copy, is closed to them. Raises OSError if it cannot be created."""
    for folder in (*reversed(path.parents), path):
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
    close_to_others(path, 0o700)


def private_file(path: str) -> None:
    """Create an empty file if it is missing; the next one to open it reports why it cannot be created."""
    with suppress(OSError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    close_to_others(Path(path), 0o600)


def close_to_others(path: Path, mode: int) -> None:
    """Take away what a mode grants beyond `mode`. What is missing, or is another user's, stays as it is."""
    with suppress(OSError):
        found = path.stat()
        if found.st_uid == os.geteuid() and stat.S_IMODE(found.st_mode) & ~mode:
            path.chmod(stat.S_IMODE(found.st_mode) & mode)
