"""Sends spans to a collector, where OpenTelemetry's own variables name one (OTEL_EXPORTER_OTLP_ENDPOINT and others).

Rule: all of them pass `munadi/process/span_gate.py`. Libraries add spans of their own, and note what an exception said,
which may be a text of a user.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from munadi import __version__
from munadi.telemetry import tracing

if TYPE_CHECKING:
    from temporalio.client import Interceptor

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
PROTOCOL = "http/protobuf"
# How long the last spans may take at the end of a process.
PATIENCE = 3.0
_NEEDED = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")
_at_end: list[Callable[[], None]] = []


def is_wanted(environ: Mapping[str, str]) -> bool:
    """Whether the variables ask for traces."""
    is_off = environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    exporter = environ.get("OTEL_TRACES_EXPORTER", "").strip().lower()
    return not is_off and exporter in ("", "otlp") and _given(environ, ENDPOINTS) is not None


def wrong(environ: Mapping[str, str]) -> Iterator[str]:
    """What of the variables cannot be used; a line for each."""
    if not is_wanted(environ):
        return
    for name in ENDPOINTS:
        if (given := environ.get(name, "").strip()) and not _is_url(given):
            yield f"{name} must be an http:// or https:// URL, such as http://127.0.0.1:4318"
    if (protocol := _given(environ, PROTOCOLS)) not in (None, PROTOCOL):
        yield f"{PROTOCOLS[1]} is {protocol}: only {PROTOCOL} is supported; its usual port is 4318"
    if not all(map(_is_installed, _NEEDED)):
        yield f"{_given_name(environ)} is set, and the packages of the group `tracing` in pyproject.toml are missing"


def start_tracing(process: str, environ: Mapping[str, str]) -> None:
    """Record spans of this process, and send them in a thread, if the variables ask for it. Once per process."""
    if not is_wanted(environ):
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    from munadi.process.span_gate import SpanGate

    is_named = environ.get("OTEL_SERVICE_NAME") or "service.name=" in environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    known = {"service.version": __version__} | ({} if is_named else {"service.name": f"munadi-{process}"})
    provider = TracerProvider(resource=Resource.create(known), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(SpanGate(OTLPSpanExporter())))
    # While no collector takes them, the SDK would write a line for each span that its full queue drops.
    logging.getLogger("opentelemetry.sdk._shared_internal").setLevel(logging.ERROR)
    tracing.install(provider.get_tracer("munadi", __version__))
    _at_end.append(provider.shutdown)


def end_tracing() -> None:
    """Send the last spans. A collector that does not answer keeps no process from its end."""
    for shutdown in _at_end:
        sending = threading.Thread(target=shutdown, name="munadi-traces", daemon=True)
        sending.start()
        sending.join(PATIENCE)


def interceptors() -> Sequence[Interceptor]:
    """What carries a trace through Temporal: none while tracing is off. It adds no command to a workflow, so histories
    replay with and without it."""
    if (tracer := tracing.tracer()) is None:
        return ()
    from temporalio.contrib.opentelemetry import TracingInterceptor

    return (TracingInterceptor(tracer),)


def name_trace(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """For each line of the log: the trace that it belongs to."""
    if (found := tracing.trace_id()) is not None:
        event["trace_id"] = found
    return event


def _given(environ: Mapping[str, str], names: Sequence[str]) -> str | None:
    return next((text for name in names if (text := environ.get(name, "").strip())), None)


def _given_name(environ: Mapping[str, str]) -> str:
    return next(name for name in ENDPOINTS if environ.get(name, "").strip())


def _is_url(given: str) -> bool:
    try:
        parts = urlsplit(given)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False
