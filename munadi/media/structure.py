"""Is a file as long as it says, and as simple? Walks the outer frames of formats whose readers do not look."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from munadi.media.facts import MediaCode, MediaRefused
from munadi.media.sniff import Kind

_MAX_BOXES = 100_000
_MAX_BLOCKS = 1_000_000
# Cameras and editors write 1 to about 10 for a picture, and a few pictures into one file. Each is a pass over the whole
# picture, and a pass can be written in a hundred octets.
MAX_SCANS = 200
_SCAN = b"\xff\xda"


class _CutShort(Exception):
    """The next frame ends behind the file's end."""


def check_complete(path: Path, kind: Kind, size: int) -> None:
    """Raises MediaRefused (MEDIA_CORRUPT) for a file of one of the formats in `_WALKS` that is cut short."""
    walk = _WALKS.get(kind.reader)
    if walk is None:
        return
    try:
        with path.open("rb") as file:
            walk(file, size)
    except _CutShort as error:
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
            raise _CutShort
        position += length
    raise _CutShort


def _check_riff(file: BinaryIO, size: int) -> None:
    file.seek(4)
    if int.from_bytes(file.read(4), "little") + 8 > size:
        raise _CutShort


def _walk_png(file: BinaryIO, size: int) -> None:
    """Chunks of length (4 bytes), type, content and checksum (4 bytes), up to IEND."""
    position = 8
    for _ in range(_MAX_BLOCKS):
        file.seek(position)
        header = file.read(8)
        position += 12 + int.from_bytes(header[:4])
        if len(header) < 8 or position > size:
            raise _CutShort
        if header[4:] == b"IEND":
            return
    raise _CutShort


def _walk_ebml(file: BinaryIO, size: int) -> None:
    """Matroska: a header element, then a segment whose size may be unknown (all ones, as in a live stream)."""
    file.seek(4)
    header = _ebml_size(file)
    position = file.tell() + (header or 0)
    if position > size:
        raise _CutShort
    file.seek(position)
    if file.read(4) != b"\x18\x53\x80\x67":
        return  # something stands before the segment: the reader will say what it thinks of it
    segment = _ebml_size(file)
    if segment is not None and file.tell() + segment > size:
        raise _CutShort


def _ebml_size(file: BinaryIO) -> int | None:
    """A variable-length size: the leading zero bits of the first byte count the bytes that follow."""
    first = _byte(file)
    following = 8 - first.bit_length()
    value = int.from_bytes(bytes([first & (0x7F >> following)]) + file.read(following))
    return None if value == (1 << 7 * (following + 1)) - 1 else value


def _count_scans(file: BinaryIO, _size: int) -> None:
    """A JPEG's start-of-scan markers: inside a scan's own data, 0xFF is always followed by 0."""
    scans, before = 0, b""
    while part := file.read(1 << 20):
        scans += (before + part).count(_SCAN)
        if scans > MAX_SCANS:
            text = f"an image/jpeg has at most {MAX_SCANS} scans"
            raise MediaRefused(MediaCode.MEDIA_CORRUPT, text, limit=MAX_SCANS, actual=scans)
        before = part[-1:]


def _walk_gif(file: BinaryIO, _size: int) -> None:
    """GIF89a: screen descriptor, then blocks by their introducer, up to the trailer 0x3B."""
    file.seek(10)
    _skip_colors(file, _byte(file), extra=2)
    blocks = 0
    while (introducer := _byte(file)) != 0x3B:
        if introducer == 0x21:  # extension: a label, then sub-blocks
            _byte(file)
        elif introducer == 0x2C:  # image: 8 bytes of position, flags, perhaps colours, code size
            file.seek(8, os.SEEK_CUR)
            _skip_colors(file, _byte(file), extra=0)
            _byte(file)
        else:
            raise _CutShort
        while length := _byte(file):
            file.seek(length, os.SEEK_CUR)
            blocks += 1
            if blocks > _MAX_BLOCKS:
                raise _CutShort


def _skip_colors(file: BinaryIO, flags: int, *, extra: int) -> None:
    colors = 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0
    file.seek(colors + extra, os.SEEK_CUR)


def _byte(file: BinaryIO) -> int:
    found = file.read(1)
    if not found:
        raise _CutShort
    return found[0]


_WALKS: dict[str, Callable[[BinaryIO, int], None]] = {
    "mov": _walk_boxes,
    "AVIF": _walk_boxes,
    "WEBP": _check_riff,
    "avi": _check_riff,
    "JPEG": _count_scans,
    "PNG": _walk_png,
    "GIF": _walk_gif,
    "matroska": _walk_ebml,
}
