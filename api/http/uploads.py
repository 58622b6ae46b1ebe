"""Reads an uploaded file from a multipart form: written to disk and hashed, but not trusted yet.

A half-sent upload holds disk until it ends, so brands share the uploads at once and their bytes (`UploadShares`).
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Set
from contextlib import contextmanager
from pathlib import Path

from fastapi import Request

from api.http.problems import ProblemError
from api.http.shares import NothingLeft, Share, UploadShares
from api.http.upload_form import UploadForm
from munadi.domain.media_facts import MediaCode
from munadi.domain.problem_collector import ProblemCollector
from munadi.intake.media import Upload
from munadi.media.store import MediaStore

# What is parsed and written at once, in a thread.
_PIECE = 256 * 1024
# The connection stays open, so that a client in the middle of a body reads the answer and no reset.
_LATER = {"Retry-After": "10"}


@contextmanager
def upload_place(uploads: UploadShares, brand_ref: str | None) -> Iterator[Share]:
    """A place for one upload while the block runs; its share of the disk grows with it. ProblemError 429 or 503."""
    try:
        with uploads.places.hold(brand_ref), uploads.disk.hold(brand_ref, 0) as share:
            yield share
    except NothingLeft as error:
        raise _too_many(error) from None


async def read_upload(
    request: Request,
    store: MediaStore,
    max_bytes: int,
    share: Share,
    problems: ProblemCollector,
    *,
    texts: Set[str] = frozenset(),
) -> Upload:
    """Read the form: one `file`, and `brandRef` there or in the query. Any other field but `texts` is a problem.

    The edge bounds the whole form; `max_bytes`, as of a fetched file, is for the file in it.
    """
    form = UploadForm(request.scope["state"].get("boundary"), store.incoming, max_bytes)
    try:
        async for piece in _pieces(request):
            share.grow(len(piece))
            await _in_thread(form.feed, piece)
        await _in_thread(form.finish)
        return _checked(form, request.query_params.get("brandRef"), max_bytes, problems, texts)
    except BaseException:
        form.discard()
        raise


async def read_file(request: Request, folder: Path, share: Share) -> tuple[Path, str]:
    """A body that is a file itself, written to a new file there, which the caller removes; and its SHA-256. The edge
    bounds it."""
    handle, name = tempfile.mkstemp(dir=folder, prefix="upload-")
    digest = hashlib.sha256()
    try:
        with os.fdopen(handle, "wb") as target:

            def write(piece: bytes) -> None:
                digest.update(piece)
                target.write(piece)

            async for piece in _pieces(request):
                share.grow(len(piece))
                await _in_thread(write, piece)
    except BaseException:
        os.unlink(name)
        raise
    return Path(name), digest.hexdigest()


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    waiting = bytearray()
    async for chunk in request.stream():
        waiting += chunk
        if len(waiting) >= _PIECE:
            yield bytes(waiting)
            waiting.clear()
    yield bytes(waiting)


async def _in_thread(call: Callable[..., None], *arguments: bytes) -> None:
    """Run to the end even when the request is cancelled: the file must not be written after it was removed."""
    work = asyncio.ensure_future(asyncio.to_thread(call, *arguments))
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait({work})
        raise


def _checked(
    form: UploadForm, named: str | None, max_bytes: int, problems: ProblemCollector, texts: Set[str]
) -> Upload:
    brand_ref = form.fields.get("brandRef") or named
    for name in form.fields:
        if name not in ("file", "brandRef") and name not in texts:
            problems.add(f"/{name[:64]}", "UNKNOWN_FIELD", "there is no such field")
    if form.path is None:
        problems.add("/file", "MISSING_FIELD", "the form needs a file in the field file")
    elif form.size > max_bytes:
        text = f"a media has at most {max_bytes} bytes"
        problems.add("/file", MediaCode.MEDIA_TOO_LARGE.value, text, limit=max_bytes, actual=form.size)
    else:
        found = {name: text for name, text in form.fields.items() if name in texts}
        return Upload(form.path, form.sha256, form.declared_type, form.file_name, brand_ref, found)
    form.discard()
    return Upload(None, "", None, None, brand_ref)


def _too_many(error: NothingLeft) -> ProblemError:
    if error.is_own:
        detail = f"the uploads of one brand that are under way have reached their limit of {error.limit}"
        return ProblemError(429, "TOO_MANY_UPLOADS", "Too Many Requests", detail, headers=_LATER)
    detail = "the uploads of all brands that are under way have reached their limit"
    return ProblemError(503, "TOO_MANY_UPLOADS", "Not available", detail, headers=_LATER)
