"""Serves a stored file, whole or one range of it, in parts, so that memory use stays small.

The first part is read before the response begins, so that an unavailable store is a 503 and not half a file. A later
failure can only break the connection, which a reader notices by the length.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from munadi.media.pool import off_loop
from munadi.media.sniff import HEAD_BYTES, sniff
from munadi.media.store import MediaStore

PART = 4 * 1024 * 1024
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_HEADERS = {
    "Accept-Ranges": "bytes",
    "Cache-Control": "public, max-age=86400, immutable",
    # Bytes of other people under our name: nothing in them may run.
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}


async def stored_response(request: Request, store: MediaStore, digest: str) -> Response:
    """The answer to a GET or HEAD. Raises FileNotFoundError, StoreUnavailable, and 416 for a range that is not there.

    Several ranges, and a `Range` that makes no sense, are answered with the whole, as RFC 9110 §14.2 allows.
    """
    size = await off_loop(store.size, digest)
    etag = f'"{digest}"'
    wanted = None
    if request.headers.get("if-range", etag) == etag:
        wanted = _wanted(request.headers.get("range", ""), size)
    start, end = wanted or (0, size)
    first = await off_loop(store.read, digest, start, min(PART, end - start))
    head = first if start == 0 and len(first) >= HEAD_BYTES else await off_loop(store.read, digest, 0, HEAD_BYTES)
    kind = sniff(head[:HEAD_BYTES])
    headers = _HEADERS | {"ETag": etag, "Content-Length": str(end - start)}
    if wanted is not None:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    media_type = kind.mime_type if kind else "application/octet-stream"
    status = 200 if wanted is None else 206
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=media_type)
    return StreamingResponse(_parts(store, digest, first, start, end), status, headers, media_type)


async def _parts(store: MediaStore, digest: str, first: bytes, start: int, end: int) -> AsyncIterator[bytes]:
    part = first
    while part:
        yield part
        start += len(part)
        if start >= end:
            return
        part = await off_loop(store.read, digest, start, min(PART, end - start))


def _wanted(header: str, size: int) -> tuple[int, int] | None:
    """The requested byte range, its end exclusive; None for the whole file."""
    match = _RANGE.fullmatch(header.strip())
    if match is None or not (match[1] or match[2]):
        return None
    if match[1]:
        start, end = int(match[1]), min(int(match[2]) + 1, size) if match[2] else size
        if match[2] and int(match[2]) < start:
            return None
    else:
        start, end = max(size - int(match[2]), 0), size
    if start >= end:
        raise HTTPException(416, headers={"Content-Range": f"bytes */{size}"})
    return start, end
