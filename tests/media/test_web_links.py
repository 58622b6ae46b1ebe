"""The card of a link costs a bounded number of seconds and bytes with any page and picture."""

from __future__ import annotations

import asyncio
import io
import resource
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from munadi.media.fetch import FetchLimits, MediaFetcher
from munadi.media.web_links import PICTURE_BYTES, WebLinks
from munadi.outbound.guard import Guard
from munadi.ports import LinkCard
from tests.api import hostile
from tests.harness.pages import drip, endless, silent
from tests.media.hostile_files import PICTURES

SECONDS = 1.5
PAGE = b'<meta property="og:title" content="Sale"><meta property="og:image" content="/picture">'
HTML = b"content-type: text/html; charset=utf-8"


@pytest.fixture
async def links(tmp_path: Path) -> AsyncIterator[WebLinks]:
    (tmp_path / "incoming").mkdir()
    fetcher = MediaFetcher(Guard(allow_loopback=True), FetchLimits(), directory=tmp_path / "incoming")
    yield WebLinks(fetcher, timedelta(seconds=SECONDS))
    await fetcher.aclose()
    assert list((tmp_path / "incoming").iterdir()) == []


def jpeg(side: int = 64, kind: str = "JPEG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (side, side), "teal").save(out, kind)
    return out.getvalue()


def sending(body: bytes, *headers: bytes) -> bytes:
    return b"\r\n".join([b"HTTP/1.1 200 OK", b"content-length: %d" % len(body), *headers]) + b"\r\n\r\n" + body


@pytest.mark.parametrize("declared", [b"image/jpeg", b"application/octet-stream", b""])
async def test_a_card_has_the_pages_picture(links: WebLinks, web: Any, declared: bytes) -> None:
    web.ok("/", PAGE, HTML)
    web.ok("/picture", jpeg(), *([b"content-type: " + declared] if declared else []))
    assert await links.card(web.url("/")) == LinkCard("Sale", "", jpeg(), "image/jpeg")


async def test_a_page_that_names_no_picture_misses_none(links: WebLinks, web: Any) -> None:
    web.ok("/", b"<title>Sale</title>", HTML)
    assert await links.card(web.url("/")) == LinkCard("Sale")


async def film(writer: asyncio.StreamWriter) -> None:
    """600 MB that are called a film, and begin like one."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 600000000\r\ncontent-type: video/mp4\r\n\r\n")
    await pour(writer, bytes(hostile.film()[:1000]))


async def film_called_a_picture(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: image/jpeg\r\n\r\n")
    await pour(writer, bytes(hostile.film()[:1000]))


async def endless_picture(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: image/jpeg\r\n\r\n")
    await pour(writer, jpeg())


@cache
def large() -> bytes:
    """A picture of 16 million pixels and more."""
    return jpeg(4_001, "PNG")


async def many_pixels(writer: asyncio.StreamWriter) -> None:
    writer.write(sending(large(), b"content-type: image/png"))


async def many_parts(writer: asyncio.StreamWriter) -> None:
    whole = PICTURES["jpeg of a million EXIF segments"]()
    writer.write(sending(whole[:4_900_000], b"content-type: image/jpeg"))


async def pour(writer: asyncio.StreamWriter, start: bytes) -> None:
    writer.write(start)
    for _ in range(600):
        writer.write(bytes(1_000_000))
        await writer.drain()


@pytest.mark.parametrize(
    "behaviour",
    [
        film,
        film_called_a_picture,
        endless_picture,
        endless,
        drip,
        silent,
        sending(jpeg(), b"content-type: text/html"),
        sending(jpeg()[:300], b"content-type: image/jpeg"),
        sending(jpeg() + bytes(PICTURE_BYTES), b"content-type: image/jpeg"),
        sending(hostile.png(50_000, 50_000), b"content-type: image/png"),
        many_pixels,
        many_parts,
        sending(b"", b"content-type: image/jpeg"),
        b"HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
    ],
    ids=[
        *("film", "film called a picture", "endless picture", "endless junk", "drip", "silence", "named html", "cut"),
        *("5 MB and more", "pixel bomb", "16 million pixels and more", "many parts", "empty", "private", "missing"),
    ],
)
async def test_a_card_is_made_without_a_picture_that_cannot_be_had(
    links: WebLinks, web: Any, behaviour: bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]
) -> None:
    web.ok("/", PAGE, HTML)
    web.pages["/picture"] = behaviour
    large()  # making it takes 64 MB here, which are not those of a card
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    assert await links.card(web.url("/")) == LinkCard("Sale", "", None, None, image_missing=True)
    assert time.monotonic() - started < SECONDS + 4
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000


@pytest.mark.parametrize("behaviour", [endless, drip, silent, film])
async def test_a_page_costs_the_same_budget(
    links: WebLinks, web: Any, behaviour: Callable[[asyncio.StreamWriter], Awaitable[None]]
) -> None:
    web.pages["/"] = behaviour
    started = time.monotonic()
    assert await links.card(web.url("/")) is None
    assert time.monotonic() - started < SECONDS + 4


async def test_the_page_and_its_picture_share_the_seconds(links: WebLinks, web: Any) -> None:
    async def late(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(SECONDS * 0.7)
        writer.write(sending(PAGE, HTML))

    web.pages["/"], web.pages["/picture"] = late, silent
    started = time.monotonic()
    assert await links.card(web.url("/")) == LinkCard("Sale", "", None, None, image_missing=True)
    assert time.monotonic() - started < SECONDS * 1.7 + 1
