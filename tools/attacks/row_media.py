"""Media that never arrive, and files that are long to walk through."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from tests.harness.files import picture
from tests.harness.web import Call, serving
from tests.hostile.servers import tarpit
from tools.attacks.attack import Attack, Scene, connected, timed

URLS = 16
LONGEST = 58.0
STEPS = 20_000_000


async def _tarpits(scene: Scene) -> None:
    image = picture()

    async def answering(call: Call) -> None:
        if call.path.startswith("/good"):
            await call.answer(image, "image/jpeg")
        else:
            await tarpit(call)

    async with serving(answering) as address, scene.target.client(timeout=LONGEST) as other:
        media = [{"url": f"{address}/tar{number}.jpg"} for number in range(URLS)]
        body = {"brandRef": scene.ref, "text": "x", "channels": ["bluesky"], "media": media}
        async with scene.client(2.0) as api:
            await timed(api.post("/v1/contents", json=body))
        given = {"brandRef": "healthy", "url": f"{address}/good.jpg"}
        found = await timed(other.post("/v1/media", json=given))
    scene.add("another brand's picture took", found.seconds, "s", at_most=5)
    scene.add("another brand's picture refused", float(found.status != 201), "", at_most=0)


def _gif(steps: int) -> Iterator[bytes]:
    """A GIF of one picture in as many sub-blocks of one byte, in pieces."""
    screen = (1).to_bytes(2, "little") * 2
    yield b"GIF89a" + screen + b"\x80\0\0" + b"\0\0\0\xff\xff\xff" + b"\x2c\0\0\0\0" + screen + b"\0\x02"
    part = b"\x01\x44" * 100_000
    for _ in range(steps // 100_000):
        yield part
    yield b"\0\x3b"


async def _walk(scene: Scene) -> None:
    content = b"".join(_gif(STEPS))
    async with scene.client(LONGEST) as api:
        upload = {"file": ("a.gif", content, "image/gif")}
        found = await timed(api.post("/v1/media", files=upload, data={"brandRef": scene.ref}))
    scene.add("the upload took", found.seconds, "s", at_most=10)
    scene.add("answered with 5xx or not at all", found.failed, "", at_most=0)
    await asyncio.sleep(1)


ATTACKS = (
    Attack(
        "4",
        "tarpit media",
        f"a post with {URLS} media URLs that never end; its client leaves after 2 s",
        "another brand's picture is taken within 5 s",
        _tarpits,
        prepare=connected("bluesky"),
    ),
    Attack("10", "long GIF", "a GIF of 40 MB in twenty million steps", "bounded: ≤ 10 s", _walk, grows_mb=250),
)
