"""Finds settings that would expose an unsafe installation to a network. A process refuses to start with them.

Development mode trusts its machine: it makes its own key and lets URLs point at loopback. So it stays on that machine.
Production sends keys and session cookies over its public address, so that address is https.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from urllib.parse import urlsplit

from munadi.config import Settings


def exposures(settings: Settings) -> Iterator[str]:
    """One line for each unsafe setting: what is wrong, and what to do."""
    if settings.is_development:
        yield from _development(settings)
    else:
        yield from _production(settings)


def is_loopback(host: str) -> bool:
    """Whether a host name or address is loopback."""
    name = host.strip("[]").lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _development(settings: Settings) -> Iterator[str]:
    if settings.allow_public_development:
        return
    way_out = "set MUNADI_ENVIRONMENT=production, or MUNADI_ALLOW_PUBLIC_DEVELOPMENT=true if you accept the risk"
    if not is_loopback(settings.api.host):
        yield f"MUNADI_API__HOST is reachable from other machines, and this is development mode: {way_out}"
    if settings.public_url is not None and not is_loopback(_host(settings.public_url)):
        yield f"MUNADI_PUBLIC_URL is not an address of this machine, and this is development mode: {way_out}"


def _production(settings: Settings) -> Iterator[str]:
    if settings.allow_http or (settings.public_url or "").lower().startswith("https://"):
        return
    found = "is http" if settings.public_url else "is not set"
    yield (
        f"MUNADI_PUBLIC_URL {found}, and in production keys and sessions must travel over https: "
        "set it to the https:// address of the proxy in front, or set MUNADI_ALLOW_HTTP=true if nothing else can see "
        "the traffic"
    )


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
