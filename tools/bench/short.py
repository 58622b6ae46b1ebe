"""`make bench-short`: the ratios on SQLite, in under three minutes. Fails if one is worse than recorded by a third."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from tools.bench import record
from tools.bench.run import RowFailedError, measure, program, stop_on_sigterm
from tools.bench.system import ROOT, Bench
from tools.bench.table import figures

DATABASE = "sqlite"
SCALE = 4
KEYS = (f"publish.three.x{SCALE}.ratio", f"read.x{SCALE}.ratio", "noisy.quiet.p95")


def main() -> int:
    """Measure the three rows once and compare; 1 if a figure has dropped, or a post was early, doubled or lost."""
    stop_on_sigterm()
    found: dict[str, float] = {}
    failures: list[str] = []
    with tempfile.TemporaryDirectory(prefix="munadi-bench-") as folder:
        bench = Bench(DATABASE, program(ROOT), Path(folder), scales=(SCALE,), rounds=1, shapes=("three",))
        for row in dict.fromkeys(key.partition(".")[0] for key in KEYS):
            try:
                found |= {f"{row}.{name}": value for name, value in measure(bench, row).items()}
            except RowFailedError as error:
                failures.append(str(error))
    failures += dropped(found, record.load())
    print(
        "\n".join(["", *(f"FAILED: {failure}" for failure in failures)] if failures else ["", "no ratio has dropped"])
    )
    return 1 if failures else 0


def dropped(found: Mapping[str, float], records: record.Records) -> Iterator[str]:
    """What is worse than recorded by a third. A figure that is not recorded cannot be compared, and fails too."""
    for figure in figures():
        if figure.key not in KEYS or figure.key not in found:
            continue
        recorded = record.value(records, "after", DATABASE, figure.key)
        now = figure.text(found[figure.key])
        if recorded is None:
            yield f"{figure.label} is {now}, but none is recorded: run make bench"
        elif figure.dropped(found[figure.key], recorded):
            yield f"{figure.label} is {now}, recorded {figure.text(recorded)}: worse by more than a third"


if __name__ == "__main__":
    raise SystemExit(main())
