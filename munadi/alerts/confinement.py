"""What the process that sends an alert may not do, held by Python's audit hook.

A tenant gives the address, and apprise, which reads it, opens connections and files itself in the code of a hundred
services. So the rules are below that code: connections go to public addresses or to those that the operator allows, and
only the files of the program are read. Everything else raises Refused, which is an OSError to that code.
"""

from __future__ import annotations

import os
import socket
import ssl
import sys
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from munadi.outbound.addresses import Address, is_loopback, why_not_public
from munadi.outbound.egress import EgressProxy
from munadi.outbound.private_targets import PrivateTargets

# Of TLS, and of mail servers that turn it on. Plain ones would show the token in an address to everybody on the way.
PORTS = frozenset({443, 465, 587, 2525, 8443, 8448})
_PROCESSES = ("os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system", "subprocess.Popen", "pty.")
_CHANGES = (
    "os.chmod",
    "os.link",
    "os.mkdir",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.symlink",
    "shutil.",
    "ctypes.dl",
)
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Refused(OSError):
    """The rules do not allow it."""


@dataclass
class Confinement:
    """The rules of one process. `proxy`: connections go there instead, once their address is checked."""

    allow_loopback: bool = False
    private: PrivateTargets = field(default_factory=PrivateTargets)
    proxy: EgressProxy | None = None
    refused: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._names: defaultdict[str, set[str]] = defaultdict(set)
        at = self.proxy
        self._proxies = {found[4][:2] for found in socket.getaddrinfo(at.host, at.port)} if at else set()
        self._readable = tuple(str(Path(place).resolve()) for place in _program_places())

    def begin(self) -> None:
        """Hold the rules from now on; this cannot be undone."""
        _remember_names(self._names)
        hooks: dict[str, Callable[..., None]] = {
            "open": self._check_file,
            "socket.connect": self.check_connection,
            "socket.sendto": self.check_connection,
            "socket.sendmsg": self.check_connection,
        }

        def audit(event: str, arguments: tuple[Any, ...]) -> None:
            if event.startswith(_PROCESSES) or event.startswith(_CHANGES):
                self._refuse(event)()
            elif (hook := hooks.get(event)) is not None:
                hook(*arguments)

        sys.addaudithook(audit)

    def _refuse(self, what: str) -> Callable[..., None]:
        def refuse(*_arguments: Any) -> None:
            self.refused.append(what)
            raise Refused(f"an alert may not: {what}")

        return refuse

    def check_connection(self, _socket: Any, address: Any) -> None:
        """Raises Refused unless a connection may go there."""
        if not isinstance(address, tuple) or len(address) < 2:
            self._refuse("connects to something that is no internet address")()
        host, port = str(address[0]), int(address[1])
        if (host, port) in self._proxies:
            return
        try:
            found = ip_address(host.partition("%")[0])
        except ValueError:
            self._refuse("connects to a name that was not looked up")()
        if not self.allows(found, port):
            # A tenant must not learn what a name is here: the address is not in the text.
            allowed = ", ".join(map(str, sorted(PORTS)))
            self._refuse(f"the server has no public address, or its port {port} is not one of {allowed}")()

    def allows(self, address: Address, port: int) -> bool:
        """Whether a connection may go there."""
        names = self._names[str(address)] | {str(address)}
        if any(self.private.allows(name, port, address) for name in names):
            return True
        if is_loopback(address):
            return self.allow_loopback
        return why_not_public(address) is None and port in PORTS

    def _check_file(self, path: Any, mode: Any, flags: Any) -> None:
        if isinstance(path, int):
            return
        place = os.path.realpath(os.fsdecode(path))
        writes = bool((flags or 0) & _WRITES) or any(letter in (mode or "") for letter in "wax+")
        is_ours = place in self._readable or place.startswith(tuple(f"{each}{os.sep}" for each in self._readable))
        if place == os.devnull or (is_ours and not writes):
            return
        self._refuse("reads or writes a file")()


def _program_places() -> list[str]:
    """Where the program, its libraries, certificates and time zones are."""
    ours = Path(__file__).parents[1]
    paths = ssl.get_default_verify_paths()
    found = [sys.prefix, sys.base_prefix, str(ours), paths.openssl_cafile, paths.openssl_capath, paths.capath]
    return [place for place in found if place] + ["/etc/ssl", "/etc/mime.types", "/etc/hosts", "/usr/share/zoneinfo"]


def _remember_names(names: defaultdict[str, set[str]]) -> None:
    """Note which names were looked up for an address, because an operator allows private hosts by name."""
    look_up = socket.getaddrinfo

    def remembering(host: Any, *arguments: Any, **named: Any) -> Any:
        found = look_up(host, *arguments, **named)
        for each in found:
            names[str(each[4][0])].add(host.decode() if isinstance(host, bytes) else str(host))
        return found

    socket.getaddrinfo = remembering
