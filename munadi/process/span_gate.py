"""The last place before spans leave the process: what may hold a text or a secret is taken out of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import Link, Status

from munadi.domain.ids import content_id_of
from munadi.telemetry.tracing import FACTS

# Temporal's names for the workflow, its run and the activity; `content/cnt_…` is a workflow.
_WORKFLOW = "temporalWorkflowID"
ALLOWED = frozenset({*FACTS.values(), _WORKFLOW, "temporalRunID", "temporalActivityID", "temporalUpdateID"})
# Of an exception: its class, and never what it says.
_ALLOWED_OF_EVENT = frozenset({"exception.type", "exception.escaped"})


class SpanGate(SpanExporter):
    """Exports spans through another exporter, with the attributes of `ALLOWED` alone."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Export the spans without what may hold a text."""
        return self._exporter.export([_checked(one) for one in spans])

    def shutdown(self) -> None:
        """Close the other exporter."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """As the other exporter."""
        return self._exporter.force_flush(timeout_millis)


def _checked(one: ReadableSpan) -> ReadableSpan:
    given = _only(one.attributes, ALLOWED)
    with suppress(ValueError):
        given.setdefault(FACTS["content_id"], content_id_of(str(given.get(_WORKFLOW))))
    return ReadableSpan(
        name=one.name,
        context=one.context,
        parent=one.parent,
        resource=one.resource,
        attributes=given,
        events=[Event(each.name, _only(each.attributes, _ALLOWED_OF_EVENT), each.timestamp) for each in one.events],
        links=[Link(each.context) for each in one.links],
        kind=one.kind,
        status=Status(one.status.status_code),
        start_time=one.start_time,
        end_time=one.end_time,
        instrumentation_scope=one.instrumentation_scope,
    )


def _only(given: Mapping[str, Any] | None, allowed: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in (given or {}).items() if name in allowed}
