"""Recorded histories: one file per run, one line per event, never edited once committed.

A file is named `<scenario>.<number>.run<n>.json`. Recording a scenario again takes the next number. Facts about the
recording machine (identity, stack traces) are left out, because replay does not read them.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHistory

FOLDER = Path(__file__).with_name("histories")
FINGERPRINTS = Path(__file__).with_name("fingerprints.json")
_NAME = re.compile(r"(?P<scenario>\w+)\.(?P<number>\d{3})\.run(?P<run>\d+)\.json")
_OF_THE_MACHINE = frozenset({"identity", "stackTrace", "encodedAttributes"})


def paths(scenario: str | None = None) -> list[Path]:
    """Every recorded file, or those of one scenario, the oldest first."""
    return sorted(path for path in FOLDER.glob("*.json") if scenario in (None, _parts(path)[0]))


def load(path: Path) -> WorkflowHistory:
    """The history in a file."""
    kept = json.loads(path.read_text())
    return WorkflowHistory.from_json(kept["workflowId"], {"events": kept["events"]})


def store(scenario: str, histories: Sequence[WorkflowHistory]) -> list[Path]:
    """Write the runs of a scenario beside the older ones. Returns the new files."""
    number = max((_parts(path)[1] for path in paths(scenario)), default=0) + 1
    FOLDER.mkdir(exist_ok=True)
    written = []
    for run, history in enumerate(histories, start=1):
        path = FOLDER / f"{scenario}.{number:03}.run{run}.json"
        with path.open("x") as file:
            file.write(_dump(history))
        written.append(path)
    return written


def newest(scenario: str) -> list[Path]:
    """The files of the newest recording of a scenario."""
    every = paths(scenario)
    return [path for path in every if _parts(path)[1] == _parts(every[-1])[1]]


def commands(histories: Sequence[WorkflowHistory]) -> list[str]:
    """The commands that the workflow sent to the server, in order, with the signals that it received."""
    lines: list[str] = []
    for run, history in enumerate(histories, start=1):
        lines.append(f"run {run}")
        lines += [words for event in history.events if (words := _command(event)) is not None]
    return lines


def payload_bytes(path: Path) -> Iterator[bytes]:
    """Every payload of a recorded history, decoded."""
    for match in re.finditer(r'"data": ?"([^"]*)"', path.read_text()):
        yield base64.b64decode(match.group(1))


def _parts(path: Path) -> tuple[str, int, int]:
    match = _NAME.fullmatch(path.name)
    if match is None:
        raise ValueError(f"{path.name} is not named <scenario>.<number>.run<n>.json")
    return match["scenario"], int(match["number"]), int(match["run"])


def _dump(history: WorkflowHistory) -> str:
    events = [_without(event) for event in history.to_json_dict()["events"]]
    lines = ",\n".join(json.dumps(event, sort_keys=True) for event in events)
    return f'{{"workflowId": {json.dumps(history.workflow_id)}, "events": [\n{lines}\n]}}\n'


def _without(value: Any) -> Any:
    if isinstance(value, dict):
        if value.get("kind") == "TASK_QUEUE_KIND_STICKY":
            value = {**value, "name": "sticky"}
        return {key: _without(inner) for key, inner in value.items() if key not in _OF_THE_MACHINE}
    return [_without(inner) for inner in value] if isinstance(value, list) else value


def _command(event: Any) -> str | None:
    match EventType.Name(event.event_type).removeprefix("EVENT_TYPE_"):
        case "ACTIVITY_TASK_SCHEDULED":
            return f"activity {event.activity_task_scheduled_event_attributes.activity_type.name}"
        case "WORKFLOW_EXECUTION_SIGNALED":
            return f"(signal {event.workflow_execution_signaled_event_attributes.signal_name})"
        case "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES":
            fields = event.upsert_workflow_search_attributes_event_attributes.search_attributes.indexed_fields
            return f"upsert {', '.join(sorted(fields))}"
        case "MARKER_RECORDED":
            return _marker(event.marker_recorded_event_attributes)
        case "TIMER_STARTED":
            return "timer"
        case "TIMER_CANCELED":
            return "timer canceled"
        case "ACTIVITY_TASK_CANCEL_REQUESTED":
            return "activity canceled"
        case (
            "WORKFLOW_EXECUTION_COMPLETED" | "WORKFLOW_EXECUTION_FAILED" | "WORKFLOW_EXECUTION_CONTINUED_AS_NEW" as end
        ):
            return end.removeprefix("WORKFLOW_EXECUTION_").lower()
    return None


def _marker(attributes: Any) -> str:
    if attributes.marker_name != "core_local_activity":
        return f"marker {attributes.marker_name}"
    said = json.loads(attributes.details["data"].payloads[0].data)
    return f"local activity {said['activity_type']}"
