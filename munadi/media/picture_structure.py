"""Walks over the parts of a picture file, before a decoder sees it.

Rule: each walk is linear, takes a bounded number of steps and copies nothing. Pillow reads the headers of
these formats in Python, part by part, so a file of many tiny parts costs minutes or gigabytes there. No camera, phone
or editor comes near these limits.
"""

import mmap
import struct

from munadi.domain.media_facts import MediaCode, MediaRefused

# JPEG: the parts before the picture data, those that hold EXIF (Pillow joins them one by one, which is quadratic), and
# bytes that belong to no part.
MAX_SEGMENTS = 4_096
MAX_EXIF_SEGMENTS = 64
MAX_JUNK = 100_000
# Cameras and editors write 1 to about 10 scans for a picture, and a few pictures into one file. Each is a pass over
# the whole picture, and can be written in a hundred bytes.
MAX_SCANS = 200
MAX_PNG_CHUNKS = 100_000
# GIF: frames and extensions, and the blocks of up to 255 bytes that all their data is cut into.
MAX_GIF_PARTS = 100_000
MAX_GIF_BLOCKS = 1_000_000
# TIFF: the numbers of one field, such as the places of all strips of the picture.
MAX_TIFF_VALUES = 200_000
# Pillow decodes a run-length encoded BMP in Python, pixel by pixel.
MAX_RLE_PIXELS = 4_000_000

_SCAN = b"\xff\xda"
# Markers without a length, by Pillow's table: restarts, start, end, and extensions.
_BARE = frozenset({0xC8, *range(0xD0, 0xDA), *range(0xF0, 0xFE)})
_TIFF_BYTES = frozenset({1, 2, 6, 7})
_TIFF_ENTRY = 12


class CutShort(Exception):
    """The next part ends behind the file's end."""


def walk_jpeg(data: mmap.mmap) -> None:
    """The segments before the picture data, and the number of scans. Source: ITU T.81, annex B."""
    _count_scans(data)
    at, segments, exif, junk, end = 2, 0, 0, 0, len(data)
    while at + 1 < end:
        start = data.find(b"\xff", at, end - 1)
        junk += (start if start >= 0 else end) - at
        _check("an image/jpeg", "bytes between its segments", junk, MAX_JUNK)
        if start < 0:
            break
        marker = data[start + 1]
        if marker == 0xDA:
            return  # the picture data begins
        if marker in (0x00, 0xFF):
            junk, at = junk + 1, start + 1
            continue
        length = 0 if marker in _BARE else max(int.from_bytes(data[start + 2 : start + 4]), 2)
        exif += marker == 0xE1 and data[start + 4 : start + 10] == b"Exif\0\0"
        segments, at = segments + 1, start + 2 + length
        _check("an image/jpeg", "segments", segments, MAX_SEGMENTS)
        _check("an image/jpeg", "EXIF segments", exif, MAX_EXIF_SEGMENTS)
    raise CutShort


def _count_scans(data: mmap.mmap) -> None:
    """Start-of-scan markers: inside a scan's own data, 0xFF is always followed by 0."""
    scans, at = 0, -1
    while (at := data.find(_SCAN, at + 1)) >= 0:
        scans += 1
        _check("an image/jpeg", "scans", scans, MAX_SCANS)


def walk_png(data: mmap.mmap) -> None:
    """Chunks of length (4 bytes), type, content and checksum (4 bytes), up to IEND. Source: w3.org/TR/png-3."""
    position, chunks, kind = 8, 0, b""
    while kind != b"IEND":
        kind = data[position + 4 : position + 8]
        position += 12 + int.from_bytes(data[position : position + 4])
        if len(kind) < 4 or position > len(data):
            raise CutShort
        chunks += 1
        _check("an image/png", "chunks", chunks, MAX_PNG_CHUNKS)


def walk_gif(data: mmap.mmap) -> None:
    """Screen descriptor, then parts by their first byte, up to the trailer 0x3B. Source: GIF89a specification."""
    try:
        _walk_gif(data)
    except IndexError:
        raise CutShort from None


def _walk_gif(data: mmap.mmap) -> None:
    at = 13 + _gif_colors(data[10])
    parts = blocks = 0
    while (introducer := data[at]) != 0x3B:
        if introducer == 0x21:  # extension: a label, then blocks
            at += 2
        elif introducer == 0x2C:  # frame: 8 bytes of position, flags, perhaps colours, code size, then blocks
            at += 11 + _gif_colors(data[at + 9])
        else:
            raise CutShort
        while length := data[at]:
            at += 1 + length
            blocks += 1
            if blocks > MAX_GIF_BLOCKS:
                _check("an image/gif", "blocks", blocks, MAX_GIF_BLOCKS)
        at += 1
        parts += 1
        _check("an image/gif", "frames and extensions", parts, MAX_GIF_PARTS)


def _gif_colors(flags: int) -> int:
    """Bytes of the colour table that these flags announce."""
    return int(3 * 2 ** ((flags & 7) + 1)) if flags & 0x80 else 0


def check_tiff(data: mmap.mmap) -> None:
    """The fields of the first directory. Source: TIFF 6.0, section 2. What it misses is for the decoder to refuse."""
    order = "<" if data[:2] == b"II" else ">"
    try:
        (start,) = struct.unpack_from(f"{order}I", data, 4)
        (fields,) = struct.unpack_from(f"{order}H", data, start)
        for number in range(fields):
            _, kind, values = struct.unpack_from(f"{order}HHI", data, start + 2 + number * _TIFF_ENTRY)
            if kind not in _TIFF_BYTES:
                _check("an image/tiff", "numbers in a field", values, MAX_TIFF_VALUES)
    except struct.error:
        raise CutShort from None


def check_bmp(data: mmap.mmap) -> None:
    """Refuse a large run-length encoded picture. Source: the headers BITMAPFILEHEADER and BITMAPINFOHEADER."""
    if len(data) < 34:
        raise CutShort
    header, width, height, _, _, encoding = struct.unpack_from("<IiiHHI", data, 14)
    # A run may also add no pixel at all, so the bytes count as well.
    actual = max(abs(width * height), len(data))
    if header >= 40 and encoding in (1, 2) and actual > MAX_RLE_PIXELS:
        raise MediaRefused(
            MediaCode.MEDIA_TOO_MANY_PIXELS,
            f"a run-length encoded image/bmp has at most {MAX_RLE_PIXELS} pixels and bytes",
            limit=MAX_RLE_PIXELS,
            actual=actual,
        )


def _check(what: str, parts: str, actual: int, limit: int) -> None:
    if actual > limit:
        text = f"{what} has at most {limit} {parts}"
        raise MediaRefused(MediaCode.MEDIA_CORRUPT, text, limit=limit, actual=actual)
