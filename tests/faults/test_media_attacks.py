"""Hostile media over real processes: they cost their own brand, and nobody else."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import httpx
import pytest

from tests.e2e.brand import Brand, until
from tests.e2e.stack import Stack, clip, picture
from tests.hostile.servers import Call, film, serving, tarpit

URLS = 16
ROUNDS = 7
# Beside the attack a picture may take this much of what it takes without, and the machine's own noise in seconds.
MULTIPLE, NOISE = 1.5, 0.5
FILM_MB = 600
GROWTH_MB = 30


class Site:
    """A web server of the attacker: slow pictures, and a page with a film as its picture. `sent` counts its bytes."""

    def __init__(self) -> None:
        self.address = ""
        self.sent = 0
        self.slow = 0

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Site]:
        """Listen on loopback until the block ends."""
        async with serving(self._answer) as self.address:
            yield self

    async def _answer(self, call: Call) -> None:
        if call.path.startswith("/slow"):
            self.slow += 1
            try:
                await tarpit(call)
            finally:
                self.slow -= 1
        elif call.path == "/film":
            call.send = partial(self._count, call.send)
            await film(clip(1), FILM_MB)(call)
        elif call.path == "/page":
            page = f'<meta property="og:title" content="Sale"><meta property="og:image" content="{self.address}/film">'
            await call.answer(page.encode(), "text/html")
        else:
            await call.answer(picture(), "image/jpeg")

    async def _count(self, send: Callable[[bytes], Awaitable[None]], part: bytes) -> None:
        await send(part)
        self.sent += len(part)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    running = Stack(tmp_path_factory.mktemp("stack")).start()
    yield running
    assert running.stop() == 0


async def pictures(api: httpx.AsyncClient, site: Site, brand: str) -> list[float]:
    """The seconds that a brand's pictures take, one after the other."""
    taken = []
    for number in range(ROUNDS):
        began = time.monotonic()
        body = {"brandRef": brand, "url": f"{site.address}/good-{brand}-{number}.jpg"}
        answer = await api.post("/v1/media", json=body, timeout=130)
        assert answer.status_code == 201, answer.text
        taken.append(time.monotonic() - began)
    return taken


async def attack(stack: Stack, site: Site, ref: str) -> None:
    """A post of slow pictures whose client leaves after 2 s, again and again."""
    media = [{"url": f"{site.address}/slow-{number}"} for number in range(URLS)]
    body = {"brandRef": ref, "text": "x", "channels": ["bluesky"], "media": media}
    async with stack.client() as api:
        while True:
            with suppress(httpx.TimeoutException):
                await api.post("/v1/contents", json=body, timeout=2)


@pytest.mark.faults
async def test_slow_servers_of_one_brand_do_not_delay_the_pictures_of_another(stack: Stack) -> None:
    async with Site().serving() as site, stack.client() as api, stack.sandbox() as sandbox:
        healthy = await Brand.create(api, sandbox, "healthy", "bluesky")
        attacker = await Brand.create(api, sandbox, "attacker", "bluesky")
        await pictures(api, site, healthy.ref)
        alone = statistics.median(await pictures(api, site, healthy.ref))
        attacking = [asyncio.create_task(attack(stack, site, attacker.ref)) for _ in range(4)]
        await asyncio.sleep(1)
        assert site.slow > 0
        beside = statistics.median(await pictures(api, site, healthy.ref))
        for task in attacking:
            task.cancel()
        await asyncio.gather(*attacking, return_exceptions=True)
        print(f"a picture takes {alone:.2f} s, beside the attack {beside:.2f} s")
        assert beside <= MULTIPLE * alone + NOISE

        async def ended() -> bool:
            return site.slow == 0

        await until(ended, 5)  # every fetch ends with its client
    assert list((stack.folder / "data" / "media" / "incoming").iterdir()) == []


@pytest.mark.faults
async def test_a_film_as_the_picture_of_a_link_card_costs_the_worker_no_memory(stack: Stack) -> None:
    async with Site().serving() as site, stack.client() as api, stack.sandbox() as sandbox:
        brand = await Brand.create(api, sandbox, "linking", "bluesky")
        first = await brand.submit("without a link")
        assert (await brand.ended(first["id"]))["status"] == "published"
        memory = Path(f"/proc/{stack.pids['worker']}")
        (memory / "clear_refs").write_text("5")
        before = _megabytes(memory, "VmRSS")
        made = await brand.submit("Look", link=f"{site.address}/page")
        (publication,) = (await brand.ended(made["id"]))["publications"]
        assert publication["status"] == "published"
        assert [warning["code"] for warning in publication["warnings"]] == ["CARD_WITHOUT_PICTURE"]
        grown = _megabytes(memory, "VmHWM") - before
        (post,) = await brand.posts("Look")
        print(f"the worker grew by {grown:.0f} MB, the film's server sent {site.sent // 1_000_000} MB")
        assert grown <= GROWTH_MB
        assert site.sent < 20_000_000  # what the sockets' buffers hold
        card = post["raw"]["value"]["embed"]["external"]
        assert (card["title"], card.get("thumb")) == ("Sale", None)


def _megabytes(memory: Path, name: str) -> float:
    """`VmRSS` is now, `VmHWM` the most since the last reset."""
    lines = (memory / "status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1]) / 1024
