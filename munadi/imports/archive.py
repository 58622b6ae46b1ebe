"""Reads a ZIP with a file of rows and the media that they name.

An archive is a claim of a stranger: everything is checked by its directory before anything is unpacked, and what is
unpacked is counted. Refused are encrypted entries, paths that lead elsewhere, links, entries that overlap or
grow beyond all measure, and too many of anything. Nothing is written under a name of the archive.
"""

from __future__ import annotations

import hashlib
import os
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

from munadi.domain.imports import MAX_ENTRIES, MAX_FILE_BYTES, MAX_RATIO, MAX_UNPACKED
from munadi.domain.problem import ProblemsFound
from munadi.imports.rows import ImportFormat, invalid

# A small file may well be all zeros.
SMALL = 1_000_000
MAX_DIRECTORY = 4_000_000
_END, _END_SIZE, _LOCATOR, _LOCATOR_SIZE = b"PK\x05\x06", 22, b"PK\x06\x07", 20
_CHUNK = 256 * 1024
_SUFFIXES = {".ndjson": ImportFormat.NDJSON, ".jsonl": ImportFormat.NDJSON, ".csv": ImportFormat.CSV}
# What systems add by themselves.
_IGNORED = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")


def refuse(message: str, code: str = "ARCHIVE_REFUSED", limit: int | None = None) -> ProblemsFound:
    """The refusal of an archive."""
    return invalid(code, message, limit=limit)


@dataclass
class Archive:
    """An opened archive. `rows` is its file of rows, `files` the others by their paths. Blocking."""

    zip: zipfile.ZipFile
    rows: zipfile.ZipInfo
    kind: ImportFormat
    files: Mapping[str, zipfile.ZipInfo]

    @classmethod
    def open(cls, path: Path) -> Self:
        """Raises ProblemsFound for an archive that is refused."""
        with path.open("rb") as file:
            _check_directory(file)
        try:
            opened = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, UnicodeDecodeError, struct.error, ValueError) as error:
            raise refuse(f"the file is no ZIP that can be read: {error}") from None
        try:
            files = _checked(opened, path.stat().st_size)
            rows = [each for each in files if "/" not in each and Path(each).suffix.lower() in _SUFFIXES]
            if len(rows) != 1:
                raise refuse(f"the ZIP has one .csv or .ndjson file at its top, not {len(rows)}")
            kind = _SUFFIXES[Path(rows[0]).suffix.lower()]
            return cls(opened, files.pop(rows[0]), kind, files)
        except BaseException:
            opened.close()
            raise

    def close(self) -> None:
        """Close the archive."""
        self.zip.close()

    def unpack_rows(self, folder: Path) -> Path:
        """The file of rows in a new file there, which the caller removes."""
        return self.unpack(self.rows, folder, MAX_FILE_BYTES)[0]

    def unpack(self, entry: zipfile.ZipInfo, folder: Path, most: int) -> tuple[Path, str]:
        """An entry in a new file there, and its SHA-256. The caller removes the file. Raises ProblemsFound."""
        if entry.file_size > most:
            raise refuse(f"{entry.filename[:100]} has more than {most} bytes", limit=most)
        handle, name = tempfile.mkstemp(dir=folder, prefix="import-")
        digest, left = hashlib.sha256(), entry.file_size
        try:
            with os.fdopen(handle, "wb") as target, self.zip.open(entry) as source:
                while chunk := source.read(_CHUNK):
                    left -= len(chunk)
                    if left < 0:
                        raise refuse(f"{entry.filename[:100]} is larger than the ZIP says")
                    digest.update(chunk)
                    target.write(chunk)
            return Path(name), digest.hexdigest()
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            Path(name).unlink(missing_ok=True)
            raise refuse(f"{entry.filename[:100]} cannot be unpacked: {error}") from None
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def _check_directory(file: BinaryIO) -> None:
    """Refuse a directory that is too long to be read into memory, by the record at the end of the archive."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _END_SIZE - 0xFFFF - _LOCATOR_SIZE))
    tail = file.read()
    # As `zipfile` finds it: at the very end without a comment, else the last one.
    at = len(tail) - _END_SIZE
    if at < 0 or not (tail[at:].startswith(_END) and tail.endswith(b"\0\0")):
        at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_SIZE:
        raise refuse("the file is no ZIP: its end is missing")
    entries, length = struct.unpack("<H I", tail[at + 10 : at + 12] + tail[at + 12 : at + 16])
    if tail[max(0, at - _LOCATOR_SIZE) : at].startswith(_LOCATOR):
        raise refuse("a ZIP of this size (ZIP64) is not read; split it")
    if entries > MAX_ENTRIES:
        raise refuse(f"a ZIP has at most {MAX_ENTRIES} entries", "ARCHIVE_TOO_LARGE", MAX_ENTRIES)
    if length > MAX_DIRECTORY:
        raise refuse(f"the directory of a ZIP has at most {MAX_DIRECTORY} bytes", "ARCHIVE_TOO_LARGE", MAX_DIRECTORY)


def _checked(opened: zipfile.ZipFile, size: int) -> dict[str, zipfile.ZipInfo]:
    found: dict[str, zipfile.ZipInfo] = {}
    unpacked = packed = 0
    for entry in opened.infolist():
        packed += entry.compress_size
        unpacked += entry.file_size
        _check_entry(entry)
        if entry.is_dir() or entry.filename.startswith(_IGNORED[0]) or Path(entry.filename).name in _IGNORED:
            continue
        if entry.filename in found:
            raise refuse(f"the ZIP has two entries named {entry.filename[:100]!r}")
        found[entry.filename] = entry
    if len(opened.infolist()) > MAX_ENTRIES:
        raise refuse(f"a ZIP has at most {MAX_ENTRIES} entries", "ARCHIVE_TOO_LARGE", MAX_ENTRIES)
    if packed > size:
        raise refuse("entries of the ZIP overlap")
    if unpacked > MAX_UNPACKED:
        raise refuse(f"a ZIP unpacks to at most {MAX_UNPACKED} bytes", "ARCHIVE_TOO_LARGE", MAX_UNPACKED)
    return found


def _check_entry(entry: zipfile.ZipInfo) -> None:
    name, shown = entry.filename, entry.filename[:100]
    parts = name.rstrip("/").split("/")
    # `orig_filename` has what `zipfile` changes: backslashes on Windows, and what follows a NUL.
    strange = "\\" in entry.orig_filename or "\0" in entry.orig_filename or ":" in parts[0] or not name.isprintable()
    if strange or any(part in ("", ".", "..") for part in parts):
        raise refuse(f"the path {shown!r} of the ZIP is not allowed")
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise refuse(f"{shown} is a link or a device, which is not unpacked")
    if entry.flag_bits & 0x1:
        raise refuse(f"{shown} is encrypted")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise refuse(f"{shown} is packed by a method that is not read; use Deflate")
    if entry.file_size > SMALL and entry.file_size > entry.compress_size * MAX_RATIO:
        raise refuse(f"{shown} unpacks to more than {MAX_RATIO} times its size", "ARCHIVE_TOO_LARGE", MAX_RATIO)
