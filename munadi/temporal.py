"""Connects to Temporal, for the API, the worker, the CLI and the tests."""

from __future__ import annotations

import asyncio

from temporalio.client import Client, TLSConfig
from temporalio.contrib.pydantic import pydantic_data_converter

from munadi.config import TemporalSettings


async def connect(settings: TemporalSettings, *, lazy: bool = False) -> Client:
    """A client of Temporal. `lazy` connects on first use, so that a process can start while Temporal is down."""
    if settings.address is None:
        raise ValueError("MUNADI_TEMPORAL__ADDRESS is not set (munadi dev starts a server and sets it)")
    return await Client.connect(
        settings.address,
        namespace=settings.namespace,
        api_key=settings.api_key.get_secret_value() if settings.api_key else None,
        tls=_tls(settings),
        data_converter=pydantic_data_converter,
        lazy=lazy,
    )


async def is_up(client: Client, seconds: float = 1.0) -> bool:
    """Whether Temporal answers a health check within `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            return await client.service_client.check_health()
    except (TimeoutError, RuntimeError):
        # The SDK raises RuntimeError (RPCError among them is an Exception of its own) when it cannot connect.
        return False


def _tls(settings: TemporalSettings) -> TLSConfig | bool:
    if not settings.tls:
        return False
    if not (settings.tls_ca or settings.tls_cert):
        return True
    return TLSConfig(
        server_root_ca_cert=settings.tls_ca.read_bytes() if settings.tls_ca else None,
        client_cert=settings.tls_cert.read_bytes() if settings.tls_cert else None,
        client_private_key=settings.tls_key.read_bytes() if settings.tls_key else None,
    )
