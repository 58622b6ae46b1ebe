"""Everything Munadi needs on one machine, one process per part: start in order, restart on failure, stop.

temporal, sandbox, database ──► api, worker            stopped: api, worker, sandbox, temporal
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any
from urllib.parse import urlsplit

from munadi.cli.dev.child import Child, in_words, leashed
from munadi.cli.dev.keys import admin_key
from munadi.cli.dev.plan import TEMPORAL_UI, Plan
from munadi.cli.dev.ports import LOOPBACK
from munadi.cli.dev.readiness import http_answers
from munadi.cli.dev.ui_gate import open_gate
from munadi.process.exits import CommandFailed

READY_WITHIN = 60.0
# A configured server is up already, or its address is wrong.
GIVEN_TEMPORAL_WITHIN = 15.0
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 10.0
# A part that ran this long started well, so its end is a new failure and the back-off starts over.
STEADY_AFTER = 10.0
# The worker lets provider calls under way end (45 s of grace of its own).
PATIENCE = {"api": 25.0, "worker": 50.0, "sandbox": 5.0, "temporal": 10.0}
# A stack on a small machine: less memory for a little more work. Go's collector runs twice as often, and threads share
# their heaps. A variable that is set already stays as it is.
SMALL = {"GOGC": "50", "MALLOC_ARENA_MAX": "2"}
STOP_ORDER = ("api", "worker", "sandbox", "temporal")

Ready = Callable[[Child], Awaitable[None]]


class Stack:
    """`say` gets messages about parts; `changed` is called whenever a process id changes."""

    def __init__(self, plan: Plan, say: Callable[[str], None], changed: Callable[[], None] = lambda: None) -> None:
        self.plan = plan
        self.api_key = ""
        self.children: dict[str, Child] = {}
        self._say = say
        self._changed = changed
        self._watchers: list[asyncio.Task[None]] = []
        self._ui_gate: asyncio.Server | None = None
        self._ready: dict[str, Ready] = {
            "temporal": lambda _: self._until_ready("temporal"),
            "sandbox": lambda _: http_answers(f"{plan.sandbox_url}/control/health"),
            "api": lambda _: http_answers(f"{plan.api_url}/readyz"),
            "worker": lambda child: self._until_ready("worker", str(child.pid)),
        }

    async def start(self) -> None:
        """Start every part and return once all are ready. CommandFailed, with its last words, when one is not."""
        await _all(self._temporal(), self._sandbox(), self._database())
        await _all(self._part("api", _python("api")), self._part("worker", _python("worker")))
        self.api_key = await admin_key(self.plan, lambda: self.once("db", "create-key", "--name", "dev", "--json"))
        self._changed()

    async def once(self, *arguments: str) -> str:
        """Run one `munadi` command to its end; what it printed. CommandFailed when it fails."""
        return await self._run("munadi.cli", *arguments)

    async def _until_ready(self, *part: str) -> None:
        await self._run("munadi.cli.dev.readiness", *part)

    async def _run(self, module: str, *arguments: str) -> str:
        log = self.plan.logs / "db.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as errors:
            process = await asyncio.create_subprocess_exec(
                *leashed(_python(module, *arguments)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                env=dict(self.plan.env),
            )
        try:
            printed, _ = await process.communicate()
        except asyncio.CancelledError:
            if process.returncode is None:
                process.kill()
            raise
        if process.returncode:
            words = Child("db", (), {}, log).last_words() or printed.decode(errors="replace")
            command = " ".join([module.replace("munadi.cli", "munadi").replace(".", " "), *arguments[:2]])
            raise CommandFailed(f"{command} failed; the end of {log}:\n{words}")
        return printed.decode()

    async def stop(self) -> None:
        """Stop every part, each before the ones it needs."""
        for watcher in self._watchers:
            watcher.cancel()
        if self._ui_gate is not None:
            self._ui_gate.close()
        for name in STOP_ORDER:
            if child := self.children.get(name):
                await child.stop()

    async def kill(self) -> None:
        """Kill every process that still runs, and wait for their ends."""
        for child in self.children.values():
            await child.kill()

    def pid(self, name: str) -> int | None:
        """A part's process id; None when there is no such part."""
        child = self.children.get(name)
        return child.pid if child else None

    async def _temporal(self) -> None:
        if self.plan.temporal_argv is not None:
            await self._part("temporal", self.plan.temporal_argv)
            await self._open_ui()
            return
        try:
            async with asyncio.timeout(GIVEN_TEMPORAL_WITHIN):
                await self._until_ready("temporal")
        except TimeoutError:
            raise CommandFailed(
                f"Temporal at {self.plan.temporal_address} does not answer",
                advice="Unset MUNADI_TEMPORAL__ADDRESS to have one started.",
            ) from None

    async def _open_ui(self) -> None:
        port = urlsplit(self.plan.temporal_ui_url or "").port
        if self.plan.temporal_ui_at is not None and port == self.plan.ports[TEMPORAL_UI]:
            self._ui_gate = await open_gate(LOOPBACK, port, self.plan.temporal_ui_at)

    async def _sandbox(self) -> None:
        if self.plan.sandbox_port is not None:
            where = ["--host", LOOPBACK, "--port", str(self.plan.sandbox_port), "--dashboard-url", self.plan.api_url]
            # Networks read who we are at our public address, which this machine cannot always reach.
            public = self.plan.public_url
            where += ["--address", f"{public.rstrip('/')}={self.plan.api_url}"] if public else []
            await self._part("sandbox", _munadi("sandbox", *where, "--data-dir", str(self.plan.data_dir / "sandbox")))

    async def _database(self) -> None:
        await self.once("db", "upgrade")

    async def _part(self, name: str, argv: tuple[str, ...]) -> None:
        env = {**SMALL, **self.plan.env}
        if name == "api":  # it has /metrics at its own port, and the other port is the worker's
            env = {key: value for key, value in env.items() if key.upper() != "MUNADI_METRICS_LISTEN"}
        child = Child(name, argv, env, self.plan.logs / f"{name}.log", PATIENCE[name])
        self.children[name] = child
        await child.start()
        if not await self._is_ready(child):
            slow = f"did not get ready within {READY_WITHIN:.0f} s; on a very busy machine, try again"
            state = slow if child.running else f"ended ({in_words(await child.ended())})"
            words = child.last_words()
            raise CommandFailed(f"{name} {state}; {child.log} " + (f"ends:\n{words}" if words else "is empty"))
        self._watchers.append(asyncio.create_task(self._keep(child), name=f"keep {name}"))

    async def _is_ready(self, child: Child) -> bool:
        """Wait until it is ready, or cannot be any more."""
        ready = asyncio.ensure_future(self._ready[child.name](child))
        ended = asyncio.ensure_future(child.ended())
        try:
            await asyncio.wait({ready, ended}, timeout=READY_WITHIN, return_when=asyncio.FIRST_COMPLETED)
            if ready.done():
                ready.result()
            return ready.done() and not ended.done()
        finally:
            ready.cancel()
            ended.cancel()

    async def _keep(self, child: Child) -> None:
        """Restart the process whenever it ends unexpectedly."""
        pause = FIRST_PAUSE
        while True:
            code = await child.ended()
            if not child.wanted:
                return
            if time.monotonic() - child.started_at > STEADY_AFTER:
                pause = FIRST_PAUSE
            self._say(f"{child.name} ended ({in_words(code)}); starting it again. Log: {child.log}")
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
            await child.start()
            self._changed()
            if await self._is_ready(child):
                self._say(f"{child.name} is back (process {child.pid})")


def _munadi(*arguments: str) -> tuple[str, ...]:
    return _python("munadi.cli", *arguments)


def _python(module: str, *arguments: str) -> tuple[str, ...]:
    # -P: a folder called `api` where the command is run must not stand in for ours.
    return (sys.executable, "-P", "-m", module, *arguments)


async def _all(*steps: Coroutine[Any, Any, None]) -> None:
    """Run them together; the first failure stops the others and is raised itself, not in a group."""
    try:
        async with asyncio.TaskGroup() as together:
            for step in steps:
                together.create_task(step)
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from failures
