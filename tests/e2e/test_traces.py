"""One trace leads from a request to what came of it, over real processes, without a text or a secret."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Tracer
from temporalio.client import Client, WorkflowHistory
from temporalio.contrib.opentelemetry import TracingInterceptor
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from munadi.domain.ids import workflow_id
from munadi.process.span_gate import SpanGate
from munadi.process.traces import is_wanted, wrong
from tests.e2e.test_secrets import tokens_of
from tests.harness.brand import Brand, until
from tests.harness.inbox import Inbox
from tests.harness.stack import Stack
from tests.support.collector import Collector, Span, spans_in
from workflows.registry import WORKFLOWS

TEXT = "CANARY-of-the-text"
CANARY = "CANARY-of-the-caller"
CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
CONTENT, PUBLICATION = "munadi.content_id", "munadi.publication_id"


class Trace:
    """The spans of one trace."""

    def __init__(self, spans: list[Span]) -> None:
        self.spans = {one.id: one for one in spans}

    def named(self, name: str) -> list[Span]:
        """Those of a name."""
        return [one for one in self.spans.values() if one.name == name]

    def path(self, span: Span) -> list[str]:
        """The names from a span up to the root."""
        names = [span.name]
        while span.parent:
            span = self.spans[span.parent]
            names.append(span.name)
        return names


async def test_one_trace_leads_from_the_request_to_the_delivery(tmp_path: Path) -> None:
    with Collector() as collector:
        env = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "MUNADI_ACCESS_LOG": "true"}
        env["FASTAPI_OTEL_AUTO_CONFIGURE"] = "true"  # the framework would send whole paths, and what exceptions said
        async with Stack(tmp_path, env) as stack, stack.client() as api, stack.sandbox() as sandbox:
            brand, inbox = await Brand.create(api, sandbox, "traced", "telegram"), Inbox()
            async with inbox.listening(api, brandRef="traced"):
                content_id = (await brand.submit(TEXT, channels=["telegram"]))["id"]
                content = await brand.published(content_id)
                await until(lambda: _completed(inbox), 30)
            told = {"traceparent": CALLER, "tracestate": f"caller={CANARY}", "baggage": f"caller={CANARY}"}
            assert (await api.get(f"/v1/contents/{content_id}/events", headers=told)).status_code == 200
            history = await _history(stack, content_id)
            secrets = [*tokens_of(stack), inbox.secret, stack.info["apiKey"]]
        logged = [json.loads(line) for part in ("api", "worker") for line in stack.log_of(part).splitlines()]

    assert collector.paths == {"/v1/traces"}, "no logs and no metrics of a library"
    spans = collector.spans()
    [request] = [one for one in spans if one.name == "POST /v1/contents"]
    trace = Trace([one for one in spans if one.trace == request.trace])
    check_paths(trace, request)
    check_facts(trace, content_id, content["publications"][0]["id"])
    [line] = [one for one in logged if one["event"] == "http.request" and one["route"] == "/v1/contents"]
    assert (line["trace_id"], line["content_id"]) == (request.trace, content_id)
    [asked] = [one for one in spans if one.name == "GET /v1/contents/{content_id}/events"]
    assert f"00-{asked.trace}-{asked.parent}-01" == CALLER, "the caller's own trace continues"
    sent = b"".join(collector.bodies) + b"".join(event.SerializeToString() for event in history.events)
    assert len(secrets) > 2
    for secret in (TEXT, CANARY, *secrets):
        assert secret.encode() not in sent, secret
    for interceptors in ([TracingInterceptor()], []):
        replayer = Replayer(workflows=WORKFLOWS, data_converter=pydantic_data_converter, interceptors=interceptors)
        await replayer.replay_workflow(history)


def check_paths(trace: Trace, request: Span) -> None:
    """Every span has its place below the request, and each kind of work is there."""
    assert request.parent == ""
    assert {one.service for one in trace.spans.values()} == {"munadi-api", "munadi-worker"}
    assert {trace.path(one)[-1] for one in trace.spans.values()} == {"POST /v1/contents"}
    started = ["StartWorkflow:PublishContent", "start workflow", "POST /v1/contents"]
    [workflow] = trace.named("RunWorkflow:PublishContent")
    assert trace.path(workflow) == ["RunWorkflow:PublishContent", *started]
    published = ["RunActivity:publish", "StartActivity:publish", *started]
    [call] = trace.named("telegram publish")
    assert trace.path(call) == ["telegram publish", *published]
    deliveries = {one.facts["munadi.event_type"]: one for one in trace.named("deliver event")}
    assert trace.path(deliveries["content.accepted"]) == ["deliver event", "POST /v1/contents"]
    for kind in ("content.publish.succeeded", "content.completed"):
        assert trace.path(deliveries[kind]) == ["deliver event", *published]


def check_facts(trace: Trace, content_id: str, publication_id: str) -> None:
    """The ids of the post are on each span, and what was called on those of calls."""
    assert {one.facts[CONTENT] for one in trace.spans.values()} == {content_id}
    [call], [activity] = trace.named("telegram publish"), trace.named("RunActivity:publish")
    assert call.facts[PUBLICATION] == activity.facts[PUBLICATION] == publication_id
    assert (call.facts["http.request.method"], call.facts["http.response.status_code"]) == ("POST", 200)
    assert call.facts["server.address"] == "127.0.0.1"
    for delivery in trace.named("deliver event"):
        assert delivery.facts["http.response.status_code"] == 204
        assert delivery.facts["munadi.endpoint_id"].startswith("whe_")


async def _completed(inbox: Inbox) -> bool:
    return "content.completed" in [event["type"] for event in inbox.events]


async def _history(stack: Stack, content_id: str) -> WorkflowHistory:
    client = await Client.connect(stack.temporal)
    return await client.get_workflow_handle(workflow_id(content_id)).fetch_history()


def test_what_libraries_note_does_not_leave_the_process() -> None:
    kept = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(SpanGate(kept)))
    tracer = provider.get_tracer("of a library")
    with pytest.raises(ValueError, match=TEXT):
        _work(tracer)
    provider.shutdown()
    body = encode_spans(kept.get_finished_spans()).SerializeToString()
    assert TEXT.encode() not in body
    assert b"ValueError" in body
    [found] = spans_in(body)
    assert found.facts == {"munadi.content_id": "cnt_1"}


def _work(tracer: Tracer) -> None:
    """What a library might note."""
    with tracer.start_as_current_span("work", attributes={"url.full": TEXT}) as span:
        span.set_attribute(CONTENT, "cnt_1")
        span.add_event("said", {"body": TEXT})
        raise ValueError(TEXT)


OFF = """
import sys
import api.app, worker.running
from munadi.process.traces import start_tracing, interceptors
from munadi.telemetry import tracing
start_tracing("worker", {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "true"})
with tracing.span("nothing", content_id="cnt_1") as span:
    span.note(status=200)
    tracing.note(channel="x")
    assert tracing.current() is None and not interceptors()
print([name for name in sys.modules if name.startswith(("opentelemetry.sdk", "opentelemetry.exporter"))])
"""


def test_neither_sdk_nor_exporter_is_imported_while_it_is_off() -> None:
    done = subprocess.run([sys.executable, "-c", OFF], capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": " "}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:4318/v1/traces"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_SDK_DISABLED": "true"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_TRACES_EXPORTER": "none"}, False),
    ],
)
def test_the_standard_variables_decide(given: dict[str, str], expected: bool) -> None:
    assert is_wanted(given) is expected
    assert list(wrong(given)) == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "c:4318"}, "OTEL_EXPORTER_OTLP_ENDPOINT must be an http:// or https:// URL"),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
            "OTEL_EXPORTER_OTLP_PROTOCOL is grpc: only http/protobuf is supported",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_at_the_start(given: dict[str, str], said: str) -> None:
    [line] = wrong(given)
    assert line.startswith(said)
