"""What a client reads before its first call: strict schemas, true hints, and what "accepted" does not mean."""

from __future__ import annotations

import re
from typing import Any

import jsonschema
import pytest
from mcp import Client, MCPError

from munadi.intake.requests import (
    ChannelRequest,
    ContentEdit,
    ContentRequest,
    LiveEditRequest,
    MediaRequest,
    RequestBody,
    RescheduleRequest,
    RetryRequest,
)
from munadi.mcp import create_server
from munadi.mcp.descriptions import DESCRIPTIONS, INSTRUCTIONS, PREPARING_ONLY
from munadi.mcp.draft_tools import DraftChange, DraftInput
from munadi.mcp.generated import Channel, Media
from munadi.mcp.inputs import ContentInput, EditInput, LiveEditInput, RescheduleInput, RetryInput
from munadi.mcp.schema import Input
from munadi.mcp.server import DESCRIBING
from munadi.mcp.tools import PREPARING, TOOLS
from tests.mcp.conftest import Agent, client_of

# Bytes of the answer to tools/list, as it is sent. A model reads all of it before its first call.
MOST = 25_000
READS = {"status", "wait", "list_brands", "list_accounts", "describe_channel", "list_contents", "events"}
READS |= {"get_post_draft", "list_post_drafts", "list_series", "receipt"}
PREPARES = READS | {"validate", "create_post_draft", "update_post_draft", "upload_media"}
EXPECTED = PREPARES | {"create_series"}
EXPECTED |= {"publish", "edit", "edit_live", "cancel", "withdraw", "reschedule", "retry", "submit_post_draft"}
PROPOSES = PREPARES | {"propose", "edit", "cancel", "reschedule"}


async def test_the_tools_and_the_instructions_of_the_server(agent: Agent) -> None:
    listed = await agent.session.list_tools()
    assert {tool.name for tool in listed.tools} == EXPECTED == set(DESCRIPTIONS) - {"propose"}
    assert agent.session.instructions == INSTRUCTIONS
    assert "does NOT mean published" in INSTRUCTIONS


