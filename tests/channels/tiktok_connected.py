"""TikTok on the sandbox: an account, films that are really encoded, and the path that the activities take."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

import av
import httpx
import pytest
from PIL import Image
from pydantic import SecretStr

from munadi.domain.failure import ChannelError
from munadi.domain.publication import Pending, Published, Unknown
from munadi.ports import AccountImport, PublicationDraft
from tests.channels.conftest import MediaSite, Oracle
from tests.channels.connected import Connected, jpeg, new
from tests.channels.making import Saved, image, stage, video

PUBLIC = {"privacyLevel": "PUBLIC_TO_EVERYONE"}
PULL = {**PUBLIC, "mode": "pull"}
ACCEPTED = ["accept_then_reset", "accept_then_502", "accept_then_504", "accept_then_half_body", "live_but_error"]


@cache
def film(seconds: int = 3, width: int = 360, height: int = 640, rate: int = 24, codec: str = "h264") -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream: Any = container.add_stream(codec, rate=rate)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        picture: Any = Image.new("RGB", (width, height), "teal")
        frames: Any = av.VideoFrame
        for _ in range(rate * seconds + 1):
            container.mux(stream.encode(frames.from_image(picture)))
        container.mux(stream.encode())
    return out.getvalue()


@asynccontextmanager
async def acme_connected(oracle: Oracle, site: MediaSite) -> AsyncIterator[Connected]:
    """An account on the sandbox, whose posts need no time, uploading in five chunks."""
    for kind in ("processing", "moderation"):
        oracle.call("PUT", "/delays", channel="tiktok", kind=kind, seconds=0)
    oracle.call("PUT", "/limits", channel="tiktok", kind="minChunkBytes", value=100)
    oracle.call("PUT", "/limits", channel="tiktok", kind="statusPerMinute", value=1000)
    profile = oracle.call("POST", "/profiles", channel="tiktok", name="acme")
    hosts = {
        name: f"{oracle.url}/tiktok/{path}" for name, path in (("api", "api"), ("auth", "www"), ("upload", "upload"))
    }
    settings = {
        "hosts": hosts,
        "chunk_bytes": len(film()) // 5,
        "client_id": "key",
        "client_secret": "secret",
        "poll_quick": 0.02,
    }
    async with httpx.AsyncClient() as client:
        connected = Connected("tiktok", settings, client)
        connected.media.base = site.url
        given = AccountImport(
            external_id=profile["externalId"],
            access_token=SecretStr(profile["accessToken"]),
            refresh_token=SecretStr(profile["refreshToken"]),
        )
        await connected.connect(given)
        yield connected


def clip(connected: Connected, text: str = "Waves", body: bytes | None = None, **options: Any) -> PublicationDraft:
    content = film() if body is None else body
    connected.media.files["med_0"] = content
    return new(text, media=(video(bytes=len(content)),), options={**PUBLIC, **options})


def pull(site: MediaSite, text: str = "Waves", body: bytes | None = None, **options: Any) -> PublicationDraft:
    site.files["/med_0"] = film() if body is None else body
    return new(text, media=(video(),), options={**PULL, **options})


def photos(site: MediaSite, **options: Any) -> PublicationDraft:
    site.files |= {"/med_0": jpeg(), "/med_1": jpeg(400, 320, "red", "WEBP")}
    return new("Two photos", media=(image(0), image(1, mime_type="image/webp")), options={**PUBLIC, **options})


def posts(oracle: Oracle, connected: Connected) -> list[dict[str, Any]]:
    return oracle.posts(connected.account.external_id)


async def settled(connected: Connected, given: PublicationDraft, saved: Saved) -> Published:
    """Looked at until TikTok has done with it."""
    for _ in range(300):
        found = await connected.channel.check(given, connected.account, saved.handle)
        if isinstance(found, Published):
            return found
        await asyncio.sleep(0.02)
    raise AssertionError("never published")


async def send(connected: Connected, given: PublicationDraft, saved: Saved) -> Published | Pending:
    return await connected.channel.publish(given, connected.account, saved.handle, saved, stage())


async def post(connected: Connected, given: PublicationDraft, saved: Saved | None = None) -> Published:
    saved = saved or Saved()
    await connected.prepare(given, saved)
    await send(connected, given, saved)
    return await settled(connected, given, saved)


async def tried(connected: Connected, given: PublicationDraft, saved: Saved) -> Published | Pending | ChannelError:
    try:
        return await send(connected, given, saved)
    except ChannelError as error:
        return error


async def failure(connected: Connected, given: PublicationDraft) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        await post(connected, given)
    return caught.value


async def found(connected: Connected, given: PublicationDraft, saved: Saved) -> Published:
    for _ in range(300):
        looked = await connected.find(given, saved)
        if isinstance(looked, Published):
            return looked
        assert isinstance(looked, Unknown)
        await asyncio.sleep(0.02)
    raise AssertionError("never found")
