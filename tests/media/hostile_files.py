"""Hostile pictures and videos. Each is small or cheap to make, and costs a careless reader much time or memory."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from functools import partial

from PIL import Image

from tests.api import hostile

GIF_HEAD = b"GIF89a\1\0\1\0\0\0\0"
GIF_FRAME = b"\x2c\0\0\0\0\1\0\1\0\x80\0\0\0\xff\xff\xff\2\2\x44\1\0"
FTYP = b"\0\0\0\x14ftypisom\0\0\0\0isom"


def _saved(kind: str, size: tuple[int, int] = (8, 8)) -> bytes:
    out = io.BytesIO()
    Image.new("L", size).save(out, kind)
    return out.getvalue()


def _jpeg(inserted: bytes) -> bytes:
    whole = _saved("JPEG")
    return whole[:2] + inserted + whole[2:]


def _png(*chunks: tuple[bytes, bytes], side: int = 1) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0))
    rest = chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunk(*each) for each in chunks) + rest


def _repeated_png(count: int) -> bytes:
    whole = _png()
    tiny = struct.pack(">I", 0) + b"teSt" + struct.pack(">I", zlib.crc32(b"teSt"))
    return whole[:33] + tiny * count + whole[33:]


def _overlapping_fields(fields: int, size: int) -> bytes:
    """A TIFF directory whose fields all claim the same bytes: read one by one they are `fields` times as many."""
    entries = b"".join(struct.pack("<HHII", 1000 + number, 1, size, 8) for number in range(fields))
    return b"II*\0" + struct.pack("<IH", 8, fields) + entries + bytes(4 + size)


def _webp(exif: bytes) -> bytes:
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\x08\0\0\0\7\0\0\7\0\0" + _saved("WEBP")[12:]
    body += b"EXIF" + struct.pack("<I", len(exif)) + exif
    return b"RIFF" + struct.pack("<I", len(body)) + body


def animation(width: int, height: int) -> bytes:
    """A WebP that claims this size around a tiny frame."""
    size = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    frame = b"\0" * 6 + b"\7\0\0\7\0\0" + b"\x64\0\0\0" + _saved("WEBP")[12:]
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\2\0\0\0" + size
    body += b"ANIM" + struct.pack("<I", 6) + b"\0" * 6 + b"ANMF" + struct.pack("<I", len(frame)) + frame
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _vast_jpeg() -> bytes:
    """A JPEG that claims 65 500 pixels a side."""
    whole = bytearray(_saved("JPEG"))
    struct.pack_into(">HH", whole, whole.index(b"\xff\xc0") + 5, 65_500, 65_500)
    return bytes(whole)


def _strips(count: int) -> bytes:
    """A TIFF of 8 by 8 pixels in so many strips."""
    fields = [(256, 3, 1, 8), (257, 3, 1, 8), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)]
    fields += [(273, 4, count, 200), (277, 3, 1, 1), (278, 3, 1, 8), (279, 4, count, 200 + 4 * count)]
    head = b"II*\0" + struct.pack("<IH", 8, len(fields)) + b"".join(struct.pack("<HHII", *each) for each in fields)
    return head.ljust(200, b"\0") + struct.pack("<I", 200) * count + struct.pack("<I", 64) * count


def _bmp(side: int, runs: bytes) -> bytes:
    """A run-length encoded BMP."""
    return b"BM" + struct.pack("<IHHIIiiHHIIiiII", 0, 0, 0, 54, 40, side, side, 1, 8, 1, 0, 0, 0, 0, 0) + runs


def _box(kind: bytes, content: bytes = b"", size: int | None = None) -> bytes:
    return struct.pack(">I", len(content) + 8 if size is None else size) + kind + content


def _nested(depth: int) -> bytes:
    heads = b"".join(_box(b"moov", size=8 * (depth - level)) for level in range(depth))
    return FTYP + heads


def _cut(make: Callable[[], bytes], share: float) -> bytes:
    whole = make()
    return whole[: int(len(whole) * share)]


PICTURES: dict[str, Callable[[], bytes]] = {
    "gif of 20 million extensions": lambda: GIF_HEAD + b"\x21\x01\0" * 20_000_000 + GIF_FRAME + b"\x3b",
    "gif of 3 million tiny blocks": lambda: GIF_HEAD + b"\x21\xfe" + b"\1a" * 3_000_000 + b"\0" + GIF_FRAME + b"\x3b",
    "gif of 2 million frames": lambda: GIF_HEAD + GIF_FRAME * 2_000_000 + b"\x3b",
    "gif with a comment of 20 MB": lambda: GIF_HEAD + b"\x21\xfe" + (b"\xff" + b"a" * 255) * 80_000 + b"\0" + GIF_FRAME,
    "gif that ends in a block": lambda: GIF_HEAD + b"\x21\xfe\xffa",
    "gif of a screen of 4 billion pixels": lambda: b"GIF89a\xff\xff\xff\xff\0\0\0" + GIF_FRAME + b"\x3b",
    "jpeg of a million empty segments": lambda: _jpeg(b"\xff\xe5\0\2" * 1_000_000),
    "jpeg of segments without a length": lambda: _jpeg(b"\xff\xe5\0\0" * 1_000_000),
    "jpeg of a million EXIF segments": lambda: _jpeg(b"\xff\xe1\0\x09Exif\0\0a" * 1_000_000),
    "jpeg of fill bytes": lambda: _jpeg(b"\xff" * 30_000_000),
    "jpeg of junk": lambda: _saved("JPEG")[:20] + b"a" * 30_000_000,
    "jpeg of a marker and nothing": lambda: b"\xff\xd8\xff",
    "jpeg of 4 billion pixels": _vast_jpeg,
    "jpeg of ten thousand scans": partial(hostile.scans, 10_000, 800),
    "jpeg with overlapping EXIF fields": lambda: _jpeg(
        b"\xff\xe1\xfd\xe8Exif\0\0" + _overlapping_fields(4000, 50_000)[:64_992]
    ),
    "png of 2 million chunks": lambda: _repeated_png(2_000_000),
    "png with a chunk of 2 GB": lambda: _png()[:33] + b"\x7f\xff\xff\xffIDAT",
    "png with a chunk of negative size": lambda: _png()[:33] + b"\xff\xff\xff\xf4teSt" + _png()[33:],
    "png of 2.5 billion pixels": partial(hostile.png, 50_000, 50_000),
    "png with a text that unfolds to 100 MB": lambda: _png((b"zTXt", b"a\0\0" + zlib.compress(bytes(100_000_000)))),
    "png with overlapping EXIF fields": lambda: _png((b"eXIf", _overlapping_fields(60_000, 9_000_000))),
    "webp with overlapping EXIF fields": lambda: _webp(_overlapping_fields(60_000, 9_000_000)),
    "webp of 268 million pixels": partial(animation, 16_383, 16_383),
    "webp with a chunk of 4 GB": lambda: b"RIFF\x24\0\0\0WEBPVP8 \xff\xff\xff\xff" + bytes(24),
    "tiff with overlapping fields": lambda: _overlapping_fields(60_000, 9_000_000),
    "tiff of 2 million strips": lambda: _strips(2_000_000),
    "tiff whose directory is itself": lambda: b"II*\0\x04\0\0\0" + bytes(2000),
    "bmp of runs over 64 million pixels": lambda: _bmp(8_000, bytes(40_000)),
    "bmp of runs that add nothing": lambda: _bmp(10, bytes(20_000_000)),
    "bmp of negative size": lambda: _bmp(-2_147_483_648, bytes(1000)),
    "png that continues as a jpeg": lambda: _png()[:33] + _saved("JPEG"),
    "jpeg that continues as html": lambda: _saved("JPEG") + b"<script>alert(1)</script>",
    "gif that is a script": lambda: b"GIF89a/*" + bytes(500) + b"*/=1;alert(1)",
    "cut png": partial(_cut, _png, 0.6),
    "cut webp": partial(_cut, partial(_saved, "WEBP", (64, 64)), 0.7),
}
VIDEOS: dict[str, Callable[[], bytes]] = {
    "mp4 with a box of 16 exabytes": lambda: FTYP + b"\0\0\0\1moov" + b"\xff" * 8,
    "mp4 with a box of no size": lambda: FTYP + _box(b"moov", size=0),
    "mp4 with a box of 4 bytes": lambda: FTYP + _box(b"moov", size=4) + bytes(100),
    "mp4 with a box of negative size": lambda: FTYP + _box(b"moov", size=0xFFFFFFF8) + bytes(100),
    "mp4 of ten million boxes": lambda: FTYP + _box(b"free") * 10_000_000,
    "mp4 of a million boxes in one": lambda: FTYP + _box(b"moov", _box(b"free") * 1_000_000),
    "mp4 of boxes in boxes": partial(_nested, 100_000),
    "mp4 with an endless index": hostile.endless_index,
    "cut mp4": lambda: bytes(hostile.film())[:-300],
    "mp4 that continues as a gif": lambda: FTYP + GIF_HEAD + GIF_FRAME,
    "matroska of sizes without an end": lambda: b"\x1aE\xdf\xa3" + b"\0" * 200,
}
FILES = PICTURES | VIDEOS
