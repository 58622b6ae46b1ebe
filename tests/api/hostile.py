"""Small hostile files: each declares far more than it holds."""

from __future__ import annotations

import io
import struct
import tempfile
import zlib
from pathlib import Path

import av
from PIL import Image

# FFmpeg would allocate gigabytes for so many samples.
MANY = 85_000_000


def png(width: int, height: int) -> bytes:
    """A PNG that declares this size and holds almost nothing."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


def gif(frames: int, side: int = 8000) -> bytes:
    """A GIF of a large screen and many tiny frames, cut before its end."""
    head = b"GIF89a" + struct.pack("<HHBBB", side, side, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    frame = b"\x21\xf9\x04\0\x0a\0\0\0\x2c\0\0\0\0\2\0\2\0\0\2\2\x44\x0a\0"
    return head + frame * frames


def scans(count: int, side: int = 8000) -> bytes:
    """A progressive JPEG whose decoder reads the whole picture many times."""
    buffer = io.BytesIO()
    Image.new("L", (side, side), 128).save(buffer, "JPEG", progressive=True, quality=20)
    head, dc, ac, *_ = buffer.getvalue().split(b"\xff\xda")
    return b"\xff\xda".join([head, dc, *[ac] * count]) + b"\xff\xd9"


def film(**options: str) -> bytearray:
    """A valid MP4 of one second, without audio, to be patched."""
    with tempfile.TemporaryDirectory(prefix="munadi-film-") as folder:
        path = Path(folder) / "film.mp4"
        with av.open(str(path), "w", format="mp4", options=options) as container:
            stream = container.add_stream("libx264", rate=30)
            stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
            for _ in range(30):
                frame = av.VideoFrame(320, 240, "yuv420p")
                for plane in frame.planes:
                    plane.update(bytes(plane.buffer_size))
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        return bytearray(path.read_bytes())


def patched(file: bytearray, *patches: tuple[bytes, int, int]) -> bytes:
    """A file with 32-bit numbers written at an offset after the name of a box."""
    for name, offset, value in patches:
        struct.pack_into(">I", file, file.index(name) + 4 + offset, value)
    return bytes(file)


def endless_index() -> bytes:
    """An MP4 of some kilobytes with an index of gigabytes."""
    return patched(
        film(), (b"stsz", 4, 1), (b"stsz", 8, MANY), (b"stts", 8, MANY), (b"stsc", 8, 1), (b"stsc", 12, MANY)
    )


def endless_fragment() -> bytes:
    """The same in a fragment: a run of samples of no bytes."""
    return patched(film(movflags="frag_keyframe+empty_moov"), (b"trun", 0, 0), (b"trun", 4, MANY))


def timeless() -> bytes:
    """An MP4 without duration."""
    return patched(film(), (b"stts", 12, 0), (b"mdhd", 16, 0), (b"mvhd", 16, 0), (b"tkhd", 20, 0))


def broken_index() -> bytes:
    """An MP4 with whole boxes and junk in place of the index."""
    file = film()
    start = file.index(b"moov") + 4
    file[start:] = b"\xa5" * (len(file) - start)
    return bytes(file)


def vast() -> bytes:
    """An MP4 with an absurd picture size in its container, and no header of the stream with another size."""
    file = film()
    start = file.index(b"avcC") + 4
    struct.pack_into(">HH", file, file.index(b"avc1", file.index(b"stsd")) + 4 + 24, 65535, 65535)
    file[start : start + 40] = bytes(40)
    return bytes(file)
