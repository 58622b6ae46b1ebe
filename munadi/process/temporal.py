"""Connects to Temporal, for the API, the worker, the CLI and the tests."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Iterator

from temporalio.client import Client, TLSConfig
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.runtime import LogForwardingConfig, LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter

from munadi.config import TemporalSettings
from munadi.process.traces import interceptors


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
        interceptors=interceptors(),
        lazy=lazy,
    )


def set_up_sdk(*, with_metrics: bool = False) -> None:
    """Send what the SDK's core logs to Python's loggers, so that these lines are like all others, and what it counts to
    this process's metrics if somebody reads them. Once per process, before the first client."""
    buffer = None
    if with_metrics:
        from munadi.process.temporal_metrics import install

        buffer = install().buffer
    forwarding = LogForwardingConfig(logging.getLogger("temporalio"), prepend_target_on_message=False)
    logs = LoggingConfig(TelemetryFilter(core_level="WARN", other_level="ERROR"), forwarding=forwarding)
    Runtime.set_default(Runtime(telemetry=TelemetryConfig(logging=logs, metrics=buffer)))


async def is_up(client: Client, seconds: float = 1.0) -> bool:
    """Whether Temporal answers a health check within `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            return await client.service_client.check_health()
    except (TimeoutError, RuntimeError):
        # The SDK raises RuntimeError (RPCError among them is an Exception of its own) when it cannot connect.
        return False


def wrong_tls(settings: TemporalSettings) -> Iterator[str]:
    """The settings of TLS that contradict each other or name a file that cannot be used; a line for each."""
    prefix = "MUNADI_TEMPORAL__"
    given = {"API_KEY": settings.api_key, "TLS_CA": settings.tls_ca, "TLS_CERT": settings.tls_cert}
    for name, value in {**given, "TLS_KEY": settings.tls_key}.items():
        if value is not None and settings.tls is False:
            remedy = f"remove {prefix}TLS, or {prefix}{name}"
            yield f"{prefix}{name} is set and {prefix}TLS is false: it is of use only with encryption; {remedy}"
    if (settings.tls_cert is None) is not (settings.tls_key is None):
        there, missing = ("CERT", "KEY") if settings.tls_cert else ("KEY", "CERT")
        yield f"{prefix}TLS_{there} is set without {prefix}TLS_{missing}: set both, or none"
        return
    yield from _wrong_files(settings, prefix)


def _wrong_files(settings: TemporalSettings, prefix: str) -> Iterator[str]:
    context = ssl.create_default_context()
    try:
        if settings.tls_ca:
            context.load_verify_locations(settings.tls_ca)
    except (OSError, ssl.SSLError) as error:
        yield f"{prefix}TLS_CA: {settings.tls_ca} is no certificate in PEM that can be read: {_words(error)}"
    try:
        if settings.tls_cert and settings.tls_key:
            # Without a password of ours, OpenSSL would ask for one at the terminal.
            context.load_cert_chain(settings.tls_cert, settings.tls_key, password="")
    except (OSError, ssl.SSLError) as error:
        pair = f"{settings.tls_cert} and {settings.tls_key}"
        yield f"{prefix}TLS_CERT and {prefix}TLS_KEY: {pair} are no pair in PEM that can be read: {_words(error)}"


def _words(error: OSError) -> str:
    return str(error.strerror or error).splitlines()[0]


def _tls(settings: TemporalSettings) -> TLSConfig | bool:
    if not settings.uses_tls:
        return False
    if not (settings.tls_ca or settings.tls_cert):
        return True
    return TLSConfig(
        server_root_ca_cert=settings.tls_ca.read_bytes() if settings.tls_ca else None,
        client_cert=settings.tls_cert.read_bytes() if settings.tls_cert else None,
        client_private_key=settings.tls_key.read_bytes() if settings.tls_key else None,
    )
