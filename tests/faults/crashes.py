"""Requests during which the API is killed: how a post is sent, where the API dies, and how the client continues."""

from __future__ import annotations

import asyncio
import io
import random
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from tests.faults.points import Passage
from tests.faults.sendings import Sending
from tests.faults.shells import OwnApi
from tests.faults.world import World
from tests.hostile.servers import Call, serving

# How the media of a content are sent: none, by the id of an upload, by a URL that is fetched.
KINDS = ("text", "stored", "fetched")
# Where the content is committed and its workflow was not started: only the relay can do it.
UNTOLD = ("api.db.commit.after", "api.temporal.start_workflow.before")


@dataclass(frozen=True)
class Crash:
    """One creation: `where` the API dies (seconds after the request where it is a number), and what its client does."""

    number: int
    kind: str
    where: Passage | float
    gives_up: bool = False

    def __str__(self) -> str:
        where = f"{self.where * 1000:.0f} ms" if isinstance(self.where, float) else self.where
        return f"{self.kind}, killed at {where}, {'gives up' if self.gives_up else 'asks again'}"


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

    async def asked(self, numbers: Iterable[int], within: float = 20) -> None:
        """Wait until the pictures of these numbers are requested."""
        wanted = {f"/{number}.jpg" for number in numbers}
        async with asyncio.timeout(within):
            while not wanted <= self.paths:  # noqa: ASYNC110 - other processes ask
                await asyncio.sleep(0.02)

    async def _show(self, call: Call) -> None:
        self.paths.add(call.path)
        await asyncio.sleep(self.seconds)
        out = io.BytesIO()
        Image.new("RGB", (320, 320), f"#{random.Random(call.path).randrange(1 << 24):06x}").save(out, "JPEG")
        await call.answer(out.getvalue(), "image/jpeg")


def sending_of(world: World, gallery: Gallery, crash: Crash) -> Sending:
    """The creation, as its client sends it."""
    media: dict[str, dict[str, Any] | None] = {
        "text": None,
        "stored": {"id": world.media["picture"]},
        "fetched": {"url": f"{gallery.url}/{crash.number}.jpg"},
    }
    return Sending(f"crash {crash.number:03}", world.brand.ref, media=media[crash.kind], fault=str(crash))


async def create(world: World, gallery: Gallery, api: OwnApi, crash: Crash) -> Sending:
    """Send the request, let the API die, restart it, and repeat the request until it is answered."""
    sending = sending_of(world, gallery, crash)
    if isinstance(crash.where, Passage):
        plant = api.points.plant(crash.where, "kill")
        await sending.once(api.client)
        sending.hit_at = await plant.hit(20)
        plant.remove()
        assert sending.hit_at is not None, f"{sending}: the fault did not come"
        await api.died()
    else:
        asking = asyncio.create_task(sending.once(api.client))
        await asyncio.sleep(crash.where)
        await asyncio.to_thread(api.process.kill)
        await asking
    await api.start()
    if crash.gives_up:
        return sending
    bodies = {(await sending.until_accepted(api.client)).content for _ in range(2)}
    assert len(bodies) == 1, f"{sending}: two answers: {bodies}"
    return sending


async def passages_of(world: World, gallery: Gallery, api: OwnApi, kind: str) -> list[Passage]:
    """Every failpoint of the API that a creation passes when nothing goes wrong."""
    api.points.record(True)
    sending = sending_of(world, gallery, Crash(900 + KINDS.index(kind), kind, 0.0))
    answer = await sending.until_accepted(api.client)
    for _ in range(100):
        if "start_workflow.after" in (api.points.folder / "hits.log").read_text():
            break
        await asyncio.sleep(0.05)
    api.points.record(False)
    assert answer.status_code == 202
    return api.points.every()


def caught_up(sendings: Sequence[Sending]) -> list[float]:
    """Seconds from a death between commit and start of the workflow until the network had the post."""
    untold = [one for one in sendings if any(f"killed at {name}" in one.fault for name in UNTOLD)]
    return sorted(one.live_at - one.hit_at for one in untold if one.live_at is not None and one.hit_at is not None)
