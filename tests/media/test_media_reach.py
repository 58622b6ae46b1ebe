"""Whether media is where networks fetch it: asked over real sockets."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx
import pytest

from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.media import reach
from munadi.media.reach import PublicAddress
from tests.channels.making import StoredMedia, image
from tests.support.ports import free_ports

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx"
MOVED = b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
BUSY = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@asynccontextmanager
async def answering(content: bytes) -> AsyncIterator[str]:
    """A server that answers every request with this."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(content)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def asked(base: str) -> None:
    media = StoredMedia()
    media.base = f"{base}/media/secret"
    async with httpx.AsyncClient(follow_redirects=False) as client:
        await PublicAddress(client, media).check(image())


async def test_media_that_is_there_is_well() -> None:
    async with answering(OK) as base:
        await asked(base)


@pytest.mark.parametrize(
    ("content", "told"), [(MOVED, "it answered 302"), (BUSY, "it answered 502"), (b"?\r\n\r\n", "")]
)
async def test_another_answer_is_what_a_network_would_get(content: bytes, told: str) -> None:
    async with answering(content) as base:
        with pytest.raises(ChannelError) as caught:
            await asked(base)
    assert (caught.value.reason, caught.value.effect) == (Reason.MEDIA_UNREACHABLE, Effect.NOT_SENT)
    assert base in caught.value.message
    assert told in caught.value.message
    assert "secret" not in caught.value.message


async def test_a_closed_door_is_told() -> None:
    [port] = free_ports(1)
    with pytest.raises(ChannelError, match="cannot be fetched at"):
        await asked(f"http://127.0.0.1:{port}")


async def test_silence_from_here_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "TIMEOUT", httpx.Timeout(0.1))
    with socket.create_server(("127.0.0.1", 0)) as silent:  # it connects, and nobody reads
        await asked(f"http://127.0.0.1:{silent.getsockname()[1]}")


async def test_headers_that_drip_do_not_hold_a_check(monkeypatch: pytest.MonkeyPatch) -> None:
    left = asyncio.Event()

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n")
        with suppress(OSError):
            while not writer.is_closing():
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.02)
        writer.close()
        left.set()

    monkeypatch.setattr(reach, "TOTAL", 0.5)
    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    async with server, asyncio.timeout(3):
        await asked(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        await left.wait()
