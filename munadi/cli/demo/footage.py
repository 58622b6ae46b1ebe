"""Makes the media of the demo: a picture and a short vertical video of an umbrella."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av.container import OutputContainer
    from PIL.Image import Image

# Every network takes this: upright as a reel, long enough for Instagram and TikTok, of enough bytes for LinkedIn,
# H.264 and AAC.
CLIP_SIZE, CLIP_SECONDS, FPS = (540, 960), 4, 30
RATE, SAMPLES = 48_000, 1024
NIGHT, ORANGE, RUST, RAIN = (38, 70, 83), (244, 162, 97), (231, 111, 81), (120, 160, 175)


@dataclass(frozen=True)
class Footage:
    """The picture and the clip that the demo publishes."""

    picture: Path
    clip: Path


def make_footage(folder: Path) -> Footage:
    """Make the picture and the clip in that folder."""
    footage = Footage(folder / "umbrella.jpg", folder / "umbrella.mp4")
    _umbrella((1080, 1080), 0).save(footage.picture, quality=85)
    _film(footage.clip)
    return footage


def _umbrella(size: tuple[int, int], fallen: int) -> Image:
    """Draw an orange umbrella in rain that has fallen so many pixels."""
    from PIL import Image, ImageDraw

    width, height = size
    image = Image.new("RGB", size, NIGHT)
    draw = ImageDraw.Draw(image)
    for number in range(60):
        x, y = number * 97 % width, (number * 211 + fallen) % height
        draw.line((x, y, x - 4, y + 28), fill=RAIN, width=3)
    middle, top, radius = width // 2, height // 4, width * 3 // 8
    draw.rectangle((middle - radius, top + radius, middle + radius, height), fill=NIGHT)
    draw.pieslice((middle - radius, top, middle + radius, top + 2 * radius), 180, 360, fill=ORANGE)
    draw.line((middle, top + radius, middle, top + radius * 7 // 4), fill=RUST, width=width // 45)
    return image


def _film(file: Path) -> None:
    import av

    with av.open(str(file), "w", format="mp4", options={"movflags": "faststart"}) as container:
        video = container.add_stream("libx264", rate=FPS, options={"preset": "veryfast", "crf": "10"})
        video.width, video.height = CLIP_SIZE
        video.pix_fmt = "yuv420p"
        _add_silence(container)
        for number in range(FPS * CLIP_SECONDS):
            picture = _umbrella(CLIP_SIZE, number * 12).convert("RGBA").tobytes()
            container.mux(video.encode(av.VideoFrame.from_bytes(picture, *CLIP_SIZE)))
        container.mux(video.encode())


def _add_silence(container: OutputContainer) -> None:
    import av

    audio = container.add_stream("aac", rate=RATE)
    audio.layout = "stereo"
    for number in range(RATE * CLIP_SECONDS // SAMPLES):
        frame = av.AudioFrame(format="fltp", layout="stereo", samples=SAMPLES)
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.sample_rate, frame.pts = RATE, number * SAMPLES
        container.mux(audio.encode(frame))
    container.mux(audio.encode())
