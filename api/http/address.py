"""Finds the client's address: the peer of the connection or, behind trusted proxies, the address that they forward.

And tells whether a request names this installation as its host.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import Scope

from munadi.config import Settings

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

LOCAL = ("localhost", "127.0.0.1", "::1")


def is_own_host(request: Request, settings: Settings) -> bool:
    """Whether a request's Host is one of ours. On a network it may be any name that an operator gives us."""
    if settings.api.host not in LOCAL:
        return True
    try:
        host = urlsplit(f"//{request.headers.get('host', '')}").hostname
    except ValueError:
        return False
    return host in (*LOCAL, urlsplit(settings.base_url).hostname)


@dataclass(frozen=True)
class Callers:
    """Finds callers' addresses. `proxies` are those whose X-Forwarded-For is trusted."""

    proxies: tuple[Network, ...] = ()

    def address_of(self, scope: Scope) -> str | None:
        """The caller's address; None where there is no network between us.

        Each proxy appends the address of its peer. The list is read from its end, and the first address that is not a
        trusted proxy is the caller: what stands before it was written by the caller.
        """
        client = scope.get("client")
        peer = _read(client[0]) if client else None
        if peer is None:
            return None
        named = Headers(scope=scope).getlist("x-forwarded-for")
        hops = [part for line in named for part in line.split(",")]
        while self._trusts(peer) and hops:
            before = _read(hops.pop())
            if before is None:
                break
            peer = before
        return str(peer)

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self.proxies)


def callers_of(setting: str) -> Callers:
    """The callers behind the proxies of MUNADI_API__TRUSTED_PROXIES. ValueError for an invalid address or network."""
    return Callers(tuple(_networks(setting.split(","))))


def _networks(parts: Iterable[str]) -> Iterable[Network]:
    for part in parts:
        if text := part.strip():
            yield ipaddress.ip_network(text, strict=False)


def _read(text: str) -> Address | None:
    """An address as a proxy may write it: with a port, in brackets, IPv4 within IPv6."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
