"""Spans: what a process does for a post, from the request to the deliveries. Off until a tracer is installed.

Rule: this imports nothing of OpenTelemetry while it is off. A span has the facts of `FACTS` and no others: ids, names
from this code and numbers; no text, no URL and no path, since these may hold a token.
"""

from __future__ import annotations

from contextvars import Token
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Span, SpanContext, Tracer

Fact = str | int
Kind = Literal["SERVER", "CLIENT", "PRODUCER", "INTERNAL"]
# Each fact by its name here, and the attribute that it becomes: OpenTelemetry's own where it has one.
FACTS = {
    "method": "http.request.method",
    "route": "http.route",
    "status": "http.response.status_code",
    "host": "server.address",
    "error": "error.type",
    "channel": "munadi.channel",
    "operation": "munadi.operation",
    "event_type": "munadi.event_type",
    "request_id": "munadi.request_id",
    "content_id": "munadi.content_id",
    "publication_id": "munadi.publication_id",
    "account_id": "munadi.account_id",
    "endpoint_id": "munadi.endpoint_id",
    "delivery_id": "munadi.delivery_id",
    "event_id": "munadi.event_id",
}
# What a span passes on to those inside it.
_INHERITED = [FACTS[name] for name in ("content_id", "publication_id", "account_id")]
_installed: list[Tracer] = []


def install(tracer: Tracer) -> None:
    """From now on spans are recorded. Once per process."""
    _installed.append(tracer)


def tracer() -> Tracer | None:
    """What records spans; None while tracing is off."""
    return _installed[-1] if _installed else None


class OpenSpan:
    """A span until the block ends. While tracing is off it is nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        return None

    def note(self, **facts: Fact | None) -> None:
        """Add facts of `FACTS`; None is left out."""

    def rename(self, name: str) -> None:
        """Give it another name, once that is known."""

    def fail(self, error: str) -> None:
        """Mark it as failed, by the name of an error."""


_NOTHING = OpenSpan()


def span(name: str, kind: Kind = "INTERNAL", *, parent: str | None = None, **facts: Fact | None) -> OpenSpan:
    """A span around a block: inside the one that is open here, or inside `parent`, as `current` returned it."""
    return _Recorded(_installed[-1], name, kind, parent, facts) if _installed else _NOTHING


def child(name: str) -> OpenSpan:
    """The same, only where a span is open: for what is of no interest by itself."""
    return span(name) if _installed and current() is not None else _NOTHING


def note(**facts: Fact | None) -> None:
    """Add facts to the span that is open here, if there is one."""
    if _installed:
        from opentelemetry.trace import get_current_span

        get_current_span().set_attributes(_attributes(facts))


def current() -> str | None:
    """The span that is open here, as W3C's `traceparent` names it; None if there is none."""
    if (found := _context()) is None:
        return None
    return f"00-{found.trace_id:032x}-{found.span_id:016x}-{found.trace_flags:02x}"


def trace_id() -> str | None:
    """The trace of the span that is open here."""
    return None if (found := _context()) is None else f"{found.trace_id:032x}"


class _Recorded(OpenSpan):
    def __init__(self, by: Tracer, name: str, kind: Kind, parent: str | None, facts: dict[str, Fact | None]) -> None:
        self._tracer = by
        self._name = name
        self._kind = kind
        self._parent = parent
        self._facts = facts

    def __enter__(self) -> Self:
        from opentelemetry.context import attach
        from opentelemetry.trace import SpanKind, get_current_span, set_span_in_context

        context = _context_of(self._parent) if self._parent else None
        attributes = {**_inherited(get_current_span(context)), **_attributes(self._facts)}
        kind = SpanKind[self._kind]
        self._span = self._tracer.start_span(self._name, context=context, kind=kind, attributes=attributes)
        self._token: Token[Context] = attach(set_span_in_context(self._span, context))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        from opentelemetry.context import detach

        detach(self._token)
        if kind is not None:
            self.fail(kind.__name__)
        self._span.end()

    def note(self, **facts: Fact | None) -> None:
        self._span.set_attributes(_attributes(facts))

    def rename(self, name: str) -> None:
        self._span.update_name(name)

    def fail(self, error: str) -> None:
        from opentelemetry.trace import StatusCode

        self._span.set_attribute(FACTS["error"], error)
        self._span.set_status(StatusCode.ERROR)


def _attributes(facts: dict[str, Fact | None]) -> dict[str, Fact]:
    return {FACTS[name]: value for name, value in facts.items() if value is not None}


def _inherited(parent: Span) -> dict[str, Fact]:
    """Spans of another process, and those that are not recorded, have no attributes to read."""
    known = getattr(parent, "attributes", None) or {}
    return {name: known[name] for name in _INHERITED if name in known}


def _context() -> SpanContext | None:
    if not _installed:
        return None
    from opentelemetry.trace import get_current_span

    found = get_current_span().get_span_context()
    return found if found.is_valid else None


def _context_of(parent: str) -> Context:
    """Of `traceparent` alone: the other headers of W3C's standard may hold any text."""
    from opentelemetry.context import Context
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract({"traceparent": parent}, Context())
