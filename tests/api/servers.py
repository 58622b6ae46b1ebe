"""Web servers on loopback: one that has media, and one that receives webhooks."""

from __future__ import annotations

import io
from collections import Counter, deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from PIL import Image

from tests.harness.web import Call, serving


def picture(width: int = 64, height: int = 48, kind: str = "JPEG") -> bytes:
    """An image file."""
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), (200, 40, 40)).save(buffer, kind)
    return buffer.getvalue()


@dataclass
class MediaSite:
    """A web server with `files` by path. `requests` counts the requests for each path."""

    files: dict[str, bytes] = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)
    address: str = ""

    def url(self, path: str) -> str:
        """The URL of a path."""
        return f"{self.address}{path}"

    async def answer(self, call: Call) -> None:
        """Answer one request."""
        self.requests[call.path] += 1
        content = self.files.get(call.path)
        await call.answer(content or b"", "application/octet-stream", 404 if content is None else 200)


@asynccontextmanager
async def open_media_site() -> AsyncIterator[MediaSite]:
    """A site with `/a.jpg`, `/b.jpg` and `/notes.txt`."""
    site = MediaSite({"/a.jpg": picture(), "/b.jpg": picture(80, 80), "/notes.txt": b"no picture at all, only words"})
    async with serving(site.answer) as site.address:
        yield site


class Subscriber:
    """A web server that answers each request with the next of its statuses. It repeats the last one."""

    def __init__(self, statuses: Sequence[int]) -> None:
        self._statuses = deque(statuses)
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.url = ""

    async def answer(self, call: Call) -> None:
        """Answer one request."""
        self.requests.append((call.headers, call.body))
        status = self._statuses.popleft() if len(self._statuses) > 1 else self._statuses[0]
        await call.answer(b"hi", "text/plain", status)


@asynccontextmanager
async def subscriber(*statuses: int) -> AsyncIterator[Subscriber]:
    """A subscriber on loopback."""
    made = Subscriber(statuses or (204,))
    async with serving(made.answer) as address:
        made.url = f"{address}/hook"
        yield made
