"""The commands that each scenario sends to the server. A change is detected before an upgrade breaks open workflows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.temporal import TemporalDevServer
from tests.workflows.histories import FINGERPRINTS, commands
from tests.workflows.scenario import run_scenario
from tests.workflows.scenarios import SCENARIOS

RECORDED: dict[str, list[str]] = json.loads(FINGERPRINTS.read_text())
FINGERPRINTED = [name for name, scenario in SCENARIOS.items() if scenario.fingerprinted]

ADVICE = """\
The commands of the scenario {name!r} have changed:
{difference}
If the change is a mistake, undo it: workflows that are open at the upgrade would stop with a nondeterminism error.
If it is intended:
 1. guard the change with `if workflow.patched("<what changed>"):` and keep the old code in the else branch;
 2. keep every file in tests/workflows/histories as it is: they stand for workflows that run in other installations;
 3. run `.venv/bin/python -m tests.workflows.record {name}`: it adds new histories beside them and updates
    fingerprints.json;
 4. run `.venv/bin/pytest tests/workflows/test_replay.py` and commit the code, the new histories and fingerprints."""


@pytest.mark.parametrize("name", FINGERPRINTED)
async def test_a_scenario_sends_the_commands_that_were_recorded(
    name: str, temporal: TemporalDevServer, tmp_path: Path
) -> None:
    now = commands(await run_scenario(SCENARIOS[name], temporal, tmp_path))
    assert now == RECORDED.get(name), ADVICE.format(name=name, difference=difference(RECORDED.get(name, []), now))


def test_every_fingerprinted_scenario_has_a_fingerprint() -> None:
    assert sorted(RECORDED) == sorted(FINGERPRINTED)


def test_the_advice_names_the_first_difference_and_the_command() -> None:
    text = ADVICE.format(name="scheduled", difference=difference(["run 1", "timer"], ["run 1", "activity look"]))
    assert "recorded: timer" in text
    assert "now: activity look" in text
    assert "python -m tests.workflows.record scheduled" in text


def difference(recorded: list[str], now: list[str]) -> str:
    """The first command that differs."""
    pairs = zip(recorded, now, strict=False)
    at = next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(recorded), len(now)))
    return f"  command {at + 1}, recorded: {_at(recorded, at)}, now: {_at(now, at)}"


def _at(lines: list[str], index: int) -> str:
    return lines[index] if index < len(lines) else "(the end)"
