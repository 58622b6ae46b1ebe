"""Which addresses are public. Our own table, because `ipaddress.is_global` calls many of these global.

Rule: IPv4 is public unless listed; IPv6 is public only inside 2000::/3, and there unless listed.
Sources: IANA special-purpose registries for IPv4 and IPv6, and RFC 9637, 9602, 8215.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address

_NOT_PUBLIC = {
    "0.0.0.0/8": "this network",
    "10.0.0.0/8": "private",
    "100.64.0.0/10": "carrier-grade NAT",  # some clouds keep their metadata service here
    "127.0.0.0/8": "loopback",
    "168.63.129.16/32": "a cloud's host service",  # Azure's wire server: a public number, never public
    "169.254.0.0/16": "link-local",
    "172.16.0.0/12": "private",
    "192.0.0.0/24": "protocol assignments",
    "192.0.2.0/24": "documentation",
    "192.31.196.0/24": "AS112",
    "192.52.193.0/24": "multicast tunnelling",
    "192.88.99.0/24": "6to4 relay",
    "192.168.0.0/16": "private",
    "192.175.48.0/24": "AS112",
    "198.18.0.0/15": "benchmarking",
    "198.51.100.0/24": "documentation",
    "203.0.113.0/24": "documentation",
    "224.0.0.0/4": "multicast",
    "240.0.0.0/4": "reserved",
    "::/128": "unspecified",
    "::1/128": "loopback",
    "::ffff:0:0/96": "IPv4 mapped",
    "::/96": "IPv4 compatible",
    "64:ff9b::/96": "NAT64",
    "64:ff9b:1::/48": "local NAT64",
    "100::/64": "discard only",
    "2001::/32": "Teredo",
    "2001::/23": "protocol assignments",
    "2001:db8::/32": "documentation",
    "2002::/16": "6to4",
    "2620:4f:8000::/48": "AS112",
    "3ffe::/16": "the old 6bone",
    "3fff::/20": "documentation",
    "5f00::/16": "segment routing",
    "fc00::/7": "unique local",
    "fe80::/10": "link-local",
    "fec0::/10": "site-local",
    "ff00::/8": "multicast",
}
_RANGES: list[tuple[IPv4Network | IPv6Network, str]] = [(ip_network(text), name) for text, name in _NOT_PUBLIC.items()]
_GLOBAL_UNICAST = IPv6Network("2000::/3")


def why_not_public(address: Address) -> str | None:
    """The name of the range that makes `address` unreachable for us, or None for a public one."""
    for network, name in _RANGES:
        if address in network:
            return name
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return "not global unicast"
    return None


def is_loopback(address: Address) -> bool:
    """127.0.0.0/8 or ::1, written plainly: a mapped loopback is refused even in development."""
    return why_not_public(address) == "loopback"
