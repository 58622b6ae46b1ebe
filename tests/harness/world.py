"""A stack for fault tests: networks without quotas or delays, one brand on them, and failpoints on request."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
from temporalio.client import Client

from munadi.sandbox.pinterest.model import board_of
from tests.faults.points import Points
from tests.harness.brand import Brand, store
from tests.harness.documents import pdf
from tests.harness.files import clip, picture
from tests.harness.networks import FRESH, posts_of, remove_quotas
from tests.harness.stack import Stack
from tests.support.temporal import connect_to

CHANNELS = (
    "bluesky",
    "instagram",
    "threads",
    "facebook",
    "linkedin",
    "mastodon",
    "pinterest",
    "telegram",
    "discord",
    "google_business",
    "nostr",
    "tiktok",
    "x",
    "youtube",
)
# The private chat of the sandbox where bots store files.
STORAGE_CHAT = "-1005000000000"
# What trials publish. Each shape has its channel, the kind of its media, and its channel's options.
SHAPES: dict[str, tuple[str, str | None, dict[str, Any]]] = {
    "bluesky": ("bluesky", "picture", {}),
    "instagram": ("instagram", "picture", {}),
    "instagram-reel": ("instagram", "clip", {}),
    "threads": ("threads", "picture", {}),
    "threads-text": ("threads", None, {}),
    "discord": ("discord", "picture", {}),
    "discord-text": ("discord", None, {}),
    "google_business": ("google_business", "picture", {}),
    "google_business-text": ("google_business", None, {}),
    "facebook": ("facebook", None, {}),
    "facebook-photo": ("facebook", "picture", {}),
    "facebook-reel": ("facebook", "clip", {}),
    "linkedin": ("linkedin", "picture", {}),
    "linkedin-text": ("linkedin", None, {}),
    "linkedin-document": ("linkedin", "document", {}),
    "mastodon": ("mastodon", "picture", {}),
    "mastodon-text": ("mastodon", None, {}),
    "nostr": ("nostr", "picture", {}),
    "nostr-text": ("nostr", None, {}),
    "pinterest": ("pinterest", "picture", {}),
    "pinterest-video": ("pinterest", "clip", {}),
    "telegram": ("telegram", "picture", {}),
    "telegram-text": ("telegram", None, {}),
    "telegram-stored": ("telegram", "picture", {"storageChat": STORAGE_CHAT}),
    "tiktok": ("tiktok", "clip", {"privacyLevel": "PUBLIC_TO_EVERYONE"}),
    "tiktok-photo": ("tiktok", "picture", {"privacyLevel": "PUBLIC_TO_EVERYONE"}),
    "x": ("x", "picture", {}),
    "x-text": ("x", None, {}),
    "youtube": ("youtube", "clip", {"madeForKids": False}),
}
# The networks that the large proofs are run over, with commas between them; all without it.
ONLY = "PROOF_CHANNELS"
# The network has no key to find these posts by, so a lost answer may stay unconfirmed (docs/promises.md).
KEYLESS = frozenset({"telegram", "telegram-text", "telegram-stored", "tiktok-photo"})
# A lost answer is reconciled soon, and a post that is not found is soon known to be absent.
QUICK = {
    f"MUNADI_CHANNELS__{name.upper()}__{number}": seconds
    for name in CHANNELS
    for number, seconds in (
        ("PUBLISH_DEADLINE", "PT5S"),
        ("MARGIN", "PT1S"),
        ("ABSENCE_WINDOW", "PT3S"),
        ("LONG_ABSENCE", "PT3S"),
    )
}
# With all other real times: a quarter of an hour for each post that was not sent would take days.
ABSENT_SOON = {f"MUNADI_CHANNELS__{name.upper()}__LONG_ABSENCE": "PT45S" for name in CHANNELS}
LATER = 20 * 3600.0
FILES: dict[str, tuple[Callable[[], bytes], str]] = {
    "picture": (picture, "a.jpg"),
    "clip": (clip, "a.mp4"),
    "document": (pdf, "a.pdf"),
}


def channel_of(shape: str) -> str:
    """The network of a shape."""
    return SHAPES[shape][0]


def proved_shapes() -> dict[str, str]:
    """The shapes of the networks that a large proof is run over, with their networks."""
    named = os.environ.get(ONLY, "")
    wanted = named.split(",") if named else CHANNELS
    assert set(wanted) <= set(CHANNELS), f"{ONLY}: {named} are not all networks"
    return {shape: channel for shape, (channel, *_) in SHAPES.items() if channel in wanted}


@dataclass
class World:
    """A running stack, its clients, and a brand. `points` plants failpoints where the stack was started with them."""

    stack: Stack
    api: httpx.AsyncClient
    sandbox: httpx.AsyncClient
    points: Points
    brand: Brand
    _files: dict[str, str] = field(default_factory=dict)

    async def file(self, kind: str) -> str:
        """The id of a stored `picture`, `clip` or `document` that every brand may use."""
        if kind not in self._files:
            make, name = FILES[kind]
            self._files[kind] = await store(self.api, make(), name)
        return self._files[kind]

    async def another_brand(self, ref: str, *channels: str, login: str | None = None) -> World:
        """The same world with a new brand. `login`: of its accounts, if not the default one of their network."""
        return replace(self, brand=await Brand.create(self.api, self.sandbox, ref, *channels, login=login))

    async def prepare(self, shape: str, text: str, **fields: Any) -> dict[str, Any]:
        """A post of a shape that is due in hours, so that faults can be planted before anything happens to it."""
        return await self.submit(shape, text, seconds=LATER, **fields)

    async def submit(self, shape: str, text: str, **fields: Any) -> dict[str, Any]:
        """A post of a shape, due at once unless `fields` say otherwise."""
        channel, media, options = SHAPES[shape]
        own = {"title": text} if channel == "youtube" else {}
        if channel == "pinterest":
            own = {"boardId": board_of(await self.brand.profile(channel))}
        wanted = {"channel": channel, "options": options | own}
        sent = {"media": [{"id": await self.file(media)}]} if media else {}
        return await self.brand.submit(text, channels=[wanted], **sent, **fields)

    async def publish_now(self, content: Mapping[str, Any], *, may_have_begun: bool = False) -> None:
        """Publish it now; the request is repeated while the API is down. `may_have_begun`: its time may have come."""
        for _ in range(100):
            try:
                answer = await self.api.post(f"/v1/contents/{content['id']}/publish-now")
                if answer.status_code < 500:
                    has_begun = may_have_begun and answer.status_code == 409 and answer.json()["code"] == "TOO_LATE"
                    assert has_begun or answer.status_code == 200, answer.text
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.2)
        raise AssertionError("the API did not come back")

    async def posts(self, text: str, shape: str) -> list[dict[str, Any]]:
        """The posts of this text that the network itself shows."""
        listed = await posts_of(self.sandbox, channel_of(shape))
        return [row for row in listed if text in f"{row['text']} {row.get('raw', {})}"]

    def database(self) -> sqlite3.Connection:
        """The stack's own file."""
        return sqlite3.connect(self.stack.data / "munadi.db", timeout=15)

    async def temporal(self) -> Client:
        """A client of the stack's Temporal server, as an operator has one."""
        return await connect_to(self.stack.temporal)


