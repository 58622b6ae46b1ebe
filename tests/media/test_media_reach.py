"""Whether networks can fetch media at their public address, over real sockets."""

from __future__ import annotations

import asyncio
import socket

import httpx
import pytest

from munadi.domain.failure import Effect, Reason
from munadi.media import reach
from munadi.media.reach import PublicAddress
from tests.channels.making import StoredMedia, error_of, image
from tests.harness.pages import Web, answer, drip_bytes
from tests.support.ports import free_port


async def check(base: str) -> None:
    media = StoredMedia()
    media.base = f"{base}/media/secret"
    async with httpx.AsyncClient(follow_redirects=False) as client:
        await PublicAddress(client, media).check(image())


async def test_media_that_can_be_fetched_passes(web: Web) -> None:
    web.answers = answer(200, b"x")
    await check(web.url(""))
    assert len(web.requests) == 1


@pytest.mark.parametrize(
    ("answered", "named"),
    [
        (answer(302, b"", "location: /elsewhere"), "it answered 302"),
        (answer(502), "it answered 502"),
        (b"?\r\n\r\n", ""),
        (None, "cannot be fetched at"),  # nothing listens
    ],
)
async def test_any_other_answer_is_an_error_that_names_it(web: Web, answered: bytes | None, named: str) -> None:
    web.answers = answered or b""
    base = web.url("") if answered else f"http://127.0.0.1:{free_port()}"
    error = await error_of(check(base))
    assert (error.reason, error.effect) == (Reason.MEDIA_UNREACHABLE, Effect.NOT_SENT)
    assert base in error.message
    assert named in error.message
    assert "secret" not in error.message


async def test_a_silence_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "TIMEOUT", httpx.Timeout(0.1))
    with socket.create_server(("127.0.0.1", 0)) as silent:  # it connects, and nothing reads
        await check(f"http://127.0.0.1:{silent.getsockname()[1]}")
        silent.settimeout(0)
        silent.accept()[0].close()  # it was asked


async def test_headers_that_drip_do_not_delay_a_check(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    left = asyncio.Event()

    async def drip_headers(writer: asyncio.StreamWriter) -> None:
        try:
            await drip_bytes(writer, b"HTTP/1.1 200 OK\r\n" + b"x" * 10_000)
        finally:
            left.set()

    monkeypatch.setattr(reach, "TOTAL", 0.5)
    web.answers = drip_headers
    async with asyncio.timeout(3):
        await check(web.url(""))
        await left.wait()
