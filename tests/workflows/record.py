"""Record histories: `python -m tests.workflows.record [story …]`.

Without names, the stories that have no history yet or whose commands differ from their newest one. New files are
written beside the old ones, and `fingerprints.json` is brought up to date for what was told.
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
from tests.workflows.histories import FINGERPRINTS, commands, keep, load, newest, paths
from tests.workflows.stories import STORIES
from tests.workflows.telling import tell


async def record(names: Sequence[str]) -> None:
    """Tell and keep."""
    with tempfile.TemporaryDirectory() as folder, TemporalDevServer() as server:
        for name in names or STORIES:
            place = Path(folder) / name
            place.mkdir()
            histories = await tell(STORIES[name], server, place)
            if names or _is_news(name, histories):
                for path in keep(name, histories):
                    print(f"wrote {path.name}: {len(load(path).events)} events")
            else:
                print(f"{name}: as recorded")
            if STORIES[name].fingerprinted:
                _put_fingerprint(name, commands(histories))


def _is_news(name: str, histories: Sequence[WorkflowHistory]) -> bool:
    return not paths(name) or commands([load(path) for path in newest(name)]) != commands(histories)


def _put_fingerprint(name: str, lines: list[str]) -> None:
    kept = json.loads(FINGERPRINTS.read_text()) if FINGERPRINTS.exists() else {}
    kept[name] = lines
    FINGERPRINTS.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    unknown = set(sys.argv[1:]) - set(STORIES)
    if unknown:
        sys.exit(f"unknown: {', '.join(sorted(unknown))}; there are: {', '.join(STORIES)}")
    asyncio.run(record(sys.argv[1:]))
