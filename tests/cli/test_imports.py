"""What a long-lived process imports: what it does not use costs memory for as long as it runs (docs/performance.md)."""

from __future__ import annotations

import subprocess
import sys

import pytest

COMMAND_LINE = ("typer", "rich", "pygments")  # uvicorn imports click


@pytest.mark.parametrize(
    ("process", "unused"),
    [
        ("import api.__main__, api.app", (*COMMAND_LINE, "av", "mcp", "alembic", "munadi.sandbox")),
        (
            "import worker.__main__, worker.running",
            (*COMMAND_LINE, "click", "av", "mcp", "alembic", "fastapi", "munadi.sandbox"),
        ),
        ("import munadi.sandbox", (*COMMAND_LINE, "av", "PIL", "regex", "httpx", "sqlalchemy", "temporalio")),
    ],
    ids=["the API", "the worker", "the sandbox"],
)
def test_a_process_does_not_import_what_it_does_not_use(process: str, unused: tuple[str, ...]) -> None:
    code = f"{process}; import sys; print(*(name for name, module in sys.modules.items() if module is not None))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    imported = done.stdout.split()
    assert process.split()[-1] in imported
    assert [name for name in unused if name in imported] == []
