"""Stored media on the local file system, named by their content, and the signed URLs networks pull.

The rule here: a file under its name is complete and synced, and never changes. Blocking: call it in a
thread. Layout: `<root>/ab/cd/<sha256>`, and `<root>/incoming/` for what is on its way.
"""

import base64
import errno
import hashlib
import hmac
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

_SHA256 = re.compile(r"[0-9a-f]{64}")
_TOKEN = re.compile(r"([0-9]{1,11})-([A-Za-z0-9_-]{43})")
_CHUNK = 1024 * 1024
_FILENAME_LIMIT = 100


class MediaStore:
    """A content-addressed store under `root`, which is created. Several processes may share it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.incoming = root / "incoming"
        self.incoming.mkdir(parents=True, exist_ok=True)

    def put(self, path: Path) -> str:
        """Take over the file at `path` (it is moved away) and return its SHA-256 in hex.

        Durable on return; idempotent: the same content again only renews its age. Fetch into `incoming`
        to make this a rename; from another file system the content is copied. Raises OSError.
        """
        digest = _hash(path)
        target = self.path(digest)
        if target.exists():
            os.utime(target)  # so that a sweep sees it as new
            path.unlink()
            return digest
        _make_directories(target.parent, self.root)
        _sync(path)
        self._move(path, target)
        _sync(target.parent)
        return digest

    def put_bytes(self, content: bytes) -> str:
        """Store `content`; as `put`."""
        handle, name = tempfile.mkstemp(dir=self.incoming)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        return self.put(Path(name))

    def path(self, digest: str) -> Path:
        """Where a content is or would be. Raises ValueError for what is no SHA-256 in lower-case hex."""
        if not _SHA256.fullmatch(digest):
            raise ValueError("a media is named by its SHA-256 in lower-case hex")
        return self.root / digest[:2] / digest[2:4] / digest

    def exists(self, digest: str) -> bool:
        return self.path(digest).is_file()

    def renew(self, digest: str) -> bool:
        """Make a content as new to a sweep; False when there is none."""
        try:
            os.utime(self.path(digest))
        except FileNotFoundError:
            return False
        return True

    def open(self, digest: str) -> BinaryIO:
        """The content for reading. Raises FileNotFoundError."""
        return self.path(digest).open("rb")

    def read_bytes(self, digest: str) -> bytes:
        """The whole content in memory. Raises FileNotFoundError."""
        return self.path(digest).read_bytes()

    def delete(self, digest: str) -> None:
        """Remove a content; nothing happens when there is none."""
        self.path(digest).unlink(missing_ok=True)

    def sweep(self, keep: Callable[[str], bool], *, older_than: timedelta) -> list[str]:
        """Delete contents that `keep` disowns and abandoned incoming files; the digests that went.

        Only what is older than `older_than` goes, so that a file stored before its row is committed stays.
        """
        limit = time.time() - older_than.total_seconds()
        for abandoned in self.incoming.iterdir():
            if _modified(abandoned) < limit:
                abandoned.unlink(missing_ok=True)
        gone = [path.name for path in self._contents() if _modified(path) < limit and not keep(path.name)]
        for digest in gone:
            self.delete(digest)
        return gone

    def _contents(self) -> Iterator[Path]:
        return (path for path in self.root.glob("??/??/*") if _SHA256.fullmatch(path.name))

    def _move(self, source: Path, target: Path) -> None:
        try:
            source.replace(target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            handle, name = tempfile.mkstemp(dir=self.incoming)
            os.close(handle)
            shutil.copyfile(source, name)
            _sync(Path(name))
            Path(name).replace(target)
            source.unlink()


def sign_url(base_url: str, digest: str, filename: str, expires_at: datetime, key: bytes) -> str:
    """`<base>/media/<sha256>/<expires>-<signature>/<filename>`, good until `expires_at` (aware, whole seconds).

    The name is reduced to ASCII letters, digits, dot, dash and underscore: Meta refuses anything else.
    Raises ValueError for a malformed digest or a naive time.
    """
    if not _SHA256.fullmatch(digest) or expires_at.tzinfo is None:
        raise ValueError("a signed URL needs a SHA-256 in lower-case hex and an aware time")
    name = ascii_filename(filename)
    expires = str(int(expires_at.timestamp()))
    return f"{base_url.rstrip('/')}/media/{digest}/{expires}-{_signature(digest, expires, name, key)}/{name}"


def verify_url(digest: str, token: str, filename: str, keys: Sequence[bytes], *, now: datetime | None = None) -> bool:
    """Whether one of `keys` signed this path (its three last segments) and it has not expired."""
    match = _TOKEN.fullmatch(token)
    if not match or not _SHA256.fullmatch(digest) or not filename.isascii():
        return False
    expires, given = match.groups()
    good = [hmac.compare_digest(_signature(digest, expires, filename, key), given) for key in keys]
    return any(good) and int(expires) > (now or datetime.now(UTC)).timestamp()


def ascii_filename(filename: str) -> str:
    """A name that any network accepts; the extension is kept, an unusable stem becomes `media`."""
    stem, dot, extension = filename.replace("\\", "/").rpartition("/")[2].rpartition(".")
    if not dot:
        stem, extension = extension, ""
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", stem).strip("-")[:_FILENAME_LIMIT] or "media"
    extension = re.sub(r"[^A-Za-z0-9]+", "", extension)[:10].lower()
    return f"{stem}.{extension}" if extension else stem


def _signature(digest: str, expires: str, filename: str, key: bytes) -> str:
    signed = f"{digest}/{expires}/{filename}".encode("ascii")
    return base64.urlsafe_b64encode(hmac.digest(key, signed, hashlib.sha256)).decode("ascii").rstrip("=")


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    """Force a file's or a directory's content to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _make_directories(directory: Path, root: Path) -> None:
    """Create `directory` below `root`; each new entry is synced in its parent, or a crash could lose it."""
    for part in (directory.parent, directory):
        if not part.is_dir():
            part.mkdir(exist_ok=True)
            _sync(part.parent if part != root else part)


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # another process swept it
        return float("inf")
