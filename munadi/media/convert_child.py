"""The process that makes a rendition: `python -I -m munadi.media.convert_child <one JSON object>`.

Rule: as with `probe_child`, whatever a hostile file does, it does to this process alone. It has the lowest priority,
one thread, and limits of memory, time and disk; it ends when the process that started it does.
Prints a JSON object a line: `progress` from 0 to 1, and at last `done`, or a refusal's `code` and `message`.
"""

import json
import os
import resource
import sys
import threading
import time
from pathlib import Path
from typing import Any

from munadi.domain.fitting import Recipe
from munadi.domain.media_facts import MediaRefused
from munadi.media.confinement import limit_resources

# Octets of its own data: room for a decoder's pictures at 8K, and the encoder's.
MAX_MEMORY = 2 << 30
# Between two reports of the progress.
_SECONDS = 0.5


def main(given: dict[str, Any]) -> int:
    """Make the rendition. The last line says what came of it; a non-zero exit is a defect."""
    os.nice(19)
    limit_resources(memory=MAX_MEMORY, seconds=given["seconds"], file_bytes=given["max_bytes"])
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # Loaded within the limits.
    from munadi.media.converting import convert

    told = 0.0

    def report(done: float) -> None:
        nonlocal told
        if time.monotonic() - told >= _SECONDS:
            told = time.monotonic()
            _say({"progress": round(done, 3)})

    try:
        convert(Path(given["source"]), given["reader"], Path(given["target"]), Recipe(**given["recipe"]), report)
    except MediaRefused as refused:
        _say({"code": refused.code.value, "message": refused.message})
    else:
        _say({"done": True})
    return 0


def _say(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _end_with_parent() -> None:
    """Standard input ends when the process that started this one ends, however it does."""
    while os.read(0, 1024):
        pass
    os._exit(0)


if __name__ == "__main__":
    # A signal would end it: the limit of a file's size is an error of the write instead.
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.exit(main(json.loads(sys.argv[1])))
