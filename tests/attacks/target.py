"""The stack under attack: `munadi dev` of a checkout, in a folder of its own, on free ports, with the sandbox."""

from __future__ import annotations

import json
import os
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from tests.faults.world import no_quotas
from tests.support.processes import Process

START_WITHIN, STOP_WITHIN = 180.0, 70.0


class Target:
    """Started by `start`, ended by `stop`, which leaves nothing behind."""

    def __init__(self, checkout: Path) -> None:
        self.checkout = checkout
        self._temporary = tempfile.TemporaryDirectory(prefix="munadi-attack-", ignore_cleanup_errors=True)
        self.folder = Path(self._temporary.name)
        self.info: dict[str, Any] = {}
        clean = {name: "" for name in os.environ if name.startswith("MUNADI_")}
        program = checkout / ".venv" / "bin" / "munadi"
        self._process = Process(
            [program, "dev", "--json", "--data-dir", self.folder / "data"],
            log=self.folder / "dev.log",
            env={**clean, "MUNADI_API__PORT": "0", "MUNADI_METRICS__PUBLIC": "false", "PYTHONPATH": ""},
            cwd=self.folder,
            keep_stdin=True,
        )

    def start(self) -> None:
        """Return when every part is ready."""
        self._process.log.unlink(missing_ok=True)
        self._process.start()
        self.info = json.loads(self._process.wait_for_line(r'^\{"api".*\}$', START_WITHIN).group(0))

    def end(self) -> bool:
        """Stop the processes as a user would; whether they ended by themselves in time."""
        code = self._process.terminate(STOP_WITHIN, first=signal.SIGINT)
        left = self._process.left_behind()
        for found in left:
            found.kill()
        return code == 0 and not left

    def stop(self) -> None:
        """End everything and remove the folder."""
        self.end()
        self._temporary.cleanup()

    def seed(self, change: Callable[[Path], None]) -> None:
        """Change the database's file while nothing runs."""
        self.end()
        change(self.database)
        self.start()

    @property
    def database(self) -> Path:
        """SQLite's file."""
        return self.folder / "data" / "munadi.db"

    @property
    def api(self) -> str:
        """The API's address."""
        return str(self.info["api"])

    @property
    def sandbox(self) -> str:
        """The networks' address."""
        return str(self.info["sandbox"])

    @property
    def log(self) -> str:
        """What the stack said, and what its parts logged last."""
        return self._process.output

    def pids(self) -> dict[str, int]:
        """The process ids of the parts that are attacked, now."""
        try:
            found = json.loads((self.folder / "data" / "dev.json").read_text())["pids"]
        except (OSError, ValueError, KeyError):
            return {}
        return {name: found[name] for name in ("api", "worker") if found.get(name)}

    def client(self, key: str | None = None, timeout: float = 60) -> httpx.AsyncClient:
        """The API, with the admin key or another; `key=""` sends none."""
        text = self.info["apiKey"] if key is None else key
        headers = {"authorization": f"Bearer {text}"} if text else {}
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
        return httpx.AsyncClient(base_url=self.api, headers=headers, timeout=timeout, limits=limits)

    def networks(self) -> httpx.AsyncClient:
        """The networks' control API."""
        return httpx.AsyncClient(base_url=self.sandbox, timeout=60)

    async def prepare(self) -> None:
        """Networks that count nothing and answer at once: what is measured is Munadi."""
        async with self.networks() as sandbox:
            await no_quotas(sandbox, seconds=0.1)
