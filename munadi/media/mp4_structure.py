"""What only the boxes of an MP4 or MOV say: where its index stands, its edit lists, and how long its frames last.

ISO 14496-12. Rule: every walk takes a bounded number of steps, whatever the file says. What cannot be read is not
known.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from munadi.domain.video import EditList

_MAX_BOXES = 10_000
_MAX_RUNS = 10_000
# A longer move of the start than encoders need for their first frames is a cut. In seconds.
_LONGEST_DELAY = 0.25
# Rounding to the clock of the file makes frames differ by one tick; a part of a frame is no other rate.
_TOLERANCE = 0.02

Span = tuple[int, int]


@dataclass(frozen=True)
class Mp4Structure:
    """None where the file does not say."""

    moov_first: bool | None = None
    edit_list: EditList | None = None
    constant_fps: bool | None = None


def read_structure(path: Path) -> Mp4Structure:
    """The structure of the MP4 or MOV at `path`. Raises OSError."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        outer = list(_boxes(data, (0, len(data))))
        moov = next((span for name, span in outer if name == b"moov"), None)
        media = next((span for name, span in outer if name == b"mdat"), None)
        if moov is None:
            return Mp4Structure()
        tracks = [span for name, span in _boxes(data, moov) if name == b"trak"]
        edits = [_edits(data, track) for track in tracks]
        worst = next((kind for kind in (EditList.CUT, EditList.PLAIN) if kind in edits), EditList.NONE)
        video = next((track for track in tracks if _handler(data, track) == b"vide"), None)
        is_fragmented = any(name == b"moof" for name, _ in outer)
        constant = None if video is None or is_fragmented else _constant(data, video)
        return Mp4Structure(None if media is None else moov < media, worst, constant)


def _boxes(data: mmap.mmap, span: Span) -> Iterator[tuple[bytes, Span]]:
    """The boxes within a span: their types, and where their contents stand."""
    position, end = span
    for _ in range(_MAX_BOXES):
        if end - position < 8:
            return
        length, name, header = int.from_bytes(data[position : position + 4]), data[position + 4 : position + 8], 8
        if length == 1:
            length, header = int.from_bytes(data[position + 8 : position + 16]), 16
        length = end - position if length == 0 else length
        if length < header or position + length > end:
            return
        yield name, (position + header, position + length)
        position += length


def _find(data: mmap.mmap, span: Span, *path: bytes) -> Span | None:
    found: Span | None = span
    for name in path:
        found = next((inner for each, inner in _boxes(data, found) if each == name), None) if found else None
    return found


def _handler(data: mmap.mmap, track: Span) -> bytes:
    span = _find(data, track, b"mdia", b"hdlr")
    return data[span[0] + 8 : span[0] + 12] if span else b""


def _edits(data: mmap.mmap, track: Span) -> EditList:
    """One entry that begins within the first frames only moves the start; anything else leaves something out."""
    span = _find(data, track, b"edts", b"elst")
    if span is None:
        return EditList.NONE
    start = span[0]
    wide, count = data[start] == 1, int.from_bytes(data[start + 4 : start + 8])
    size = 8 if wide else 4
    first = start + 8 + size
    begins = int.from_bytes(data[first : first + size], signed=True)
    scale = _timescale(data, track)
    is_plain = count == 1 and 0 <= begins <= _LONGEST_DELAY * scale
    return EditList.PLAIN if is_plain else EditList.CUT


def _timescale(data: mmap.mmap, track: Span) -> int:
    span = _find(data, track, b"mdia", b"mdhd")
    if span is None:
        return 0
    at = span[0] + (20 if data[span[0]] == 1 else 12)
    return int.from_bytes(data[at : at + 4])


def _constant(data: mmap.mmap, track: Span) -> bool | None:
    """Whether the frames of a track last equally long, but for the last one."""
    span = _find(data, track, b"mdia", b"minf", b"stbl", b"stts")
    if span is None:
        return None
    count = int.from_bytes(data[span[0] + 4 : span[0] + 8])
    if count > _MAX_RUNS:
        return False
    runs = []
    for number in range(count):
        at = span[0] + 8 + 8 * number
        if at + 8 > span[1]:
            return None
        runs.append((int.from_bytes(data[at : at + 4]), int.from_bytes(data[at + 4 : at + 8])))
    if runs and runs[-1][0] == 1:
        runs.pop()
    lasts = [length for _, length in runs]
    if not lasts:
        return None
    # The clock of a file may not divide into frames: then they last one tick more or less.
    return max(lasts) - min(lasts) <= max(1, _TOLERANCE * min(lasts))
