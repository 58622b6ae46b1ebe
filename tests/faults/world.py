"""A stack for planted faults: six networks without quotas or delays, media, and more workers on request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.e2e.brand import Brand, Inbox, store
from tests.e2e.stack import MUNADI, Stack, clip, picture
from tests.faults.points import Points
from tests.support.processes import Process

# What is published in trials: per shape its channel, what media it has, and its channel's options.
SHAPES: dict[str, tuple[str, str | None, dict[str, Any]]] = {
    "bluesky": ("bluesky", "picture", {}),
    "instagram": ("instagram", "picture", {}),
    "instagram-reel": ("instagram", "clip", {}),
    "threads": ("threads", "picture", {}),
    "threads-text": ("threads", None, {}),
    "facebook": ("facebook", None, {}),
    "facebook-photo": ("facebook", "picture", {}),
    "facebook-reel": ("facebook", "clip", {}),
    "tiktok": ("tiktok", "clip", {"privacyLevel": "PUBLIC_TO_EVERYONE"}),
    "tiktok-photo": ("tiktok", "picture", {"privacyLevel": "PUBLIC_TO_EVERYONE"}),
    "youtube": ("youtube", "clip", {"madeForKids": False}),
}
CHANNELS = ("bluesky", "instagram", "threads", "facebook", "tiktok", "youtube")
# Nothing in the network can be looked up by a key, so that a lost answer may stay unconfirmed (docs/promises.md).
KEYLESS = frozenset({"tiktok-photo"})
QUICK = {
    f"MUNADI_CHANNELS__{name.upper()}__{number}": seconds
    for name in CHANNELS
    for number, seconds in (("PUBLISH_DEADLINE", "PT5S"), ("MARGIN", "PT1S"), ("ABSENCE_WINDOW", "PT3S"))
}
LATER = 20 * 3600.0


@dataclass
class World:
    """A running stack, its clients, one brand on all six networks, and the media of the trials."""

    stack: Stack
    api: httpx.AsyncClient
    sandbox: httpx.AsyncClient
    points: Points
    brand: Brand
    media: Mapping[str, str]

    async def prepare(self, shape: str, text: str, **fields: Any) -> dict[str, Any]:
        """A post of a shape that is due in hours, so that faults can be planted before anything happens to it."""
        return await self.submit(shape, text, seconds=LATER, **fields)

    async def submit(self, shape: str, text: str, **fields: Any) -> dict[str, Any]:
        channel, media, options = SHAPES[shape]
        wanted: dict[str, Any] = {"channel": channel, "options": dict(options)}
        if channel == "youtube":
            wanted["options"]["title"] = text
        sent = {"media": [{"id": self.media[media]}]} if media else {}
        return await self.brand.submit(text, channels=[wanted], **sent, **fields)

    async def publish_now(self, content: Mapping[str, Any]) -> None:
        """Publish it now; the request is repeated while the API is down."""
        for _ in range(100):
            try:
                answer = await self.api.post(f"/v1/contents/{content['id']}/publish-now")
                if answer.status_code < 500:
                    assert answer.status_code == 200, answer.text
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.2)
        raise AssertionError("the API did not come back")

    async def posts(self, text: str, shape: str) -> list[dict[str, Any]]:
        """The posts of this text that the network itself shows."""
        listed = await self.sandbox.get("/control/posts", params={"channel": SHAPES[shape][0]})
        listed.raise_for_status()
        return [row for row in listed.json() if text in f"{row['text']} {row.get('raw', {})}"]

    @asynccontextmanager
    async def another_worker(self, name: str = "second") -> AsyncIterator[Process]:
        """One more worker process with the environment of the stack's own."""
        env = psutil.Process(self.stack.pids["worker"]).environ()
        log = self.stack.folder / f"{name}.log"
        with Process([MUNADI, "worker"], log=log, env=env, cwd=self.stack.folder) as worker:
            await asyncio.to_thread(worker.wait_for_line, "worker ready", 60)
            yield worker

    @asynccontextmanager
    async def inbox(self) -> AsyncIterator[Inbox]:
        """A subscriber to everything."""
        async with Inbox().listening(self.api) as inbox:
            yield inbox


@dataclass(frozen=True)
class Networks:
    """Where tests control the networks, and where Munadi calls them: a fault may be in between."""

    control: str
    called_at: str

    def client(self) -> httpx.AsyncClient:
        """Their control API."""
        return httpx.AsyncClient(base_url=self.control, timeout=20)

    def door(self) -> httpx.AsyncClient:
        """The same through the address that Munadi calls, which new profiles name as their server."""
        return httpx.AsyncClient(base_url=self.called_at, timeout=20)


@asynccontextmanager
async def open_world(
    folder: Path, env: Mapping[str, str] | None = None, ref: str = "faults", *, networks: Networks | None = None
) -> AsyncIterator[World]:
    """Start everything; stopped, and nothing left behind, when the block ends. `networks`: not the stack's own."""
    points = Points(folder / "failpoints")
    given = {"MUNADI_FAILPOINTS": points.setting, "MUNADI_RELAY__LOOK_GRACE": "5", **(env or {})}
    options = ("--no-sandbox",) if networks else ()
    stack = await asyncio.to_thread(Stack(folder, given, *options).start)
    where = networks or Networks(stack.info["sandbox"], stack.info["sandbox"])
    try:
        async with stack.client() as api, where.client() as sandbox, where.door() as door:
            await no_quotas(sandbox)
            brand = replace(await Brand.create(api, door, ref, *CHANNELS), sandbox=sandbox)
            media = {
                "picture": await store(api, picture(), "a.jpg"),
                "clip": await store(api, clip(4), "a.mp4"),
            }
            world = World(stack, api, sandbox, points, brand, media)
            try:
                yield world
            finally:
                stack = world.stack  # another one, if the test restarted it
    finally:
        assert await asyncio.to_thread(stack.stop) == 0


async def no_quotas(sandbox: httpx.AsyncClient, seconds: float = 0.1) -> None:
    """Remove the networks' quotas and delays, so that only Munadi is measured."""
    settings = (await sandbox.get("/control/settings")).json()
    for channel, of in settings.items():
        for kind in of["delays"]:
            answer = await sandbox.put("/control/delays", json={"channel": channel, "kind": kind, "seconds": seconds})
            assert answer.status_code == 200, answer.text
        for kind in of["limits"]:
            if "Per" in kind or kind == "pendingShares":
                answer = await sandbox.put(
                    "/control/limits", json={"channel": channel, "kind": kind, "value": 1_000_000}
                )
                assert answer.status_code == 200, answer.text
