"""Which server a call for an account goes to, and who decides how quick it is: its tenant or the network."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit

from munadi.domain.channel import ChannelSpec


class Server(NamedTuple):
    """`key` is the address of a tenant's server (`https://host:port`), or the network's name."""

    key: str
    is_tenants: bool


def server_of(spec: ChannelSpec, service_url: str | None) -> Server:
    """The server of an account that lives at `service_url`: the network itself without one, or at a host of its own."""
    origin = origin_of(service_url or "")
    if origin is None or any(_covers(host, origin) for host in spec.hosts):
        return Server(spec.name.value, False)
    return Server(origin, True)


def called_address(url: str | None) -> str | None:
    """The address by which a server is called: that of a websocket is the same one with http's scheme."""
    scheme, separator, rest = (url or "").partition("://")
    known = {"wss": "https", "ws": "http"}.get(scheme.lower())
    return f"{known}{separator}{rest}" if known else url


def origin_of(url: str) -> str | None:
    """Scheme, host and port, in lower case; None for what has none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return f"{parts.scheme}://{parts.netloc}".lower() if parts.scheme and parts.netloc else None


def _covers(host: str, origin: str) -> bool:
    """Whether a host of a spec, which may begin with `https://*.`, is the origin's."""
    start, star, end = host.rstrip("/").partition("*")
    if star:
        return bool(end) and origin.startswith(start) and origin.endswith(end)
    return origin_of(host) == origin
