"""Uploads under way: each form is bounded and UTF-8, and one brand leaves places and disk for the others."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from api.http.upload_form import MAX_FIELD
from munadi.domain.key import Scope
from tests.api.api_process import api_processes
from tests.api.harness import ApiHarness, open_api
from tests.api.problems import expect_errors, expect_problem
from tests.api.servers import picture
from tests.support.waiting import wait_until

BOUNDARY = "upload"
KIND = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
MEGABYTE = 1_000_000


def part(value: bytes, disposition: str = 'form-data; name="file"; filename="a.jpg"', head: str = "") -> bytes:
    return f"--{BOUNDARY}\r\nContent-Disposition: {disposition}\r\n{head}\r\n".encode() + value + b"\r\n"


END = f"--{BOUNDARY}--\r\n".encode()
FIELD = 'form-data; name="brandRef"'


@pytest.mark.parametrize(
    ("status", "code", "body"),
    [
        (415, "CHARSET_NOT_SUPPORTED", part(b"acme", FIELD, "Content-Type: text/plain; charset=punycode\r\n")),
        (415, "CHARSET_NOT_SUPPORTED", part(b"undefined", 'form-data; name="_charset_"')),
        (415, "CHARSET_NOT_SUPPORTED", part(b"x", head="Content-Type: text/plain; charset=utf-16\r\n")),
        (415, "UNSUPPORTED_MEDIA_TYPE", part(b"x", head=f"Content-Type: text/plain; x={'y' * 300}\r\n")),
        (400, "FORM_INVALID", part(b"\xff\xfe", FIELD)),
        (400, "FORM_INVALID", part(b"ac\0me", FIELD)),
        (400, "FORM_INVALID", part(b"a" * (MAX_FIELD + 1), FIELD)),
        (400, "FORM_INVALID", part(b"acme", FIELD) * 2),
        (400, "FORM_INVALID", b"".join(part(b"1", f'form-data; name="f{number}"') for number in range(7))),
        (400, "FORM_INVALID", part(b"x") * 2),
        (400, "FORM_INVALID", part(b"x", "form-data")),
        (400, "FORM_INVALID", part(b"x", head="X: " + "y" * 5_000 + "\r\n")),
        (400, "FORM_INVALID", part(b"x", head="X: y\r\n" * 20)),
        (400, "FORM_INVALID", b"no form at all"),
    ],
)
async def test_a_part_that_is_not_plain_is_refused_and_leaves_no_file(
    api: ApiHarness, status: int, code: str, body: bytes
) -> None:
    answer = await api.post("/v1/media", content=body + END, headers=KIND)
    expect_problem(answer, status, code)
    assert api.stored_files() == []


async def test_a_form_that_ends_early_leaves_no_file(api: ApiHarness) -> None:
    expect_problem(await api.post("/v1/media", content=part(picture()), headers=KIND), 400, "FORM_INVALID")
    assert api.stored_files() == []


@pytest.mark.parametrize("boundary", ["", "b" * 71])
async def test_a_form_has_a_boundary_of_bounded_length(api: ApiHarness, boundary: str) -> None:
    headers = {"Content-Type": f'multipart/form-data; boundary="{boundary}"'}
    expect_problem(await api.post("/v1/media", content=b"x", headers=headers), 400, "FORM_INVALID")


async def test_utf_8_may_be_named_and_names_may_be_of_any_script(api: ApiHarness) -> None:
    named = 'form-data; name="file"; filename="दिवाली.jpg"'
    fields = part(b"acme", FIELD, "Content-Type: text/plain; charset=UTF-8\r\n")
    body = part(b"utf-8", 'form-data; name="_charset_"') + fields + part(picture(), named)
    answer = await api.post("/v1/media", content=body + END, headers=KIND)
    assert (answer.status_code, answer.json()["brandRef"]) == (201, "acme")


async def test_a_file_over_the_limit_is_counted_and_not_kept(tmp_path: Path) -> None:
    async with open_api(tmp_path, media={"max_bytes": 1_000}) as api:
        answer = await api.post("/v1/media", content=part(b"x" * 50_000) + END, headers=KIND)
        [error] = expect_errors(answer, ("/file", "MEDIA_TOO_LARGE"))
        assert (error["limit"], error["actual"]) == (1_000, 50_000)
        assert api.stored_files() == []


class HalfSent:
    """An upload that announces more than it sends."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def status(self, within: float = 0.5) -> int:
        """The status of the answer; 0 while there is none."""
        try:
            return int((await asyncio.wait_for(self.reader.readline(), within)).split()[1])
        except TimeoutError:
            return 0


