"""Counts the SQL statements of a process on SQLite.

Python runs this file at its start when its folder is on PYTHONPATH. `STATEMENTS` names a folder. Each process of
Munadi's API and worker writes two numbers there, in a file of its own that it maps: statements (without those that
begin and end transactions, and pragmas) and commits.
"""

from __future__ import annotations

import mmap
import os
import sqlite3
import sys
from pathlib import Path
from typing import Any

NOT_COUNTED = ("BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA", "--")


def _count(folder: Path) -> None:
    file = folder / f"{os.getpid()}"
    file.write_bytes(bytes(16))
    with file.open("r+b") as opened:
        numbers = memoryview(mmap.mmap(opened.fileno(), 16)).cast("Q")
    connect = sqlite3.connect

    def seen(statement: str) -> None:
        words = statement.lstrip().upper()
        if words.startswith("COMMIT"):
            numbers[1] += 1
        elif not words.startswith(NOT_COUNTED):
            numbers[0] += 1

    def connect_and_count(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **options)
        connection.set_trace_callback(seen)
        return connection

    sqlite3.connect = sqlite3.dbapi2.connect = connect_and_count  # type: ignore[assignment]


if "STATEMENTS" in os.environ and {"api", "worker"} & set(sys.orig_argv):
    Path(os.environ["STATEMENTS"]).mkdir(parents=True, exist_ok=True)
    _count(Path(os.environ["STATEMENTS"]))
