"""What the workflow tells the server to do, story by story: a change of it is seen before an upgrade meets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.temporal import TemporalDevServer
from tests.workflows.histories import FINGERPRINTS, commands
from tests.workflows.stories import STORIES
from tests.workflows.telling import tell

KEPT: dict[str, list[str]] = json.loads(FINGERPRINTS.read_text())
FINGERPRINTED = [name for name, story in STORIES.items() if story.fingerprinted]

ADVICE = """\
The commands of the story {name!r} have changed:
{difference}
If you did not mean it, undo it: workflows that are open at the upgrade would stop with a nondeterminism error.
If you did mean it:
 1. guard the change with `if workflow.patched("<what changed>"):` and keep the old way in the else branch;
 2. keep every file in tests/workflows/histories as it is: they stand for what is under way at somebody's;
 3. run `.venv/bin/python -m tests.workflows.record {name}`: it adds new histories beside them and brings
    fingerprints.json up to date;
 4. run `.venv/bin/pytest tests/workflows/test_replay.py` and commit the code, the new histories and fingerprints."""


@pytest.mark.parametrize("name", FINGERPRINTED)
async def test_the_story_gives_the_commands_that_were_recorded(
    name: str, temporal: TemporalDevServer, tmp_path: Path
) -> None:
    now = commands(await tell(STORIES[name], temporal, tmp_path))
    assert now == KEPT.get(name), ADVICE.format(name=name, difference=difference(KEPT.get(name, []), now))


def test_there_is_a_fingerprint_for_each_of_them_and_no_other() -> None:
    assert sorted(KEPT) == sorted(FINGERPRINTED)


def test_the_advice_names_the_first_difference_and_the_command() -> None:
    text = ADVICE.format(name="scheduled", difference=difference(["run 1", "timer"], ["run 1", "activity look"]))
    assert "recorded: timer" in text
    assert "now: activity look" in text
    assert "python -m tests.workflows.record scheduled" in text


def difference(kept: list[str], now: list[str]) -> str:
    """Where they part, in words."""
    at = next((n for n, (a, b) in enumerate(zip(kept, now, strict=False)) if a != b), min(len(kept), len(now)))
    return f"  command {at + 1}, recorded: {_at(kept, at)}, now: {_at(now, at)}"


def _at(lines: list[str], index: int) -> str:
    return lines[index] if index < len(lines) else "(the end)"
