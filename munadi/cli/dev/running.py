"""A run of `munadi dev`: lock the folder, start, print the addresses, wait for Ctrl-C, stop."""

from __future__ import annotations

import asyncio
import json
import shlex
import signal
import sys
from pathlib import Path
from typing import Any

from munadi.cli.dev.keys import write_private
from munadi.cli.dev.lock import folder_lock
from munadi.cli.dev.plan import Plan, Wishes, make_plan
from munadi.cli.dev.ports import keep_ports
from munadi.cli.dev.stack import Stack
from munadi.cli.output import Output
from munadi.cli.settings import check_start, read_settings
from munadi.config import unknown_variables


def run_stack(out: Output, wishes: Wishes) -> None:
    """Run until SIGINT, SIGTERM or SIGHUP. CommandFailed when it cannot start, with nothing left running."""
    for name in unknown_variables():
        _tell(f"unknown setting {name} is ignored")
    with folder_lock(_data_dir(wishes)):
        plan = make_plan(wishes)
        check_start(plan.settings)
        for change in plan.moved:
            _tell(change)
        asyncio.run(_run(out, plan))


def _data_dir(wishes: Wishes) -> Path:
    return (wishes.data_dir or read_settings().data_dir).expanduser().absolute()


async def _run(out: Output, plan: Plan) -> None:
    stack = Stack(plan, _tell, lambda: _record(plan, stack))
    stopping = _Stopping(stack)
    starting = asyncio.create_task(stack.start())
    asked = asyncio.create_task(stopping.asked.wait())
    try:
        out.note(("starting …", "dim"))
        await asyncio.wait({starting, asked}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            await starting
            keep_ports(plan.data_dir, plan.ports)
            _announce(out, plan, stack)
            await asked
        out.note(("stopping …", "dim"))
    finally:
        await _cancelled(starting)
        asked.cancel()
        await stack.stop()
        (plan.data_dir / "dev.json").unlink(missing_ok=True)
        # The SDK's threads may outlive the loop by a moment.
        await asyncio.sleep(0.3)


class _Stopping:
    """The first signal asks for an orderly stop, the second for a stop at once."""

    def __init__(self, stack: Stack) -> None:
        self.asked = asyncio.Event()
        self._stack = stack
        self._killing: asyncio.Task[None] | None = None
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._ask)

    def _ask(self) -> None:
        if self.asked.is_set() and self._killing is None:
            self._killing = asyncio.create_task(self._stack.kill())
        self.asked.set()


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    # Its failure, if it has one, is on its way already.
    await asyncio.gather(task, return_exceptions=True)


def where(plan: Plan, stack: Stack) -> dict[str, Any]:
    """The one JSON line: where everything is, the admin key, and the process ids."""
    return {
        "api": plan.api_url,
        "dashboard": plan.api_url,
        "temporalUi": plan.temporal_ui_url,
        "sandbox": plan.sandbox_url,
        "apiKey": stack.api_key,
        "pids": {name: stack.pid(name) for name in ("api", "worker", "temporal")},
    }


def exports(plan: Plan, api_key: str) -> list[str]:
    """What a shell needs to work with this stack, one variable a line."""
    temporal = plan.settings.temporal
    values = {
        "MUNADI_URL": plan.api_url,
        "MUNADI_API_KEY": api_key,
        "SANDBOX": plan.sandbox_url,
        "TEMPORAL_ADDRESS": temporal.address,
        "TEMPORAL_NAMESPACE": temporal.namespace if temporal.namespace != "default" else None,
    }
    path = f'export PATH={shlex.quote(str(Path(sys.executable).parent))}:"$PATH"'
    return [path, *(f"export {name}={shlex.quote(value)}" for name, value in values.items() if value)]


def _record(plan: Plan, stack: Stack) -> None:
    if stack.api_key:
        found = {**where(plan, stack), "temporal": plan.settings.temporal.address}
        write_private(plan.data_dir / "dev.json", json.dumps(found) + "\n")


def _announce(out: Output, plan: Plan, stack: Stack) -> None:
    if out.as_json:
        out.json(where(plan, stack))
        return
    out.line(("Munadi runs.", "bold green"))
    out.line()
    out.facts(
        [
            ("  API", plan.api_url),
            ("  docs", f"{plan.api_url}/docs/"),
            ("  API pages", f"{plan.api_url}/docs/api"),
            ("  dashboard", plan.api_url),
            ("  Temporal", plan.settings.temporal.address),
            ("  Temporal UI", plan.temporal_ui_url),
            ("  sandbox", plan.sandbox_url),
            ("  admin key", stack.api_key),
            ("  data, logs", str(plan.data_dir)),
        ]
    )
    out.line()
    out.line("To paste into another terminal, for munadi, curl and temporal:")
    out.line()
    for line in exports(plan, stack.api_key):
        out.line(line)
    out.line()
    out.line(("Ctrl-C stops everything.", "dim"))


def _tell(message: str) -> None:
    # In JSON mode too: standard error is for people, and a part that died is worth a line.
    print(message, file=sys.stderr, flush=True)
