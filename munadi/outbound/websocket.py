"""One exchange over a websocket as one request of httpx: its body is the first frame, and the answer comes as JSON.

Every client that calls out takes such a request. So the guard, a proxy, the deadline, the gate and the log of calls are
those of all others. The connection is opened for one exchange. The gate is asked after the handshake, just before the
first frame leaves: until then nothing was sent.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

import httpcore
import httpx
from websockets.exceptions import ProtocolError
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN, Side
from websockets.protocol import Protocol as WebSocketProtocol
from websockets.utils import accept_key

# The name of an exchange among a request's extensions.
EXCHANGE = "munadi.exchange"
# An answer has at most so many bytes and frames.
MAX_BYTES, MAX_FRAMES = 1024 * 1024, 1000
# Headers of a body, which a handshake does not have.
_OF_BODY = frozenset({"content-length", "content-type", "transfer-encoding", "accept-encoding", "connection", "accept"})
FIRST_BYTE = "websocket.send_request_headers.started"


class Exchange(Protocol):
    """What is asked and answered on one connection, after the first frame."""

    def hear(self, frame: str) -> Sequence[str]:
        """Take in a frame of the server; the frames that are sent next."""

    @property
    def status(self) -> int | None:
        """The status of the answer, as HTTP would have it; None until it is complete."""

    @property
    def answer(self) -> Any:
        """The answer as JSON has it."""


class WebSockets(httpx.AsyncBaseTransport):
    """Makes an exchange of a request that has one; passes on every other request."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        exchange: Exchange | None = request.extensions.get(EXCHANGE)
        if exchange is None:
            return await self._inner.handle_async_request(request)
        first, key = (await request.aread()).decode(), base64.b64encode(secrets.token_bytes(16)).decode()
        upgraded = await self._inner.handle_async_request(_handshake(request, key))
        if upgraded.status_code != 101:
            return upgraded
        try:
            if upgraded.headers.get("sec-websocket-accept") != accept_key(key):
                raise httpx.RemoteProtocolError("the server's handshake is not that of a websocket")
            stream = upgraded.extensions["network_stream"]
            await _Conversation(stream, exchange, request.extensions).run(first)
        except httpcore.TimeoutException as error:
            raise httpx.ReadTimeout(str(error)) from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise httpx.ReadError(str(error)) from error
        finally:
            await upgraded.aclose()
        return httpx.Response(exchange.status or 502, json=exchange.answer)

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Conversation:
    """The frames of one exchange. Raises httpx's errors of a connection that breaks off, or says too much."""

    def __init__(self, stream: httpcore.AsyncNetworkStream, exchange: Exchange, extensions: Mapping[str, Any]) -> None:
        self._stream, self._exchange = stream, exchange
        self._wait: float | None = extensions.get("timeout", {}).get("read")
        self._trace: Callable[[str, Mapping[str, Any]], Awaitable[None]] | None = extensions.get("trace")
        self._socket = WebSocketProtocol(Side.CLIENT, state=OPEN, max_size=MAX_BYTES)
        self._bytes = self._frames = 0
        self._parts: list[bytes] = []

    async def run(self, first: str) -> None:
        """Send the first frame, and hear until the answer is complete."""
        if self._trace is not None:
            await self._trace(FIRST_BYTE, {})
        await self._say(first)
        while self._exchange.status is None:
            data = await self._stream.read(65_536, self._wait)
            if not data:
                raise httpx.ReadError("the server closed the websocket before it had answered")
            self._bytes += len(data)
            if self._bytes > MAX_BYTES:
                raise httpx.RemoteProtocolError(f"the answer over a websocket has more than {MAX_BYTES} bytes")
            await self._take(data)

    async def _take(self, data: bytes) -> None:
        self._socket.receive_data(data)
        for frame in self._socket.events_received():
            assert isinstance(frame, Frame)
            self._frames += 1
            if self._frames > MAX_FRAMES:
                raise httpx.RemoteProtocolError(f"the answer over a websocket has more than {MAX_FRAMES} frames")
            if frame.opcode is Opcode.CLOSE and self._exchange.status is None:
                raise httpx.ReadError("the server closed the websocket before it had answered")
            await self._hear(frame)
        if isinstance(self._socket.parser_exc, ProtocolError):
            raise httpx.RemoteProtocolError(f"no websocket: {self._socket.parser_exc}")
        await self._flush()

    async def _hear(self, frame: Frame) -> None:
        if frame.opcode not in (Opcode.TEXT, Opcode.CONT) or self._exchange.status is not None:
            return
        self._parts.append(bytes(frame.data))
        if frame.fin:
            text, self._parts = b"".join(self._parts).decode("utf-8", "replace"), []
            for reply in self._exchange.hear(text):
                await self._say(reply)

    async def _say(self, frame: str) -> None:
        self._socket.send_text(frame.encode())
        await self._flush()

    async def _flush(self) -> None:
        for data in self._socket.data_to_send():
            if data:
                await self._stream.write(data, self._wait)


def _handshake(request: httpx.Request, key: str) -> httpx.Request:
    """The request that opens a websocket at the same address. The gate is no matter of its own."""
    headers = [(name, value) for name, value in request.headers.multi_items() if name.lower() not in _OF_BODY]
    headers += [("Connection", "Upgrade"), ("Upgrade", "websocket")]
    headers += [("Sec-WebSocket-Key", key), ("Sec-WebSocket-Version", "13")]
    extensions = {name: value for name, value in request.extensions.items() if name not in ("trace", EXCHANGE)}
    return httpx.Request("GET", request.url, headers=headers, extensions=extensions)
