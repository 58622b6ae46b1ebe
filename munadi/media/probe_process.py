"""Probes a video or a document in a separate process (`munadi/media/probe_child.py`)."""

import json
import subprocess
import sys
from pathlib import Path

from munadi.domain.media_facts import MediaCode, MediaFacts, MediaRefused
from munadi.media.confinement import harmless_environment
from munadi.media.sniff import Kind

# 8K; each decoded frame needs about 1.5 bytes per pixel.
MAX_VIDEO_PIXELS = 7680 * 4320
# Of waiting for the process, which the kernel ends after `probe_child.MAX_SECONDS` of computing.
_CHILD_SECONDS = 60.0
_CHILD = "munadi.media.probe_child"


def probe_apart(path: Path, kind: Kind, size: int, *, max_pixels: int = MAX_VIDEO_PIXELS) -> MediaFacts:
    """The facts of the video or document at `path`, found by a process of its own, which takes a third of a second.

    Raises MediaRefused for what cannot be opened and read within that process's limits, OSError without a process.
    """
    argv = [sys.executable, "-I", "-m", _CHILD, str(path.resolve()), kind.kind, kind.mime_type, kind.reader]
    argv += [str(size), str(max_pixels)]
    env = harmless_environment()
    try:
        ended = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=_CHILD_SECONDS, env=env)
    except subprocess.TimeoutExpired as error:
        raise too_costly(kind) from error
    if ended.returncode < 0 or b"MemoryError" in ended.stderr:  # ended by the kernel, or by a crash inside
        raise too_costly(kind)
    if ended.returncode != 0:
        raise OSError(f"{_CHILD} ended with {ended.returncode}: {ended.stderr.decode(errors='replace')[-500:]}")
    found = json.loads(ended.stdout)
    if "facts" not in found:
        raise MediaRefused(MediaCode(found["code"]), found["message"], limit=found["limit"], actual=found["actual"])
    return MediaFacts.model_validate(found["facts"])


def too_costly(kind: Kind) -> MediaRefused:
    """The refusal of a file that takes too much memory or time."""
    text = f"the {kind.mime_type} is damaged: reading it takes more memory or time than that of any sound {kind.kind}"
    return MediaRefused(MediaCode.MEDIA_CORRUPT, text)
