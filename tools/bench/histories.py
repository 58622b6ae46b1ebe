"""What posts cost the engine: events in their histories, billed actions, requests to the Temporal server."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

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


@dataclass
class Spent:
    """What histories have: their events by type, and the actions that are billed."""

    events: Counter[str] = field(default_factory=Counter)
    actions: int = 0


async def spent(temporal: Client, workflows: Iterable[str]) -> Spent:
    """The histories of these workflows together. All markers of one workflow task are one action."""
    found = Spent()
    for workflow in workflows:
        history = await temporal.get_workflow_handle(workflow).fetch_history()
        names = [EventType.Name(event.event_type).removeprefix("EVENT_TYPE_").upper() for event in history.events]
        marked = {event.marker_recorded_event_attributes.workflow_task_completed_event_id for event in history.events}
        found.events.update(names)
        found.actions += sum(name in ACTIONS for name in names) + len(marked - {0})
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
