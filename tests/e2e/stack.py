"""A whole Munadi as processes (`munadi dev`), and the pictures and clips that tests publish."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import httpx
from PIL import Image

from tests.support.processes import Process

MUNADI = Path(sys.executable).parent / "munadi"


class Stack:
    """`munadi dev` in a folder of its own. `munadi`: another checkout's program."""

    def __init__(
        self, folder: Path, env: Mapping[str, str] | None = None, *options: str, munadi: Path = MUNADI
    ) -> None:
        self.folder = folder
        argv = [munadi, "dev", "--json", "--data-dir", str(folder / "data"), *options]
        clean = {name: "" for name in os.environ if name.startswith("MUNADI_")}
        self.process = Process(
            argv,
            log=folder / "dev.log",
            env={**clean, "MUNADI_API__PORT": "0", **(env or {})},
            cwd=folder,
            keep_stdin=True,
        )
        self.info: dict[str, Any] = {}

    def start(self) -> Stack:
        """Start and wait until everything is ready."""
        self.process.start()
        try:
            line = self.process.wait_for_line(r'^\{"api".*\}$', 90)
        except BaseException:
            self.stop()
            raise
        self.info = json.loads(line.group(0))
        return self

    def stop(self) -> int:
        """End it as a user would; nothing may be left."""
        code = self.process.terminate(60, first=signal.SIGINT)
        self.process.assert_nothing_left()
        return code

    def restart(self, meanwhile: Callable[[], None]) -> Stack:
        """Stop it, do something to its data, start it again; its addresses may be others then."""
        assert self.stop() == 0
        self.process.log.rename(self.process.log.with_suffix(".before.log"))
        meanwhile()
        return self.start()

    @property
    def pids(self) -> dict[str, int]:
        """The children's process ids now (they change when one is restarted)."""
        return dict(json.loads((self.folder / "data" / "dev.json").read_text())["pids"])

    @property
    def temporal(self) -> str:
        """Where its Temporal is: host:port."""
        return str(json.loads((self.folder / "data" / "dev.json").read_text())["temporal"])

    def kill(self, name: str) -> int:
        """kill -9 one child, by its id."""
        pid = self.pids[name]
        os.kill(pid, signal.SIGKILL)
        return pid

    def client(self) -> httpx.AsyncClient:
        """The API, with the admin key."""
        return httpx.AsyncClient(
            base_url=self.info["api"],
            headers={"authorization": f"Bearer {self.info['apiKey']}"},
            timeout=20,
        )

    def sandbox(self) -> httpx.AsyncClient:
        """The networks' control API."""
        return httpx.AsyncClient(base_url=self.info["sandbox"], timeout=20)

    async def cli(self, *arguments: str) -> tuple[int, str]:
        """Run the real CLI against this stack: exit code and output."""
        process = await asyncio.create_subprocess_exec(
            MUNADI,
            *arguments,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, "MUNADI_URL": self.info["api"], "MUNADI_API_KEY": self.info["apiKey"]},
        )
        output, _ = await process.communicate()
        return process.returncode or 0, output.decode()


def clip(seconds: int = 4, size: tuple[int, int] = (540, 960)) -> bytes:
    """An MP4 of H.264 and AAC that every network takes."""
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
        return file.read_bytes()


def picture(color: str = "teal", size: tuple[int, int] = (1080, 1080)) -> bytes:
    """A JPEG."""
    out = BytesIO()
    Image.new("RGB", size, color).save(out, "JPEG")
    return out.getvalue()
