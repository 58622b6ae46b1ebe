"""A whole Munadi as processes (`munadi dev`), a subscriber that verifies, and the network's own list of posts."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import httpx
from PIL import Image
from standardwebhooks.webhooks import Webhook
from svix.webhooks import Webhook as SvixWebhook

from tests.support.processes import Process

MUNADI = Path(sys.executable).parent / "munadi"
ENDED = {"published", "partially_published", "failed", "canceled", "unconfirmed"}


class Stack:
    """`munadi dev` in a folder of its own."""

    def __init__(self, folder: Path, env: Mapping[str, str] | None = None, *options: str) -> None:
        self.folder = folder
        argv = [MUNADI, "dev", "--json", "--data-dir", str(folder / "data"), *options]
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
            self.stop()  # nobody else knows of it
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


@dataclass
class Inbox:
    """A subscriber: every request is verified by two independent libraries; what fails is kept as a failure."""

    secret: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    answers: Callable[[dict[str, Any]], int] = lambda _event: 204
    url: str = ""

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head.split("\r\n")[1:])
        }
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        status = 500
        try:
            Webhook(self.secret).verify(body, headers)
            SvixWebhook(self.secret).verify(body, headers)
            event = json.loads(body)
            status = self.answers(event)
            if status < 300:
                self.events.append(event)
        except Exception as error:
            self.failures.append(f"{type(error).__name__}: {error}")
        writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    @asynccontextmanager
    async def listening(self, api: httpx.AsyncClient, **endpoint: Any) -> AsyncIterator[Inbox]:
        """Listen, and subscribe at the API."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
        answer = await api.post("/v1/webhooks/endpoints", json={"url": self.url, **endpoint})
        assert answer.status_code == 201, answer.text
        self.secret = answer.json()["secret"]
        async with server:
            yield self

    def of(self, content_id: str) -> list[str]:
        """The types of a content's events, by sequence, each id once."""
        unique = {event["id"]: event for event in self.events if event["contentId"] == content_id}
        return [event["type"] for event in sorted(unique.values(), key=lambda event: event["sequence"])]


@dataclass
class Brand:
    """A brand with one fresh profile per channel at the sandbox, imported."""

    api: httpx.AsyncClient
    sandbox: httpx.AsyncClient
    ref: str

    @classmethod
    async def create(cls, api: httpx.AsyncClient, sandbox: httpx.AsyncClient, ref: str, *channels: str) -> Brand:
        answer = await api.post("/v1/brands", json={"ref": ref})
        assert answer.status_code == 201, answer.text
        for channel in channels or ("bluesky", "instagram"):
            await cls._import(api, sandbox, ref, channel)
        return cls(api, sandbox, ref)

    @staticmethod
    async def _import(api: httpx.AsyncClient, sandbox: httpx.AsyncClient, ref: str, channel: str) -> None:
        profile = (await sandbox.post("/control/profiles", json={"channel": channel, "name": ref})).json()
        if "password" in profile:
            given = {
                "serviceUrl": profile["serviceUrl"],
                "credentials": {"identifier": profile["identifier"], "password": profile["password"]},
            }
        else:
            credentials = {
                name: profile[name] for name in ("accessToken", "refreshToken", "expiresAt") if name in profile
            }
            given = {"externalId": profile["externalId"], "credentials": credentials}
        answer = await api.post(f"/v1/brands/{ref}/accounts", json={"channel": channel, **given})
        assert answer.status_code == 201, answer.text

    async def submit(self, text: str, *, seconds: float | None = None, **fields: Any) -> dict[str, Any]:
        """Accepted, or the test fails with the problem."""
        body: dict[str, Any] = {"brandRef": self.ref, "text": text, "channels": ["bluesky"], **fields}
        if seconds is not None:
            body["scheduledAt"] = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
        answer = await self.api.post("/v1/contents", json=body)
        assert answer.status_code == 202, answer.text
        accepted: dict[str, Any] = answer.json()
        return accepted

    async def ended(self, content_id: str, within: float = 60) -> dict[str, Any]:
        """The content once every publication has ended."""
        deadline = time.monotonic() + within
        content: dict[str, Any] = {}
        while time.monotonic() < deadline:
            try:
                content = (await self.api.get(f"/v1/contents/{content_id}")).json()
                if content.get("status") in ENDED:
                    return content
            except httpx.TransportError:
                pass  # the API is being killed and started again by the test
            await asyncio.sleep(0.1)
        raise AssertionError(f"not ended after {within} s: {json.dumps(content, indent=1)}")

    async def posts(self, text: str, channel: str = "bluesky") -> list[dict[str, Any]]:
        """What the network itself lists: the oracle."""
        answer = await self.sandbox.get("/control/posts", params={"channel": channel})
        listed = answer.json()
        rows = listed if isinstance(listed, list) else listed["posts"]
        return [row for row in rows if row["text"] == text]


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
