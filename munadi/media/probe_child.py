"""The process that opens a video or a document.

`python -m munadi.media.probe_child <path> <kind> <mime type> <reader> <bytes> <pixels>`

Rule: whatever a hostile file does to its reader, it does to this process alone. A few kilobytes of MP4 can
declare an index of gigabytes, a PDF can refer to itself, and a decoder may crash; the kernel ends what takes too
much, and no other process is affected.
Prints one JSON object: `facts`, or a refusal's `code`, `message`, `limit` and `actual`.
"""

import json
import sys
from pathlib import Path
from typing import Any

from munadi.domain.media_facts import MediaFacts, MediaRefused
from munadi.media.confinement import limit_resources
from munadi.media.sniff import Kind

# Octets of its own data, room for a decoder's pictures at 8K, and seconds of computing.
MAX_MEMORY = 1 << 30
MAX_SECONDS = 20


def answer(path: Path, kind: Kind, size: int, max_pixels: int) -> dict[str, Any]:
    """The line that the child prints: the facts of the file, or why it cannot be read."""
    try:
        return {"facts": _read(path, kind, size, max_pixels).model_dump(mode="json")}
    except MediaRefused as error:
        return {"code": error.code, "message": error.message, "limit": error.limit, "actual": error.actual}


def _read(path: Path, kind: Kind, size: int, max_pixels: int) -> MediaFacts:
    """Each reader's libraries are loaded for its own files only."""
    if kind.kind == "document":
        from munadi.media.document_reading import read_document

        return read_document(path, kind, size)
    from munadi.media.video_reading import read_video

    return read_video(path, kind, size, max_pixels)


if __name__ == "__main__":
    limit_resources(memory=MAX_MEMORY, seconds=MAX_SECONDS)
    name, given, mime_type, reader, size, pixels = sys.argv[1:]
    kind = Kind("document" if given == "document" else "video", mime_type, reader)
    sys.stdout.write(json.dumps(answer(Path(name), kind, int(size), int(pixels))))
