"""Workflows stay pure: they load fast in the SDK's sandbox, and import no driver."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from temporalio import workflow
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from workflows.registry import WORKFLOWS

# A workflow that imports a table takes this long at every run and every replay.
MAX_SECONDS = 0.2
NEVER = ("httpx", "sqlmodel", "sqlalchemy", "fastapi", "uvicorn", "psycopg", "aiosqlite", "pydantic_settings")
NEVER_OF_OURS = tuple(f"munadi.{part}" for part in ("db", "config", "media", "webhooks", "channels", "runtime"))

# Run in its own process: prints the modules that a workflow imports, and those that read the environment.
IMPORTS = """
import os, sys

asked = []

class Watched(dict):
    def _ask(self, key):
        caller = sys._getframe(2).f_globals.get("__name__", "")
        if caller.split(".")[0] in ("munadi", "workflows", "activities"):
            asked.append(f"{caller}:{key}")
    def __getitem__(self, key):
        self._ask(key)
        return dict.__getitem__(self, key)
    def get(self, key, default=None):
        self._ask(key)
        return dict.get(self, key, default)

os.environ = Watched(os.environ)
os.getenv = os.environ.get
before = set(sys.modules)
PLACE
print("asked", *asked)
print("brought", *sorted(set(sys.modules) - before))
"""


@pytest.mark.parametrize("defined", WORKFLOWS, ids=lambda defined: defined.__name__)
async def test_the_sandbox_prepares_each_workflow_quickly(defined: type) -> None:
    definition = workflow._Definition.must_from_class(defined)
    runner = SandboxedWorkflowRunner()
    runner.prepare_workflow(definition)  # imports the modules that are passed through, which happens once
    seconds = min(_seconds(runner, definition) for _ in range(3))
    assert seconds < MAX_SECONDS


def test_the_whole_registry_reaches_no_driver_and_no_environment() -> None:
    asked, brought = _imports("import workflows.registry")
    forbidden = [
        name for name in brought if name.split(".")[0] in NEVER or name.startswith(NEVER_OF_OURS) or name == "munadi.db"
    ]
    assert forbidden == []
    assert asked == []
    assert "workflows.publish_content" in brought


def test_a_module_that_does_reach_them_is_detected() -> None:
    """The test itself works."""
    asks = "exec(\"os.environ.get('HOME')\", vars(munadi.ports) | {'os': os})"
    asked, brought = _imports(f"import munadi.ports, munadi.publishing.schedule; {asks}")
    assert asked == ["munadi.ports:HOME"]
    assert {"sqlmodel", "sqlalchemy", "munadi.publishing.content"} <= set(brought)


def _seconds(runner: SandboxedWorkflowRunner, definition: workflow._Definition) -> float:
    start = time.perf_counter()
    runner.prepare_workflow(definition)
    return time.perf_counter() - start


def _imports(statement: str) -> tuple[list[str], list[str]]:
    """The modules that read the environment during `statement`, and every module that it imported."""
    program = IMPORTS.replace("PLACE", statement)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    asked, brought = done.stdout.strip().splitlines()
    return asked.split()[1:], brought.split()[1:]
