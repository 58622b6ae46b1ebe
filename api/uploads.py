"""Reads an uploaded file from a multipart form: copied to disk and hashed, but not trusted yet."""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from fastapi import Request
from starlette.datastructures import FormData, UploadFile

from api.idempotency import IdempotencyKey
from munadi.intake.problems import ProblemCollector
from munadi.media.facts import MediaCode
from munadi.media.store import MediaStore

_CHUNK = 1 << 20
# The only field that is not a file is `brandRef`. The client chooses its charset, and decoding some charsets takes
# quadratic time.
_FIELD_BYTES = 4096


@dataclass(frozen=True)
class Upload:
    """The content of a form. `path` None: no file, which is already a problem."""

    path: Path | None
    sha256: str
    declared_type: str | None
    name: str | None
    brand_ref: str | None

    def discard(self) -> None:
        """Remove the file."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    def identified(self, idempotency: IdempotencyKey) -> IdempotencyKey:
        """The idempotency key with the file's hash in its fingerprints: a form has no canonical JSON."""
        marks = [f"{each} {self.brand_ref} {self.sha256}".encode() for each in idempotency.fingerprints]
        return replace(idempotency, fingerprints=tuple(hashlib.sha256(mark).hexdigest() for mark in marks))


async def read_upload(request: Request, store: MediaStore, max_bytes: int, problems: ProblemCollector) -> Upload:
    """Read the form: one `file`, and `brandRef` there or in the query. Any other field is a problem.

    The edge bounds the whole form; `max_bytes`, as of a fetched file, is for the file in it.
    """
    async with request.form(max_files=1, max_fields=5, max_part_size=_FIELD_BYTES) as form:
        _check_names(form, problems)
        file, brand_ref = form.get("file"), form.get("brandRef") or request.query_params.get("brandRef")
        if not isinstance(file, UploadFile):
            problems.add("/file", "MISSING_FIELD", "the form needs a file in the field file")
            return Upload(None, "", None, None, brand_ref if isinstance(brand_ref, str) else None)
        if file.size is not None and file.size > max_bytes:
            text = f"a media has at most {max_bytes} bytes"
            problems.add("/file", MediaCode.MEDIA_TOO_LARGE.value, text, limit=max_bytes, actual=file.size)
            return Upload(None, "", None, None, brand_ref if isinstance(brand_ref, str) else None)
        path, digest = await asyncio.to_thread(_copy, file.file, store.incoming)
        return Upload(path, digest, file.content_type, file.filename, brand_ref if isinstance(brand_ref, str) else None)


def _check_names(form: FormData, problems: ProblemCollector) -> None:
    for name in form:
        if name not in ("file", "brandRef"):
            problems.add(f"/{name[:64]}", "UNKNOWN_FIELD", "there is no such field")


def _copy(source: BinaryIO, directory: Path) -> tuple[Path, str]:
    """Blocking. The copy's path and its SHA-256."""
    handle, name = tempfile.mkstemp(dir=directory, prefix="upload-")
    digest = hashlib.sha256()
    try:
        with os.fdopen(handle, "wb") as target:
            source.seek(0)
            while chunk := source.read(_CHUNK):
                digest.update(chunk)
                target.write(chunk)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name), digest.hexdigest()
