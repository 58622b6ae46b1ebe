"""A media store in a bucket, over fsspec: one put makes an object whole or not at all, a multipart upload too.

Rule: every call ends. Nothing waits longer than `PATIENCE` plus the time that its bytes need at `SLOWEST`, so that
a store that hangs is an outage within the deadline of a publication.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fsspec.asyn import sync
from fsspec.spec import AbstractFileSystem

from munadi.media.bucket_errors import code_of, store_error
from munadi.media.store import CONTENT_NAME, MediaStore, digest_of, name_of

# Octets of one part of a large upload; a file of less than two goes up in one request.
PART = 8 * 1024 * 1024
# Seconds, and octets a second.
PATIENCE = 20.0
SLOWEST = 1_000_000
# What is read whole is a picture, what is listed or copied on the server may be anything.
WHOLE = 64 * 1024 * 1024
MUCH = 1024**3


class BucketStore(MediaStore):
    """A store under `root` (`bucket/prefix`) of `fs`, which keeps no listing. `shown` is its URL, for people."""

    def __init__(
        self, fs: AbstractFileSystem, root: str, incoming: Path, *, shown: str, patience: float = PATIENCE
    ) -> None:
        super().__init__(incoming)
        self.shown = shown
        self._fs = fs
        self._root = root.rstrip("/")
        self._patience = patience

    def put(self, path: Path) -> str:
        digest = digest_of(path)
        if not self.renew(digest):
            size = path.stat().st_size
            self._call("put_file", str(path), self._place(digest), octets=size, chunksize=PART)
        path.unlink()
        return digest

    def size(self, digest: str) -> int:
        return int(self._call("info", self._place(digest))["size"])

    def read(self, digest: str, start: int = 0, length: int | None = None) -> bytes:
        # A range of nothing cannot be asked for.
        end = None if length is None else start + max(length, 1)
        octets = WHOLE if length is None else length
        try:
            content: bytes = self._call("cat_file", self._place(digest), start=start, end=end, octets=octets)
        except OSError as error:
            if code_of(error) != "InvalidRange":
                raise
            return b""  # behind the end, where a file has nothing either
        return content[:length]

    @contextmanager
    def local(self, digest: str) -> Iterator[Path]:
        """A copy in `incoming`, gone when the block ends."""
        handle, name = tempfile.mkstemp(dir=self.incoming, prefix="copy-")
        os.close(handle)
        try:
            self._call("get_file", self._place(digest), name, octets=MUCH)
            yield Path(name)
        finally:
            Path(name).unlink(missing_ok=True)

    def renew(self, digest: str) -> bool:
        """An object's age is that of its last copy: it is copied onto itself, which S3 takes for new metadata only."""
        place = self._place(digest)
        try:
            self._call("cp_file", place, place, octets=MUCH, MetadataDirective="REPLACE")
        except FileNotFoundError:
            return False
        return True

    def delete(self, digest: str) -> None:
        with suppress(FileNotFoundError):
            self._call("rm_file", self._place(digest))

    def read_note(self, name: str) -> bytes | None:
        try:
            # One request: only a file that is read in several parts at once needs its size before.
            content: bytes = self._call("cat_file", f"{self._root}/{name}", max_concurrency=1)
        except FileNotFoundError:
            return None
        return content

    def write_note(self, name: str, content: bytes) -> None:
        self._call("pipe_file", f"{self._root}/{name}", content)

    def list_notes(self, folder: str) -> list[str]:
        found = self._call("find", f"{self._root}/{folder}", octets=MUCH)
        return sorted(name.removeprefix(f"{self._root}/") for name in found)

    def delete_note(self, name: str) -> None:
        with suppress(FileNotFoundError):
            self._call("rm_file", f"{self._root}/{name}")

    def _sweep_contents(self, keep: Callable[[str], bool], older_than: timedelta) -> list[str]:
        limit = datetime.now(UTC) - older_than
        self._abort_uploads(limit)
        listed = self._call("find", self._root, detail=True, octets=MUCH)
        found = [(name.removeprefix(f"{self._root}/"), changed(info)) for name, info in listed.items()]
        old = [name.rpartition("/")[2] for name, when in found if CONTENT_NAME.fullmatch(name) and when < limit]
        gone = [digest for digest in old if not keep(digest) and self._still_old(digest, limit)]
        for digest in gone:
            self.delete(digest)
        return gone

    def _still_old(self, digest: str, limit: datetime) -> bool:
        """Whether the file is still old: listing a bucket takes long, and it may have been stored again meanwhile."""
        try:
            return changed(self._call("info", self._place(digest))) < limit
        except FileNotFoundError:
            return False

    def _abort_uploads(self, limit: datetime) -> None:
        """Abort multipart uploads of dead processes: their parts are invisible but cost money."""
        if "s3" not in self._fs.protocol:
            return
        bucket, _, prefix = self._root.partition("/")
        listed = self._call("call_s3", "list_multipart_uploads", Bucket=bucket, Prefix=prefix)
        for upload in listed.get("Uploads", ()):
            if upload["Initiated"] < limit:
                with suppress(FileNotFoundError):  # it has ended meanwhile
                    self._call("abort_mpu", bucket, upload["Key"], upload["UploadId"])

    def _place(self, digest: str) -> str:
        return f"{self._root}/{name_of(digest)}"

    def _call(self, name: str, *args: Any, octets: int = 0, **kwargs: Any) -> Any:
        """Call the file system with a time limit, and translate its errors."""
        try:
            if not self._fs.async_impl:
                return getattr(self._fs, name)(*args, **kwargs)
            seconds = self._patience + octets / SLOWEST
            return sync(self._fs.loop, getattr(self._fs, f"_{name}"), *args, timeout=seconds, **kwargs)
        except Exception as error:  # each file system has the exceptions of its own client library
            raise store_error(error, self.shown) from error


def changed(info: dict[str, Any]) -> datetime:
    """When an object was written: S3's name for it, or fsspec's memory's."""
    when: datetime = info.get("LastModified") or info["created"]
    return when
