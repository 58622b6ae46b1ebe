"""Resolves names that tenants give, without a thread for each: a lookup ends when its caller stops waiting for it.

Rule: a brand whose name servers are slow makes only that brand wait. c-ares asks the name servers of /etc/resolv.conf
after /etc/hosts, as /etc/nsswitch.conf orders them, and knows `localhost` and the names under it.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator, Sequence
from ipaddress import ip_address
from typing import NamedTuple
from weakref import WeakKeyDictionary

import aiodns

from munadi.outbound.slots import FairSlots
from munadi.ports.calls import calling_brand

# Lookups at the same time: all, and those of one brand. Docker's own name server takes 1 024 of a machine.
LOOKUPS, LOOKUPS_PER_BRAND = 512, 16
# Seconds for the first try at a name server; the second waits twice as long. Callers stop waiting before that.
TRY_SECONDS, TRIES = 2.0, 2
# What is tried of a name with more addresses.
MAX_ADDRESSES = 16


class _Channel(NamedTuple):
    """What asks the name servers for one event loop. It closes with `life`."""

    resolver: aiodns.DNSResolver
    life: AsyncGenerator[None, None]


# Else the garbage collector would choose when one of a resolver that is not used any more is closed.
_OPEN: set[_Channel] = set()


class Resolver:
    """Every address of a name. `servers` are asked in place of the system's name servers: `address:port` each.

    One per purpose: posts and webhooks share neither lookups nor sockets. It closes with the event loop at the latest.
    """

    def __init__(self, servers: Sequence[str] = (), slots: FairSlots | None = None) -> None:
        self._servers = list(servers)
        self._slots = slots or FairSlots(LOOKUPS, LOOKUPS_PER_BRAND)
        # c-ares reports to the loop that it was made in.
        self._open: WeakKeyDictionary[asyncio.AbstractEventLoop, _Channel] = WeakKeyDictionary()

    async def __call__(self, host: str, port: int) -> list[str]:
        """The addresses of a name, each once, in the order to try them. Raises OSError."""
        async with self._slots.slot(calling_brand()):
            try:
                resolver = await self._resolver()
                found = await resolver.getaddrinfo(host, port=port, family=socket.AF_UNSPEC, type=socket.SOCK_STREAM)
            except aiodns.error.DNSError as error:
                raise socket.gaierror(socket.EAI_NONAME, str(error)) from error
        addresses = dict.fromkeys(node.addr[0].decode("ascii") for node in found.nodes)
        return list(addresses)[:MAX_ADDRESSES]

    async def close(self) -> None:
        """Give up all lookups of this event loop."""
        opened = self._open.get(asyncio.get_running_loop())
        if opened is not None:
            await opened.life.aclose()

    async def _resolver(self) -> aiodns.DNSResolver:
        loop = asyncio.get_running_loop()
        if loop not in self._open:
            resolver = aiodns.DNSResolver(self._servers or None, loop, timeout=TRY_SECONDS, tries=TRIES)
            opened = self._open[loop] = _Channel(resolver, self._lives(loop, resolver))
            _OPEN.add(opened)
            await anext(opened.life)
        return self._open[loop].resolver

    async def _lives(self, loop: asyncio.AbstractEventLoop, resolver: aiodns.DNSResolver) -> AsyncGenerator[None, None]:
        """Until `close`, or until the loop ends, which closes its generators: c-ares cannot report to a closed one."""
        try:
            yield
        finally:
            _OPEN.discard(self._open.pop(loop))
            await resolver.close()


def servers_in(text: str) -> list[str]:
    """The name servers of a setting: addresses with or without a port, comma separated. Raises ValueError."""
    return [_server(part.strip()) for part in text.split(",") if part.strip()]


def _server(text: str) -> str:
    host, colon, port = text.rpartition(":")
    if not colon or (":" in host and not host.startswith("[")):
        host, port = text, "53"
    try:
        address, number = ip_address(host.strip("[]")), int(port)
    except ValueError:
        number = 0
    if not 0 < number < 65_536:
        raise ValueError(f"{text!r} is not the address of a name server, with or without a port") from None
    return f"[{address}]:{number}" if address.version == 6 else f"{address}:{number}"
