"""A Page on the sandbox with its files, and the way the activities publish to it."""

from __future__ import annotations

import asyncio
import functools
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import av
import httpx
from PIL import Image
from pydantic import SecretStr

from munadi.domain.failure import ChannelError
from munadi.domain.publication import Published
from munadi.ports import AccountImport, PublicationDraft, Stage
from tests.channels.conftest import MediaSite, Oracle
from tests.channels.connected import Connected, jpeg, new
from tests.channels.making import GateThatCounts, Saved, image, video

KINDS = ["text", "photos", "reel", "video"]
STORIES = ["photo story", "video story"]
VISIBLE = {
    "text": "feed",
    "photos": "feed",
    "reel": "finish_reel",
    "video": "finish_video",
    "photo story": "photo_story",
    "video story": "finish_story",
}
LOST = ["accept_then_reset", "accept_then_502", "accept_then_504", "accept_then_half_body"]


@functools.cache
def film(width: int, height: int, seconds: int = 3) -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream: Any = container.add_stream("h264", rate=24)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"preset": "ultrafast"}
        frames: Any = av.VideoFrame
        picture: Any = Image.new("RGB", (width, height), "teal")
        for _ in range(24 * seconds + 1):
            container.mux(stream.encode(frames.from_image(picture)))
        container.mux(stream.encode())
    return out.getvalue()


class Acme(Connected):
    """A Page with its files: `reel.mp4` fits the rules of reels, `wide.mp4` does not."""

    profile: dict[str, Any]

    def draft(self, kind: str, text: str = "Hello", **fields: Any) -> PublicationDraft:
        if kind in STORIES:
            photo = new(media=(image(0),), options={"kind": "story"}, **fields)
            return photo if kind == "photo story" else self.draft("reel", "", options={"kind": "story"}, **fields)
        match kind:
            case "text":
                return new(text, **fields)
            case "photos":
                return new(text, media=(image(0, alt="Teal"), image(1)), **fields)
            case "reel":
                self.media.files["med_0"] = film(540, 960)
                size = len(self.media.files["med_0"])
                return new(text, media=(video(width=540, height=960, bytes=size, fps=24.0),), **fields)
        self.media.files["med_0"] = film(320, 180)
        size = len(self.media.files["med_0"])
        return new(text, media=(video(width=320, height=180, bytes=size, fps=24.0),), **fields)

    async def publish_until_live(self, given: PublicationDraft, saved: Saved) -> Published:
        """As the workflow does: the visible call, then checks until it is published."""
        found: Any = await self.channel.publish(given, self.account, saved.handle, saved, Stage(GateThatCounts()))
        for _ in range(100):
            if isinstance(found, Published):
                return found
            await asyncio.sleep(0.02)
            found = await self.channel.check(given, self.account, saved.handle)
        raise AssertionError("never published")


def posts(oracle: Oracle, connected: Connected) -> list[dict[str, Any]]:
    return oracle.posts(connected.account.external_id)


async def failure(connected: Connected, given: PublicationDraft, saved: Saved | None = None) -> ChannelError:
    """What stops a publication, in its preparation or its visible call."""
    saved = saved or Saved()
    try:
        await connected.prepare(given, saved)
        await connected.channel.publish(given, connected.account, saved.handle, saved, Stage(GateThatCounts()))
    except ChannelError as error:
        return error
    raise AssertionError("nothing stopped it")


@asynccontextmanager
async def a_page(
    oracle: Oracle, site: MediaSite, transport: httpx.AsyncBaseTransport | None = None
) -> AsyncIterator[Acme]:
    profile = oracle.call("POST", "/profiles", channel="facebook", name="acme")
    for kind in ("reel", "video", "publish", "index"):
        oracle.call("PUT", "/delays", channel="facebook", kind=kind, seconds=0)
    base = f"{oracle.url}/facebook"
    hosts = {"graph": f"{base}/graph", "auth": f"{base}/www", "upload": f"{base}/upload", "video": f"{base}/video"}
    settings = {"hosts": hosts, "poll_quick": 0.02, "client_id": "4711", "client_secret": "app-secret"}
    async with httpx.AsyncClient(transport=transport) as client:
        connected = Acme("facebook", settings, client)
        connected.media.base = site.url
        site.files |= {"/med_0": jpeg(), "/med_1": jpeg(400, 320, "red")}
        connected.profile = profile
        given = AccountImport(
            external_id=profile["externalId"],
            access_token=SecretStr(profile["accessToken"]),
            refresh_token=SecretStr(profile["refreshToken"]),
        )
        await connected.connect(given)
        yield connected