@pytest.mark.parametrize("name", sorted(TOOLS))
def test_a_schema_is_valid_and_strict(name: str) -> None:
    schema = schema_of(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    objects = [schema, *(each for each in schema.get("$defs", {}).values() if each.get("type") == "object")]
    assert all(each["additionalProperties"] is False for each in objects)
    assert schema["type"] == "object"
    for field in schema["properties"]:
        assert field.isidentifier()
        assert "_" not in field, "camel case, as in the API"


async def test_a_server_for_drafts_offers_nothing_that_publishes(agent: Agent) -> None:
    munadi = client_of(agent.api)
    async with Client(create_server(lambda _: munadi, drafts_only=True)) as session:
        assert {tool.name for tool in (await session.list_tools()).tools} == PREPARES == set(PREPARING)
        assert session.instructions == f"{INSTRUCTIONS}\n\n{PREPARING_ONLY}"
        for name in sorted((EXPECTED | PROPOSES) - PREPARES):
            with pytest.raises(MCPError, match="Unknown tool"):
                await session.call_tool(name, {})


@pytest.mark.parametrize("name", sorted(TOOLS))
def test_an_output_schema_is_valid_and_open_for_newer_answers(name: str) -> None:
    schema = TOOLS[name].listed(DESCRIBING).output_schema
    assert schema is not None
    jsonschema.Draft202012Validator.check_schema(schema)
    assert not {"additionalProperties", "enum"} & set(re.findall(r"\w+", str(schema)))
    assert schema["required"]


def schema_of(name: str, describing: str = DESCRIBING) -> dict[str, Any]:
    """What a client learns of a tool's arguments."""
    found: dict[str, Any] = TOOLS[name].listed(describing).input_schema
    return found


async def test_what_a_client_loads_is_small(agent: Agent) -> None:
    listed = (await agent.session.list_tools()).model_dump_json(by_alias=True, exclude_none=True)
    assert len(listed.encode()) <= MOST
    assert not any(word in listed for word in ('"title":"Text"', '{"type":"null"}', "munadi/channels/", '"pattern"'))


@pytest.mark.parametrize(
    ("name", "hints"),
    [
        ("publish", (False, False, True, True)),
        ("retry", (False, False, False, True)),
        ("cancel", (False, True, True, False)),
        ("withdraw", (False, True, True, True)),
        ("edit", (False, True, True, True)),
        ("edit_live", (False, True, True, True)),
        ("create_series", (False, False, True, True)),
        ("create_post_draft", (False, False, True, True)),
        ("update_post_draft", (False, True, True, True)),
        ("submit_post_draft", (False, False, True, True)),
        ("propose", (False, False, True, True)),
        ("upload_media", (False, False, False, False)),
        ("reschedule", (False, True, True, False)),
        ("validate", (True, False, True, True)),
        *((name, (True, False, True, False)) for name in sorted(READS)),
    ],
)
def test_the_hints_match_the_effects(name: str, hints: tuple[bool, ...]) -> None:
    found = TOOLS[name].effects.annotations
    # What is absent has the protocol's default; the second and the third mean nothing at a tool that only reads.
    reads, outside = found.read_only_hint or False, found.open_world_hint is not False
    destroys = not reads and found.destructive_hint is not False
    assert (reads, destroys, reads or found.idempotent_hint or False, outside) == hints


@pytest.mark.parametrize(
    ("ours", "theirs", "more"),
    [
        (ContentInput, ContentRequest, set()),
        (Channel, ChannelRequest, set()),
        (Media, MediaRequest, set()),
        (DraftInput, ContentRequest, {"idempotency_key"}),
        (DraftChange, ContentRequest, {"draft_id", "version"}),
        (RescheduleInput, RescheduleRequest, {"content_id"}),
        (EditInput, ContentEdit, {"content_id", "version"}),
        (RetryInput, RetryRequest, {"content_id"}),
        (LiveEditInput, LiveEditRequest, {"publication_id"}),
    ],
)
def test_a_tool_accepts_what_the_api_accepts(ours: type[Input], theirs: type[RequestBody], more: set[str]) -> None:
    # A draft stays with its brand.
    fixed = {"brand_ref"} if ours is DraftChange else set()
    assert set(ours.model_fields) - more == set(theirs.model_fields) - fixed


@pytest.mark.parametrize(
    ("tool", "words"),
    [
        ("publish", ["NOT published yet", "Safe to repeat", "at least 24 hours", "of your own", "Call wait"]),
        ("status", ["what to do", "do not publish it again"]),
        ("wait", ["timedOut", "can be called again"]),
        ("submit_post_draft", ["a person has agreed", "call wait", "one post at most"]),
        ("propose", ["until a person approves", "ends the draft", "may publish is refused"]),
        ("retry", ["what is live is never sent again", "after_fix"]),
    ],
)
def test_a_description_has_what_an_agent_must_know(tool: str, words: list[str]) -> None:
    for expected in words:
        assert expected in DESCRIPTIONS[tool]


@pytest.mark.parametrize("drafts_only", [False, True])
async def test_a_field_of_a_post_is_described_at_a_tool_that_is_offered(agent: Agent, drafts_only: bool) -> None:
    async with Client(create_server(lambda _: client_of(agent.api), drafts_only=drafts_only)) as session:
        tools = {tool.name: tool for tool in (await session.list_tools()).tools}
    referring = {name: tool for name, tool in tools.items() if "other fields are as at" in (tool.description or "")}
    assert {"validate", "update_post_draft"} <= set(referring)
    for tool in referring.values():
        there = tools[(tool.description or "").rstrip(".").split()[-1]].input_schema
        assert there["properties"]["scheduledAt"]["description"]
        assert there["$defs"]["Media"]["properties"]["alt"]["description"]
        assert tool.input_schema["properties"]["channels"]["items"] == {"type": ["string", "object"]}
        brief = set(tool.input_schema["properties"]) - set(there["properties"])
        assert all(tool.input_schema["properties"][name].get("description") for name in brief)


def test_null_is_a_value_where_it_removes_a_field() -> None:
    for name, field in (("edit", "link"), ("update_post_draft", "fold")):
        schema = schema_of(name)["properties"][field]
        jsonschema.validate(None, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(None, schema_of("publish")["properties"]["link"])


def test_a_time_has_an_offset_or_a_zone() -> None:
    field: dict[str, Any] = schema_of("publish")["properties"]["scheduledAt"]
    assert "offset" in str(field)
    assert "timezone" in str(field)
