"""Hostile files and servers, through the API: each a problem that names field and rule, in bounded time and memory."""

from __future__ import annotations

import asyncio
import gzip
import io
import resource
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest
from PIL import Image

from munadi.db.tables import MediaRow
from munadi.media.picture_structure import MAX_GIF_PARTS, MAX_SCANS
from munadi.media.probe import MAX_IMAGE_PIXELS
from tests.api import hostile
from tests.api.desk import Desk, open_desk, picture
from tests.api.test_bad_input import errors_of
from tests.api.test_media_api import upload
from tests.api.test_media_store_away import signed
from tests.api.test_over_sockets import served
from tests.support.web import drip, endless, silent

CAP = 3_000_000
SECONDS = 1.5
SVG = b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
HTML = b"<!doctype html><script>alert(1)</script>"
Behaviour = Callable[[asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture
async def strict_desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """Media of at most `CAP` octets, from URLs that answer within `SECONDS`."""
    async with open_desk(tmp_path, media={"max_bytes": CAP, "fetch_timeout": SECONDS}) as opened:
        yield opened


@asynccontextmanager
async def behaving(behaviour: Behaviour) -> AsyncIterator[str]:
    """The URL of a server that does this to whoever asks."""
    serving: set[asyncio.Task[None] | None] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.current_task())
        with suppress(OSError, EOFError, asyncio.CancelledError):
            await reader.readuntil(b"\r\n\r\n")
            await behaviour(writer)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/a.jpg"
    finally:
        server.close()
        for task in serving:
            if task is not None:
                task.cancel()


async def check_nothing_kept(desk: Desk) -> None:
    assert await desk.count(MediaRow) == 0
    assert [path for path in (desk.folder / "media").rglob("*") if path.is_file()] == []


def check_memory(before: int, megabytes: int) -> None:
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        grown = resource.getrusage(who).ru_maxrss - before
        assert grown < megabytes * 1024, f"{grown} KB"


@pytest.mark.parametrize(
    ("make", "code", "limit"),
    [
        (lambda: hostile.png(50_000, 50_000), "MEDIA_TOO_MANY_PIXELS", MAX_IMAGE_PIXELS),
        (lambda: hostile.gif(1, 65_535) + b"\x3b", "MEDIA_TOO_MANY_PIXELS", MAX_IMAGE_PIXELS),
        (lambda: hostile.gif(40_000), "MEDIA_CORRUPT", None),
        (lambda: hostile.gif(100_000), "MEDIA_CORRUPT", MAX_GIF_PARTS),
        (lambda: hostile.scans(10_000), "MEDIA_CORRUPT", MAX_SCANS),
        (lambda: picture(640, 480)[:1000], "MEDIA_CORRUPT", None),
        (lambda: bytes(hostile.film())[:-200], "MEDIA_CORRUPT", None),
        (hostile.endless_index, "MEDIA_CORRUPT", None),
        (hostile.endless_fragment, "MEDIA_CORRUPT", None),
        (hostile.timeless, "MEDIA_CORRUPT", None),
        (hostile.broken_index, "MEDIA_TYPE_UNSUPPORTED", None),
        (hostile.vast, "MEDIA_CORRUPT", None),
        (lambda: SVG, "MEDIA_TYPE_UNSUPPORTED", None),
        (lambda: HTML, "MEDIA_TYPE_UNSUPPORTED", None),
        (lambda: HTML + picture(), "MEDIA_TYPE_UNSUPPORTED", None),
        (lambda: b"PK\x03\x04" + picture(), "MEDIA_TYPE_UNSUPPORTED", None),
        (lambda: b"", "MEDIA_EMPTY", 1),
    ],
    ids=[
        *(
            "png bomb",
            "gif screen",
            "cut gif",
            "gif frames",
            "jpeg scans",
            "cut jpeg",
            "cut mp4",
            "mp4 index",
            "mp4 fragment",
        ),
        *("no duration", "broken index", "absurd size", "svg", "html", "html and jpeg", "zip and jpeg", "empty"),
    ],
)
async def test_a_hostile_file_is_a_problem_and_nothing_more(
    small_desk: Desk, make: Callable[[], bytes], code: str, limit: float | None
) -> None:
    content = make()
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    (error,) = errors_of(await upload(small_desk, content))
    assert time.monotonic() - started < 15
    check_memory(before, 250)
    assert (error["pointer"], error["code"], error["rule"]) == ("/file", code, code.lower())
    assert error["limit"] == limit
    assert error["message"]
    small_desk.site.files["/x.jpg"] = content
    by_url = await small_desk.client.post("/v1/media", json={"brandRef": "acme", "url": small_desk.site.url("/x.jpg")})
    assert [(each["pointer"], each["code"]) for each in errors_of(by_url)] == [("/url", code)]
    await check_nothing_kept(small_desk)
    assert (await upload(small_desk, picture())).status_code == 201  # and it goes on


async def test_a_wrong_declared_type_is_not_believed(small_desk: Desk) -> None:
    files = {"file": ("clip.mp4", picture(64, 48, "PNG"), "video/mp4")}
    made = await small_desk.client.post("/v1/media", files=files)
    assert (made.status_code, made.json()["type"]) == (201, "image/png")
    named = {"file": ("a.jpg", HTML, "image/jpeg")}
    (error,) = errors_of(await small_desk.client.post("/v1/media", files=named))
    assert "image/jpeg" in error["message"]


async def test_a_polyglot_is_served_as_the_picture_it_is_and_runs_nowhere(small_desk: Desk) -> None:
    """A JPEG with a page in its comment is a sound JPEG: what protects is how it is served."""
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), "red").save(buffer, "JPEG", comment=HTML)
    media = (await upload(small_desk, buffer.getvalue() + HTML)).json()
    answer = await small_desk.client.get(signed(small_desk.services, media["sha256"]), headers={"Authorization": ""})
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


