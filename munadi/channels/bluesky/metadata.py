"""A picture without its metadata: where it was taken, when, with which device. Pure.

The network serves an uploaded picture byte for byte to everyone (com.atproto.sync.getBlob) and strips nothing
(docs/networks/bluesky.md, section 4). The pixels are not encoded again; colour profile and orientation stay.
Source: ITU T.81 annex B (JPEG), w3.org/TR/png-3 (PNG), developers.google.com/speed/webp/docs/riff_container (WebP).
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator

EXIF_HEADER = b"Exif\x00\x00"
# JPEG markers: end, picture data, comment, APP1 to APP15. In picture data a marker is FF and none of these.
END, SCAN, COMMENT, NOTES = 0xD9, 0xDA, 0xFE, range(0xE1, 0xF0)
NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
PNG_START = b"\x89PNG\r\n\x1a\n"
PNG_NOTES = frozenset({b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME"})
WEBP_NOTES = frozenset({b"EXIF", b"XMP "})
HAS_EXIF, HAS_XMP = 0x08, 0x04  # flags of VP8X
# More parts than any real picture of the few megabytes that the network takes; each costs a microsecond here.
MAX_PARTS = 100_000
# EXIF is a TIFF file: byte order, then a directory of fields of 12 bytes (TIFF 6.0, section 2).
BYTE_ORDERS = {b"II*\x00": "<", b"MM\x00*": ">"}
ORIENTATION, SHORT, FIELD_BYTES = 0x0112, 3, 12


def without_metadata(content: bytes, mime_type: str) -> bytes:
    """A picture with no metadata but its orientation. Other content is returned as it is."""
    strip = {"image/jpeg": _jpeg, "image/png": _png, "image/webp": _webp}.get(mime_type)
    try:
        return strip(content) if strip else content
    except (ValueError, IndexError, struct.error):
        return content


def _turned(exif: bytes) -> bytes:
    """An EXIF block (without its header) with only the orientation; empty when the picture is upright."""
    turned = _orientation(exif.removeprefix(EXIF_HEADER))
    if turned not in range(2, 9):
        return b""
    return struct.pack("<4sIHHHIII", b"II*\x00", 8, 1, ORIENTATION, SHORT, 1, turned, 0)


def _orientation(tiff: bytes) -> int:
    """EXIF's number for the orientation; 0 without one."""
    order = BYTE_ORDERS.get(tiff[:4])
    if order is None:
        return 0
    try:
        (start,) = struct.unpack_from(f"{order}I", tiff, 4)
        (fields,) = struct.unpack_from(f"{order}H", tiff, start)
        for number in range(fields):
            field = struct.unpack_from(f"{order}HHIH", tiff, start + 2 + number * FIELD_BYTES)
            if field[:3] == (ORIENTATION, SHORT, 1):
                return int(field[3])
    except struct.error:  # cut short
        return 0
    return 0


def _bounded(parts: int) -> None:
    if parts > MAX_PARTS:
        raise ValueError("too many parts")


def _jpeg(content: bytes) -> bytes:
    """Without APP1 (Exif, XMP) and similar segments, comments, and what phones append after the end."""
    kept, exif = [], b""
    for marker, segment in _segments(content):
        if marker == 0xE1 and not exif and segment[4:].startswith(EXIF_HEADER):
            exif = segment[4:]
        if marker != COMMENT and not _is_note(marker, segment):
            kept.append(segment)
    if turned := _turned(exif):
        kept.insert(0, b"\xff\xe1" + struct.pack(">H", 2 + len(EXIF_HEADER + turned)) + EXIF_HEADER + turned)
    return b"".join([content[:2], *kept])


def _segments(content: bytes) -> Iterator[tuple[int, bytes]]:
    at, marker, parts = 2, 0, 0
    while marker != END:
        _bounded(parts := parts + 1)
        if content[at] != 0xFF:
            raise ValueError("no marker")
        marker = content[at + 1]
        end = at + 2 if marker == END else at + 2 + int(struct.unpack_from(">H", content, at + 2)[0])
        if marker == SCAN:
            found = NEXT_MARKER.search(content, end)
            if found is None:
                raise ValueError("no end")
            end = found.start()
        yield marker, content[at:end]
        at = end


def _is_note(marker: int, segment: bytes) -> bool:
    """ICC profiles (APP2) and Adobe's colour mark (APP14) are needed to show the picture."""
    colour = (marker == 0xE2 and segment[4:].startswith(b"ICC_PROFILE\x00")) or marker == 0xEE
    return marker in NOTES and not colour


def _png(content: bytes) -> bytes:
    if not content.startswith(PNG_START):
        raise ValueError("no PNG")
    kept, at, kind, parts, exif = [PNG_START], len(PNG_START), b"", 0, b""
    while kind != b"IEND":
        _bounded(parts := parts + 1)
        (size,), kind = struct.unpack_from(">I", content, at), content[at + 4 : at + 8]
        if kind == b"eXIf" and not exif:
            exif = content[at + 8 : at + 8 + size]
        if kind not in PNG_NOTES:
            kept.append(content[at : at + 12 + size])
        at += 12 + size
    if turned := _turned(exif):
        body = b"eXIf" + turned
        kept.insert(2, struct.pack(">I", len(turned)) + body + struct.pack(">I", zlib.crc32(body)))
    return b"".join(kept)


def _webp(content: bytes) -> bytes:
    if content[:4] != b"RIFF" or content[8:12] != b"WEBP":
        raise ValueError("no WebP")
    kept: list[tuple[bytes, bytes]] = []
    at, parts, exif = 12, 0, b""
    while at < 8 + struct.unpack_from("<I", content, 4)[0]:
        _bounded(parts := parts + 1)
        kind, (size,) = content[at : at + 4], struct.unpack_from("<I", content, at + 4)
        if kind == b"EXIF" and not exif:
            exif = content[at + 8 : at + 8 + size]
        if kind not in WEBP_NOTES:
            kept.append((kind, content[at : at + 8 + size + size % 2]))
        at += 8 + size + size % 2
    turned = _turned(exif)
    chunks = [_flagged(chunk, turned) if kind == b"VP8X" else chunk for kind, chunk in kept]
    if turned:
        chunks.append(b"EXIF" + struct.pack("<I", len(turned)) + turned + b"\0" * (len(turned) % 2))
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _flagged(chunk: bytes, turned: bytes) -> bytes:
    """The VP8X chunk, which lists the other chunks of the file."""
    flags = chunk[8] & ~(HAS_EXIF | HAS_XMP) | (HAS_EXIF if turned else 0)
    return chunk[:8] + bytes([flags]) + chunk[9:]
