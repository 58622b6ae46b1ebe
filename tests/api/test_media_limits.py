"""What a request for media may cost: checked first, bounded, and stopped when the client disconnects."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from munadi.domain.key import Scope
from tests.api.harness import ApiHarness
from tests.api.problems import expect_errors
from tests.api.servers import picture
from tests.api.test_hostile_media import behaving, expect_nothing_stored
from tests.api.test_media_api import MEDIA
from tests.harness.pages import silent
from tests.support.waiting import wait_until

FORM = "multipart/form-data; boundary=x"


@pytest.mark.parametrize(
    ("change", "code"),
    [({"colour": "red"}, "UNKNOWN_FIELD"), ({"text": 7}, "INVALID_FIELD"), ({"brandRef": "nobody"}, "BRAND_UNKNOWN")],
)
async def test_nothing_is_fetched_for_a_broken_shape_or_an_unknown_brand(
    api: ApiHarness, change: dict[str, Any], code: str
) -> None:
    url = api.site.url("/notes.txt")
    post = {"media": [{"url": url}, {"id": "med_x"}]} | change
    for errors in (expect_errors(await api.try_submit(**post)), (await api.validate(**post))["problems"]):
        codes = {error["code"] for error in errors}
        assert code in codes
        assert "MISSING_FIELD" not in codes
    if "text" not in change:
        [error] = expect_errors(await api.post(MEDIA, {"url": url, "brandRef": "acme"} | change))
        assert error["code"] == code
    assert api.site.requests == {}


async def test_a_request_names_a_bounded_number_of_media(api: ApiHarness) -> None:
    urls = [{"url": api.site.url(f"/{number}.jpg")} for number in range(51)]
    answer = await api.try_submit(media=urls[:49], channels=[{"channel": "bluesky", "media": urls[49:]}])
    [error] = expect_errors(answer, ("/channels/0/media/1/url", "MEDIA_TOO_MANY"))
    assert (error["rule"], error["limit"], error["actual"]) == ("media_too_many", 50, 51)
    assert api.site.requests == {}


async def send(address: str, key: str, path: str, body: bytes, kind: str, announced: int | None = None) -> Any:
    """Send a request without reading its answer. Returns the streams."""
    reader, writer = await asyncio.open_connection(*address.removeprefix("http://").split(":"))
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Type: {kind}\r\n"
    writer.write(f"{head}Content-Length: {announced or len(body)}\r\n\r\n".encode() + body)
    await writer.drain()
    return reader, writer


@pytest.mark.parametrize("path", ["/v1/contents", "/v1/contents/validate", MEDIA])
async def test_fetches_end_when_their_client_disconnects(api: ApiHarness, path: str) -> None:
    fetching: set[asyncio.StreamWriter] = set()

    async def tarpit(writer: asyncio.StreamWriter) -> None:
        fetching.add(writer)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n" + picture(300, 300)[:1000])
        await silent(writer)

    async with behaving(tarpit) as url, api.served() as address:
        media = [{"url": f"{url}?{number}"} for number in range(4)]
        body = {"url": url, "brandRef": "acme"} if path == MEDIA else api.body(media=media)
        expected, incoming = (1 if path == MEDIA else 4), api.folder / "media" / "incoming"
        before = asyncio.all_tasks()
        _, writer = await send(address, api.admin_key, path, json.dumps(body).encode(), "application/json")
        await wait_until(lambda: len(list(incoming.iterdir())) == expected, within=10)
        writer.transport.abort()
        await wait_until(lambda: not list(incoming.iterdir()), within=10)
        assert len(fetching) == expected
        started = {task: repr(task.get_coro()) for task in asyncio.all_tasks() - before}
        ours = {task for task, coroutine in started.items() if "serve" not in coroutine and "Web." not in coroutine}
        await wait_until(lambda: all(task.done() for task in ours), within=10)
        await expect_nothing_stored(api)


async def test_an_interrupted_upload_leaves_nothing_and_is_no_error(api: ApiHarness) -> None:
    form = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n' + picture(2000, 2000)
    with capture_logs() as logs:
        async with api.served() as address:
            path, announced = f"{MEDIA}?brandRef=acme", len(form) + 5000
            _, writer = await send(address, api.admin_key, path, form, FORM, announced)
            await asyncio.sleep(0.3)
            writer.transport.abort()
            await asyncio.sleep(0.3)
            await expect_nothing_stored(api)
            async with httpx.AsyncClient(base_url=address) as client:
                assert (await client.get("/healthz")).status_code == 200
    assert [entry for entry in logs if entry["log_level"] == "error"] == []


async def test_an_upload_for_a_foreign_brand_is_refused_unread(api: ApiHarness) -> None:
    key = await api.key(Scope.CONTENTS_WRITE, brand_ref="acme")
    async with api.served() as address:
        reader, writer = await send(address, key, f"{MEDIA}?brandRef=rival", b"--x\r\n", FORM, announced=50_000_000)
        answer = await asyncio.wait_for(reader.readuntil(b"BRAND_UNKNOWN"), 5)
        assert answer.startswith(b"HTTP/1.1 422")
        writer.transport.abort()


@pytest.mark.parametrize(("charset", "status"), [("utf-8", 400), ("punycode", 415)])
async def test_a_field_of_a_form_is_short_and_no_client_chooses_its_charset(
    api: ApiHarness, charset: str, status: int
) -> None:
    """Python decodes punycode in quadratic time: a megabyte blocks the process for minutes."""
    slow = b"a" * 300_000 + b"-" + b"zzzzz9" * 100_000
    form = b'--x\r\nContent-Disposition: form-data; name="brandRef"\r\n\r\n' + slow + b"\r\n--x--\r\n"
    started = time.process_time()
    answer = await api.post(MEDIA, content=form, headers={"Content-Type": f"{FORM}; charset={charset}"})
    assert answer.status_code == status
    assert time.process_time() - started < 1


async def test_media_do_not_wait_for_another_brands_slow_servers(api: ApiHarness) -> None:
    async with behaving(silent) as url:
        attack = {"brandRef": "rival", "media": [{"url": f"{url}?{number}"} for number in range(16)]}
        attacks = [asyncio.create_task(api.try_submit(**attack)) for _ in range(3)]
        await asyncio.sleep(0.5)
        started = time.monotonic()
        await api.submit(media=[{"url": api.site.url("/a.jpg")}])
        assert time.monotonic() - started < 3
        assert not [task for task in attacks if task.done()], "the slow fetches still run"
        for task in attacks:
            task.cancel()
        await asyncio.gather(*attacks, return_exceptions=True)
