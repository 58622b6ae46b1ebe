"""A whole Munadi as processes (`munadi dev`), and more processes beside it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

import httpx
import psutil

from tests.harness.networks import FRESH
from tests.support.ports import LOOPBACK, free_port
from tests.support.processes import Process

MUNADI = Path(sys.executable).parent / "munadi"


class Stack:
    """`munadi dev` in a folder of its own. `with` or `async with` starts it, and checks that it ends in order.

    `munadi` may be the program of another checkout.
    """

    def __init__(
        self, folder: Path, env: Mapping[str, str] | None = None, *options: str, munadi: Path = MUNADI
    ) -> None:
        self.folder = folder
        argv = [munadi, "dev", "--json", "--data-dir", str(folder / "data"), *options]
        clean = {name: "" for name in os.environ if name.startswith("MUNADI_")}
        self.process = Process(
            argv,
            log=folder / "dev.log",
            env={**clean, "MUNADI_API__PORT": "0", **(env or {})},
            cwd=folder,
            keep_stdin=True,
        )
        self.info: dict[str, Any] = {}

    def start(self, within: float = 90) -> Self:
        """Start and wait until everything is ready."""
        self.process.start()
        try:
            line = self.process.wait_for_line(r'^\{"api".*\}$', within)
        except BaseException:
            self.stop()
            raise
        self.info = json.loads(line.group(0))
        return self

    def stop(self) -> int:
        """End it as a user would; nothing may be left. The exit code."""
        code = self.process.terminate(60, first=signal.SIGINT)
        self.process.assert_nothing_left()
        return code

    def restart(self, meanwhile: Callable[[], None]) -> Self:
        """Stop it, change its data, start it again. Its addresses may be others then."""
        assert self.stop() == 0
        self.process.log.rename(self.process.log.with_suffix(".before.log"))
        meanwhile()
        return self.start()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        assert self.stop() == 0

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.start)

    async def __aexit__(self, *_: object) -> None:
        assert await asyncio.to_thread(self.stop) == 0

    @property
    def data(self) -> Path:
        """The folder of its database, media and logs."""
        return self.folder / "data"

    @property
    def state(self) -> dict[str, Any]:
        """What `munadi dev` notes about its processes while it runs."""
        return dict(json.loads((self.data / "dev.json").read_text()))

    @property
    def pids(self) -> dict[str, int]:
        """The process ids of its parts now. They change when a part is restarted."""
        return dict(self.state["pids"])

    @property
    def temporal(self) -> str:
        """The address of its Temporal server: host:port."""
        return str(self.state["temporal"])

    def log_of(self, part: str) -> str:
        """What a part has logged."""
        return (self.data / "logs" / f"{part}.log").read_text()

    def kill(self, part: str) -> int:
        """kill -9 one part, by its id."""
        pid = self.pids[part]
        os.kill(pid, signal.SIGKILL)
        return pid

    async def replaced(self, part: str, pid: int, within: float = 60) -> None:
        """Wait until another process has taken the place of `pid`."""
        async with asyncio.timeout(within):
            while self.pids[part] == pid:  # noqa: ASYNC110 - another process writes the file
                await asyncio.sleep(0.1)

    def client(self, key: str | None = None, timeout: float = 20) -> httpx.AsyncClient:
        """The API with the admin's key, or with another; an empty one is not sent."""
        text = self.info["apiKey"] if key is None else key
        headers = {"authorization": f"Bearer {text}"} if text else {}
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
        return httpx.AsyncClient(base_url=self.info["api"], headers=headers, timeout=timeout, limits=limits)

    def sandbox(self) -> httpx.AsyncClient:
        """The control API of the networks."""
        return httpx.AsyncClient(base_url=self.info["sandbox"], timeout=20, limits=FRESH)

    async def cli(self, *arguments: str) -> tuple[int, str]:
        """Run the real CLI against this stack: exit code and output."""
        process = await asyncio.create_subprocess_exec(
            MUNADI,
            *arguments,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, "MUNADI_URL": self.info["api"], "MUNADI_API_KEY": self.info["apiKey"]},
        )
        output, _ = await process.communicate()
        return process.returncode or 0, output.decode()

    def another(self, part: str, folder: Path, name: str, env: Mapping[str, str] | None = None) -> Process:
        """One more `api` or `worker` over the same database and Temporal, with the settings of the stack's own."""
        settings = psutil.Process(self.pids[part]).environ() | dict(env or {})
        return Process([MUNADI, part], log=folder / f"{name}.log", env=settings, cwd=folder)

    @asynccontextmanager
    async def another_worker(self, name: str = "second") -> AsyncIterator[Process]:
        """One more worker until the block ends."""
        with self.another("worker", self.folder, name) as worker:
            await asyncio.to_thread(worker.wait_for_line, "worker ready", 60)
            yield worker

    @asynccontextmanager
    async def another_api(self, name: str = "second-api", env: Mapping[str, str] | None = None) -> AsyncIterator[Api]:
        """One more API until the block ends. No supervisor restarts it."""
        api = Api(self, name, env or {})
        try:
            await api.start()
            async with api.client:
                yield api
        finally:
            await asyncio.to_thread(api.process.terminate, 30)


class Api:
    """An API process that a test kills and starts again. Media have the address of the stack's own API."""

    def __init__(self, stack: Stack, name: str, env: Mapping[str, str]) -> None:
        self._port = free_port()
        env = {**env, "MUNADI_API__PORT": str(self._port)}
        self.process = stack.another("api", stack.folder, name, env)
        self.client = httpx.AsyncClient(
            base_url=f"http://{LOOPBACK}:{self._port}",
            headers={"authorization": f"Bearer {stack.info['apiKey']}"},
            timeout=60,
        )

    async def start(self) -> Self:
        """Start it, and wait until it listens."""
        self.process.start()
        await asyncio.to_thread(self.process.wait_for_port, self._port, 60.0)
        return self
