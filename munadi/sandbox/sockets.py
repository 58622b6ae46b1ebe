"""Websockets of emulated networks: each frame of a client is one call, and its answer is a list of frames.

An answer that is no list of frames stands for trouble before the network itself: the connection is closed.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from starlette.datastructures import Headers, QueryParams
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.transport import with_transport

# The method of a frame in the tables of routes, and in the log of calls.
FRAME = "WS"
# Of a close frame: the server met something that it did not expect.
TROUBLE = 1011


class SocketProtocol(WebSocketsSansIOProtocol):
    """A websocket that shows the application its connection, so that a fault can cut it."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.app = with_transport(self.app, transport)


def call_of(scope: Scope, frame: str, channel: str, base_url: str | None) -> Call:
    """A frame as a call: its body is the frame, its path that of the websocket."""
    headers = Headers(scope=scope)
    base = base_url or f"http://{headers.get('host', '')}"
    path = str(scope["path"]).removeprefix(f"/{channel}").strip("/")
    query = QueryParams(scope.get("query_string", b""))
    return Call(FRAME, path, query, headers, frame.encode(), base, channel=channel)


async def frames(receive: Receive, send: Send) -> Any:
    """The frames of a client, from its first to its last."""
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        yield str(message.get("text") or "")


async def answer_frames(answer: Answer, send: Send) -> bool:
    """Send the frames of an answer; whether the websocket is still open."""
    listed = answer.body if isinstance(answer.body, list) else None
    if listed is None or not all(isinstance(one, list) for one in listed):
        await send({"type": "websocket.close", "code": TROUBLE})
        return False
    for one in listed:
        await send({"type": "websocket.send", "text": json.dumps(one, ensure_ascii=False)})
        await asyncio.sleep(0)
    return True
