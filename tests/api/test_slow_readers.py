"""A client that takes nothing of its answer loses the connection, and the answer leaves the memory."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from starlette.responses import Response

import api.http.connection
from api.http.connection import Connection

# More than the kernel holds of an answer for a client.
LONG = b"x" * 40_000_000
STALL = 0.3


@asynccontextmanager
async def answered() -> AsyncIterator[tuple[asyncio.AbstractEventLoop, socket.socket, uvicorn.Server]]:
    """A connection that has asked for a long answer."""
    config = uvicorn.Config(Response(LONG), port=0, http=Connection, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn offers no event
        await asyncio.sleep(0.01)
    loop, client = asyncio.get_running_loop(), socket.socket()
    client.setblocking(False)
    with client:
        await loop.sock_connect(client, server.servers[0].sockets[0].getsockname())
        await loop.sock_sendall(client, b"GET / HTTP/1.1\r\nHost: munadi\r\n\r\n")
        yield loop, client, server
    server.should_exit = True
    await running


async def test_a_client_that_reads_nothing_loses_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.http.connection, "READ_STALL", STALL)
    async with answered() as (_, _, server):
        await asyncio.sleep(STALL / 2)
        assert server.server_state.connections
        async with asyncio.timeout(5):
            while server.server_state.connections:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.05)


async def test_a_client_that_reads_slowly_gets_the_whole_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.http.connection, "READ_STALL", STALL)
    async with answered() as (loop, client, _), asyncio.timeout(20):
        got, begun = 0, loop.time()
        while got < len(LONG):
            part = await loop.sock_recv(client, 1_000_000)
            assert part, f"the connection ended after {got} bytes"
            got += len(part)
            await asyncio.sleep(0.02)
        assert loop.time() - begun > 2 * STALL
