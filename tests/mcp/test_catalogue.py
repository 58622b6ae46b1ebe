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
from munadi.mcp.offered import OfferedTool
from munadi.mcp.schema import Input
from munadi.mcp.tools import PREPARING, TOOLS
from tests.mcp.conftest import Agent, client_of

READS = {"status", "wait", "list_brands", "list_accounts", "describe_channel", "list_contents", "events"}
READS |= {"get_post_draft", "list_post_drafts", "receipt"}
PREPARES = READS | {"validate", "create_post_draft", "update_post_draft", "upload_media"}
EXPECTED = PREPARES | {"publish", "edit", "edit_live", "cancel", "withdraw", "reschedule", "retry", "submit_post_draft"}


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


async def test_a_server_for_drafts_offers_nothing_that_publishes(agent: Agent) -> None:
    munadi = client_of(agent.api)
    async with Client(create_server(lambda _: munadi, drafts_only=True)) as session:
        assert {tool.name for tool in (await session.list_tools()).tools} == PREPARES == set(PREPARING)
        assert session.instructions == f"{INSTRUCTIONS}\n\n{PREPARING_ONLY}"
        for name in sorted(EXPECTED - PREPARES):
            with pytest.raises(MCPError, match="Unknown tool"):
                await session.call_tool(name, {})


@pytest.mark.parametrize("name", sorted(TOOLS))
def test_an_output_schema_is_valid_and_open_for_newer_answers(name: str) -> None:
    schema = TOOLS[name].tool.output_schema
    assert schema is not None
    jsonschema.Draft202012Validator.check_schema(schema)
    assert not {"additionalProperties", "enum"} & set(re.findall(r"\w+", str(schema)))
    assert schema["required"]


def test_what_a_client_loads_is_small() -> None:
    listed = [each.tool.model_dump_json(by_alias=True, exclude_none=True) for each in TOOLS.values()]
    assert sum(map(len, listed)) < 39_000  # 76 000 with titles, with null, and with the whole post in every answer
    assert not any(word in str(listed) for word in ('"title":"Text"', '{"type":"null"}', "munadi/channels/"))


@pytest.mark.parametrize(
    ("name", "hints"),
    [
        ("publish", (False, False, True, True)),
        ("retry", (False, False, False, True)),
        ("cancel", (False, True, True, False)),
        ("withdraw", (False, True, True, True)),
        ("edit", (False, True, True, True)),
        ("edit_live", (False, True, True, True)),
        ("create_post_draft", (False, False, True, True)),
        ("update_post_draft", (False, True, True, True)),
        ("submit_post_draft", (False, False, True, True)),
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
        ("retry", ["what is live is never sent again", "after_fix"]),
    ],
)
def test_a_description_has_what_an_agent_must_know(tool: str, words: list[str]) -> None:
    for expected in words:
        assert expected in DESCRIPTIONS[tool]


@pytest.mark.parametrize("tools", [TOOLS, PREPARING], ids=["all tools", "those for drafts"])
def test_a_field_of_a_post_is_described_at_a_tool_that_is_offered(tools: dict[str, OfferedTool]) -> None:
    schemas = {name: offered.tool.input_schema for name, offered in tools.items()}
    referring = {name: one for name, one in schemas.items() if "described at" in one.get("description", "")}
    assert {"validate", "update_post_draft"} <= set(referring)
    for schema in referring.values():
        there = schemas[schema["description"].rstrip(".").split()[-1]]
        assert there["properties"]["scheduledAt"]["description"]
        assert there["$defs"]["Media"]["properties"]["alt"]["description"]
        assert "description" not in schema["$defs"]["Media"]["properties"]["alt"]


def test_null_is_a_value_where_it_removes_a_field() -> None:
    for name, field in (("edit", "link"), ("update_post_draft", "fold")):
        schema = TOOLS[name].tool.input_schema["properties"][field]
        jsonschema.validate(None, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(None, TOOLS["publish"].tool.input_schema["properties"]["link"])


def test_a_time_has_an_offset_or_a_zone() -> None:
    field: dict[str, Any] = TOOLS["publish"].tool.input_schema["properties"]["scheduledAt"]
    assert "offset" in str(field)
    assert "timezone" in str(field)
