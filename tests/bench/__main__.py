"""`make bench`: figures of this machine over real processes, in one run beside the bare engine on the same server.

Written to docs/performance.md. Ratios mean more than numbers: machines are noisy. The sandbox answers at once, so
what is measured is ours.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from temporalio.client import Client

from tests.bench import measures
from tests.e2e.brand import Brand
from tests.e2e.stack import Stack
from tests.faults.world import no_quotas
from tests.support.processes import Process

ROOT = Path(__file__).parents[2]
REPORT = ROOT / "docs" / "performance.md"
HEAD = """# Performance

What `make bench` measured, everything in one run: the embedded stack (`munadi dev`: API, one worker, SQLite, Temporal
dev server with a WAL file, sandbox without delays or quotas) and, on the same Temporal server, a bare workflow of a
timer and three activities that do nothing. Quote the ratios; the figures are this machine's.

"""


class Table:
    """Rows of name, figure, aim and whether it was met."""

    def __init__(self) -> None:
        self.rows: list[str] = []

    def add(self, name: str, figure: str, aim: str, met: bool) -> None:
        row = f"| {name} | {figure} | {aim} | {'yes' if met else 'no'} |"
        self.rows.append(row)
        print(row, flush=True)

    def text(self) -> str:
        return "\n".join(["| what | figure | aim | met |", "|---|---|---|---|", *self.rows])


async def measure(stack: Stack, bare: Client) -> Table:
    """Run everything once, one after the other."""
    table = Table()
    async with stack.client() as api, stack.sandbox() as sandbox:
        await no_quotas(sandbox, seconds=0)
        brand = await Brand.create(api, sandbox, "bench", *measures.THREE)
        for channels in (measures.PLAIN[:1], measures.PLAIN):
            actions, events = await measures.cost(brand, bare, channels)
            n = len(channels)
            table.add(f"Temporal actions, {n} channel(s)", str(actions), f"≤ {n + 4}", actions <= n + 4)
            table.add(f"history events, {n} channel(s)", str(events), f"≤ {22 + 6 * n}", events <= 22 + 6 * n)
        late = await measures.lateness(brand, 150, 0.2, 25)
        met = late.p50 <= 100 and late.p99 <= 1000
        table.add("lateness at 5 contents/s", str(late), "p50 ≤ 100 ms, p99 ≤ 1 s", met)
        burst = await measures.lateness(brand, 300, 0.0, 30)
        table.add("lateness, 300 due in one second", str(burst), "none early", True)
        ours, theirs = await measures.published(brand, bare, 120, 25)
        told = f"{ours:.1f}/s, bare {theirs:.1f}/s: {ours / theirs:.2f}"
        table.add("contents of three channels published", told, "≥ 0.5", ours / theirs >= 0.5)
        ours, theirs = await measures.accepted(brand, bare, 600)
        told = f"{ours:.0f}/s, bare starts {theirs:.0f}/s: {ours / theirs:.2f}"
        table.add("contents accepted", told, "≥ 0.6", ours / theirs >= 0.6)
        idle = await measures.waiting(brand, stack.pids["worker"], 2000)
        told = f"worker grew {idle.grown_mb:.0f} MB, idle CPU {idle.idle_cpu:.1%} of a core"
        table.add(f"{idle.count} contents waiting", told, "–", True)
    return table


async def run(folder: Path) -> Table:
    """Start a stack and the bare worker, measure, stop both."""
    stack = await asyncio.to_thread(Stack(folder).start)
    try:
        address = json.loads((folder / "data" / "dev.json").read_text())["temporal"]
        argv = [sys.executable, "-m", "tests.bench.bare", address]
        with Process(argv, log=folder / "bare.log", cwd=ROOT) as worker:
            await asyncio.to_thread(worker.wait_for_line, "bare worker ready", 60)
            return await measure(stack, await Client.connect(address))
    finally:
        await asyncio.to_thread(stack.stop)


def main() -> None:
    """Measure and write the report."""
    with tempfile.TemporaryDirectory(prefix="munadi-bench-") as folder:
        table = asyncio.run(run(Path(folder)))
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    tail = REPORT.read_text().partition("\n## ") if REPORT.exists() else ("", "", "")
    notes = "\n## " + tail[2] if tail[1] else ""
    told = f"{HEAD}{table.text()}\n\n{datetime.now(UTC):%Y-%m-%d}, commit {commit or '–'}, {machine}.\n"
    REPORT.write_text(told + notes)
    print(f"wrote {REPORT.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
