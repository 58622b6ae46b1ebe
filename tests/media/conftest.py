"""Pictures and videos made on the spot, and a small server on loopback."""

import asyncio
import contextlib

import av
import pytest
from PIL import Image


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


class Web:
    """Answers by path: raw bytes, or a coroutine function of the writer."""

    def __init__(self):
        self.pages, self.requests, self.port, self.open = {}, [], 0, {}

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def ok(self, path, body, *headers):
        lines = [b"HTTP/1.1 200 OK", b"content-length: %d" % len(body), *headers]
        self.pages[path] = b"\r\n".join(lines) + b"\r\n\r\n" + body

    def redirect(self, path, location, status=302):
        self.pages[path] = f"HTTP/1.1 {status} X\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n".encode()

    async def __call__(self, reader, writer):
        self.open[asyncio.current_task()] = writer
        with contextlib.suppress(OSError, EOFError, asyncio.CancelledError):
            path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1].decode()
            self.requests.append(path)
            page = self.pages.get(path, b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
            if callable(page):
                await page(writer)
            else:
                writer.write(page)
                await writer.drain()
        writer.close()


@pytest.fixture
async def web():
    web = Web()
    server = await asyncio.start_server(web, "127.0.0.1", 0)
    web.port = server.sockets[0].getsockname()[1]
    yield web
    server.close()
    for task, writer in web.open.items():
        task.cancel()
        writer.transport.abort()
    await asyncio.gather(*web.open, return_exceptions=True)
    await asyncio.sleep(0)
