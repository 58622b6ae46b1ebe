"""Exchanges over websockets, through the clients that all calls go through."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from websockets.asyncio.server import ServerConnection, serve

from munadi.outbound.guard import Guard, GuardRefused
from munadi.outbound.transport import guarded_client, network_client
from munadi.outbound.websocket import EXCHANGE, FIRST_BYTE, MAX_BYTES, MAX_FRAMES

Talk = Callable[[ServerConnection], Awaitable[None]]


class Until:
    """Hears until a frame says `end`, and answers `ask` with a frame of its own."""

    def __init__(self) -> None:
        self.answer: list[str] = []
        self.status: int | None = None

    def hear(self, frame: str) -> Sequence[str]:
        self.answer.append(frame)
        if frame == "end":
            self.status = 200
        return ("reply",) if frame == "ask" else ()


@asynccontextmanager
async def serving(talk: Talk) -> AsyncIterator[str]:
    async with serve(talk, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/"


async def asked(client: httpx.AsyncClient, url: str, trace: Any = None, until: Until | None = None) -> httpx.Response:
    extensions = {EXCHANGE: until or Until(), "timeout": httpx.Timeout(2).as_dict(), "trace": trace}
    request = client.build_request("POST", url, json="first", extensions={k: v for k, v in extensions.items() if v})
    return await client.send(request)


@pytest.fixture(params=["network", "guarded"])
async def client(request: pytest.FixtureRequest) -> AsyncIterator[httpx.AsyncClient]:
    made = network_client(5) if request.param == "network" else guarded_client(Guard(allow_loopback=True))
    async with made:
        yield made


async def test_frames_go_both_ways_however_they_are_cut(client: httpx.AsyncClient) -> None:
    heard = []

    async def talk(socket: ServerConnection) -> None:
        heard.append(await socket.recv())
        await socket.ping()
        await socket.send("x" * 100_000)
        await socket.send(["a", "sk"])  # in two pieces
        heard.append(await socket.recv())
        await socket.send("end")

    async with serving(talk) as url:
        answer = await asked(client, url)
    assert heard == ['"first"', "reply"]
    assert (answer.status_code, answer.json()) == (200, ["x" * 100_000, "ask", "end"])


async def test_nothing_is_sent_before_the_gate(client: httpx.AsyncClient) -> None:
    """The gate is asked after the handshake; where it is closed, the server hears nothing."""
    heard: list[Any] = []

    async def talk(socket: ServerConnection) -> None:
        heard.extend([frame async for frame in socket])

    async def closed(event: str, _: Any) -> None:
        if event == FIRST_BYTE:
            raise PermissionError("closed")

    async with serving(talk) as url:
        with pytest.raises(PermissionError):
            await asked(client, url, closed)
        await asyncio.sleep(0.05)
    assert heard == []


async def _endless(socket: ServerConnection) -> None:
    while True:
        await socket.send("again")


async def _huge(socket: ServerConnection) -> None:
    for _ in range(20):
        await socket.send("x" * (MAX_BYTES // 10))


async def _closes(socket: ServerConnection) -> None:
    await socket.recv()


async def _silent(socket: ServerConnection) -> None:
    await socket.wait_closed()


@pytest.mark.parametrize(
    ("talk", "error", "words"),
    [
        (_endless, httpx.RemoteProtocolError, f"more than {MAX_FRAMES} frames"),
        (_huge, httpx.RemoteProtocolError, f"more than {MAX_BYTES} bytes"),
        (_closes, httpx.ReadError, "before it had answered"),
        (_silent, httpx.ReadTimeout, None),
    ],
)
async def test_a_server_that_does_not_answer_is_left(
    client: httpx.AsyncClient, talk: Talk, error: type[Exception], words: str | None
) -> None:
    async with serving(talk) as url:
        with pytest.raises(error, match=words):
            await asked(client, url)


async def test_a_server_that_is_no_websocket_answers_as_it_does(client: httpx.AsyncClient) -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(plain, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        answer = await asked(client, url)
    assert (answer.status_code, answer.text) == (403, "no")


async def test_a_private_address_is_refused_before_anything_is_connected() -> None:
    async with guarded_client(Guard()) as client:
        for url in ("https://127.0.0.1/", "https://10.0.0.1/", "https://[::1]/", "http://relay.example/"):
            with pytest.raises(GuardRefused):
                await asked(client, url)
