"""The port of the places that calls of one process share (`munadi.outbound.host_calls`)."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from munadi.domain.server import Server


class Calls(Protocol):
    """Bounds the calls per brand and per server. Refusals are ChannelErrors: HOST_SLOW, *not sent*."""

    def check(self, brand: str, server: Server) -> None:
        """Raises ChannelError where a call would be refused now."""

    def reserved(self, brand: str, server: Server) -> AbstractAsyncContextManager[None]:
        """Keep a place for the calls inside the block. Raises ChannelError when there is none."""
