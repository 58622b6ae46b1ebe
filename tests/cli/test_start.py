"""`munadi --help` answers at once: nothing heavy is imported before a command needs it."""

import json
import resource
import subprocess
import sys

import pytest

# Not pydantic: Typer reads its own options with it.
HEAVY = ("httpx", "sqlalchemy", "sqlmodel", "fastapi", "temporalio", "alembic", "uvicorn", "PIL", "av")
PROBE = """
import json, sys
from munadi.cli.app import app
try:
    app(sys.argv[1:])
except SystemExit as end:
    assert end.code == 0, end.code
print(json.dumps(sorted(name for name in sys.modules if "." not in name)), file=sys.stderr)
"""


@pytest.mark.parametrize("arguments", [["--help"], ["contents", "publish", "--help"], ["dev", "--help"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    run = subprocess.run([sys.executable, "-c", PROBE, *arguments], capture_output=True, text=True, check=True)
    assert not set(HEAVY) & set(json.loads(run.stderr)), "import it inside the command that needs it"


def test_a_command_imports_no_other_command() -> None:
    code = PROBE.replace('if "." not in name', 'if name.startswith("munadi.cli.")')
    others = {}
    for arguments in (["--version"], ["keys", "list", "--help"]):
        run = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
        others[arguments[0]] = set(json.loads(run.stderr)) & {"munadi.cli.brands", "munadi.cli.keys", "munadi.cli.dev"}
    assert others == {"--version": set(), "keys": {"munadi.cli.keys"}}


def test_help_costs_no_large_library() -> None:
    costs = []
    for _ in range(3):
        before = _children_seconds()
        subprocess.run([sys.executable, "-m", "munadi.cli", "--help"], capture_output=True, check=True)
        costs.append(_children_seconds() - before)
    # Processor time, of which a busy neighbour costs a third more. One of the large libraries alone would be a second.
    assert min(costs) < 0.8


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
