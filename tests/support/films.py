"""Videos as phones, editors and screen recorders write them, made on the spot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av

_MARK = b"\xeb"
_QUIET = {"x265-params": "log-level=none"}
_HDR = "log-level=none:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc"


@dataclass(frozen=True)
class Film:
    """How a film is made. `uneven`: its frames last differently long. `muxing`: options of the container. `marked`: its
    upper half is white, as it is stored."""

    name: str
    codec: str = "libx264"
    size: tuple[int, int] = (360, 640)
    rate: int = 30
    seconds: float = 4
    pixels: str = "yuv420p"
    sound: str | None = "aac"
    layout: str = "stereo"
    sound_rate: int = 48_000
    uneven: bool = False
    rotation: int | None = None
    pixel_ratio: Fraction | None = None
    marked: bool = False
    options: Mapping[str, str] = field(default_factory=dict)
    muxing: Mapping[str, str] = field(default_factory=dict)

    @property
    def ticks(self) -> int:
        """Of the clock in each frame; some containers take it for the rate."""
        return 1 if self.name.endswith((".avi", ".ts")) else 10

    def make(self, folder: Path) -> Path:
        """Write it. The picture gets brighter, so that frames differ."""
        path = folder / self.name
        with av.open(str(path), "w", options=dict(self.muxing)) as container:
            pictures = self._pictures(container)
            sound: Any = None
            if self.sound:
                sound = container.add_stream(self.sound, rate=self.sound_rate, layout=self.layout)
            at, clock = 0, self.rate * self.ticks
            for number in range(round(self.rate * self.seconds)):
                frame = av.VideoFrame(*self.size, self.pixels)
                for index, plane in enumerate(frame.planes):
                    shade = bytes([(number * 4 + index * 60) % 256]) * plane.buffer_size
                    plane.update(_MARK * (plane.buffer_size // 2) + shade[::2] if self.marked and not index else shade)
                frame.pts, frame.time_base = at, Fraction(1, clock)
                at += self.ticks + (number % 3 * 5 if self.uneven else 0)
                container.mux(pictures.encode(frame))
            container.mux(pictures.encode(None))
            for number in range(round(at / clock * self.sound_rate / 1024) if sound else 0):
                silence = av.AudioFrame(format=sound.codec_context.format.name, layout=self.layout, samples=1024)
                silence.sample_rate, silence.pts = self.sound_rate, number * 1024
                silence.time_base = Fraction(1, self.sound_rate)
                for plane in silence.planes:
                    plane.update(bytes(plane.buffer_size))
                container.mux(sound.encode(silence))
            if sound:
                container.mux(sound.encode(None))
        return path

    def _pictures(self, container: Any) -> Any:
        given = {"preset": "ultrafast"} if self.codec in ("libx264", "libx265") else {}
        given |= _QUIET if self.codec == "libx265" else {}
        stream = container.add_stream(self.codec, rate=self.rate, options=given | dict(self.options))
        stream.width, stream.height = self.size
        stream.pix_fmt = self.pixels
        stream.codec_context.time_base = Fraction(1, self.rate * self.ticks)
        if self.pixel_ratio is not None:
            stream.codec_context.sample_aspect_ratio = self.pixel_ratio
        if self.rotation is not None:
            stream.set_display_rotation(self.rotation)
        return stream


_START = {"movflags": "+faststart"}
PLAIN = Film("plain.mp4", muxing={**_START, "use_editlist": "0"}, options={"bf": "0"}, sound=None)
CORPUS = (
    PLAIN,
    Film("editor.mp4"),
    Film("b-frames.mp4", options={"bf": "3", "preset": "fast"}, muxing=_START),
    Film("phone.mov", codec="libx265", size=(640, 360), rotation=-90),
    Film("upside-down.mov", size=(360, 640), rotation=180),
    Film("hdr.mov", codec="libx265", pixels="yuv420p10le", options={"x265-params": _HDR}),
    Film("screen.mp4", uneven=True),
    Film("slow.mp4", rate=10),
    Film("slow-motion.mp4", rate=120, seconds=3.1),
    Film("film.mp4", rate=24),
    Film("camera.mp4", pixels="yuv422p"),
    Film("graphics.mp4", pixels="yuv444p"),
    Film("surround.mp4", layout="5.1"),
    Film("studio.mp4", sound_rate=96_000),
    Film("mono.mp4", layout="mono"),
    Film("silent.mp4", sound=None),
    Film("browser.webm", codec="libvpx-vp9", sound="libopus", options={"deadline": "realtime", "cpu-used": "8"}),
    Film("archive.mkv", options={"bf": "2", "preset": "fast"}),
    Film("old.avi", codec="mpeg4", sound="libmp3lame"),
    Film("broadcast.ts", options={"flags": "+ildct+ilme", "x264-params": "interlaced=1"}),
    Film("dvd.mp4", pixel_ratio=Fraction(64, 45), size=(540, 432)),
    Film("odd.mkv", size=(361, 641), pixels="yuv444p"),
    Film("wide.mp4", size=(1920, 800)),
    Film("banner.mp4", size=(2560, 200)),
    Film("large.mp4", size=(2160, 3840), seconds=3.1, rate=24),
    Film("tiny.mp4", size=(64, 64)),
    Film("short.mp4", seconds=1),
    Film("reel.mp4", size=(1080, 1920)),
)


def feature(path: Path, seconds: int, size: tuple[int, int] = (1280, 720)) -> Path:
    """A film of many seconds in a codec of old cameras: ten seconds of moving pictures with noise, again and again."""
    with av.open(str(path), "w") as container:
        pictures = container.add_stream("mpeg4", rate=30)
        pictures.bit_rate = 2_500_000
        pictures.width, pictures.height, pictures.pix_fmt = *size, "yuv420p"
        drawn = [bytes(packet) for frame in _moving(size, 10) for packet in pictures.encode(frame)]
        drawn += [bytes(packet) for packet in pictures.encode(None)]
        for number in range(seconds * 30):
            packet = av.Packet(drawn[number % len(drawn)])
            packet.stream, packet.time_base = pictures, Fraction(1, 30)
            packet.pts = packet.dts = number
            packet.is_keyframe = number % len(drawn) == 0
            container.mux(packet)
    return path


def _moving(size: tuple[int, int], seconds: int) -> Iterator[av.VideoFrame]:
    graph = av.filter.Graph()
    parts = [
        graph.add("testsrc2", f"size={size[0]}x{size[1]}:rate=30:duration={seconds}"),
        graph.add("noise", "alls=12:allf=t"),
        graph.add("format", "pix_fmts=yuv420p"),
        graph.add("buffersink"),
    ]
    for one, following in pairwise(parts):
        one.link_to(following)
    graph.configure()
    for number in range(30 * seconds):
        frame = graph.pull()
        frame.pts, frame.time_base = number, Fraction(1, 30)
        yield frame
