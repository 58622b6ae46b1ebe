"""What posts cost the engine: events in their histories, billed actions, requests to the Temporal server."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

import httpx
import psutil
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from tools.bench.system import System

# What Temporal Cloud bills as an action, as far as it occurs here: docs.temporal.io/cloud/actions. Heartbeats, which
# leave no event, come beside.
ACTIONS = (
    "WORKFLOW_EXECUTION_STARTED",
    "TIMER_STARTED",
    "ACTIVITY_TASK_SCHEDULED",
    "WORKFLOW_EXECUTION_SIGNALED",
    "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES",
)
# By these the bench itself waits for the end of workflows.
OWN = ("CountWorkflowExecutions", "ListWorkflowExecutions")
REQUESTS = re.compile(r"^service_requests\{(.*)\} ([0-9.e+]+)$", re.MULTILINE)


async def events_of(temporal: Client, workflows: Iterable[str]) -> Counter[str]:
    """The events of these workflows' histories, by type."""
    found: Counter[str] = Counter()
    for workflow in workflows:
        history = await temporal.get_workflow_handle(workflow).fetch_history()
        found.update(EventType.Name(event.event_type).removeprefix("EVENT_TYPE_").upper() for event in history.events)
    return found


async def billed(temporal: Client, workflows: Iterable[str]) -> int:
    """The actions of these workflows. All markers of one workflow task are one, as local activities leave them."""
    found = 0
    for workflow in workflows:
        history = await temporal.get_workflow_handle(workflow).fetch_history()
        names = [EventType.Name(event.event_type).removeprefix("EVENT_TYPE_").upper() for event in history.events]
        found += sum(name in ACTIONS for name in names)
        tasks = (event.marker_recorded_event_attributes.workflow_task_completed_event_id for event in history.events)
        found += len({task for task in tasks if task})
    return found


async def frontend_requests(system: System) -> dict[str, float]:
    """Requests to the Temporal server's front so far, by operation; empty if it shows no metrics."""
    server = psutil.Process(system.stack.pids["temporal"]).cmdline()
    if "--metrics-port" not in server:
        return {}
    port = server[server.index("--metrics-port") + 1]
    async with httpx.AsyncClient(timeout=10) as client:
        shown = (await client.get(f"http://127.0.0.1:{port}/metrics")).text
    found: dict[str, float] = {}
    for labels, number in REQUESTS.findall(shown):
        named = dict(re.findall(r'(\w+)="([^"]*)"', labels))
        if named.get("service_name") == "frontend" and named["operation"] not in OWN:
            found[named["operation"]] = found.get(named["operation"], 0.0) + float(number)
    return found
