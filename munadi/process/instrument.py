"""The hook for fault tests: a module that they name wraps the ports of this process.

Nothing of the product imports such a module. Without `MUNADI_FAILPOINTS`, which production refuses, this is None.
"""

from __future__ import annotations

import importlib
from typing import Protocol, TypeVar

import httpx

from munadi.config import Settings

Port = TypeVar("Port")


class Instrument(Protocol):
    """The wrapper that a fault test puts around a process."""

    def around(self, port: Port, name: str) -> Port:
        """`port`, with something before and after every awaited call."""

    async def watch_request(self, request: httpx.Request) -> None:
        """An httpx request hook of the clients that call networks."""


def instrument_of(settings: Settings, process: str) -> Instrument | None:
    """Load the wrapper that `MUNADI_FAILPOINTS` (`module:argument`) names. ValueError in production."""
    if settings.failpoints is None:
        return None
    if not settings.is_development:
        raise ValueError("MUNADI_FAILPOINTS is for fault tests: it kills processes on purpose. Unset it")
    module, _, argument = settings.failpoints.partition(":")
    instrument: Instrument = importlib.import_module(module).install(argument, process)
    return instrument
