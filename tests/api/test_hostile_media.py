"""Hostile files and servers: each a problem that names field and rule, in bounded time and memory."""

from __future__ import annotations

import asyncio
import gzip
import io
import resource
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from munadi.db.tables import MediaRow
from munadi.media.picture_structure import MAX_GIF_PARTS, MAX_SCANS
from munadi.media.probe import MAX_IMAGE_PIXELS
from tests.api import hostile
from tests.api.harness import ApiHarness, open_api
from tests.api.problems import expect_errors
from tests.api.servers import picture
from tests.api.test_media_api import MEDIA, signed_path
from tests.harness.pages import Behaviour, drip, endless, silent
from tests.harness.web import serving

CAP = 3_000_000
SECONDS = 1.5
SVG = b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
HTML = b"<!doctype html><script>alert(1)</script>"


@pytest.fixture
async def capped(tmp_path: Path) -> AsyncIterator[ApiHarness]:
    """An API that takes at most `CAP` bytes, from URLs that answer within `SECONDS`."""
    async with open_api(tmp_path, media={"max_bytes": CAP, "fetch_timeout": SECONDS}) as opened:
        yield opened


@asynccontextmanager
async def behaving(behaviour: Behaviour) -> AsyncIterator[str]:
    """The URL of a server that behaves so on each connection."""
    async with serving(lambda call: behaviour(call.out)) as address:
        yield f"{address}/a.jpg"


async def fetch(api: ApiHarness, url: str) -> httpx.Response:
    return await api.post(MEDIA, {"brandRef": "acme", "url": url})


async def expect_nothing_stored(api: ApiHarness) -> None:
    assert (await api.count(MediaRow), api.stored_files()) == (0, [])


@asynccontextmanager
async def bounded(seconds: float, megabytes: int) -> AsyncIterator[None]:
    """The block takes no longer, and no process grows more."""
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    yield
    assert time.monotonic() - started < seconds + 3
    for process in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        grown = resource.getrusage(process).ru_maxrss - before
        assert grown < megabytes * 1024, f"{grown} KB"


HOSTILE: dict[str, tuple[Callable[[], bytes], str, float | None]] = {
    "png bomb": (lambda: hostile.png(50_000, 50_000), "MEDIA_TOO_MANY_PIXELS", MAX_IMAGE_PIXELS),
    "gif screen": (lambda: hostile.gif(1, 65_535) + b"\x3b", "MEDIA_TOO_MANY_PIXELS", MAX_IMAGE_PIXELS),
    "cut gif": (lambda: hostile.gif(40_000), "MEDIA_CORRUPT", None),
    "gif frames": (lambda: hostile.gif(100_000), "MEDIA_CORRUPT", MAX_GIF_PARTS),
    "jpeg scans": (lambda: hostile.scans(10_000), "MEDIA_CORRUPT", MAX_SCANS),
    "cut jpeg": (lambda: picture(640, 480)[:1000], "MEDIA_CORRUPT", None),
    "cut mp4": (lambda: bytes(hostile.film())[:-200], "MEDIA_CORRUPT", None),
    "mp4 index": (hostile.endless_index, "MEDIA_CORRUPT", None),
    "mp4 fragment": (hostile.endless_fragment, "MEDIA_CORRUPT", None),
    "no duration": (hostile.timeless, "MEDIA_CORRUPT", None),
    "broken index": (hostile.broken_index, "MEDIA_TYPE_UNSUPPORTED", None),
    "absurd size": (hostile.vast, "MEDIA_CORRUPT", None),
    "text": (lambda: b"words", "MEDIA_TYPE_UNSUPPORTED", None),
    "svg": (lambda: SVG, "MEDIA_TYPE_UNSUPPORTED", None),
    "html": (lambda: HTML, "MEDIA_TYPE_UNSUPPORTED", None),
    "html and jpeg": (lambda: HTML + picture(), "MEDIA_TYPE_UNSUPPORTED", None),
    "zip and jpeg": (lambda: b"PK\x03\x04" + picture(), "MEDIA_TYPE_UNSUPPORTED", None),
    "empty": (lambda: b"", "MEDIA_EMPTY", 1),
}


@pytest.mark.parametrize(("make", "code", "limit"), HOSTILE.values(), ids=HOSTILE)
async def test_a_hostile_file_is_a_problem_and_nothing_more(
    api: ApiHarness, make: Callable[[], bytes], code: str, limit: float | None
) -> None:
    content = make()
    async with bounded(seconds=15, megabytes=250):
        [error] = expect_errors(await api.upload(content), ("/file", code))
    assert (error["rule"], error["limit"], bool(error["message"])) == (code.lower(), limit, True)
    api.site.files["/x.jpg"] = content
    expect_errors(await fetch(api, api.site.url("/x.jpg")), ("/url", code))
    await expect_nothing_stored(api)
    assert (await api.upload(picture())).status_code == 201, "the API still works"


async def test_a_wrong_declared_type_is_ignored(api: ApiHarness) -> None:
    made = await api.post(MEDIA, files={"file": ("clip.mp4", picture(64, 48, "PNG"), "video/mp4")})
    assert (made.status_code, made.json()["type"]) == (201, "image/png")
    [error] = expect_errors(await api.post(MEDIA, files={"file": ("a.jpg", HTML, "image/jpeg")}))
    assert "image/jpeg" in error["message"]


