"""The multipart form of an upload, parsed while it arrives: bounded parts, UTF-8, and one file, written and hashed.

Rule: nothing is decoded but the names of parts and a short field, and these as UTF-8 alone.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from api.http.body_kind import LONGEST_BOUNDARY, check_charset, read_kind
from api.http.problems import ProblemError

MAX_PARTS = 6
# The longest value of a part that is no file. The only one is `brandRef`.
MAX_FIELD = 4096


@dataclass
class _Part:
    """The part that is being read. `headers` are those of its head, by their lower-case names."""

    headers: dict[bytes, list[bytes]] = field(default_factory=dict)
    name: str = ""
    is_file: bool = False
    value: bytearray = field(default_factory=bytearray)


class UploadForm:
    """`feed` it the body, then `finish`. A file is at `path` if one was sent; the reader of the form removes it.

    `fields` are the other parts. Of a file over `max_bytes` the rest is counted in `size` and not written. Every error
    is a ProblemError: 400 for a form that cannot be read, 415 for a charset.
    """

    def __init__(self, boundary: bytes | None, directory: Path, max_bytes: int) -> None:
        if not boundary or len(boundary) > LONGEST_BOUNDARY:
            raise _refused(f"Content-Type names a boundary of at most {LONGEST_BOUNDARY} characters")
        self.fields: dict[str, str] = {}
        self.path: Path | None = None
        self.file_name: str | None = None
        self.declared_type: str | None = None
        self.size = 0
        self._directory, self._max_bytes = directory, max_bytes
        self._digest = hashlib.sha256()
        self._target: BinaryIO | None = None
        self._parts, self._part = 0, _Part()
        self._header, self._header_value = b"", b""
        self._is_whole = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin_part,
                "on_header_field": self._add_to_header,
                "on_header_value": self._add_to_value,
                "on_header_end": self._end_header,
                "on_headers_finished": self._end_head,
                "on_part_data": self._add_data,
                "on_part_end": self._end_part,
                "on_end": self._end,
            },
        )

    @property
    def sha256(self) -> str:
        """The hash of the file."""
        return self._digest.hexdigest()

    def feed(self, chunk: bytes) -> None:
        """Read the next bytes. Blocking: it writes the file."""
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise _refused(f"the form is no multipart/form-data: {error}") from error

    def finish(self) -> None:
        """Check that the form is whole, and close the file."""
        if not self._is_whole:
            raise _refused("the form ends before its last boundary")
        self.close()

    def close(self) -> None:
        """Close the file, which stays."""
        if self._target is not None:
            self._target.close()
            self._target = None

    def discard(self) -> None:
        """Close the file and remove it."""
        self.close()
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    def _begin_part(self) -> None:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise _refused(f"a form has at most {MAX_PARTS} parts")
        self._part = _Part()

    def _add_to_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _add_to_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _end_header(self) -> None:
        self._part.headers.setdefault(self._header.lower(), []).append(self._header_value)
        self._header = self._header_value = b""

    def _end_head(self) -> None:
        part = self._part
        _, options = parse_options_header(b"".join(part.headers.get(b"content-disposition", [])))
        if b"name" not in options:
            raise _refused('every part has a Content-Disposition with a "name"')
        part.name = _text(options[b"name"], "the name of a part")
        part.is_file = b"filename" in options
        declared = [line.decode("latin-1") for line in part.headers.get(b"content-type", [])]
        media_type = read_kind(declared).media_type
        if part.is_file:
            self._begin_file(_text(options[b"filename"], "a file name"), media_type or None)

    def _begin_file(self, name: str, declared_type: str | None) -> None:
        if self._part.name != "file":
            self.fields[self._part.name] = ""  # a file with another name is not kept
            return
        if self.path is not None:
            raise _refused("a form has one file")
        handle, path = tempfile.mkstemp(dir=self._directory, prefix="upload-")
        self._target, self.path = os.fdopen(handle, "wb"), Path(path)
        self.file_name, self.declared_type = name, declared_type

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        if self._part.is_file:
            if self._part.name == "file":
                self._add_to_file(data[start:end])
            return
        self._part.value += data[start:end]
        if len(self._part.value) > MAX_FIELD:
            raise _refused(f"a part that is no file has at most {MAX_FIELD} bytes")

    def _add_to_file(self, data: bytes) -> None:
        self.size += len(data)
        if self.size <= self._max_bytes and self._target is not None:
            self._digest.update(data)
            self._target.write(data)

    def _end_part(self) -> None:
        if self._part.is_file:
            return
        name, value = self._part.name, _text(self._part.value, f"the part {self._part.name[:40]!r}")
        if "\0" in value:
            raise _refused(f"the part {name[:40]!r} has a NUL character")
        if name == "_charset_":
            check_charset(value, name)
        elif name in self.fields:
            raise _refused(f"the part {name[:40]!r} occurs twice")
        else:
            self.fields[name] = value

    def _end(self) -> None:
        self._is_whole = True


def _text(raw: bytes | bytearray, what: str) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise _refused(f"{what} is not UTF-8") from None


def _refused(detail: str) -> ProblemError:
    return ProblemError(400, "FORM_INVALID", "Bad Request", detail)
