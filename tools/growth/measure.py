"""Measures hot statements: the median time of a call, how its queries are planned, and how much they read.

What is read does not depend on the machine: on SQLite the steps of its virtual machine, on PostgreSQL the rows that the
scans of a plan visit.
"""

from __future__ import annotations

import json
import sqlite3
import statistics
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import Engine, event

from munadi.db.session import Database
from tools.growth.statements import Hot

RUNS, SECONDS = 7, 2.0
# Between two looks of the counter of steps.
STEPS = 50
LARGE = (
    "contents",
    "drafts",
    "publications",
    "events",
    "deliveries",
    "audit",
    "idempotency",
    "content_metadata",
    "media",
    "media_uses",
    "post_words",
)
Query = tuple[str, Any]


@dataclass
class Measured:
    """What a call took: milliseconds (the median), what its queries read, and their plans."""

    name: str
    milliseconds: float
    read: int
    plans: list[str] = field(default_factory=list)

    @property
    def scans(self) -> list[str]:
        """The steps of the plans that read a large table from its first row to its last."""
        return [step for step in self.plans if _is_scan(step)]


async def measure(database: Database, hot: Hot, *, runs: int = RUNS) -> Measured:
    """Measure one statement; `runs=1` only for what it reads."""
    with _watched() as queries:
        await hot.call(database)
    queries = [query for query in queries if query[0].lstrip().startswith(("SELECT", "WITH", "DELETE"))]
    times: list[float] = []
    began = time.perf_counter()
    while len(times) < runs and (not times or time.perf_counter() - began < SECONDS):
        at = time.perf_counter()
        await hot.call(database)
        times.append(time.perf_counter() - at)
    found = Measured(hot.name, round(statistics.median(times) * 1000, 2), 0)
    if database.is_sqlite:
        _explain_sqlite(str(database.url.database), queries, found)
    else:
        await _explain_postgres(database, queries, found)
    return found


def stored(found: Iterable[Measured]) -> list[dict[str, Any]]:
    """The measurements as JSON."""
    return [asdict(each) for each in found]


@contextmanager
def _watched() -> Iterator[list[Query]]:
    seen: list[Query] = []

    def note(_connection: Any, _cursor: Any, sql: str, values: Any, *_: Any) -> None:
        seen.append((sql, values))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def _explain_sqlite(path: str, queries: list[Query], found: Measured) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for sql, values in queries:
            found.plans += [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)]

            def count() -> int:
                found.read += STEPS
                return 0

            connection.set_progress_handler(count, STEPS)
            connection.execute("BEGIN")
            connection.execute(sql, values).fetchall()
            connection.execute("ROLLBACK")
            connection.set_progress_handler(None, 0)


async def _explain_postgres(database: Database, queries: list[Query], found: Measured) -> None:
    async with database._engine.connect() as connection:
        for sql, values in queries:
            explain = f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}"
            rows = (await connection.exec_driver_sql(explain, values)).scalar_one()
            for node in _nodes((rows if isinstance(rows, list) else json.loads(rows))[0]["Plan"]):
                if "Scan" in node["Node Type"]:
                    dropped = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
                    found.read += round((node["Actual Rows"] + dropped) * node["Actual Loops"])
                names = (node["Node Type"], node.get("Index Name"), node.get("Relation Name"))
                found.plans.append(" ".join(name for name in names if name))
        await connection.rollback()


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for each in node.get("Plans", ()):
        yield from _nodes(each)


def _is_scan(step: str) -> bool:
    words = step.split()
    if step.startswith("Seq Scan"):
        return words[-1] in LARGE
    return words[0] == "SCAN" and words[1] in LARGE and "INDEX" not in step
