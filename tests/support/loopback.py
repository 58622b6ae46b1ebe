"""Tests connect to this machine only. An audit hook refuses every other connection before it is made.

It sees what Python connects in this process: that is our HTTP clients, drivers and guards. Children that run Munadi
get addresses of this machine from the tests that start them.
"""

import ipaddress
import sys
from typing import Any


class NotThisMachine(AssertionError):
    """A test was about to connect to another machine."""


def is_here(address: Any) -> bool:
    """Unix sockets and the loopback range are here."""
    if not isinstance(address, tuple):
        return True
    try:
        host = ipaddress.ip_address(str(address[0]).partition("%")[0])
    except ValueError:
        return address[0] in ("localhost", "")
    mapped = getattr(host, "ipv4_mapped", None)
    return (mapped or host).is_loopback or host.is_unspecified


def _refuse(event: str, args: tuple[Any, ...]) -> None:
    if event == "socket.connect" and not is_here(args[1]):
        raise NotThisMachine(f"a test was about to connect to {args[1]}")


def stay_on_this_machine() -> None:
    """From now on, for the whole process: an audit hook cannot be removed."""
    sys.addaudithook(_refuse)
