"""Runs rows of the table, each by its function and within a limit of time."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from tools.bench.accepting import accept, read
from tools.bench.cost import engine, sql
from tools.bench.lateness import burst, noisy, steady
from tools.bench.publishing import publish
from tools.bench.system import Bench, Tally
from tools.bench.table import figures
from tools.bench.waiting import crowd, idle

ROWS: Mapping[str, Callable[[Bench], Awaitable[dict[str, float]]]] = {
    "accept": accept,
    "publish": publish,
    "burst": burst,
    "steady": steady,
    "noisy": noisy,
    "read": read,
    "idle": idle,
    "engine": engine,
    "sql": sql,
    "crowd": crowd,
}
LIMIT = 480.0


class RowFailedError(Exception):
    """A row could not be measured, or a post of it was early, doubled or lost."""


def measure(bench: Bench, row: str) -> dict[str, float]:
    """Measure one row and print its figures. Raises RowFailedError; every process is ended then too."""
    bench.tally = Tally()
    began = time.monotonic()
    try:
        found = asyncio.run(_limited(bench, row))
    except Exception as error:
        cause = _first(error)
        raise RowFailedError(f"{row} on {bench.database}: {type(cause).__name__}: {cause}") from error
    if bench.tally.faults:
        raise RowFailedError(f"{row} on {bench.database}: " + "; ".join(bench.tally.faults[:20]))
    print(f"\n{row} on {bench.database}, {time.monotonic() - began:.0f} s, {bench.tally.posts} posts compared:")
    known = {figure.key: figure for figure in figures()}
    for name, value in found.items():
        figure = known.get(f"{row}.{name}")
        label, text = (figure.label, figure.text(value)) if figure else (name, f"{value:.1f}")
        print(f"  {label}: {text}", flush=True)
    return found


def _first(error: Exception) -> Exception:
    """The first error of a group of tasks; the others are its consequence."""
    return _first(error.exceptions[0]) if isinstance(error, ExceptionGroup) else error


async def _limited(bench: Bench, row: str) -> dict[str, float]:
    async with asyncio.timeout(LIMIT):
        return await ROWS[row](bench)


def stop_on_sigterm() -> None:
    """Stop as by Ctrl-C. The default would end this process and leave the others running."""
    # A shell that starts us in the background lets us ignore SIGINT.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))


def program(checkout: Path) -> Path:
    """A checkout's `munadi`."""
    found = checkout.resolve() / ".venv" / "bin" / "munadi"
    if not found.exists():
        raise SystemExit(f"{found} is missing: run make setup in {checkout}")
    return found
