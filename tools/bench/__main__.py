"""`make bench`: measure Munadi beside the bare engine on SQLite and on PostgreSQL, and write docs/performance.md.

`--checkout PATH` measures another checkout by its public surfaces, so that before and after come from one machine.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tools.bench import record, report
from tools.bench.run import ROWS, RowFailedError, measure, program, stop_on_sigterm
from tools.bench.system import ROOT, Bench, database_server

DATABASES = ("sqlite", "postgresql")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, record and write; 1 if a row failed."""
    stop_on_sigterm()
    options = _parser().parse_args(arguments)
    # A part of the work is only for trying the bench, and beside stored posts it is another figure than the table's.
    when = options.record if options.scale == 1 and not options.stored else None
    failed, began = [], time.monotonic()
    where = record.origin(options.checkout)
    with tempfile.TemporaryDirectory(prefix="munadi-bench-") as folder:
        for database in options.databases:
            with database_server(database) as server:
                at = Path(folder) / database
                at.mkdir()
                bench = Bench(
                    database, program(options.checkout), at, options.scale, postgres=server, stored=options.stored
                )
                for row in options.rows or _rows(database):
                    try:
                        found = measure(bench, row)
                    except RowFailedError as error:
                        failed.append(str(error))
                        print(f"\nFAILED: {error}", flush=True)
                        continue
                    if when:
                        record.save(when, database, row, found, {**where, "posts": bench.tally.posts})
    if when:
        report.write()
        print(f"wrote {report.PAGE.relative_to(ROOT)}")
        print("\n".join(f"missed: {line}" for line in report.missed(record.load())))
    print(f"{(time.monotonic() - began) / 60:.0f} minutes")
    print("\n".join(["", *(f"FAILED: {line}" for line in failed)]))
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__)
    parser.add_argument("--rows", type=_names(tuple(ROWS)), help=f"of {','.join(ROWS)}; by default all")
    parser.add_argument("--databases", type=_names(DATABASES), default=list(DATABASES), help="sqlite,postgresql")
    parser.add_argument("--scale", type=float, default=1.0, help="part of the work, to try the bench itself")
    parser.add_argument("--stored", type=int, default=0, help="posts that the database holds before, such as 500000")
    parser.add_argument("--checkout", type=Path, default=ROOT, help="the checkout whose .venv/bin/munadi is measured")
    kept = "keep the figures, and write the page; not with --scale or --stored"
    parser.add_argument("--record", choices=("before", "after"), help=kept)
    return parser


def _rows(database: str) -> list[str]:
    """The rows of a full run. That of 10 000 posts takes minutes, and what it measures has little to do with the kind
    of database, so that a run measures it once; `--rows crowd` measures it on both."""
    return [row for row in ROWS if row != "crowd" or database == "sqlite"]


def _names(known: Sequence[str]) -> Callable[[str], list[str]]:
    def chosen(text: str) -> list[str]:
        names = text.split(",")
        if unknown := [name for name in names if name not in known]:
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: choose of {', '.join(known)}")
        return names

    return chosen


if __name__ == "__main__":
    raise SystemExit(main())
