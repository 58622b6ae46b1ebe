"""A media store in a local folder (or one that is mounted): an atomic rename, synced to the disk on both sides."""

import errno
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

from munadi.media.store import CONTENT_NAME, MediaStore, StoreUnavailable, digest_of, modified, name_of


class FolderStore(MediaStore):
    """A store under `root`, which is created; `incoming` stands in it, so that `put` is a rename."""

    def __init__(self, root: Path) -> None:
        self.root = root
        super().__init__(root / "incoming")

    def put(self, path: Path) -> str:
        """As in `MediaStore`; a file from another file system is copied."""
        with self._reached():
            digest = digest_of(path)
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

    def path(self, digest: str) -> Path:
        """Where a content is or would be. Raises ValueError."""
        return self.root / name_of(digest)

    def size(self, digest: str) -> int:
        with self._reached():
            return self.path(digest).stat().st_size

    def read(self, digest: str, start: int = 0, length: int | None = None) -> bytes:
        with self._reached(), self.path(digest).open("rb") as file:
            file.seek(start)
            return file.read() if length is None else file.read(length)

    @contextmanager
    def local(self, digest: str) -> Iterator[Path]:
        self.size(digest)
        yield self.path(digest)

    def renew(self, digest: str) -> bool:
        try:
            with self._reached():
                os.utime(self.path(digest))
        except FileNotFoundError:
            return False
        return True

    def delete(self, digest: str) -> None:
        with suppress(FileNotFoundError), self._reached():
            self.path(digest).unlink()

    def read_note(self, name: str) -> bytes | None:
        try:
            with self._reached():
                return (self.root / name).read_bytes()
        except FileNotFoundError:
            return None

    def write_note(self, name: str, content: bytes) -> None:
        note = self.root / name
        with self._reached():
            note.parent.mkdir(parents=True, exist_ok=True)
            handle, made = tempfile.mkstemp(dir=self.incoming)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(made).replace(note)

    def list_notes(self, folder: str) -> list[str]:
        with suppress(FileNotFoundError), self._reached():
            return sorted(f"{folder}/{path.name}" for path in (self.root / folder).iterdir())
        return []

    def delete_note(self, name: str) -> None:
        with suppress(FileNotFoundError), self._reached():
            (self.root / name).unlink()

    def _sweep_contents(self, keep: Callable[[str], bool], older_than: timedelta) -> list[str]:
        limit = time.time() - older_than.total_seconds()
        gone = [path.name for path in self._contents() if modified(path) < limit and not keep(path.name)]
        for digest in gone:
            self.delete(digest)
        return gone

    def _contents(self) -> Iterator[Path]:
        found = self.root.glob("??/??/*")
        return (path for path in found if CONTENT_NAME.fullmatch(path.relative_to(self.root).as_posix()))

    @contextmanager
    def _reached(self) -> Iterator[None]:
        """Raise StoreUnavailable for a disk that is full, broken or not mounted."""
        try:
            yield
        except FileNotFoundError as error:
            if self.incoming.is_dir():
                raise
            raise StoreUnavailable(f"the media folder {self.root} is not there") from error
        except OSError as error:
            raise StoreUnavailable(f"the media folder {self.root} does not work: {error.strerror or error}") from error

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
