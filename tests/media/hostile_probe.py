"""A process of at most a gigabyte that probes hostile files: `python -m tests.media.hostile_probe <folder>`.

Prints one JSON object for each file: its name, the outcome, the processor seconds and the kilobytes it took.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from pathlib import Path

from munadi.domain.media_facts import MediaRefused
from munadi.media.probe import probe
from tests.media.hostile_files import FILES

LIMIT = 1 << 30


def _memory(name: str) -> int:
    """Kilobytes: `VmRSS` now, or `VmHWM`, the most since the last reset."""
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith(name)).split()[1])


def _seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def main(folder: Path) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT))
    for name, make in FILES.items():
        path = folder / "hostile"
        path.write_bytes(make())
        Path("/proc/self/clear_refs").write_text("5")
        before, started = _memory("VmRSS"), _seconds()
        try:
            outcome = probe(path).mime_type
        except MediaRefused as refused:
            outcome = refused.code.value
        except BaseException as error:
            outcome = f"escaped: {error!r}"[:200]
        taken = _seconds() - started
        grown = _memory("VmHWM") - before
        print(json.dumps({"name": name, "outcome": outcome, "seconds": taken, "kilobytes": grown}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
