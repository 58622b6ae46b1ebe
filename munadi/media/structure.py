"""Checks that a file is complete and simple, by walking the outer structure of formats whose readers do not.

Rule: every walk takes a bounded number of steps, whatever the file says.
"""

import mmap
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from munadi.domain.media_facts import MediaCode, MediaRefused
from munadi.media.picture_structure import CutShort, check_bmp, check_tiff, walk_gif, walk_jpeg, walk_png
from munadi.media.sniff import Kind

_MAX_BOXES = 100_000


def check_complete(path: Path, kind: Kind, size: int) -> None:
    """Raises MediaRefused (MEDIA_CORRUPT) for a file that is cut short or has more parts than any real one.

    A huge run-length encoded BMP is refused with MEDIA_TOO_MANY_PIXELS.
    """
    try:
        with path.open("rb") as file:
            if walk := _FILE_WALKS.get(kind.reader):
                walk(file, size)
            elif look := _PICTURE_WALKS.get(kind.reader):
                with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                    look(data)
    except CutShort as error:
        raise MediaRefused(
            MediaCode.MEDIA_CORRUPT, f"the {kind.mime_type} is cut short at {size} bytes", actual=size
        ) from error


def _walk_boxes(file: BinaryIO, size: int) -> None:
    """ISO 14496-12: size (4 bytes) and type, 1 = a 64-bit size follows, 0 = to the end of the file."""
    position = 0
    for _ in range(_MAX_BOXES):
        if size - position < 8:  # a few stray bytes at the end are common and harmless
            return
        file.seek(position)
        header = file.read(16)
        length = int.from_bytes(header[:4])
        if length == 0:
            return
        if length == 1:
            length = int.from_bytes(header[8:16])
        if length < 8 or position + length > size:
            raise CutShort
        position += length
    raise CutShort


def _check_riff(file: BinaryIO, size: int) -> None:
    file.seek(4)
    if int.from_bytes(file.read(4), "little") + 8 > size:
        raise CutShort


def _walk_ebml(file: BinaryIO, size: int) -> None:
    """Matroska: a header element, then a segment whose size may be unknown (all ones, as in a live stream)."""
    file.seek(4)
    header = _ebml_size(file)
    position = file.tell() + (header or 0)
    if position > size:
        raise CutShort
    file.seek(position)
    if file.read(4) != b"\x18\x53\x80\x67":
        return  # something stands before the segment: the reader will say what it thinks of it
    segment = _ebml_size(file)
    if segment is not None and file.tell() + segment > size:
        raise CutShort


def _ebml_size(file: BinaryIO) -> int | None:
    """A variable-length size: the leading zero bits of the first byte count the bytes that follow."""
    first = _byte(file)
    following = 8 - first.bit_length()
    value = int.from_bytes(bytes([first & (0x7F >> following)]) + file.read(following))
    return None if value == (1 << 7 * (following + 1)) - 1 else value


def _byte(file: BinaryIO) -> int:
    found = file.read(1)
    if not found:
        raise CutShort
    return found[0]


_FILE_WALKS: dict[str, Callable[[BinaryIO, int], None]] = {
    "mov": _walk_boxes,
    "AVIF": _walk_boxes,
    "WEBP": _check_riff,
    "avi": _check_riff,
    "matroska": _walk_ebml,
}
_PICTURE_WALKS: dict[str, Callable[[mmap.mmap], None]] = {
    "JPEG": walk_jpeg,
    "PNG": walk_png,
    "GIF": walk_gif,
    "TIFF": check_tiff,
    "BMP": check_bmp,
}
