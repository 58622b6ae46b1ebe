"""Makes a rendition in a process of its own (`munadi/media/convert_child.py`), and follows it."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from munadi.domain.fitting import Recipe
from munadi.domain.media_facts import MediaCode, MediaRefused
from munadi.media.confinement import harmless_environment
from munadi.media.sniff import HEAD_BYTES, sniff

_CHILD = "munadi.media.convert_child"
# Of computing, beside the estimated time; a machine may be slower than the estimate says.
SPARE_SECONDS, SLOWER = 120, 6
# How much longer it may take by the clock, on a machine that is busy with others.
BUSY = 4
# A rendition may be larger than its source, by its rate alone.
MAX_BYTES = 4 << 30
_LINE = 4096

Progress = Callable[[float], None]


async def convert_apart(source: Path, target: Path, recipe: Recipe, seconds: float, progress: Progress) -> None:
    """Write the rendition of the video at `source` to `target`. `seconds`: how long it may take, as estimated.

    `progress` is called with the part that is done, from 0 to 1. A cancelled call ends the process.
    Raises MediaRefused where no rendition can be made within the limits, OSError without a process.
    """
    with source.open("rb") as file:
        kind = sniff(file.read(HEAD_BYTES))
    if kind is None or kind.kind != "video":
        raise MediaRefused(MediaCode.MEDIA_TYPE_UNSUPPORTED, "only a video is converted")
    allowed = int(SPARE_SECONDS + SLOWER * seconds)
    given: dict[str, Any] = {"source": str(source), "target": str(target), "reader": kind.reader}
    given |= {"recipe": recipe.model_dump(by_alias=False), "seconds": allowed, "max_bytes": MAX_BYTES}
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-m", _CHILD, json.dumps(given)),
        stdin=pipe, stdout=pipe, stderr=pipe, env=harmless_environment(), limit=_LINE,
    )  # fmt: skip
    errors = asyncio.create_task(_tail(process))
    try:
        async with asyncio.timeout(BUSY * allowed):
            last = await _follow(process, progress)
            code = await process.wait()
    except TimeoutError:
        raise _too_costly() from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        shown = await errors
    if code < 0 or b"MemoryError" in shown:  # ended by the kernel, or by a crash inside
        raise _too_costly()
    if "code" in last:
        raise MediaRefused(MediaCode(last["code"]), last["message"])
    if code != 0 or "done" not in last:
        raise OSError(f"{_CHILD} ended with {code}: {shown.decode(errors='replace')[-500:]}")


async def _follow(process: asyncio.subprocess.Process, progress: Progress) -> dict[str, str]:
    """The last line of the process."""
    assert process.stdout is not None
    last: dict[str, str] = {}
    async for line in process.stdout:
        last = json.loads(line)
        if "progress" in last:
            progress(float(last["progress"]))
    return last


async def _tail(process: asyncio.subprocess.Process) -> bytes:
    """The end of what it wrote as errors; FFmpeg's libraries may write much about a damaged file."""
    assert process.stderr is not None
    kept = b""
    while part := await process.stderr.read(_LINE):
        kept = (kept + part)[-_LINE:]
    return kept


def _too_costly() -> MediaRefused:
    text = "converting the video takes more memory or time than that of any sound video of its length"
    return MediaRefused(MediaCode.MEDIA_CORRUPT, text)
