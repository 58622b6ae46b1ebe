"""Whose calls a process makes, where they may go, and the port of the places that calls share
(`munadi.outbound.host_calls`).

Rule: the code that starts a call for a brand names it by `calling_for`, so that what calls share is shared fairly among
brands; a call that names none shares with all such calls. Inside `calling_only` the guard of outbound calls refuses
every other server.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from contextvars import ContextVar
from typing import Protocol

from munadi.domain.server import Server

_brand: ContextVar[str | None] = ContextVar("calling_brand", default=None)
_only: ContextVar[str | None] = ContextVar("only_server", default=None)


@contextmanager
def calling_for(brand_ref: str | None) -> Iterator[None]:
    """The calls inside the block, and in tasks that it starts, are this brand's."""
    token = _brand.set(brand_ref)
    try:
        yield
    finally:
        _brand.reset(token)


def calling_brand() -> str | None:
    """The brand of the running task's calls."""
    return _brand.get()


@contextmanager
def calling_only(server: str) -> Iterator[None]:
    """The calls inside the block, and in tasks that it starts, may go to this server alone (`https://host:port`)."""
    token = _only.set(server)
    try:
        yield
    finally:
        _only.reset(token)


def only_server() -> str | None:
    """The one server that the running task's calls may go to; None: any."""
    return _only.get()


class Calls(Protocol):
    """Bounds the calls per brand and per server. Refusals are ChannelErrors: HOST_SLOW, *not sent*."""

    def check(self, brand: str, server: Server) -> None:
        """Raises ChannelError where a call would be refused now."""

    def reserved(self, brand: str, server: Server) -> AbstractAsyncContextManager[None]:
        """Keep a place for the calls inside the block. Raises ChannelError when there is none."""

    def call(self, brand: str, server: Server, spare: float = 0.0) -> AbstractAsyncContextManager[None]:
        """Take a place, or one that was kept, for the call inside the block; its own bytes may take `spare` seconds.

        Raises ChannelError when there is none.
        """
