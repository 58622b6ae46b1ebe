"""A channel on real sockets with an account, used as the activities use it."""

from __future__ import annotations

import asyncio
import functools
import io
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import av
import httpx
from PIL import Image

from munadi.channels.registry import build_channels
from munadi.domain.account import ConnectedAccount
from munadi.domain.channel import ChannelName
from munadi.domain.publication import Published, Ready
from munadi.ports import AccountImport, PublicationDraft
from tests.channels.calls import Calls, Saved
from tests.channels.making import Cards, StoredMedia, SystemClock, publication, tools


class Connected:
    """`account` is set after `connect`."""

    account: ConnectedAccount

    def __init__(self, name: str, settings: Mapping[str, Any], client: httpx.AsyncClient) -> None:
        self.media, self.cards = StoredMedia(), Cards()
        built = build_channels({name: settings}, tools(client, SystemClock(), self.media, self.cards))
        self.channel = built[name]
        self.port = Calls(self.channel)

    async def connect(self, given: AccountImport) -> ConnectedAccount:
        connection = await self.channel.verify(given)
        self.account = ConnectedAccount(
            id="acc_01jd0000000000000000000000",
            brand_ref="acme",
            channel=ChannelName(self.channel.spec.name),
            external_id=connection.profile.external_id,
            handle=connection.profile.handle,
            service_url=connection.profile.service_url,
            login=given.login,
            scopes=connection.profile.scopes,
            facts=connection.profile.facts,
            credentials=connection.credentials,
        )
        return self.account

    async def prepare(self, given: PublicationDraft, saved: Saved) -> Ready:
        """Prepare until the post is ready, as the workflow does, but with short waits."""
        for _ in range(200):
            found = await self.port.prepare(given, self.account, saved)
            if isinstance(found, Ready):
                return found
            await asyncio.sleep(min(found.after.total_seconds(), 0.1))
        raise AssertionError("never ready")

    async def publish(self, given: PublicationDraft, saved: Saved) -> Published:
        """The visible call alone."""
        found = await self.port.publish(given, self.account, saved)
        assert isinstance(found, Published)
        return found

    async def post(self, given: PublicationDraft) -> Published:
        saved = Saved()
        await self.prepare(given, saved)
        return await self.publish(given, saved)

    async def find(self, given: PublicationDraft, saved: Saved, step: str = "post") -> Any:
        return await self.port.find(given, self.account, saved, given.due_at, step)


def new(text: str = "", **fields: Any) -> PublicationDraft:
    """A new publication that is due now."""
    return publication(text, at=datetime.now(UTC), seed=f"pub_{secrets.token_hex(13)}", **fields)


def jpeg(width: int = 320, height: int = 320, colour: str = "teal", kind: str = "JPEG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, kind)
    return out.getvalue()


def moving() -> bytes:
    """An animated GIF of two pictures."""
    out = io.BytesIO()
    frames = [Image.new("RGB", (90, 160), colour) for colour in ("teal", "gold")]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=500)
    return out.getvalue()


@functools.cache
def film(width: int, height: int, seconds: int = 3, *, rate: int = 24, codec: str = "h264") -> bytes:
    """An MP4 of one colour without sound."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream: Any = container.add_stream(codec, rate=rate)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        if codec == "h264":
            stream.options = {"preset": "ultrafast"}
        picture: Any = Image.new("RGB", (width, height), "teal")
        frames: Any = av.VideoFrame
        for _ in range(rate * seconds + 1):
            container.mux(stream.encode(frames.from_image(picture)))
        container.mux(stream.encode())
    return out.getvalue()


def padded(content: bytes, size: int = 80_000) -> bytes:
    """The same film with an empty box at its end, as some networks take no small files."""
    free = size - len(content)
    return content + free.to_bytes(4, "big") + b"free" + bytes(free - 8)


def mp4(seconds: int, codec: str = "h264") -> bytes:
    """A small upright film."""
    return film(90, 160, seconds, codec=codec)
