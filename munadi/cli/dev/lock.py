"""One `munadi dev` per data folder."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from munadi.cli.exits import CommandFailed


@contextmanager
def folder_lock(data_dir: Path) -> Iterator[None]:
    """Hold the folder. CommandFailed, naming the process, while another one has it.

    The kernel lets go of the lock when the process ends, however it ends; the file itself stays.
    """
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (data_dir / "dev.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            owner = file.read().strip() or "unknown"
            raise CommandFailed(
                f"munadi dev already runs on {data_dir} (process {owner})",
                advice="Stop that one, or give this one another folder: munadi dev --data-dir FOLDER",
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
