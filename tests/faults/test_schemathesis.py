"""Schemathesis against real processes, over the document that they serve, stateful and with all checks.

`make fuzz SECONDS=600` runs it alone and for longer. A share of its calls name things that exist (fuzz_seeds.py), and
the rest is random.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.api.operations import OPERATIONS
from tests.faults.evidence import prove
from tests.faults.fuzz_seeds import Seeds, seed
from tests.harness.files import picture
from tests.harness.stack import Stack
from tests.harness.web import Call, serving

HERE = Path(__file__).parent
SEED = 20261127
SECONDS = int(os.environ.get("FUZZ_SECONDS", "100"))
LINKS = re.compile(r"API Links: +(\d+) covered")
# Far below what a quiet machine reaches: a busy one makes a fourth of its calls.
LEAST_CALLS, LEAST_LINKS = 400, 20
WALK = "stateful"
PHASES = ("examples,coverage,fuzzing", WALK)
# The document describes shapes: a valid shape that breaks another rule (an unknown brand, a link that a network
# refuses) is answered with 422.
# A revoked key and a disconnected account stay readable, with the time at which they ended.
NOT_PROMISED = "positive_data_acceptance,use_after_free"


def fuzz(stack: Stack, folder: Path, phases: str, seconds: int, seeds: Seeds) -> dict[str, Any]:
    """Run phases of schemathesis with the admin's key; its report, with the number of `links` that it followed and the
    `answers` of each operation."""
    settings, known = seeds.write(folder, walk=phases == WALK)
    report = folder / f"{phases}.json"
    argv = [
        *(Path(sys.executable).parent / "schemathesis", "--config-file", settings),
        *("run", f"{stack.info['api']}/openapi.json", "--header", f"Authorization: Bearer {stack.info['apiKey']}"),
        # What is malformed ends a walk; the other phases send enough of it.
        *("--mode", "positive" if phases == WALK else "all"),
        *("--phases", phases, "--exclude-checks", NOT_PROMISED),
        *("--max-time", str(seconds), "--seed", str(SEED), "--no-shrink", "--continue-on-failure"),
        *("--report", "json", "--report-json-path", report),
    ]
    ours = {"SCHEMATHESIS_HOOKS": "tests.faults.schemathesis_hooks", "PYTHONPATH": str(HERE.parents[1])}
    env = {**os.environ, **ours, "FUZZ_KNOWN": str(known), "FUZZ_ANSWERS": str(folder / "answers.json")}
    run = subprocess.run(
        list(map(str, argv)), cwd=folder, env=env, capture_output=True, text=True, timeout=seconds + 120
    )
    (folder / f"{phases}.log").write_text(run.stdout + run.stderr)
    print(run.stdout[-6000:])
    found: dict[str, Any] = json.loads(report.read_text())
    answers = json.loads((folder / "answers.json").read_text())
    return found | {"links": max(map(int, LINKS.findall(run.stdout)), default=0), "answers": answers}


def _name(operation: Any) -> str:
    return str(operation.get("label", operation) if isinstance(operation, dict) else operation)


def accepting(reports: Sequence[Mapping[str, Any]]) -> set[str]:
    """The operations that have answered 2xx."""
    answers = [each for report in reports for each in report["answers"].items()]
    return {operation for operation, statuses in answers if any(200 <= status < 300 for status in statuses)}


@pytest.mark.faults
@pytest.mark.timeout(SECONDS + 300)
async def test_schemathesis_finds_nothing(tmp_path: Path) -> None:
    # It sends wrong keys to every operation, and requires 401 for each. /metrics is open on loopback.
    env = {"MUNADI_API__WRONG_KEYS_PER_MINUTE": "1000000", "MUNADI_METRICS__PUBLIC": "false"}

    colors = count()

    async def show(call: Call) -> None:
        # Another one each time: a file that a brand has already is not stored again, and keeps its id.
        await call.answer(picture(f"#{next(colors):06x}", (400, 400)), "image/jpeg")

    async with Stack(tmp_path, env) as stack, serving(show) as address:
        seeds = await seed(stack, f"{address}/a.jpg")
        # Two runs: within one, the other phases leave the links a few seconds.
        both = [await asyncio.to_thread(fuzz, stack, tmp_path, phases, SECONDS // 2, seeds) for phases in PHASES]
        pids = stack.pids
    failures = [
        f"{one['title']} at {', '.join(map(_name, one['operations']))}" for each in both for one in each["failures"]
    ]
    failures += [f"it could not be run: {str(error)[:300]}" for each in both for error in each["errors"]]
    calls = sum(each["test_cases"]["generated"] for each in both)
    measured = {"operations": both[0]["operations"]["tested"], "accepting": len(accepting(both))}
    measured["links"] = both[1]["links"]
    print("never accepted:", sorted({str(each) for each in OPERATIONS} - accepting(both)))
    proof = "schemathesis, all checks, stateful: examples, coverage, fuzzing, links"
    prove("25", proof, trials=calls, failures=failures, seed=SEED, measured=measured)
    assert calls > LEAST_CALLS
    assert [each["warnings"]["missing_auth"] for each in both] == [[], []], (
        "its key ended: what followed proves nothing"
    )
    assert measured["links"] >= LEAST_LINKS, "it hardly followed what it made"
    assert pids == {name: stack.info["pids"][name] for name in pids}, "a process ended and was started again"
