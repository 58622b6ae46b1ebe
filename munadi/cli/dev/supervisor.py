"""The supervisor: starts the processes of a stack, restarts them, and stops all of them on a signal.

    python -P -m munadi.cli.dev.supervisor PLAN [--json]

`munadi dev` becomes this process. It lives as long as the stack, so it imports the standard library alone; what needs
more runs in a child that ends (`munadi/cli/dev/readiness.py`).
"""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import signal
import sys
from pathlib import Path
from typing import Any, TextIO

from munadi.cli.dev.keys import write_private
from munadi.cli.dev.plan import Plan
from munadi.cli.dev.ports import keep_ports
from munadi.cli.dev.stack import Stack
from munadi.cli.output import Output
from munadi.process.exits import CommandFailed

BOLD_GREEN, DIM = "1;32", "2"


def main() -> int:
    """Run until SIGINT, SIGTERM or SIGHUP; the exit code. Nothing is left running, also when it cannot start."""
    plan, as_json = Plan.read(sys.argv[1], os.environ), "--json" in sys.argv[2:]
    os.umask(0o077)  # for every part: Temporal's database has the posts of all tenants, and is not made by us
    try:
        asyncio.run(_run(plan, as_json=as_json))
    except CommandFailed as error:
        from munadi.cli.command import print_failure

        print_failure(Output(as_json), error)
        return int(error.code)
    return 0


async def _run(plan: Plan, *, as_json: bool) -> None:
    stack = Stack(plan, _print, lambda: _record(plan, stack))
    stopping = _Stopping(stack)
    starting = asyncio.create_task(stack.start())
    stop_requested = asyncio.create_task(stopping.stop_requested.wait())
    try:
        if not as_json:
            _print(_styled("starting …", DIM, sys.stderr))
        await asyncio.wait({starting, stop_requested}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            await starting
            keep_ports(plan.data_dir, plan.ports)
            _announce(plan, stack, as_json=as_json)
            await stop_requested
        if not as_json:
            _print(_styled("stopping …", DIM, sys.stderr))
    finally:
        await _cancelled(starting)
        stop_requested.cancel()
        await stack.stop()
        (plan.data_dir / "dev.json").unlink(missing_ok=True)


class _Stopping:
    """The first signal requests an orderly stop, the second an immediate one."""

    def __init__(self, stack: Stack) -> None:
        self.stop_requested = asyncio.Event()
        self._stack = stack
        self._killing: asyncio.Task[None] | None = None
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._request_stop)

    def _request_stop(self) -> None:
        if self.stop_requested.is_set() and self._killing is None:
            self._killing = asyncio.create_task(self._stack.kill())
        self.stop_requested.set()


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
    values = {
        "MUNADI_URL": plan.api_url,
        "MUNADI_API_KEY": api_key,
        "SANDBOX": plan.sandbox_url,
        "TEMPORAL_ADDRESS": plan.temporal_address,
        "TEMPORAL_NAMESPACE": plan.temporal_namespace if plan.temporal_namespace != "default" else None,
    }
    path = f'export PATH={shlex.quote(str(Path(sys.executable).parent))}:"$PATH"'
    return [path, *(f"export {name}={shlex.quote(value)}" for name, value in values.items() if value)]


def _record(plan: Plan, stack: Stack) -> None:
    if stack.api_key:
        found = {**where(plan, stack), "temporal": plan.temporal_address}
        write_private(plan.data_dir / "dev.json", json.dumps(found) + "\n")


def _announce(plan: Plan, stack: Stack, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(where(plan, stack)), flush=True)
        return
    facts = {
        "API": plan.api_url,
        "docs": f"{plan.api_url}/docs/",
        "API pages": f"{plan.api_url}/docs/api",
        "dashboard": plan.api_url,
        "Temporal": plan.temporal_address,
        "Temporal UI": plan.temporal_ui_url,
        "sandbox": plan.sandbox_url,
        "admin key": stack.api_key,
        "data, logs": str(plan.data_dir),
    }
    print(_styled("Munadi runs.", BOLD_GREEN, sys.stdout), end="\n\n")
    for name, value in facts.items():
        if value:
            print(_styled(f"  {name:<11}", DIM, sys.stdout), value)
    print("\nTo paste into another terminal, for munadi, curl and temporal:", end="\n\n")
    print("\n".join(exports(plan, stack.api_key)), end="\n\n")
    print(_styled("Ctrl-C stops everything.", DIM, sys.stdout), flush=True)


def _styled(text: str, style: str, stream: TextIO) -> str:
    """The text in a terminal's style; plain where the output is no terminal."""
    return f"\033[{style}m{text}\033[0m" if stream.isatty() and os.environ.get("TERM") != "dumb" else text


def _print(message: str) -> None:
    # In JSON mode too: standard error is for people, and a part that died is worth a line.
    print(message, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
