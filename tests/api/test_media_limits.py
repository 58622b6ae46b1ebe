"""What a request for media may cost: judged first, bounded, and stopped when the client leaves."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from munadi.domain.key import Scope
from tests.api.desk import Desk, open_desk, picture
from tests.api.test_bad_input import errors_of
from tests.api.test_hostile_media import behaving, check_nothing_kept
from tests.api.test_over_sockets import served
from tests.support.web import silent


@pytest.mark.parametrize(
    ("change", "code"),
    [({"colour": "red"}, "UNKNOWN_FIELD"), ({"text": 7}, "INVALID_FIELD"), ({"brandRef": "nobody"}, "BRAND_UNKNOWN")],
)
async def test_nothing_is_fetched_for_a_broken_shape_or_an_unknown_brand(
    small_desk: Desk, change: dict[str, object], code: str
) -> None:
    url = small_desk.site.url("/notes.txt")
    body = small_desk.content(media=[{"url": url}, {"id": "med_x"}]) | change
    for path in ("/v1/contents", "/v1/contents/validate"):
        answer = await small_desk.client.post(path, json=body)
        found = answer.json()["errors"] if path == "/v1/contents" else answer.json()["problems"]
        assert code in {error["code"] for error in found}
        assert "MISSING_FIELD" not in {error["code"] for error in found}
    sent = {"url": url, "brandRef": "acme"} | ({"url": url} if "text" in change else change)
    if "text" not in change:
        assert [error["code"] for error in errors_of(await small_desk.client.post("/v1/media", json=sent))] == [code]
    assert small_desk.site.asked == {}


async def test_a_request_names_a_bounded_number_of_media(small_desk: Desk) -> None:
    urls = [{"url": small_desk.site.url(f"/{number}.jpg")} for number in range(51)]
    channel = {"channel": "bluesky", "media": urls[49:]}
    body = small_desk.content(media=urls[:49], channels=[channel])
    (error,) = errors_of(await small_desk.client.post("/v1/contents", json=body))
    assert (error["pointer"], error["code"]) == ("/channels/0/media/1/url", "MEDIA_TOO_MANY")
    assert (error["rule"], error["limit"], error["actual"]) == ("media_too_many", 50, 51)
    assert small_desk.site.asked == {}


async def until(reached: Callable[[], bool], what: str) -> None:
    for _ in range(500):
        if reached():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"{what}: not within 5 s")


async def send(address: str, key: str, path: str, body: bytes, kind: str, announced: int | None = None) -> Any:
    """The streams of a request that is sent, its answer not read."""
    reader, writer = await asyncio.open_connection(*address.removeprefix("http://").split(":"))
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {key}\r\nContent-Type: {kind}\r\n"
    writer.write(f"{head}Content-Length: {announced or len(body)}\r\n\r\n".encode() + body)
    await writer.drain()
    return reader, writer


@pytest.mark.parametrize("path", ["/v1/contents", "/v1/contents/validate", "/v1/media"])
async def test_fetches_end_when_their_client_leaves(tmp_path: Path, path: str) -> None:
    asking: set[asyncio.StreamWriter] = set()

    async def tarpit(writer: asyncio.StreamWriter) -> None:
        asking.add(writer)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n" + picture(300, 300)[:1000])
        await silent(writer)

    async with open_desk(tmp_path) as desk, behaving(tarpit) as url, served(desk) as address:
        media = [{"url": f"{url}?{number}"} for number in range(4)]
        body = {"url": url, "brandRef": "acme"} if path == "/v1/media" else desk.content(media=media)
        expected, incoming = (1 if path == "/v1/media" else 4), desk.folder / "media" / "incoming"
        before = asyncio.all_tasks()
        key = desk.client.headers["authorization"]
        _, writer = await send(address, key, path, json.dumps(body).encode(), "application/json")
        await until(lambda: len(list(incoming.iterdir())) == expected, "every fetch has begun")
        writer.transport.abort()
        await until(lambda: not list(incoming.iterdir()), "no file is left")
        assert len(asking) == expected
        ours = {task for task in asyncio.all_tasks() - before if "serve" not in repr(task.get_coro())}
        await until(lambda: all(task.done() for task in ours), "no task is left")
        await check_nothing_kept(desk)


async def test_an_upload_that_breaks_off_leaves_nothing_and_is_no_error(tmp_path: Path) -> None:
    form = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n' + picture(2000, 2000)
    with capture_logs() as logs:
        await break_off(tmp_path, form)
    assert [entry for entry in logs if entry["log_level"] == "error"] == []


async def break_off(tmp_path: Path, form: bytes) -> None:
    async with open_desk(tmp_path) as desk, served(desk) as address:
        key = desk.client.headers["authorization"]
        kind = "multipart/form-data; boundary=x"
        _, writer = await send(address, key, "/v1/media?brandRef=acme", form, kind, announced=len(form) + 5000)
        await asyncio.sleep(0.3)
        writer.transport.abort()
        await asyncio.sleep(0.3)
        await check_nothing_kept(desk)
        async with httpx.AsyncClient(base_url=address, headers=desk.client.headers) as client:
            assert (await client.get("/v1/brands/acme")).status_code == 200


async def test_an_upload_for_a_brand_that_the_key_does_not_have_is_refused_unread(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk, served(desk) as address:
        key = (await desk.key(Scope.CONTENTS_WRITE, brand_ref="acme"))["Authorization"]
        kind = "multipart/form-data; boundary=x"
        path = "/v1/media?brandRef=rival"
        reader, writer = await send(address, key, path, b"--x\r\n", kind, announced=50_000_000)
        answer = await asyncio.wait_for(reader.readuntil(b"BRAND_UNKNOWN"), 5)
        assert answer.startswith(b"HTTP/1.1 422")
        writer.transport.abort()


async def test_a_field_of_a_form_is_short_whatever_its_charset(small_desk: Desk) -> None:
    """Python decodes punycode in quadratic time: a megabyte took the whole process for minutes."""
    slow = b"a" * 300_000 + b"-" + b"zzzzz9" * 100_000
    form = b'--x\r\nContent-Disposition: form-data; name="brandRef"\r\n\r\n' + slow + b"\r\n--x--\r\n"
    started = time.process_time()
    headers = {"Content-Type": "multipart/form-data; boundary=x; charset=punycode"}
    answer = await small_desk.client.post("/v1/media", content=form, headers=headers)
    assert answer.status_code == 400
    assert time.process_time() - started < 1


async def test_a_picture_is_not_behind_another_brands_slow_servers(tmp_path: Path) -> None:
    async with open_desk(tmp_path, media={"request_timeout": 20}) as desk, behaving(silent) as url:
        attack = desk.content(brandRef="rival", media=[{"url": f"{url}?{number}"} for number in range(16)])
        attacks = [asyncio.create_task(desk.client.post("/v1/contents", json=attack)) for _ in range(3)]
        await asyncio.sleep(0.5)
        started = time.monotonic()
        await desk.accept(media=[{"url": desk.site.url("/a.jpg")}])
        assert time.monotonic() - started < 3
        for task in attacks:
            task.cancel()
        await asyncio.gather(*attacks, return_exceptions=True)
