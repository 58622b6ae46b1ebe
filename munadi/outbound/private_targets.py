"""The private addresses that an operator lets webhooks reach: networks and hosts, none by default.

Rule: what is not listed stays refused. A listed host is reached at a private address only; which networks count is in
`_PRIVATE`, so a name that points at a cloud's metadata service or at multicast is refused all the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Self

from munadi.outbound.addresses import Address, why_not_public

# The kinds of `why_not_public` at which a listed host may be.
_PRIVATE = frozenset({"private", "loopback", "unique local", "carrier-grade NAT"})
# Metadata services of clouds that stand in such networks.
_METADATA = frozenset(map(ip_address, ("100.100.100.200", "fd00:ec2::254")))
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_])?|[0-9a-f:]+")


@dataclass(frozen=True)
class PrivateTargets:
    """`hosts` are pairs of a name or address, and a port (None: any)."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    hosts: frozenset[tuple[str, int | None]] = frozenset()

    @classmethod
    def parse(cls, networks: str, hosts: str) -> Self:
        """From comma-separated networks (`10.1.0.0/16`) and hosts (`cms.internal`, `cms.internal:3000`).

        Raises ValueError.
        """
        return cls(
            tuple(ip_network(text) for text in _split(networks)), frozenset(_host(text) for text in _split(hosts))
        )

    def may_allow(self, host: str, port: int) -> bool:
        """Whether the host may turn out to be allowed, once its addresses are known."""
        if self._lists(host, port):
            return True
        try:
            return self._has(ip_address(host))
        except ValueError:
            return bool(self.networks)

    def allows(self, host: str, port: int, address: Address) -> bool:
        """Whether the host may be reached at this address, which is not public."""
        is_private = why_not_public(address) in _PRIVATE and address not in _METADATA
        return self._has(address) or (self._lists(host, port) and is_private)

    def _has(self, address: Address) -> bool:
        return any(address in network for network in self.networks)

    def _lists(self, host: str, port: int) -> bool:
        return (host, None) in self.hosts or (host, port) in self.hosts


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _host(text: str) -> tuple[str, int | None]:
    name, given, port = text.lower().rpartition(":")
    if not given or not port.isdigit() or (":" in name.strip("[]") and not name.endswith("]")):
        name, port = text.lower(), ""  # no port, or the last part of an IPv6 address
    host = name.strip("[]").rstrip(".")
    if not _HOST.fullmatch(host):
        raise ValueError(f"{text!r} is not a host name or an address, with or without a port")
    return host, int(port) if port else None
