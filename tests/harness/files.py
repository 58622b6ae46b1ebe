"""Pictures and clips that every network accepts."""

from __future__ import annotations

import tempfile
from io import BytesIO
from pathlib import Path

import av
from PIL import Image

# LinkedIn takes no smaller videos than 75 kB.
LEAST = 76_000


def clip(seconds: int = 4, size: tuple[int, int] = (540, 960)) -> bytes:
    """An MP4 of H.264 and AAC, of at least `LEAST` bytes: an empty box at its end makes it so."""
    folder = tempfile.TemporaryDirectory(prefix="munadi-clip-")
    file = Path(folder.name) / "clip.mp4"  # the index can only be moved to the front of a real file
    with folder, av.open(str(file), "w", format="mp4", options={"movflags": "faststart"}) as container:
        video = container.add_stream("libx264", rate=30)
        video.width, video.height = size
        video.pix_fmt = "yuv420p"
        audio = container.add_stream("aac", rate=48_000)
        audio.layout = "stereo"
        for number in range(30 * seconds):
            shade = Image.new("RGB", size, (40, 80 + number % 120, 140))
            container.mux(video.encode(av.VideoFrame.from_image(shade)))
        for number in range(48_000 * seconds // 1024):
            frame = av.AudioFrame(format="fltp", layout="stereo", samples=1024)
            for plane in frame.planes:
                plane.update(bytes(plane.buffer_size))
            frame.sample_rate, frame.pts = 48_000, number * 1024
            container.mux(audio.encode(frame))
        container.mux(video.encode())
        container.mux(audio.encode())
        container.close()
        content = file.read_bytes()
    free = max(LEAST - len(content), 8)
    return content + free.to_bytes(4, "big") + b"free" + bytes(free - 8)


def picture(color: str = "teal", size: tuple[int, int] = (1080, 1080)) -> bytes:
    """A JPEG."""
    out = BytesIO()
    Image.new("RGB", size, color).save(out, "JPEG")
    return out.getvalue()
