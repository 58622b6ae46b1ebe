"""Fill databases with posts and measure the hot statements: `python -m tools.growth --sizes 100000,500000`.

Prints a row per statement: its median time at each size, and what it reads. `--json` keeps the figures with the plans.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from munadi.db.migrate import upgrade
from munadi.db.session import Database
from tests.support.postgres import PostgresServer, complete_binaries
from tools.growth.filler import fill
from tools.growth.measure import Measured, measure, stored
from tools.growth.statements import HOT

# What a server has that serves more than tests, and a locale that knows the letters of every script.
SETTINGS, LOCALE = {"shared_buffers": "256MB"}, "C.UTF-8"


def main(arguments: Sequence[str] | None = None) -> int:
    """Fill, measure and print."""
    options = _parser().parse_args(arguments)
    found: dict[str, dict[int, list[Measured]]] = {}
    for kind in options.databases.split(","):
        with _databases(kind, options.keep) as new:
            for size in options.sizes:
                url, is_new = new(size)
                if is_new:
                    _filled(url, size)
                found.setdefault(kind, {})[size] = asyncio.run(_measured(url, options.only))
        print("\n".join(_table(kind, found[kind])), flush=True)
        if options.json:
            sizes = {kind: {size: stored(each) for size, each in by.items()} for kind, by in found.items()}
            options.json.write_text(json.dumps(sizes, ensure_ascii=False, indent=1) + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.growth", description=__doc__)
    sizes = lambda text: [int(each) for each in text.split(",")]  # noqa: E731
    parser.add_argument("--sizes", type=sizes, default=[100_000, 500_000], help="numbers of posts")
    parser.add_argument("--databases", default="sqlite,postgresql", help="sqlite,postgresql")
    parser.add_argument("--only", default="", help="only the statements whose name has this in it")
    parser.add_argument("--keep", type=Path, help="a folder where filled databases of SQLite are kept and used again")
    parser.add_argument("--json", type=Path, help="a file for the figures and plans")
    return parser


@contextmanager
def _databases(kind: str, keep: Path | None) -> Iterator[Callable[[int], tuple[str, bool]]]:
    """A function that returns the URL of a database of a size, and whether it is new."""
    with tempfile.TemporaryDirectory(prefix="munadi-growth-") as folder:
        if kind == "sqlite":

            def of_size(size: int) -> tuple[str, bool]:
                path = (keep or Path(folder)) / f"{size}.db"
                return f"sqlite+aiosqlite:///{path}", not path.exists()

            yield of_size
            return
        with PostgresServer("", SETTINGS, complete_binaries(), LOCALE) as server:
            yield lambda size: (server.create_database(), True)


def _filled(url: str, size: int) -> None:
    began = time.monotonic()
    upgrade(url)
    fill(url, size)
    print(f"{size:,} posts filled in {time.monotonic() - began:.0f} s", flush=True)


async def _measured(url: str, only: str) -> list[Measured]:
    database = Database(url)
    try:
        return [await measure(database, hot) for hot in HOT if only in hot.name]
    finally:
        await database.close()


def _table(kind: str, found: dict[int, list[Measured]]) -> list[str]:
    sizes = sorted(found)
    lines = [f"{kind:52}" + "".join(f"{size:>12,} {'read':>10}" for size in sizes)]
    for rows in zip(*(found[size] for size in sizes), strict=True):
        figures = "".join(f"{each.milliseconds:>9.1f} ms {each.read:>10,}" for each in rows)
        lines.append(f"{rows[0].name:52}{figures}{'  SCAN' if rows[-1].scans else ''}")
    return lines


if __name__ == "__main__":
    raise SystemExit(main())
