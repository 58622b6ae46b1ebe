"""Schemathesis against real processes, over the document that they serve, stateful and with all checks."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.brand import Brand
from tests.e2e.stack import Stack
from tests.faults.evidence import prove
from tests.faults.world import no_quotas

HERE = Path(__file__).parent
SEED = 20261127
# The document tells shapes: rules behind the shape (an unknown brand, a link that a network refuses) are answered 422.
# A revoked key and a disconnected account stay readable, with the time at which they ended.
NOT_PROMISED = "positive_data_acceptance,use_after_free"


@dataclass(frozen=True)
class Found:
    """What one run found: how many calls it made, over how many operations, and every failure in a line."""

    calls: int
    operations: int
    failures: Sequence[str]
    seed: int

    def prove(self, proof: str) -> None:
        """For docs/evidence.md."""
        measured = {"operations": self.operations}
        prove("25", proof, trials=self.calls, failures=self.failures, seed=self.seed, measured=measured)


def fuzz(stack: Stack, folder: Path, seconds: int, seed: int) -> Found:
    """Run schemathesis for so many seconds with the admin's key."""
    argv = [
        *(Path(sys.executable).parent / "schemathesis", "--config-file", HERE / "schemathesis.toml"),
        *("run", f"{stack.info['api']}/openapi.json", "--header", f"Authorization: Bearer {stack.info['apiKey']}"),
        *("--phases", "examples,coverage,fuzzing,stateful", "--exclude-checks", NOT_PROMISED),
        *("--max-time", str(seconds), "--seed", str(seed), "--no-shrink", "--continue-on-failure"),
        *("--report", "json", "--report-json-path", folder / "report.json"),
    ]
    env = {**os.environ, "SCHEMATHESIS_HOOKS": "tests.faults.schemathesis_hooks", "PYTHONPATH": str(HERE.parents[1])}
    run = subprocess.run(
        list(map(str, argv)), cwd=folder, env=env, capture_output=True, text=True, timeout=seconds + 120
    )
    (folder / "schemathesis.log").write_text(run.stdout + run.stderr)
    report: dict[str, Any] = json.loads((folder / "report.json").read_text())
    print(run.stdout[-6000:])
    return read(report, seed)


def read(report: dict[str, Any], seed: int) -> Found:
    """The report in our words."""
    failures = [f"{one['title']} at {', '.join(map(_name, one['operations']))}" for one in report["failures"]]
    failures += [f"it could not be run: {str(error)[:300]}" for error in report["errors"]]
    return Found(report["test_cases"]["generated"], report["operations"]["tested"], failures, seed)


def _name(operation: Any) -> str:
    return str(operation.get("label", operation) if isinstance(operation, dict) else operation)


async def prepare(stack: Stack) -> None:
    """A brand with an account, posts and an endpoint: something to find by links."""
    async with stack.client() as api, stack.sandbox() as sandbox:
        await no_quotas(sandbox)
        brand = await Brand.create(api, sandbox, "acme", "bluesky", "instagram")
        await brand.ended((await brand.submit("published at once"))["id"])
        await brand.submit("planned", seconds=86_400)
        body = {"url": "http://127.0.0.1:9/hook", "brandRef": "acme"}
        assert (await api.post("/v1/webhooks/endpoints", json=body)).status_code == 201


@pytest.mark.faults
@pytest.mark.timeout(400)
def test_schemathesis_finds_nothing(tmp_path: Path) -> None:
    # It sends wrong keys to every operation, and wants each of them answered 401. /metrics is open on loopback.
    env = {"MUNADI_API__WRONG_KEYS_PER_MINUTE": "1000000", "MUNADI_METRICS__PUBLIC": "false"}
    stack = Stack(tmp_path, env).start()
    try:
        asyncio.run(prepare(stack))
        found = fuzz(stack, tmp_path, 100, SEED)
        pids = stack.pids
    finally:
        assert stack.stop() == 0
    found.prove("schemathesis, all checks, stateful: examples, coverage, fuzzing, links")
    assert found.calls > 1000
    assert pids == {name: stack.info["pids"][name] for name in pids}, "a process ended and was started again"
