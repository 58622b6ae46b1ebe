"""Judges whether hot statements become slower with the number of stored posts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from munadi.db.session import Database
from tools.growth.measure import Measured, measure
from tools.growth.statements import HOT

# What a statement may read, however little it read before; and one that tries many posts for a page.
FEW_READ, MANY_READ = 1_500, 300_000
# A statement of a millisecond may take another one.
NOISE_MS = 5.0


async def measured(url: str, *, runs: int) -> list[Measured]:
    """Every hot statement on a filled database."""
    database = Database(url)
    try:
        return [await measure(database, hot, runs=runs) for hot in HOT]
    finally:
        await database.close()


def slower(small: Sequence[Measured], large: Sequence[Measured], most_ms: float | None = None) -> list[str]:
    """What is wrong: a large table is scanned, more than twice as much is read, or, with `most_ms`, it takes more than
    that or more than twice as long. One that tries many may take the most at once."""
    return [
        f"{after.name}: {problem}; {after.plans}"
        for hot, before, after in zip(HOT, small, large, strict=True)
        for problem in _problems(before, after, tries_many=hot.tries_many, most_ms=most_ms)
    ]


def _problems(before: Measured, after: Measured, *, tries_many: bool, most_ms: float | None) -> Iterable[str]:
    if after.scans:
        yield f"scans {after.scans}"
    if after.read > max(2 * before.read, MANY_READ if tries_many else FEW_READ):
        yield f"reads {after.read:,}, before {before.read:,}"
    if most_ms is not None and after.milliseconds > most_ms:
        yield f"takes {after.milliseconds} ms"
    if most_ms is not None and not tries_many and after.milliseconds > 2 * before.milliseconds + NOISE_MS:
        yield f"takes {after.milliseconds} ms, before {before.milliseconds} ms"
