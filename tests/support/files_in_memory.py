"""Temporary folders of tests are in memory, if the machine has room: SQLite waits for a disk at each commit.

A test whose many small transactions go to a disk takes a fifth more processor time, and waits as long again.
"""

import os
from pathlib import Path

import psutil

MEMORY = Path("/dev/shm")
# What pytest reads for the folder of all its temporary folders. A person who has set it has chosen.
FOLDER = "PYTEST_DEBUG_TEMPROOT"
# Beside what the processes of the tests need themselves. The folders of tests that have passed are deleted at once.
FILES, PROCESSES = 4_000_000_000, 8_000_000_000


def keep_files_in_memory() -> None:
    """Let pytest make its temporary folders in memory, where there is room and programs may be run."""
    if FOLDER not in os.environ and is_suitable(MEMORY):
        os.environ[FOLDER] = str(MEMORY)


def is_suitable(folder: Path) -> bool:
    """Whether the folder exists, takes programs, and leaves memory for the processes."""
    if not os.access(folder, os.W_OK):
        return False
    found = os.statvfs(folder)
    takes_programs = not found.f_flag & os.ST_NOEXEC
    has_room = found.f_bavail * found.f_frsize >= FILES
    return takes_programs and has_room and psutil.virtual_memory().available >= FILES + PROCESSES
