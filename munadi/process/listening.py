"""Where a process answers monitors: the setting `MUNADI_METRICS_LISTEN`, read."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from munadi.process.exposure import is_loopback

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class ListenAddress:
    """An address and a port to listen on."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches it."""
        return is_loopback(self.host)

    @classmethod
    def parse(cls, given: str) -> ListenAddress:
        """`host:port`, `[address]:port`, or a port of 127.0.0.1. Raises ValueError."""
        text = given.strip()
        try:
            target = urlsplit(
                f"//{LOOPBACK}:{text.removeprefix(':')}" if text.removeprefix(":").isdecimal() else f"//{text}"
            )
            host, port = target.hostname, target.port
        except ValueError:
            host = port = None
        if not host or not port or target.path or target.username:
            raise ValueError("must be host:port, or a port of 127.0.0.1, such as 127.0.0.1:9464")
        return cls(host, port)
