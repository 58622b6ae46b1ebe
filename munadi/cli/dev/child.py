"""One process of the stack. It ends with its parent, logs to a file, and gets SIGTERM before SIGKILL."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PARENT_GUARD = Path(__file__).with_name("parent_guard.py")
TAIL_LINES = 15


@dataclass
class Child:
    """A process of the stack. `patience` is how many seconds it may take to stop by itself."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    log: Path
    patience: float = 10.0
    started_at: float = 0.0
    wanted: bool = field(default=False, init=False)
    _process: asyncio.subprocess.Process | None = field(default=None, init=False)

    @property
    def pid(self) -> int:
        """The process id; it is the program's own, since parent_guard.py replaces itself by the program."""
        if self._process is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process runs, as far as its parent knows."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Start it. It is in a session of its own, so that Ctrl-C reaches us first and order is kept."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.wanted, self.started_at = True, time.monotonic()
        with self.log.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *leashed(self.argv),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=dict(self.env),
                start_new_session=True,
            )

    async def ended(self) -> int:
        """Wait until it has ended; its exit code, negative for a signal."""
        if self._process is None:
            raise RuntimeError(f"{self.name} was not started")
        return await self._process.wait()

    async def stop(self) -> None:
        """Send SIGTERM, and kill the process when it takes too long."""
        self.wanted = False
        if not self.running:
            return
        self._signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(self.patience):
                await self.ended()
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        """Kill the process and wait for its end; it is not restarted."""
        self.wanted = False
        if self.running:
            self._signal(signal.SIGKILL)
            await self.ended()

    def last_words(self) -> str:
        """The end of its log."""
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-TAIL_LINES:])
        except OSError:
            return ""

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(number)


def leashed(argv: Sequence[str]) -> tuple[str, ...]:
    """The command that runs a program so that it ends with this process."""
    return (sys.executable, "-I", "-S", str(PARENT_GUARD), str(os.getpid()), *argv)


def in_words(code: int) -> str:
    """An exit code in words."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"