async def test_a_picture_with_a_page_in_it_is_served_as_a_picture(api: ApiHarness) -> None:
    """It is a valid JPEG with a comment: the headers protect from it."""
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), "red").save(buffer, "JPEG", comment=HTML)
    digest = (await api.upload(buffer.getvalue() + HTML)).json()["sha256"]
    answer = await api.get(signed_path(api, digest), key="")
    assert (answer.headers["content-type"], answer.headers["x-content-type-options"]) == ("image/jpeg", "nosniff")
    assert "sandbox" in answer.headers["content-security-policy"]


async def test_a_file_of_the_largest_size_is_accepted_and_a_byte_more_is_not(capped: ApiHarness) -> None:
    image = picture(64, 48, "BMP")
    [error] = expect_errors(await capped.upload(image + bytes(CAP + 1 - len(image))), ("/file", "MEDIA_TOO_LARGE"))
    assert (error["limit"], error["actual"]) == (CAP, CAP + 1)
    await expect_nothing_stored(capped)
    assert (await capped.upload(image + bytes(CAP - len(image)))).status_code == 201


@pytest.mark.parametrize("excess", [3, 2000], ids=["a little", "without end"])
async def test_a_file_over_the_cap_is_cut_off_while_it_streams(capped: ApiHarness, excess: int) -> None:
    """Without a Content-Length: little more than the cap is ever read."""
    sent, part = 0, bytes(65536)

    async def body() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
        for _ in range(CAP // len(part) + excess):
            sent += len(part)
            yield part
        yield b"\r\n--b--\r\n"

    headers = {"Content-Type": "multipart/form-data; boundary=b", "Authorization": f"Bearer {capped.admin_key}"}
    async with capped.served() as address, httpx.AsyncClient(base_url=address, timeout=20) as client:
        try:
            answer = await client.post(MEDIA, content=body(), headers=headers)
        except httpx.TransportError:
            assert excess == 2000  # the server closed the connection of a client that continued to send
        else:
            assert (answer.status_code, answer.json()["code"]) == (413, "BODY_TOO_LARGE")
        assert sent < CAP + 30_000_000
        assert (await client.get("/healthz")).status_code == 200
    await expect_nothing_stored(capped)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://169.254.169.254/latest/meta-data/", "ADDRESS_NOT_PUBLIC"),
        ("https://10.0.0.1/a.jpg", "ADDRESS_NOT_PUBLIC"),
        ("https://[fe80::1]/a.jpg", "ADDRESS_NOT_PUBLIC"),
        ("https://[::ffff:169.254.169.254]/a.jpg", "ADDRESS_NOT_PUBLIC"),
        ("https://2130706433/a.jpg", "URL_HOST"),
        ("file:///etc/passwd", "URL_SCHEME"),
    ],
)
async def test_a_private_address_is_refused_also_behind_a_redirect(capped: ApiHarness, url: str, code: str) -> None:
    async def redirect(writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 302 Found\r\nLocation: {url}\r\nContent-Length: 0\r\n\r\n".encode())

    async with behaving(redirect) as redirecting:
        for asked in (url, redirecting):
            expect_errors(await fetch(capped, asked), ("/url", code))
    await expect_nothing_stored(capped)


async def test_loopback_is_refused_outside_development(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"secret_keys": "uV4vJbJ5uWq0o1o2vHn3cE8b3bT5mXy0r1k6q9s2t7A="}
    async with open_api(tmp_path, environment="production", **settings) as api:
        for url in (api.site.url("/a.jpg"), "https://localhost/a.jpg", "https://[::1]/a.jpg"):
            expect_errors(await fetch(api, url), "/url")
        assert api.site.requests == {}
        await expect_nothing_stored(api)


@cache
def bomb() -> bytes:
    """200 MB in 200 kB."""
    return gzip.compress(b"\xff\xd8\xff" + bytes(200_000_000), 6)


@pytest.fixture(scope="module", autouse=True)
def made_bomb() -> None:
    """Made before any server answers: it takes about as long as a server may."""
    bomb()


async def gzip_bomb(writer: asyncio.StreamWriter) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb())}\r\n\r\n"
    writer.write(head.encode() + bomb())


async def endless_picture(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n\xff\xd8\xff")
    while True:
        writer.write(b"x" * 65536)
        await writer.drain()


async def crumbs(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n\xff\xd8\xff\r\n")
    while True:
        writer.write(b"1\r\nx\r\n" * 10_000)
        await writer.drain()


@pytest.mark.parametrize(
    ("behaviour", "code", "limit"),
    [
        (endless, "MEDIA_TYPE_UNSUPPORTED", None),
        (endless_picture, "MEDIA_TOO_LARGE", CAP),
        (crumbs, "MEDIA_UNREACHABLE", None),
        (drip, "MEDIA_TIMEOUT", SECONDS),
        (silent, "MEDIA_TIMEOUT", SECONDS),
        (gzip_bomb, "MEDIA_TOO_LARGE", CAP),
    ],
)
async def test_a_hostile_server_costs_bounded_time_and_memory(
    capped: ApiHarness, behaviour: Behaviour, code: str, limit: float | None
) -> None:
    async with behaving(behaviour) as url, bounded(SECONDS + 5, megabytes=100):
        [error] = expect_errors(await fetch(capped, url), ("/url", code))
    assert error["rule"] == code.lower()
    assert limit is None or error["limit"] == limit
    await expect_nothing_stored(capped)
