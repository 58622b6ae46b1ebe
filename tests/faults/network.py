"""Networks behind a fault: a separate sandbox behind a proxy, with addresses that can be changed."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from munadi.sandbox.state import NETWORKS
from tests.e2e.stack import MUNADI, Stack
from tests.faults.points import Points
from tests.faults.world import CHANNELS, QUICK, SHAPES, Networks, World, open_world
from tests.support.faultproxy import FaultProxy
from tests.support.ports import LOOPBACK, free_ports
from tests.support.processes import Process

# The one call that followers see, by shape.
VISIBLE = {
    "bluesky": "com.atproto.repo.putRecord",
    "instagram": "media_publish",
    "instagram-reel": "media_publish",
    "threads": "threads_publish",
    "threads-text": "threads_publish",
    "facebook": "feed",
    "facebook-photo": "feed",
    "facebook-reel": "finish_reel",
    "tiktok": "upload_last_chunk",
    "tiktok-photo": "init_photo",
    "youtube": "update_video",
}
# Inside the shortest lead of what is prepared (docs of the channels), and long enough to prepare it all.
SOON = 55.0


def hosts(bases: Mapping[str, str]) -> dict[str, str]:
    """The settings that lead each channel to a sandbox at its base URL."""
    found = {}
    for network in NETWORKS:
        prefix = f"MUNADI_CHANNELS__{network.channel.upper()}"
        base = f"{bases[network.channel]}/{network.channel}"
        found |= {f"{prefix}__HOSTS__{role}": f"{base}/{path}" for role, path in network.hosts.items()}
        found |= {f"{prefix}__{name}": "sandbox" for name in ("CLIENT_ID", "CLIENT_SECRET")}
    return found


@dataclass
class Calls:
    """Calls that the networks received, by channel."""

    made: list[dict[str, Any]] = field(default_factory=list)

    def count(self, channel: str, operation: str) -> int:
        """How often an operation was called."""
        return sum((call["channel"], call["operation"]) == (channel, operation) for call in self.made)

    def operations(self, channel: str) -> set[str]:
        """Which operations were called."""
        return {call["operation"] for call in self.made if call["channel"] == channel}


@dataclass
class Between:
    """A world whose networks are reached through `proxy`."""

    world: World
    proxy: FaultProxy

    async def calls(self) -> Calls:
        """All calls that the networks have recorded."""
        return Calls((await self.world.sandbox.get("/control/calls")).json())

    async def calls_since(self, before: Calls) -> Calls:
        """What has been added."""
        return Calls((await self.calls()).made[len(before.made) :])

    async def prepared(self, shapes: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
        """Posts, one of each (shape, text), that are prepared up to the visible call and wait for their time."""
        return await prepared(self.world, shapes)

    async def restart(self, bases: Mapping[str, str]) -> None:
        """Restart Munadi with networks at other addresses, including the servers of Bluesky's accounts."""
        stack = self.world.stack
        assert await asyncio.to_thread(stack.stop) == 0
        (stack.folder / "dev.log").rename(stack.folder / f"dev.{time.time():.0f}.log")
        with closing(database_of(self.world)) as database, database:
            database.execute(
                "UPDATE accounts SET service_url = ? WHERE service_url IS NOT NULL", [f"{bases['bluesky']}/bluesky/pds"]
            )
        env = {**_env(self.world.points), **hosts(bases)}
        self.world.stack = await asyncio.to_thread(Stack(stack.folder, env, "--no-sandbox").start)


async def prepared(world: World, shapes: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """Posts, one of each (shape, text), that are prepared up to the visible call and wait for their time."""
    contents = [await world.submit(shape, text, seconds=SOON) for shape, text in shapes]
    wanted = {content["id"] for content in contents}
    deadline = time.monotonic() + SOON
    while unready := wanted - await asyncio.to_thread(_ready, world):
        assert time.monotonic() < deadline, f"not prepared in time: {len(unready)} of {len(wanted)}"
        await asyncio.sleep(0.3)
    return contents


def database_of(world: World) -> sqlite3.Connection:
    """The stack's own file."""
    return sqlite3.connect(world.stack.folder / "data" / "munadi.db", timeout=15)


def _ready(world: World) -> set[str]:
    query = "SELECT content_id FROM publications WHERE handle_ready OR lead_seconds = 0"
    with closing(database_of(world)) as database:
        return {row[0] for row in database.execute(query)}


@asynccontextmanager
async def open_between(folder: Path) -> AsyncIterator[Between]:
    """Sandbox, proxy, Munadi. Everything is stopped when the block ends."""
    [port] = free_ports(1)
    sandbox = Process([MUNADI, "sandbox", "--port", str(port)], log=folder / "sandbox.log")
    with sandbox:
        await asyncio.to_thread(sandbox.wait_for_port, port)
        async with FaultProxy(LOOPBACK, port) as proxy:
            env = {**_env(Points(folder / "failpoints")), **hosts(everywhere(proxy.url))}
            networks = Networks(f"http://{LOOPBACK}:{port}", proxy.url)
            async with open_world(folder, env, networks=networks) as world:
                yield Between(world, proxy)


def everywhere(base: str) -> dict[str, str]:
    """Every network at one base URL."""
    return dict.fromkeys(CHANNELS, base)


def channel_of(shape: str) -> str:
    """The network of a shape."""
    return SHAPES[shape][0]


def _env(points: Points) -> dict[str, str]:
    return {**QUICK, "MUNADI_FAILPOINTS": points.setting, "MUNADI_RELAY__LOOK_GRACE": "5"}
