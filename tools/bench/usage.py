"""What each process of a stack costs: CPU seconds and memory, by the name of the process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

import psutil

# `dev` is the process of `munadi dev` itself, which starts the others and restarts them.
PARTS = ("dev", "api", "worker", "temporal", "sandbox", "postgres")
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Usage:
    """CPU seconds since each process began, and its share of the memory (PSS) in MB."""

    at: float
    cpu: Mapping[str, float]
    memory: Mapping[str, float]

    def cpu_since(self, before: Usage) -> dict[str, float]:
        """CPU seconds by process since an earlier measurement."""
        return {name: seconds - before.cpu.get(name, 0.0) for name, seconds in self.cpu.items()}

    def share_since(self, before: Usage, names: Iterable[str]) -> float:
        """Per cent of one core that these processes used since an earlier measurement."""
        spent = self.cpu_since(before)
        return 100 * sum(spent.get(name, 0.0) for name in names) / (self.at - before.at)


def measure(dev: int, postgres: int | None = None) -> Usage:
    """Measure the tree of `munadi dev`, and of the PostgreSQL server if there is one."""
    cpu: dict[str, float] = {}
    memory: dict[str, float] = {}
    for root in filter(None, (dev, postgres)):
        for name, process in _named(psutil.Process(root), "dev" if root == dev else "postgres"):
            with suppress(psutil.NoSuchProcess):
                # With what its ended children used, such as closed connections of PostgreSQL.
                cpu[name] = cpu.get(name, 0.0) + sum(process.cpu_times()[:4])
                memory[name] = memory.get(name, 0.0) + process.memory_full_info().pss / MEGABYTE
    return Usage(time.monotonic(), cpu, memory)


async def quiet(pid: int, within: float, below: float = 0.1) -> None:
    """Wait until a process has done what it was given: it uses less than this share of a core for two seconds."""
    process = psutil.Process(pid)
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        before = sum(process.cpu_times()[:2])
        await asyncio.sleep(2)
        if sum(process.cpu_times()[:2]) - before < 2 * below:
            return
    raise AssertionError(f"process {pid} is still busy after {within:.0f} s")


def _named(process: psutil.Process, name: str) -> Iterable[tuple[str, psutil.Process]]:
    """The process and its descendants; a child that is no part of its own counts as its parent."""
    yield name, process
    with suppress(psutil.NoSuchProcess):
        for child in process.children():
            yield from _named(child, _part(child) or name)


def _part(process: psutil.Process) -> str | None:
    with suppress(psutil.Error):
        words = process.cmdline()
        if "start-dev" in words:
            return "temporal"
        return next((name for name in ("api", "worker", "sandbox") if name in words), None)
    return None
