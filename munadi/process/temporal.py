"""Connects to Temporal, for the API, the worker, the CLI and the tests."""

from __future__ import annotations

import asyncio
import logging

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.runtime import LogForwardingConfig, LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter
from temporalio.service import RPCError

from munadi.process.temporal_tls import tls_of
from munadi.process.traces import interceptors
from munadi.temporal_settings import TemporalSettings

# Temporal Cloud finds the namespace of a request by this header, where many namespaces share one address. The SDK sends
# it with most requests, but not with the first one of a connection, nor with those about search attributes.
NAMESPACE_HEADER = "temporal-namespace"


async def connect(settings: TemporalSettings, *, lazy: bool = False) -> Client:
    """A client of Temporal. `lazy` connects on first use, so that a process can start while Temporal is down."""
    if settings.address is None:
        raise ValueError("MUNADI_TEMPORAL__ADDRESS is not set (munadi dev starts a server and sets it)")
    return await Client.connect(
        settings.address,
        namespace=settings.namespace,
        api_key=settings.api_key.get_secret_value() if settings.api_key else None,
        tls=tls_of(settings),
        rpc_metadata={NAMESPACE_HEADER: settings.namespace},
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
    """Whether Temporal answers this client about its namespace within `seconds`.

    Its health check would not do: it names no namespace, so a server that asks for an API key may refuse it.
    """
    request = DescribeNamespaceRequest(namespace=client.namespace)
    try:
        async with asyncio.timeout(seconds):
            await client.workflow_service.describe_namespace(request)
    except (TimeoutError, RuntimeError, RPCError):
        # The SDK raises RuntimeError (RPCError among them is an Exception of its own) when it cannot connect.
        return False
    return True