@dataclass(frozen=True)
class Networks:
    """Where tests control the networks, and where Munadi calls them: a fault may be in between."""

    control: str
    called_at: str


@asynccontextmanager
async def open_world(
    folder: Path,
    env: Mapping[str, str] | None = None,
    *,
    channels: Sequence[str] = CHANNELS,
    failpoints: bool = True,
    networks: Networks | None = None,
) -> AsyncIterator[World]:
    """Start everything; stopped, and nothing left behind, when the block ends. `networks`: not the stack's own."""
    points = Points(folder / "failpoints")
    planted = {"MUNADI_FAILPOINTS": points.setting, "MUNADI_RELAY__LOOK_GRACE": "5"} if failpoints else {}
    options = ("--no-sandbox",) if networks else ()
    stack = await asyncio.to_thread(Stack(folder, planted | dict(env or {}), *options).start)
    where = networks or Networks(stack.info["sandbox"], stack.info["sandbox"])
    try:
        async with (
            stack.client() as api,
            httpx.AsyncClient(base_url=where.control, timeout=20, limits=FRESH) as sandbox,
            httpx.AsyncClient(base_url=where.called_at, timeout=20, limits=FRESH) as called,
        ):
            await remove_quotas(sandbox)
            brand = await Brand.create(api, called, "faults", *channels)
            world = World(stack, api, sandbox, points, replace(brand, sandbox=sandbox))
            try:
                yield world
            finally:
                stack = world.stack  # another one, if the test restarted it
    finally:
        assert await asyncio.to_thread(stack.stop) == 0


@asynccontextmanager
async def open_plain(
    folder: Path, env: Mapping[str, str] | None = None, channels: Sequence[str] = ("bluesky",)
) -> AsyncIterator[World]:
    """A world for many posts at once: few networks, and no failpoints, which would cost time."""
    async with open_world(folder, env, channels=channels, failpoints=False) as world:
        yield world
