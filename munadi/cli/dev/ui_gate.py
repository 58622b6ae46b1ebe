"""The way to Temporal's Web UI under `munadi dev`: only for a browser that calls it by this machine's own names.

The UI has no sign-in and checks neither Host nor Origin. A web page could read it under a name that its owner points at
this machine, and end workflows with a form. So the UI listens where no page finds it (`hidden_address`), and from the
UI's known port this passes one checked request on for each connection. Standard library only: the supervisor runs it.
"""

from __future__ import annotations

import asyncio
import random
import sys
from urllib.parse import urlsplit

LONGEST_HEAD, HEAD_SECONDS = 64 * 1024, 10.0
NAMES = ("localhost", "127.0.0.1", "[::1]")
_READING = ("GET", "HEAD", "OPTIONS")
_REFUSED = b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
_WORDS = b"Open Temporal's UI at the address that munadi dev printed.\n"


def hidden_address() -> str:
    """An address of this machine for the UI itself: one of sixteen million where the system has them all."""
    if sys.platform != "linux":
        return "127.0.0.1"
    return f"127.{random.randint(1, 254)}.{random.randint(1, 254)}.{random.randint(2, 254)}"  # noqa: S311


async def open_gate(host: str, port: int, target: tuple[str, int]) -> asyncio.Server:
    """Listen at the UI's port, and pass on what may be passed on. Close the server when the stack ends."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(HEAD_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
            checked = checked_head(head, port)
            if checked is None:
                writer.write(_REFUSED % (len(_WORDS), _WORDS))
                await writer.drain()
            else:
                await _pass_on(checked, reader, writer, target)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return  # the browser left, or sent no HTTP
        finally:
            writer.close()

    return await asyncio.start_server(connected, host, port, limit=LONGEST_HEAD)


def checked_head(head: bytes, port: int) -> bytes | None:
    """The head to pass on: for this request alone, as the next one must be checked, too. None if it is refused."""
    request, *lines = head.removesuffix(b"\r\n\r\n").decode("latin-1").split("\r\n")
    pairs = [(name.strip().lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    own = {f"{name}:{port}" for name in NAMES}
    hosts = [value.lower() for name, value in pairs if name == "host"]
    if len(hosts) != 1 or hosts[0] not in own:
        return None
    if request.partition(" ")[0] not in _READING:
        origins = [value for name, value in pairs if name == "origin"]
        if any(urlsplit(origin).netloc.lower() != hosts[0] for origin in origins):
            return None
    kept = [line for line, (name, _) in zip(lines, pairs, strict=True) if name not in ("connection", "keep-alive")]
    return "\r\n".join([request, *kept, "Connection: close", "", ""]).encode("latin-1")


async def _pass_on(
    head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: tuple[str, int]
) -> None:
    answers, sends = await asyncio.open_connection(*target)
    try:
        sends.write(head)
        sending = asyncio.create_task(_copy(reader, sends))
        try:
            await _copy(answers, writer)
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
    finally:
        sends.close()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while part := await source.read(LONGEST_HEAD):
        target.write(part)
        await target.drain()