async def test_a_file_just_over_the_cap_is_refused_and_one_of_the_cap_is_not(strict_desk: Desk) -> None:
    image = picture(64, 48, "BMP")
    (error,) = errors_of(await upload(strict_desk, image + bytes(CAP + 1 - len(image))))
    assert (error["pointer"], error["code"], error["limit"]) == ("/file", "MEDIA_TOO_LARGE", CAP)
    assert error["actual"] == CAP + 1
    await check_nothing_kept(strict_desk)
    assert (await upload(strict_desk, image + bytes(CAP - len(image)))).status_code == 201


@pytest.mark.parametrize("excess", [3, 2000], ids=["a little", "without end"])
async def test_a_file_over_the_cap_is_cut_off_while_it_streams(strict_desk: Desk, excess: int) -> None:
    """Without a Content-Length: little more than the cap is ever taken."""
    sent, part = 0, bytes(65536)

    async def body() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
        for _ in range(CAP // len(part) + excess):
            sent += len(part)
            yield part
        yield b"\r\n--b--\r\n"

    headers = {"Content-Type": "multipart/form-data; boundary=b", **strict_desk.client.headers}
    async with served(strict_desk) as address, httpx.AsyncClient(base_url=address, timeout=20) as client:
        try:
            answer = await client.post("/v1/media", content=body(), headers=headers)
        except httpx.TransportError:
            assert excess == 2000  # hung up on, since it went on sending
        else:
            assert (answer.status_code, answer.json()["code"]) == (413, "BODY_TOO_LARGE")
        assert sent < CAP + 30_000_000
        assert (await client.get("/healthz")).status_code == 200
    await check_nothing_kept(strict_desk)


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
async def test_a_url_to_a_private_place_is_refused_also_behind_a_redirect(
    strict_desk: Desk, url: str, code: str
) -> None:
    async def redirect(writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 302 Found\r\nLocation: {url}\r\nContent-Length: 0\r\n\r\n".encode())

    async with behaving(redirect) as there:
        for asked in (url, there):
            answer = await strict_desk.client.post("/v1/media", json={"brandRef": "acme", "url": asked})
            assert [(each["pointer"], each["code"]) for each in errors_of(answer)] == [("/url", code)]
    await check_nothing_kept(strict_desk)


async def test_loopback_is_refused_outside_development(tmp_path: Path) -> None:
    key = "uV4vJbJ5uWq0o1o2vHn3cE8b3bT5mXy0r1k6q9s2t7A="
    async with open_desk(tmp_path, environment="production", secret_keys=key) as desk:
        port = desk.site.address.rpartition(":")[2]
        for url in (f"http://127.0.0.1:{port}/a.jpg", "https://localhost/a.jpg", "https://[::1]/a.jpg"):
            answer = await desk.client.post("/v1/media", json={"brandRef": "acme", "url": url})
            assert [each["pointer"] for each in errors_of(answer)] == ["/url"]
        assert desk.site.asked == {}
        await check_nothing_kept(desk)


BOMB = gzip.compress(b"\xff\xd8\xff" + bytes(200_000_000), 6)


async def gzip_bomb(writer: asyncio.StreamWriter) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(BOMB)}\r\n\r\n"
    writer.write(head.encode() + BOMB)


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
    ("behaviour", "code"),
    [
        (endless, "MEDIA_TYPE_UNSUPPORTED"),
        (endless_picture, "MEDIA_TOO_LARGE"),
        (crumbs, "MEDIA_UNREACHABLE"),
        (drip, "MEDIA_TIMEOUT"),
        (silent, "MEDIA_TIMEOUT"),
        (gzip_bomb, "MEDIA_TOO_LARGE"),
    ],
    ids=["never-ending", "never-ending picture", "crumbs", "slow drip", "silent", "gzip bomb"],
)
async def test_a_hostile_server_costs_bounded_time_and_memory(
    strict_desk: Desk, behaviour: Behaviour, code: str
) -> None:
    async with behaving(behaviour) as there:
        before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
        answer = await strict_desk.client.post("/v1/media", json={"brandRef": "acme", "url": there})
        (error,) = errors_of(answer)
        assert (error["pointer"], error["code"], error["rule"]) == ("/url", code, code.lower())
        limits = {"MEDIA_TOO_LARGE": CAP, "MEDIA_TIMEOUT": SECONDS}
        assert code not in limits or error["limit"] == limits[code]
        assert time.monotonic() - started < SECONDS + 5
        check_memory(before, 100)
    await check_nothing_kept(strict_desk)
