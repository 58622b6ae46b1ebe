"""Hostile media over real processes: they cost their own brand, and nobody else."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest

from tests.e2e.brand import Brand
from tests.e2e.stack import Stack, clip, picture

URLS = 16
ROUNDS = 7
# Beside the attack a picture may take this much of what it takes without, and the machine's own noise in seconds.
MULTIPLE, NOISE = 1.5, 0.5
FILM_BYTES = 600_000_000
GROWTH_MB = 30


class Site:
    """A web server of the attacker's: slow pictures, and a page whose picture is a film. `sent` is of the film."""

    def __init__(self) -> None:
        self.address = ""
        self.sent = 0
        self.slow = 0

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Site]:
        """Listen on loopback until the block ends."""
        tasks = set[asyncio.Task[None]]()

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            tasks.add(task)
            with suppress(OSError, EOFError, asyncio.CancelledError):
                path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1].decode()
                await self._answer(path, writer)
                await writer.drain()
            writer.close()

        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        self.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            server.close()
            for task in tasks:
                task.cancel()

    async def _answer(self, path: str, writer: asyncio.StreamWriter) -> None:
        if path.startswith("/slow"):
            await self._drip(writer)
        elif path == "/film":
            await self._film(writer)
        elif path == "/page":
            body = f'<meta property="og:title" content="Sale"><meta property="og:image" content="{self.address}/film">'
            _send(writer, body.encode(), "text/html")
        else:
            _send(writer, picture(), "image/jpeg")

    async def _drip(self, writer: asyncio.StreamWriter) -> None:
        self.slow += 1
        try:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 900000\r\n\r\n")
            while True:
                writer.write(b"\xff")
                await writer.drain()
                await asyncio.sleep(0.5)
        finally:
            self.slow -= 1

    async def _film(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nContent-Length: %d\r\n\r\n" % FILM_BYTES)
        film, part = clip(1), bytes(1_000_000)
        start = film + (FILM_BYTES - len(film)).to_bytes(4, "big") + b"free"  # a sound film, and free space behind it
        writer.write(start)
        self.sent = len(start)
        while self.sent < FILM_BYTES:
            rest = part[: FILM_BYTES - self.sent]
            writer.write(rest)
            await writer.drain()
            self.sent += len(rest)


def _send(writer: asyncio.StreamWriter, body: bytes, kind: str) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    writer.write(head.encode() + body)


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
        await asyncio.sleep(2)
        assert site.slow == 0, "every fetch ended with its client"
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
