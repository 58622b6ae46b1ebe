"""What a client reads before its first call: strict schemas, true hints, and what "accepted" does not mean."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from munadi.intake.requests import (
    ChannelRequest,
    ContentEdit,
    ContentRequest,
    MediaRequest,
    RequestBody,
    RescheduleRequest,
    RetryRequest,
)
from munadi.mcp.descriptions import DESCRIPTIONS, INSTRUCTIONS
from munadi.mcp.inputs import ChannelInput, ContentInput, EditInput, Input, MediaInput, RescheduleInput, RetryInput
from munadi.mcp.tools import TOOLS
from tests.mcp.conftest import Agent

READS = {"status", "wait", "list_brands", "list_accounts", "describe_channel", "list_contents", "events"}
EXPECTED = READS | {"validate", "publish", "edit", "cancel", "reschedule", "retry", "upload_media"}


async def test_the_tools_and_the_instructions_of_the_server(agent: Agent) -> None:
    listed = await agent.session.list_tools()
    assert {tool.name for tool in listed.tools} == EXPECTED == set(DESCRIPTIONS)
    assert agent.session.instructions == INSTRUCTIONS
    assert "does NOT mean published" in INSTRUCTIONS


@pytest.mark.parametrize("name", sorted(TOOLS))
def test_a_schema_is_valid_and_strict(name: str) -> None:
    schema = TOOLS[name].tool.input_schema
    jsonschema.Draft202012Validator.check_schema(schema)
    objects = [schema, *(each for each in schema.get("$defs", {}).values() if each.get("type") == "object")]
    assert all(each["additionalProperties"] is False for each in objects)
    assert schema["type"] == "object"
    for field in schema["properties"]:
        assert field.isidentifier()
        assert "_" not in field, "camel case, as in the API"


@pytest.mark.parametrize(
    ("name", "hints"),
    [
        ("publish", (False, False, True, True)),
        ("retry", (False, False, False, True)),
        ("cancel", (False, True, True, False)),
        ("edit", (False, True, True, True)),
        ("upload_media", (False, False, False, False)),
        ("reschedule", (False, True, True, False)),
        ("validate", (True, False, True, True)),
        *((name, (True, False, True, False)) for name in sorted(READS)),
    ],
)
def test_the_hints_match_the_effects(name: str, hints: tuple[bool, ...]) -> None:
    found = TOOLS[name].annotations
    assert (found.read_only_hint, found.destructive_hint, found.idempotent_hint, found.open_world_hint) == hints


@pytest.mark.parametrize(
    ("ours", "theirs", "more"),
    [
        (ContentInput, ContentRequest, set()),
        (ChannelInput, ChannelRequest, set()),
        (MediaInput, MediaRequest, set()),
        (RescheduleInput, RescheduleRequest, {"content_id"}),
        (EditInput, ContentEdit, {"content_id", "version"}),
        (RetryInput, RetryRequest, {"content_id"}),
    ],
)
def test_a_tool_accepts_what_the_api_accepts(ours: type[Input], theirs: type[RequestBody], more: set[str]) -> None:
    assert set(ours.model_fields) - more == set(theirs.model_fields)


@pytest.mark.parametrize(
    ("tool", "words"),
    [
        ("publish", ["NOT published yet", "Safe to repeat", "at least 24 hours", "of your own", "Call wait"]),
        ("status", ["what to do", "do not publish it again"]),
        ("wait", ["timedOut", "can be called again"]),
        ("retry", ["what is live is never sent again", "after_fix"]),
    ],
)
def test_a_description_has_what_an_agent_must_know(tool: str, words: list[str]) -> None:
    for expected in words:
        assert expected in DESCRIPTIONS[tool]


def test_a_time_has_an_offset_or_a_zone() -> None:
    field: dict[str, Any] = TOOLS["publish"].tool.input_schema["properties"]["scheduledAt"]
    assert "offset" in str(field)
    assert "timezone" in str(field)
