"""Requests during which the API is killed: how a post is sent, where the API dies, and how the client continues."""

from __future__ import annotations

import asyncio
import io
import random
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from PIL import Image

from tests.faults.points import Passage, Points
from tests.faults.sendings import Sending
from tests.harness.stack import Api
from tests.harness.web import Call, serving
from tests.harness.world import World

# How the media of a post are sent: none, by the id of an upload, by a URL that is fetched.
KINDS = ("text", "stored", "fetched")
# The post is committed and its workflow is not started: only the relay can do it.
UNSTARTED = ("api.db.commit.after", "api.temporal.start_workflow.before")


@dataclass(frozen=True)
class Crash:
    """One creation: `where` the API dies (seconds after the request where it is a number), and what its client does."""

    number: int
    kind: str
    where: Passage | float
    gives_up: bool = False

    def __str__(self) -> str:
        where = f"{self.where * 1000:.0f} ms" if isinstance(self.where, float) else self.where
        return f"{self.kind}, killed at {where}, {'gives up' if self.gives_up else 'retries'}"


@dataclass
class Gallery:
    """A web server with another picture at every address; it may take its time."""

    seconds: float = 0.0
    url: str = ""
    paths: set[str] = field(default_factory=set)

    @classmethod
    @asynccontextmanager
    async def opened(cls, seconds: float = 0.0) -> AsyncIterator[Gallery]:
        gallery = cls(seconds)
        async with serving(gallery._show) as gallery.url:
            yield gallery

    async def requested(self, numbers: Iterable[int], within: float = 20) -> None:
        """Wait until the pictures of these numbers are requested."""
        wanted = {f"/{number}.jpg" for number in numbers}
        async with asyncio.timeout(within):
            while not wanted <= self.paths:  # noqa: ASYNC110 - other processes request them
                await asyncio.sleep(0.02)

    async def _show(self, call: Call) -> None:
        self.paths.add(call.path)
        await asyncio.sleep(self.seconds)
        out = io.BytesIO()
        Image.new("RGB", (320, 320), f"#{random.Random(call.path).randrange(1 << 24):06x}").save(out, "JPEG")
        await call.answer(out.getvalue(), "image/jpeg")


@dataclass
class Victim:
    """An API that dies, with failpoints of its own, and what it needs to accept posts."""

    world: World
    api: Api
    gallery: Gallery
    points: Points

    @classmethod
    @asynccontextmanager
    async def opened(cls, world: World, gallery: Gallery, name: str = "own") -> AsyncIterator[Victim]:
        """An API beside the stack's own until the block ends."""
        points = Points(world.stack.folder / f"failpoints-{name}")
        async with world.stack.another_api(name, {"MUNADI_FAILPOINTS": points.setting}) as api:
            yield cls(world, api, gallery, points)

    async def sending(self, crash: Crash) -> Sending:
        """The creation, as its client sends it."""
        media = {
            "stored": {"id": await self.world.file("picture")},
            "fetched": {"url": f"{self.gallery.url}/{crash.number}.jpg"},
        }
        name, ref = f"crash {crash.number:03}", self.world.brand.ref
        return Sending(name, ref, media=media.get(crash.kind), fault=str(crash))

    async def create(self, crash: Crash) -> Sending:
        """Send the request, let the API die, restart it, and repeat the request until it is answered."""
        sending = await self.sending(crash)
        if isinstance(crash.where, Passage):
            plant = self.points.plant(crash.where, "kill")
            await sending.once(self.api.client)
            sending.hit_at = await plant.hit(20)
            plant.remove()
            assert sending.hit_at is not None, f"{sending}: the fault did not come"
            await asyncio.to_thread(self.api.process.wait, 10)
        else:
            request = asyncio.create_task(sending.once(self.api.client))
            await asyncio.sleep(crash.where)
            await asyncio.to_thread(self.api.process.kill)
            await request
        await self.api.start()
        if not crash.gives_up:
            bodies = {(await sending.until_accepted(self.api.client)).content for _ in range(2)}
            assert len(bodies) == 1, f"{sending}: two answers: {bodies}"
        return sending

    async def passages(self, kind: str) -> list[Passage]:
        """Every failpoint that a creation passes when nothing goes wrong."""
        self.points.record(True)
        sending = await self.sending(Crash(900 + KINDS.index(kind), kind, 0.0))
        await sending.until_accepted(self.api.client)
        for _ in range(100):
            if "start_workflow.after" in (self.points.folder / "hits.log").read_text():
                break
            await asyncio.sleep(0.05)
        self.points.record(False)
        return self.points.every()


def caught_up(sendings: Sequence[Sending]) -> list[float]:
    """Seconds from a death between commit and start of the workflow until the network had the post."""
    unstarted = [one for one in sendings if any(f"killed at {name}" in one.fault for name in UNSTARTED)]
    return sorted(one.live_at - one.hit_at for one in unstarted if one.live_at is not None and one.hit_at is not None)


async def worker_back(world: World, within: float = 120) -> float:
    """When the worker is ready the next time."""
    started = world.stack.log_of("worker").count("worker ready")
    deadline = time.monotonic() + within
    while world.stack.log_of("worker").count("worker ready") == started:
        assert time.monotonic() < deadline, "the worker did not come back"
        await asyncio.sleep(0.02)
    return time.time()
