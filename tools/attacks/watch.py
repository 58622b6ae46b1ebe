"""What an attack costs the stack: memory of API and worker, deaths, and how long /healthz is silent."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

from tools.attacks.target import Target

LIMIT_MB = 1024.0
PAGE = os.sysconf("SC_PAGE_SIZE")
PAUSE = 0.02


@dataclass
class Memory:
    """Watches API and worker with the processes that they start, in megabytes of resident memory.

    A process that uses more than `LIMIT_MB` is killed, as a container would kill it.
    """

    target: Target
    first: dict[str, float] = field(default_factory=dict)
    peak: dict[str, float] = field(default_factory=dict)
    deaths: dict[str, int] = field(default_factory=dict)
    over_limit: list[str] = field(default_factory=list)
    _seen: dict[str, int] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> Memory:
        """Begin to watch, in a thread of its own. What is used now is what an attack adds to."""
        self._seen = self.target.attacked()
        self.first = {name: resident(pid) for name, pid in self._seen.items()}
        self.peak = dict(self.first)
        self.deaths = dict.fromkeys(self.first, 0)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop watching."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(5)

    def grown(self, name: str) -> float:
        """The most that a part used above what it used at the start."""
        return max(self.peak.get(name, 0.0) - self.first.get(name, 0.0), 0.0)

    def _run(self) -> None:
        turn, families = 0, dict[int, list[int]]()
        while not self._stop.wait(PAUSE):
            turn += 1
            for name, pid in self.target.attacked().items():
                if self._seen.get(name) != pid:
                    self.deaths[name] = self.deaths.get(name, 0) + 1
                    self._seen[name] = pid
                if turn % 10 == 0 or pid not in families:
                    families[pid] = family(pid)
                used = sum(map(size_of, families[pid]))
                self.peak[name] = max(self.peak.get(name, 0.0), used)
                if used > LIMIT_MB and f"{name} {pid}" not in self.over_limit:
                    self.over_limit.append(f"{name} {pid}")
                    os.kill(pid, signal.SIGKILL)


def resident(pid: int) -> float:
    """A process and its children; zero when it is gone."""
    return sum(map(size_of, family(pid)))


def size_of(pid: int) -> float:
    """One process; zero when it is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE / 1e6
    except (OSError, IndexError):
        return 0.0


def family(pid: int) -> list[int]:
    """A process and all that it started, directly or not."""
    try:
        return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
    except psutil.Error:
        return [pid]


def busy(pid: int) -> float:
    """Seconds of CPU that a process has used."""
    try:
        return float(sum(psutil.Process(pid).cpu_times()[:2]))
    except psutil.Error:
        return 0.0


@dataclass
class Work:
    """The shares of a core that API and worker use from now on, with the processes that they start."""

    target: Target
    _began: float = field(default_factory=time.monotonic)
    _first: dict[int, float] = field(init=False)

    def __post_init__(self) -> None:
        self._first = {pid: _busy_family(pid) for pid in self.target.attacked().values()}

    def cores(self) -> dict[str, float]:
        """By part. A part that was replaced counts from its new start."""
        seconds = time.monotonic() - self._began
        used = {name: _busy_family(pid) - self._first.get(pid, 0.0) for name, pid in self.target.attacked().items()}
        return {name: round(max(value, 0.0) / seconds, 3) for name, value in used.items()}


def _busy_family(pid: int) -> float:
    return sum(map(busy, family(pid)))


@dataclass
class Peak:
    """How much one process grows at its peak after `mark`, in megabytes. Linux counts it."""

    pid: int
    before: float = 0.0

    def mark(self) -> None:
        """Begin to measure."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")
        self.before = self._megabytes("VmRSS")

    def grown(self) -> float:
        """The most that it used since then, above what it used then."""
        return self._megabytes("VmHWM") - self.before

    def _megabytes(self, name: str) -> float:
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith(name)).split()[1]) / 1024


@dataclass
class Health:
    """Calls /healthz all the time. `silence` is the longest time without a good answer, in seconds."""

    target: Target
    silence: float = 0.0
    _task: asyncio.Task[None] | None = None

    def start(self) -> Health:
        """Begin to call."""
        self._task = asyncio.create_task(self._run())
        return self

    async def stop(self) -> None:
        """Stop calling. A silence that has not ended yet counts."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        good = time.monotonic()
        async with httpx.AsyncClient(base_url=self.target.info["api"], timeout=20) as client:
            try:
                while True:
                    began = time.monotonic()
                    try:
                        answer = await client.get("/healthz")
                        if answer.status_code == 200:
                            # From the later of the last good answer and this call: the pause is ours.
                            self.silence = max(self.silence, time.monotonic() - max(good, began - 0.1))
                            good = time.monotonic()
                    except httpx.HTTPError:
                        pass
                    self.silence = max(self.silence, began - good - 0.1)
                    await asyncio.sleep(0.1)
            finally:
                self.silence = max(self.silence, time.monotonic() - good - 0.1)
