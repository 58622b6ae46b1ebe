"""One `munadi dev` per data folder."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from munadi.process.exits import CommandFailed


def hold_folder(data_dir: Path) -> int:
    """Lock the folder; CommandFailed, naming the process, while another one has it. Returns the lock's descriptor.

    The kernel releases the lock when the process ends, however it ends, or when the descriptor is closed. A program
    that takes the place of this process inherits it. The file stays.
    """
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(data_dir / "dev.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.read(lock, 20).decode(errors="replace").strip() or "unknown"
        os.close(lock)
        raise CommandFailed(
            f"munadi dev already runs on {data_dir} (process {owner})",
            advice="Stop that one, or give this one another folder: munadi dev --data-dir FOLDER",
        ) from None
    os.ftruncate(lock, 0)
    os.write(lock, str(os.getpid()).encode())
    os.set_inheritable(lock, True)
    return lock
