"""Counts SQL statements and commits: on SQLite by a probe in each process, on PostgreSQL by the server's log."""

from __future__ import annotations

import re
import struct
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.support.ports import LOOPBACK
from tests.support.postgres import PostgresServer

PROBE = Path(__file__).parent / "sqlite_probe"
# psycopg runs a statement by the simple protocol ("statement") or as a prepared one ("execute NAME").
LOGGED = re.compile(r"LOG:  (?:statement|execute [^:]*): (\w*)")
ENDS = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


class Counter(ABC):
    """Statements and commits since the beginning. Its environment is given to the processes that are measured."""

    env: dict[str, str]

    @abstractmethod
    def read(self) -> tuple[int, int]:
        """Statements, and commits."""


class SqliteCounter(Counter):
    """Reads what sqlite_probe writes in each process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.env = {"PYTHONPATH": str(PROBE), "STATEMENTS": str(folder)}

    def read(self) -> tuple[int, int]:
        pairs = [struct.unpack("QQ", file.read_bytes()) for file in self._folder.iterdir()]
        return sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)


class PostgresCounter(Counter):
    """Reads the server's log."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self.env = {}

    def read(self) -> tuple[int, int]:
        words = LOGGED.findall(self._log.read_text(errors="replace"))
        return sum(word.upper() not in ENDS for word in words), sum(word.upper() == "COMMIT" for word in words)


@contextmanager
def counting(folder: Path, postgres: PostgresServer | None) -> Iterator[Counter]:
    """Count while the block runs. Start the processes with the counter's environment."""
    if postgres is None:
        folder.mkdir()
        yield SqliteCounter(folder)
        return
    _log_statements(postgres, "all")
    try:
        yield PostgresCounter(postgres.process.log)
    finally:
        _log_statements(postgres, "none")


def _log_statements(postgres: PostgresServer, which: str) -> None:
    arguments = postgres.process.argv
    port = arguments[arguments.index("-p") + 1]
    with psycopg.connect(f"postgresql://postgres@{LOOPBACK}:{port}/postgres", autocommit=True) as connection:
        connection.execute(f"ALTER SYSTEM SET log_statement = '{which}'")
        connection.execute("SELECT pg_reload_conf()")
