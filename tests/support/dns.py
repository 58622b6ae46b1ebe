"""A name server on loopback: answers names of some zones with an address, and nothing at all for others."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import IPv4Address
from typing import cast

A = 1


class NameServer(asyncio.DatagramProtocol):
    """`zones` has the address of all names that end so; a zone in `silent` gets no answer. Others do not exist."""

    def __init__(self, zones: dict[str, str]) -> None:
        self.zones = zones
        self.silent: set[str] = set()
        self.asked: list[str] = []
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, peer: tuple[str, int]) -> None:
        name, end = _name(data)
        self.asked.append(name)
        if any(name.endswith(zone) for zone in self.silent):
            return
        kind = struct.unpack(">H", data[end : end + 2])[0]
        address = next((found for zone, found in self.zones.items() if name.endswith(zone)), None)
        records = b""
        if address is not None and kind == A:
            records = b"\xc0\x0c\0\1\0\1\0\0\0\0\0\4" + IPv4Address(address).packed
        flags = 0x8180 if address is not None else 0x8183
        counts = struct.pack(">HHHHH", flags, 1, 1 if records else 0, 0, 0)
        assert self._transport is not None
        self._transport.sendto(data[:2] + counts + data[12 : end + 4] + records, peer)

    @property
    def address(self) -> str:
        """`address:port`, as the setting takes it."""
        assert self._transport is not None
        host, port = self._transport.get_extra_info("sockname")
        return f"{host}:{port}"


def _name(query: bytes) -> tuple[str, int]:
    """The name of a query's question, and where it ends."""
    labels, at = [], 12
    while length := query[at]:
        labels.append(query[at + 1 : at + 1 + length].decode("ascii").lower())
        at += 1 + length
    return ".".join(labels), at + 1


@asynccontextmanager
async def name_server(zones: dict[str, str]) -> AsyncIterator[NameServer]:
    """A name server until the block ends."""
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(lambda: NameServer(zones), local_addr=("127.0.0.1", 0))
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 21)
    try:
        yield server
    finally:
        transport.close()
