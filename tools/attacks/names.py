"""Names that only the stack under attack knows: a name server on loopback, and TLS for what its names lead to.

The stack's processes are in a mount namespace with an /etc/resolv.conf of their own, so whatever they resolve names
with asks us. That needs root. Each name has an address of its own in 127.0.0.0/8, whose port 443 leads to a server of
the test.
"""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import shutil
import socket
import ssl
import struct
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import randrange
from typing import Self, cast
from urllib.parse import urlsplit

from tests.support.certificates import self_signed

GOOD, SLOW = "good.test", "slow.test"
A, IN, NOERROR, NXDOMAIN = 1, 1, 0, 3
AUTHORITATIVE_ANSWER = 0x8580
_HOST = re.compile(rb"\r\nHost:[^\r]*", re.I)


class NotRoot(Exception):
    """A mount namespace and port 53 need root."""


@dataclass
class Names:
    """`with Names() as names`. Every name below `SLOW` has an address, until queries about it are `swallowed`."""

    swallowed: bool = False
    known: dict[str, str] = field(default_factory=dict)
    queries: int = 0
    _folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="munadi-names-")))
    _network: str = field(default_factory=lambda: f"127.{randrange(1, 250)}.{randrange(1, 250)}")
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _thread: threading.Thread | None = None
    _tls: ssl.SSLContext | None = None

    def __enter__(self) -> Self:
        if os.geteuid() != 0:
            raise NotRoot("this attack needs root, for a resolv.conf of its own and port 53")
        certificate = self_signed(self._folder, f"*.{GOOD}", f"*.{SLOW}")
        (self._folder / "ca.pem").write_bytes(certificate.pem)
        (self._folder / "resolv.conf").write_text(f"nameserver {self.own}\n")
        self._tls = certificate.server
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._await(self._loop.create_datagram_endpoint(lambda: _NameServer(self), (self.own, 53)))
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        if self._thread is not None:
            self._thread.join(5)
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def own(self) -> str:
        """The name server's address."""
        return f"{self._network}.1"

    @property
    def env(self) -> Mapping[str, str]:
        """Settings of the stack's processes: whose certificates they accept."""
        return {"SSL_CERT_FILE": str(self._folder / "ca.pem")}

    def program(self, munadi: Path) -> Path:
        """A program that is `munadi` with our resolv.conf."""
        script = self._folder / "munadi"
        mount = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'
        given = [self._folder / "resolv.conf", munadi]
        arguments = " ".join(shlex.quote(str(one)) for one in ["-c", mount, *given])
        script.write_text(f'#!/bin/sh\nexec unshare -m sh {arguments} "$@"\n')
        script.chmod(0o700)
        return script

    def name_of(self, address: str) -> str:
        """An address `http://127.0.0.1:<port>/path` by a name, with TLS."""
        parts = urlsplit(address)
        assert parts.port is not None
        name = f"p{parts.port}.{GOOD}"
        if name not in self.known:
            at = f"{self._network}.{len(self.known) + 2}"
            relay = _Relay(parts.hostname or "", parts.port)
            self._await(asyncio.start_server(relay, at, 443, ssl=self._tls))
            self.known[name] = at
        return f"https://{name}{parts.path}"

    def lead(self, name: str, address: str) -> None:
        """Let a name have that address."""
        self.known[name] = address

    def _await(self, call: object) -> None:
        asyncio.run_coroutine_threadsafe(call, self._loop).result(10)  # type: ignore[arg-type]


@dataclass
class _NameServer(asyncio.DatagramProtocol):
    names: Names
    _transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        with suppress(struct.error, IndexError, UnicodeDecodeError):
            self.names.queries += 1
            end = data.index(b"\0", 12) + 5
            name, (kind, _) = _name_in(data[12:end]), struct.unpack("!HH", data[end - 4 : end])
            is_slow = name.endswith(f".{SLOW}")
            if is_slow and self.names.swallowed:
                return
            address = self.names.own if is_slow else self.names.known.get(name)
            found = address is not None and kind == A
            status = NOERROR if address is not None else NXDOMAIN
            head = data[:2] + struct.pack("!HHHHH", AUTHORITATIVE_ANSWER | status, 1, int(found), 0, 0)
            answer = b"\xc0\x0c" + struct.pack("!HHIH", A, IN, 0, 4) + socket.inet_aton(address or "0.0.0.0")
            assert self._transport is not None
            self._transport.sendto(head + data[12:end] + (answer if found else b""), addr)


def _name_in(question: bytes) -> str:
    labels, place = [], 0
    while length := question[place]:
        labels.append(question[place + 1 : place + 1 + length].decode("ascii"))
        place += 1 + length
    return ".".join(labels).lower()


@dataclass(frozen=True)
class _Relay:
    """Passes bytes on to a port, in both directions. The server there gets its own address as Host."""

    host: str
    port: int

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, out = await asyncio.open_connection(self.host, self.port)
            head = await reader.readuntil(b"\r\n\r\n")
        except (OSError, EOFError, asyncio.LimitOverrunError):
            writer.close()
            return
        out.write(_HOST.sub(f"\r\nHost: {self.host}:{self.port}".encode(), head, count=1))
        await asyncio.gather(_pass(reader, out), _pass(there, writer))


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError, ssl.SSLError):
        while part := await reader.read(65536):
            writer.write(part)
            await writer.drain()
    writer.close()
