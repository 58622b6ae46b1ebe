"""Record histories: `python -m tests.workflows.record [scenario …]`.

Without names it records the scenarios that have no history yet, or whose commands differ from their newest history. It
writes new files beside the old ones, and updates `fingerprints.json` for every scenario that it runs.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from temporalio.client import WorkflowHistory

from tests.support.temporal import TemporalDevServer
from tests.workflows.histories import FINGERPRINTS, commands, load, newest, paths, store
from tests.workflows.scenario import run_scenario
from tests.workflows.scenarios import SCENARIOS


async def record(names: Sequence[str]) -> None:
    """Run the scenarios and store their histories."""
    with tempfile.TemporaryDirectory() as folder, TemporalDevServer() as server:
        for name in names or SCENARIOS:
            place = Path(folder) / name
            place.mkdir()
            histories = await run_scenario(SCENARIOS[name], server, place)
            if names or _is_new(name, histories):
                for path in store(name, histories):
                    print(f"wrote {path.name}: {len(load(path).events)} events")
            else:
                print(f"{name}: as recorded")
            if SCENARIOS[name].fingerprinted:
                _put_fingerprint(name, commands(histories))


def _is_new(name: str, histories: Sequence[WorkflowHistory]) -> bool:
    return not paths(name) or commands([load(path) for path in newest(name)]) != commands(histories)


def _put_fingerprint(name: str, lines: list[str]) -> None:
    kept = json.loads(FINGERPRINTS.read_text()) if FINGERPRINTS.exists() else {}
    kept[name] = lines
    FINGERPRINTS.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    unknown = set(sys.argv[1:]) - set(SCENARIOS)
    if unknown:
        sys.exit(f"unknown: {', '.join(sorted(unknown))}; there are: {', '.join(SCENARIOS)}")
    asyncio.run(record(sys.argv[1:]))
