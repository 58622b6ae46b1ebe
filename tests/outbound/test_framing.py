"""Answers that cost time by how they are framed end soon, in every client that calls out, over real sockets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

import httpx
import pytest

from munadi.channels.http import ChannelHttp, Request
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.media_facts import MediaRefused
from munadi.media.fetch import MediaFetcher
from munadi.outbound.framing import MAX_HEAD_BYTES, MAX_INTERIM
from munadi.outbound.guard import Guard
from munadi.outbound.transport import guarded_client, network_client
from munadi.webhooks.sender import WebhookSender
from munadi.webhooks.signing import generate_secret
from tests.harness.pages import Behaviour, Web, serving

EARLY_HINTS = b"HTTP/1.1 103 Early Hints\r\nlink: </a.css>; rel=preload\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"
# Far below what an endless answer takes until a deadline ends it: 15 s, or the 20 s of a call.
SOON, CPU = 3.0, 1.0


async def _interim(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(EARLY_HINTS * 500)
        await writer.drain()


async def _interim_with_headers(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"HTTP/1.1 103 Early Hints\r\n" + b"a: b\r\n" * 5_000 + b"\r\n")
        await writer.drain()


async def _headers(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"a: b\r\n" * 1_000)
        await writer.drain()


async def _drip_head(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    for _ in range(20_000):
        writer.write(b"a: b\r\n")
        await writer.drain()
        await asyncio.sleep(0.001)


async def _small_chunks(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"1\r\n \r\n" * 5_000)
        await writer.drain()


ATTACKS: dict[str, Behaviour] = {
    "interim answers without end": _interim,
    "interim answers with many headers": _interim_with_headers,
    "headers without end": _headers,
    "a head that drips": _drip_head,
    "a body of single bytes": _small_chunks,
}


def _open_guard() -> Guard:
    return Guard(allow_loopback=True, https_only=False)


async def _call(client: httpx.AsyncClient, url: str) -> str:
    async with client:
        http = ChannelHttp(client, lambda answer: ChannelError(Reason.INVALID_FIELD, Effect.REJECTED, answer.text))
        try:
            await http.send(Request("POST", url), lambda: None)
        except ChannelError as error:
            # The request had been sent.
            return (error.provider_message or error.message) if error.effect is Effect.UNKNOWN else "not sent"
    return "answered"


async def _guarded_call(url: str) -> str:
    return await _call(guarded_client(_open_guard()), url)


async def _network_call(url: str) -> str:
    return await _call(network_client(10.0), url)


async def _media(url: str) -> str:
    fetcher = MediaFetcher(_open_guard())
    try:
        (await fetcher.fetch(url)).path.unlink()
    except MediaRefused as refused:
        return refused.message
    finally:
        await fetcher.aclose()
    return "answered"


async def _page(url: str) -> str:
    fetcher = MediaFetcher(_open_guard())
    try:
        await fetcher.fetch_text(url)
    except MediaRefused as refused:
        return refused.message
    finally:
        await fetcher.aclose()
    return "answered"


async def _webhook(url: str) -> str:
    sender = WebhookSender(_open_guard())
    try:
        sent = await sender.send(
            url=url, message_id="evt_1", body=b"{}", secrets=[generate_secret()], timestamp=datetime.now(UTC)
        )
    finally:
        await sender.aclose()
    return "answered" if sent.ok else str(sent.error)


CLIENTS: dict[str, Callable[[str], Awaitable[str]]] = {
    "import, publish, OAuth at a tenant's server": _guarded_call,
    "a network's own host": _network_call,
    "media": _media,
    "link preview": _page,
    "webhook": _webhook,
}


@pytest.fixture
async def server() -> AsyncIterator[Web]:
    async with serving() as web:
        yield web


@pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS)
@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
async def test_an_answer_ends_soon_and_costs_little(
    server: Web, client: Callable[[str], Awaitable[str]], attack: Behaviour
) -> None:
    server.answers = attack
    began, cpu = time.monotonic(), time.process_time()
    said = await client(server.url("/"))
    assert time.monotonic() - began < SOON
    assert time.process_time() - cpu < CPU
    # A webhook has been delivered once its status is known: its body is not read to the end.
    assert said not in ("answered", "not sent") or (client is _webhook and attack is _small_chunks), said


@pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS)
async def test_some_interim_answers_are_no_harm(server: Web, client: Callable[[str], Awaitable[str]]) -> None:
    server.answers = EARLY_HINTS * MAX_INTERIM + OK
    assert await client(server.url("/")) == "answered"


@pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS)
async def test_a_head_may_be_as_long_as_the_bound(server: Web, client: Callable[[str], Awaitable[str]]) -> None:
    filling = b"x: " + b"y" * (MAX_HEAD_BYTES - len(OK) - 5) + b"\r\n\r\n"
    server.answers = OK.replace(b"\r\n\r\n", b"\r\n" + filling, 1)
    assert await client(server.url("/")) == "answered"
    server.answers = OK.replace(b"\r\n\r\n", b"\r\nmore: z\r\n" + filling, 1)
    assert "more than 32768 bytes" in await client(server.url("/"))


async def test_heads_are_bounded_on_a_kept_connection_too(server: Web) -> None:
    """Each answer has its own count: a connection that is used again is neither exempt nor used up."""
    async with network_client(5.0) as client:
        for _ in range(30):
            server.answers = EARLY_HINTS * 2 + OK
            assert (await client.get(server.url("/"))).text == "{}"
        server.answers = EARLY_HINTS * (MAX_INTERIM + 1) + OK
        with pytest.raises(httpx.RemoteProtocolError, match="interim"):
            await client.get(server.url("/"))


async def test_no_answer_leaves_a_cookie_for_another_account(server: Web) -> None:
    server.answers = OK.replace(b"\r\n\r\n", b"\r\nset-cookie: a=b\r\n\r\n", 1)
    async with network_client(5.0) as client:
        await client.get(server.url("/"))
        await client.get(server.url("/"))
    assert b"cookie" not in server.requests[-1].lower()
