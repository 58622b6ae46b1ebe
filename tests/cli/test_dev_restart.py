"""A restarted stack has the same addresses, so that stored addresses of the sandbox stay valid."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.processes import Process

MUNADI = [sys.executable, "-m", "munadi.cli"]
ADDRESSES = ("api", "sandbox", "temporalUi", "temporal")


def _life(folder: Path, *, killed: bool) -> dict[str, Any]:
    argv = [*MUNADI, "dev", "--data-dir", str(folder / "data"), "--port", "0", "--json"]
    with Process(argv, log=folder / f"dev-{killed}.log", cwd=folder) as process:
        line = json.loads(process.wait_for_line(r"^\{.*\}$", within=120)[0])
        recorded: dict[str, Any] = json.loads((folder / "data" / "dev.json").read_text())
        assert recorded.keys() - line.keys() == {"temporal"}
        if killed:
            process.kill()
        else:
            assert process.terminate(60) == 0
    return {name: recorded[name] for name in ADDRESSES}


@pytest.mark.timeout(300)
def test_a_restart_keeps_every_address(tmp_path: Path) -> None:
    first = _life(tmp_path, killed=True)
    assert all(first.values())
    assert _life(tmp_path, killed=False) == first
