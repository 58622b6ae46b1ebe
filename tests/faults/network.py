"""Networks behind a fault: a separate sandbox behind a proxy, with addresses that can be changed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from munadi.sandbox.state import NETWORKS
from tests.faults.points import Points
from tests.harness.stack import MUNADI, Stack
from tests.harness.world import CHANNELS, QUICK, Networks, World, open_world
from tests.support.faultproxy import FaultProxy
from tests.support.ports import LOOPBACK, free_port
from tests.support.processes import Process

# Inside the shortest lead of what is prepared (docs of the channels), and long enough to prepare it all.
SOON = 55.0
# Where the accounts of a channel have a server of their own, and its path at the sandbox.
SERVERS = {"bluesky": "pds", "mastodon": "server"}


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

    async def calls(self, since: Calls | None = None) -> Calls:
        """All calls that the networks have recorded, or those that were added."""
        made = (await self.world.sandbox.get("/control/calls")).json()
        return Calls(made[len(since.made) :] if since else made)

    async def restart(self, bases: Mapping[str, str]) -> None:
        """Restart Munadi with networks at other addresses, including the accounts' own servers."""
        stack = self.world.stack
        assert await asyncio.to_thread(stack.stop) == 0
        (stack.folder / "dev.log").rename(stack.folder / f"dev.{time.time():.0f}.log")
        with closing(self.world.database()) as database, database:
            for channel, path in SERVERS.items():
                there = [f"{bases[channel]}/{channel}/{path}", channel]
                database.execute("UPDATE accounts SET service_url = ? WHERE channel = ?", there)
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


def _ready(world: World) -> set[str]:
    query = "SELECT content_id FROM publications WHERE preparation_ready OR lead_seconds = 0"
    with closing(world.database()) as database:
        return {row[0] for row in database.execute(query)}


@asynccontextmanager
async def open_between(folder: Path) -> AsyncIterator[Between]:
    """Sandbox, proxy, Munadi. Everything is stopped when the block ends."""
    port = free_port()
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


def _env(points: Points) -> dict[str, str]:
    return {**QUICK, "MUNADI_FAILPOINTS": points.setting, "MUNADI_RELAY__LOOK_GRACE": "5"}
