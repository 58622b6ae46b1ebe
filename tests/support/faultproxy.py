"""A TCP proxy that misbehaves on request: what a client sees when a network or a provider does.

The mode can change at any time and holds for the next bytes of open connections too. In mode `REFUSE` the
port stays reserved: a second socket keeps it bound without listening.
"""

import asyncio
import socket
import struct
from enum import StrEnum
from typing import Self

from tests.support.ports import LOOPBACK

CHUNK = 65536
NOISE = b"\x00\xff\x13 no protocol at all \r\n" * 8


class Mode(StrEnum):
    PASS = "pass"  # forwards both ways
    REFUSE = "refuse"  # connection refused; open connections are reset
    RESET_BEFORE_READ = "reset_before_read"  # reset, and nothing reached the upstream
    HANG = "hang"  # accepted and read, never forwarded, never answered
    GARBAGE = "garbage"  # read, and answered with what is neither TLS nor HTTP; nothing reached the upstream
    DELAY = "delay"  # forwarded; each piece of the answer waits `delay` seconds


class FaultProxy:
    """`async with FaultProxy(host, port) as proxy: proxy.url; await proxy.set_mode(Mode.REFUSE)`."""

    def __init__(self, upstream_host: str, upstream_port: int) -> None:
        self.mode = Mode.PASS
        self.delay = 0.2
        self.bytes_forwarded = 0
        self.connections = 0  # that were ever opened
        self._upstream = (upstream_host, upstream_port)
        self._reserved = _bound(0)
        self.port = int(self._reserved.getsockname()[1])
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    async def start(self) -> Self:
        self._server = await asyncio.start_server(self._accept, sock=_bound(self.port))
        return self

    async def set_mode(self, mode: Mode, *, delay: float | None = None) -> None:
        self.mode = mode
        self.delay = self.delay if delay is None else delay
        if mode is Mode.REFUSE:
            await self._stop_listening()
        elif self._server is None:
            await self.start()

    def lead_to(self, host: str, port: int) -> None:
        """Forward new connections to another server."""
        self._upstream = (host, port)

    async def close(self) -> None:
        await self._stop_listening()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._reserved.close()

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _stop_listening(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for client in list(self._clients):
            _reset(client)
        await asyncio.sleep(0)

    async def _accept(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._clients.add(client)
        try:
            if self.mode is Mode.RESET_BEFORE_READ:
                _reset(client)
            else:
                await self._relay(reader, client)
        except (OSError, asyncio.CancelledError):
            pass  # either side closed, or the proxy is closing
        finally:
            self._clients.discard(client)
            self._tasks.discard(task)
            client.close()

    async def _relay(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        answers, upstream = await asyncio.open_connection(*self._upstream)
        answering = asyncio.create_task(self._answer(answers, client))
        try:
            while data := await reader.read(CHUNK):
                if self.mode is Mode.RESET_BEFORE_READ:
                    _reset(client)
                    return
                if self.mode is Mode.GARBAGE:
                    client.write(NOISE)
                    await client.drain()
                    return
                if self.mode is not Mode.HANG:
                    upstream.write(data)
                    await upstream.drain()
                    self.bytes_forwarded += len(data)
        finally:
            answering.cancel()
            upstream.close()

    async def _answer(self, answers: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        try:
            while data := await answers.read(CHUNK):
                if self.mode is Mode.DELAY:
                    await asyncio.sleep(self.delay)
                if self.mode is not Mode.HANG:
                    client.write(data)
                    await client.drain()
        except OSError:
            _reset(client)
            return
        if self.mode is not Mode.HANG:
            client.close()


def _bound(port: int) -> socket.socket:
    """Two such sockets may share a port as long as one of them at most listens."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((LOOPBACK, port))
    made.setblocking(False)
    return made


def _reset(client: asyncio.StreamWriter) -> None:
    """Close with RST instead of FIN: linger of zero seconds."""
    wire = client.get_extra_info("socket")
    if wire is not None and not client.transport.is_closing():
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.transport.abort()