@asynccontextmanager
async def half_sent(url: str, key: str, size: int, query: str = "") -> AsyncIterator[HalfSent]:
    """Open an upload, and send `size` bytes of its file; it ends with the block."""
    where = re.sub(r"^http://", "", url)
    reader, writer = await asyncio.open_connection(*where.split(":"))
    lines = [f"POST /v1/media{query} HTTP/1.1", f"Host: {where}", f"Authorization: Bearer {key}"]
    lines += [f"Content-Type: {KIND['Content-Type']}", f"Content-Length: {size + 10 * MEGABYTE}", "", ""]
    try:
        writer.write("\r\n".join(lines).encode() + part(b"x" * size).removesuffix(b"\r\n"))
        yield HalfSent(reader, writer)
    finally:
        writer.transport.abort()


def spooled(folder: Path) -> int:
    """The bytes of uploads that are under way."""
    return sum(path.stat().st_size for path in (folder / "media").rglob("upload-*"))


async def test_one_brand_leaves_places_for_the_uploads_of_others(tmp_path: Path) -> None:
    """By brand and not by key. Keys for all brands have a bound, too."""
    async with api_processes(tmp_path, env={"MUNADI_LIMITS__UPLOADS": "3"}) as api, AsyncExitStack() as opened:
        keys = [await api.brand_key("acme", Scope.CONTENTS_WRITE) for _ in range(12)]
        found = [await opened.enter_async_context(half_sent(api.urls[0], key, 300_000)) for key in keys]
        assert sorted([await each.status() for each in found]) == [0] * 3 + [429] * 9
        files = {"file": ("a.jpg", picture(), "image/jpeg")}
        async with api.client(await api.brand_key("rival")) as rival, api.client(keys[0]) as mine:
            assert (await rival.post("/v1/media", files=files)).status_code == 201
            refused = await mine.post("/v1/media", files=files)
            problem = expect_problem(refused, 429, "TOO_MANY_UPLOADS")
            assert ("limit of 3" in problem["detail"], refused.headers["retry-after"]) == (True, "10")
            admin = await opened.enter_async_context(half_sent(api.urls[0], api.key, 10, "?brandRef=acme"))
            assert await admin.status() == 429, "an administrator's upload for a brand is one of the brand's"
            await opened.aclose()

            await wait_until(lambda: spooled(tmp_path) == 0)
            assert (await mine.post("/v1/media", files=files)).status_code == 201


async def test_the_disk_of_half_sent_uploads_is_bounded(tmp_path: Path) -> None:
    env = {
        "MUNADI_MEDIA__MAX_BYTES": str(20 * MEGABYTE),
        "MUNADI_MEDIA__UPLOADS_MAX_BYTES": str(24 * MEGABYTE),
        "MUNADI_LIMITS__UPLOADS": "50",
    }
    size = 6 * MEGABYTE
    async with api_processes(tmp_path, env=env) as api, AsyncExitStack() as opened:
        mine, key = await api.brand_key("acme"), await api.brand_key("rival")
        for _ in range(3):
            await opened.enter_async_context(half_sent(api.urls[0], mine, size))
        await wait_until(lambda: spooled(tmp_path) > 2.8 * size)
        fourth = await opened.enter_async_context(half_sent(api.urls[0], mine, size))
        assert await fourth.status(20) == 429
        assert spooled(tmp_path) <= 20 * MEGABYTE + 100_000
        another = await opened.enter_async_context(half_sent(api.urls[0], key, 3 * MEGABYTE))
        assert await another.status() == 0
        more = await opened.enter_async_context(half_sent(api.urls[0], key, size))
        assert await more.status(20) == 503
        assert spooled(tmp_path) <= 24 * MEGABYTE
        await opened.aclose()
        await wait_until(lambda: spooled(tmp_path) == 0)
