"""Schemathesis against real processes, over the document that they serve, stateful and with all checks.

`make fuzz SECONDS=600` runs it alone and for longer.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.faults.evidence import prove
from tests.harness.brand import Brand
from tests.harness.inbox import subscribe
from tests.harness.networks import remove_quotas
from tests.harness.stack import Stack

HERE = Path(__file__).parent
SEED = 20261127
SECONDS = int(os.environ.get("FUZZ_SECONDS", "100"))
# The document describes shapes: a valid shape that breaks another rule (an unknown brand, a link that a network
# refuses) is answered with 422.
# A revoked key and a disconnected account stay readable, with the time at which they ended.
NOT_PROMISED = "positive_data_acceptance,use_after_free"


def fuzz(stack: Stack, folder: Path, seconds: int) -> dict[str, Any]:
    """Run schemathesis for `seconds` with the admin's key; its report."""
    argv = [
        *(Path(sys.executable).parent / "schemathesis", "--config-file", HERE / "schemathesis.toml"),
        *("run", f"{stack.info['api']}/openapi.json", "--header", f"Authorization: Bearer {stack.info['apiKey']}"),
        *("--phases", "examples,coverage,fuzzing,stateful", "--exclude-checks", NOT_PROMISED),
        *("--max-time", str(seconds), "--seed", str(SEED), "--no-shrink", "--continue-on-failure"),
        *("--report", "json", "--report-json-path", folder / "report.json"),
    ]
    env = {**os.environ, "SCHEMATHESIS_HOOKS": "tests.faults.schemathesis_hooks", "PYTHONPATH": str(HERE.parents[1])}
    run = subprocess.run(
        list(map(str, argv)), cwd=folder, env=env, capture_output=True, text=True, timeout=seconds + 120
    )
    (folder / "schemathesis.log").write_text(run.stdout + run.stderr)
    report: dict[str, Any] = json.loads((folder / "report.json").read_text())
    print(run.stdout[-6000:])
    return report


def _name(operation: Any) -> str:
    return str(operation.get("label", operation) if isinstance(operation, dict) else operation)


async def prepare(stack: Stack) -> None:
    """A brand with an account, posts and an endpoint: something to find by links."""
    async with stack.client() as api, stack.sandbox() as sandbox:
        await remove_quotas(sandbox)
        brand = await Brand.create(api, sandbox, "acme", "bluesky", "instagram")
        await brand.ended((await brand.submit("published at once"))["id"])
        await brand.submit("planned", seconds=86_400)
        await subscribe(api, "http://127.0.0.1:9/hook", brandRef="acme")


@pytest.mark.faults
@pytest.mark.timeout(SECONDS + 300)
def test_schemathesis_finds_nothing(tmp_path: Path) -> None:
    # It sends wrong keys to every operation, and requires 401 for each. /metrics is open on loopback.
    env = {"MUNADI_API__WRONG_KEYS_PER_MINUTE": "1000000", "MUNADI_METRICS__PUBLIC": "false"}
    with Stack(tmp_path, env) as stack:
        asyncio.run(prepare(stack))
        report = fuzz(stack, tmp_path, SECONDS)
        pids = stack.pids
    failures = [f"{one['title']} at {', '.join(map(_name, one['operations']))}" for one in report["failures"]]
    failures += [f"it could not be run: {str(error)[:300]}" for error in report["errors"]]
    calls, measured = report["test_cases"]["generated"], {"operations": report["operations"]["tested"]}
    proof = "schemathesis, all checks, stateful: examples, coverage, fuzzing, links"
    prove("25", proof, trials=calls, failures=failures, seed=SEED, measured=measured)
    assert calls > 1000
    assert pids == {name: stack.info["pids"][name] for name in pids}, "a process ended and was started again"
