"""Pictures and videos made on the spot, and a small server on loopback."""

import av
import pytest
from PIL import Image

from tests.harness.pages import serving


@pytest.fixture
def picture(tmp_path):
    """`picture("a.jpg", size=…, mode=…, **save options)` → its path."""

    def make(name, size=(64, 48), mode="RGB", **options):
        path = tmp_path / name
        Image.effect_noise(size, 60).convert(mode).save(path, **options)
        return path

    return make


@pytest.fixture
def mpo(tmp_path):
    """The path of a JPEG as phones write it: two pictures in one file, held upright by its orientation."""
    path = tmp_path / "IMG_0001.jpg"
    shown, behind = Image.linear_gradient("L").resize((640, 480)).convert("RGB"), Image.new("RGB", (64, 48), "blue")
    exif = Image.Exif()
    exif[0x0112] = 6
    shown.save(path, "MPO", save_all=True, append_images=[behind], exif=exif)
    return path


def silence():
    """A frame of stereo sound. Its samples are set: an encoder given what was in memory may never end."""
    samples = av.AudioFrame(format="fltp", layout="stereo", samples=1024)
    samples.sample_rate = 44100
    for plane in samples.planes:
        plane.update(bytes(plane.buffer_size))
    return samples


@pytest.fixture
def sound(tmp_path):
    """The path of an MP4 with sound and no picture."""
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        for _ in range(10):
            container.mux(stream.encode(silence()))
        container.mux(stream.encode())
    return path


@pytest.fixture
def video(tmp_path):
    """`video("a.mp4", codec=…, audio=…)` → the path of one second at 30 pictures a second."""

    def make(name, codec="h264", *, audio="aac", size=(320, 240), options=None):
        path = tmp_path / name
        with av.open(str(path), "w", options=options or {}) as container:
            pictures = container.add_stream(codec, rate=30)
            pictures.width, pictures.height = size
            pictures.pix_fmt = "yuv420p"
            sound = container.add_stream(audio, rate=44100) if audio else None
            for number in range(30):
                frame = av.VideoFrame(*size, "yuv420p")
                for plane in frame.planes:
                    plane.update(bytes([number * 8]) * plane.buffer_size)
                container.mux(pictures.encode(frame))
            container.mux(pictures.encode())
            if sound:
                for _ in range(10):
                    container.mux(sound.encode(silence()))
                container.mux(sound.encode())
        return path

    return make


@pytest.fixture
async def web():
    async with serving() as web:
        yield web
