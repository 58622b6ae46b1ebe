"""What Temporal's core, Python and its threads write by themselves is JSON too."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys

from temporalio.testing import WorkflowEnvironment

# The time-skipping server makes the core warn as soon as a worker with activities begins.
PROCESS = """
import asyncio, sys, threading, warnings
from munadi.process.logs import configure_logging
from munadi.process.temporal import set_up_sdk
configure_logging("info")
set_up_sdk()
from temporalio import activity
from temporalio.client import Client
from temporalio.worker import Worker
from workflows.registry import WORKFLOWS

@activity.defn
async def nothing() -> None:
    pass

class Unraisable:
    def __del__(self):
        raise ValueError("unraisable")

async def main():
    client = await Client.connect(sys.argv[1])
    async with Worker(client, task_queue="logs", workflows=WORKFLOWS, activities=[nothing]):
        await asyncio.sleep(1)
    asyncio.get_running_loop().call_soon(lambda: 1 / 0)
    await asyncio.sleep(0)

asyncio.run(main())
warnings.warn("a warning\\nof two lines")
Unraisable()
thread = threading.Thread(target=lambda: [][1])
thread.start()
thread.join()
raise RuntimeError("uncaught")
"""


async def test_no_line_is_plain_text(time_skipping: WorkflowEnvironment) -> None:
    address = time_skipping.client.service_client.config.target_host
    command = [sys.executable, "-c", PROCESS, address]
    ended = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    entries = [json.loads(line) for line in (ended.stdout + ended.stderr).splitlines()]
    by_logger = {entry["logger"] for entry in entries}
    assert [name for name in by_logger if name.startswith("temporalio-sdk_core")], by_logger
    assert {"asyncio", "py.warnings", "munadi.python"} <= by_logger
    exceptions = " ".join(entry.get("exception", "") for entry in entries)
    assert [
        word for word in ("ZeroDivisionError", "unraisable", "IndexError", "uncaught") if word not in exceptions
    ] == []
