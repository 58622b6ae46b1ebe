"""Makes the rendition of a video by FFmpeg's libraries: an MP4 that every player and network takes.

Only the child process imports this (`munadi/media/convert_child.py`), as with `video_reading`.
H.264 of 4:2:0 and 8 bits, square pixels, an even rate, a key frame every two seconds and none that refers across it,
AAC, the index first, no edit list, no rotation, no metadata. Source: docs/guides/files-that-fit.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import av

from munadi.domain.fitting import Recipe
from munadi.domain.media_facts import MediaCode, MediaRefused
from munadi.media.probe_process import MAX_VIDEO_PIXELS

_OPEN_SECONDS = 10.0
# Without an edit list, B-frames and the start of the sound would move the pictures against the sound.
_WRITING = {"movflags": "+faststart", "use_editlist": "0"}
_AUDIO_RATE, _AUDIO_BITS, _FRAME = 48_000, 128_000, 1024
# In samples: smaller differences are the roundings of a container's clock.
_LONGEST_GAP = _AUDIO_RATE // 10
_TURNS = {90: ("transpose", "cclock"), 270: ("transpose", "clock")}
_QUALITY, _PRESET = "20", "veryfast"
# From a high dynamic range to that of every screen.
_TONE_MAP = "out_primaries=bt709:out_transfer=bt709:out_color_matrix=bt709:out_range=limited"

Report = Callable[[float], None]


def convert(source: Path, reader: str, target: Path, recipe: Recipe, report: Report) -> None:
    """Write the rendition of `source` to `target`. `report` gets the part of the time that is done, from 0 to 1.

    Raises MediaRefused for a file that cannot be read to its end.
    """
    options = {"protocol_whitelist": "file", "max_pixels": str(MAX_VIDEO_PIXELS)}
    try:
        with (
            av.open(f"file:{source.resolve()}", format=reader, options=options, timeout=_OPEN_SECONDS) as given,
            av.open(str(target), "w", format="mp4", options=_WRITING) as made,
        ):
            _convert(given, made, recipe, report)
        _fill(target, recipe.least_bytes or 0)
    except MemoryError:
        raise
    except Exception as error:  # besides FFmpegError, PyAV raises nearly anything on damaged bytes
        why = f"{type(error).__name__}: {str(error)[:200]}"
        text = f"the video is damaged, or cannot be converted: {why}"
        raise MediaRefused(MediaCode.MEDIA_CORRUPT, text) from error


def _fill(target: Path, least: int) -> None:
    """Make the file as large as the network wants it, by an empty box at its end, which every reader skips."""
    lacking = least - target.stat().st_size
    if lacking > 0:
        size = max(lacking, 8)
        with target.open("ab") as file:
            file.write(size.to_bytes(4) + b"free" + bytes(size - 8))


def _convert(
    given: av.container.InputContainer, made: av.container.OutputContainer, recipe: Recipe, report: Report
) -> None:
    pictures = next(s for s in given.streams.video if not s.disposition & av.stream.Disposition.attached_pic)
    copied = recipe.pictures == "copy"
    tracks: dict[int, _Track] = {
        pictures.index: _Copy(made, pictures)
        if copied
        else _Pictures(made, pictures, recipe, (given.start_time or 0) / av.time_base)
    }
    if recipe.sound != "none" and given.streams.audio:
        sound = given.streams.audio[0]
        tracks[sound.index] = _Copy(made, sound) if recipe.sound == "copy" else _Sound(made, sound)
    length = (given.duration or 0) / av.time_base
    for packet in given.demux([given.streams[index] for index in tracks]):
        track = tracks[packet.stream.index]
        if packet.dts is not None and packet.time_base and length and packet.stream is pictures:
            report(min(max(float(packet.dts * packet.time_base) / length, 0.0), 1.0))
        for written in track.take(packet):
            made.mux(written)
    for track in tracks.values():
        for written in track.end():
            made.mux(written)


class _Track(Protocol):
    """A stream of the rendition."""

    def take(self, packet: av.Packet[Any]) -> Iterator[av.Packet[Any]]:
        """What a packet becomes; an empty one ends its stream."""

    def end(self) -> Iterator[av.Packet[Any]]:
        """What is left at the end."""


class _Copy:
    """A stream that is copied as it is."""

    def __init__(self, made: av.container.OutputContainer, stream: Any) -> None:
        self._stream = made.add_stream_from_template(stream)
        self._is_sound = stream.type == "audio"
        rate = getattr(stream, "average_rate", None)
        self._step = max(1, round(1 / (rate * stream.time_base))) if rate and stream.time_base else 1
        self._undated: list[av.Packet[Any]] = []
        self._last: int | None = None

    def take(self, packet: av.Packet[Any]) -> Iterator[av.Packet[Any]]:
        """The packet itself; an empty one ends a stream.

        Sound before the start only warms up its decoder: without an edit list it would move the pictures. Matroska
        does not say when its first pictures are decoded: each a step before the next.
        """
        if not packet.size or (self._is_sound and packet.pts is not None and packet.pts < 0):
            return
        if packet.dts is None:
            if self._last is None:
                self._undated.append(packet)
                return
            packet.dts = self._last + 1
        for number, early in enumerate(reversed(self._undated), start=1):
            early.dts = packet.dts - number * self._step
        for one in (*self._undated, packet):
            self._last, one.stream = one.dts, self._stream
            yield one
        self._undated.clear()

    def end(self) -> Iterator[av.Packet[Any]]:
        """A stream of nothing but such packets has them in their order."""
        for number, packet in enumerate(self._undated):
            packet.dts, packet.stream = number * self._step, self._stream
            yield packet


class _Pictures:
    """The pictures of a stream, through filters, into H.264."""

    def __init__(
        self, made: av.container.OutputContainer, stream: av.VideoStream, recipe: Recipe, start: float
    ) -> None:
        self._given, self._recipe, self._start = stream, recipe, start
        self._graph: av.filter.Graph | None = None
        stream.thread_count = 1
        rate = Fraction(recipe.fps or "30")
        options = {"crf": _QUALITY, "preset": _PRESET, "profile": "high", "bf": "0", "sc_threshold": "0"}
        options |= {"x264-params": "open-gop=0:force-cfr=1", "g": str(round(2 * rate)), "keyint_min": str(round(rate))}
        if recipe.bit_rate:
            options |= {"maxrate": str(recipe.bit_rate), "bufsize": str(recipe.bit_rate)}
        self._made = made.add_stream("libx264", rate=rate, options=options)
        self._made.width, self._made.height, self._made.pix_fmt = recipe.width, recipe.height, "yuv420p"
        self._made.codec_context.thread_count = 1
        self._made.codec_context.time_base = 1 / rate

    def take(self, packet: av.Packet[Any]) -> Iterator[av.Packet[Any]]:
        """What the pictures of a packet become."""
        for frame in packet.decode():
            self._push(frame)
            yield from self._pull()

    def end(self) -> Iterator[av.Packet[Any]]:
        """What is left within the filters and the encoder."""
        if self._graph is not None:
            self._graph.push(None)
            yield from self._pull()
        yield from self._made.encode(None)

    def _push(self, frame: av.VideoFrame) -> None:
        if self._graph is None:
            self._graph = self._filters(frame)
        self._graph.push(frame)

    def _pull(self) -> Iterator[av.Packet[Any]]:
        assert self._graph is not None
        while True:
            try:
                frame = self._graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            assert isinstance(frame, av.VideoFrame)
            frame.pict_type = 0  # the encoder decides
            yield from self._made.encode(frame)

    def _filters(self, frame: av.VideoFrame) -> av.filter.Graph:
        recipe, graph = self._recipe, av.filter.Graph()
        graph.threads = 1
        nodes = [
            graph.add_buffer(
                width=frame.width,
                height=frame.height,
                format=frame.format,
                time_base=self._given.time_base,
            )
        ]
        for name, arguments in _chain(recipe, int(frame.rotation) % 360, self._start):
            nodes.append(graph.add(name, arguments))
        nodes.append(graph.add("buffersink"))
        graph.link_nodes(*nodes).configure()
        return graph


def _chain(recipe: Recipe, rotation: int, start: float) -> Iterator[tuple[str, str]]:
    """The filters, in their order. Where the sound begins earlier, the first picture is shown from then on."""
    if recipe.deinterlace:
        yield "bwdif", "mode=send_frame"
    if rotation in _TURNS:
        yield _TURNS[rotation]
    elif rotation == 180:
        yield from (("hflip", ""), ("vflip", ""))
    size = f"w={recipe.inner_width}:h={recipe.inner_height}:flags=bicubic"
    yield "scale", f"{size}:{_TONE_MAP}" if recipe.tone_map else size
    yield "setsar", "1"
    if recipe.inner_width > recipe.width or recipe.inner_height > recipe.height:
        yield "crop", f"w={min(recipe.width, recipe.inner_width)}:h={min(recipe.height, recipe.inner_height)}"
    if recipe.inner_width < recipe.width or recipe.inner_height < recipe.height:
        yield "pad", f"w={recipe.width}:h={recipe.height}:x=-1:y=-1:color=black"
    yield "fps", f"fps={recipe.fps or 30}:start_time={start:.6f}"
    yield "format", "pix_fmts=yuv420p"


class _Sound:
    """The sound of a stream as AAC in stereo."""

    def __init__(self, made: av.container.OutputContainer, stream: av.AudioStream) -> None:
        self._made = made.add_stream("aac", rate=_AUDIO_RATE, layout="stereo", options={"b": str(_AUDIO_BITS)})
        self._next: int | None = None
        self._resampler = av.AudioResampler(format="fltp", layout="stereo", rate=_AUDIO_RATE, frame_size=_FRAME)

    def take(self, packet: av.Packet[Any]) -> Iterator[av.Packet[Any]]:
        """What the sound of a packet becomes."""
        for frame in packet.decode():
            assert isinstance(frame, av.AudioFrame)
            yield from self._encoded(self._resampler.resample(frame))

    def end(self) -> Iterator[av.Packet[Any]]:
        """What is left."""
        yield from self._encoded(self._resampler.resample(None))
        yield from self._made.encode(None)

    def _encoded(self, frames: list[av.AudioFrame]) -> Iterator[av.Packet[Any]]:
        """The frames at times counted in samples: the clocks of some containers are coarser than a frame. A gap stays.

        AAC begins a frame before the sound. Without an edit list that must not move the pictures, so the sound is
        moved by these 21 milliseconds instead.
        """
        for frame in frames:
            at = self._next
            if frame.pts is not None and frame.time_base:
                at = round(frame.pts * frame.time_base * _AUDIO_RATE) + _FRAME
            if self._next is None or at is None or at - self._next > _LONGEST_GAP:
                self._next = max(at or 0, 0)
            frame.pts, frame.time_base = self._next, Fraction(1, _AUDIO_RATE)
            self._next += frame.samples
            yield from self._made.encode(frame)
