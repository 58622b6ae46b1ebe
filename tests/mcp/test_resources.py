"""What a model reads when it needs it: rules of networks, reasons, events, and what failed today."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from mcp import MCPError

from munadi.domain.event import EventType
from munadi.domain.failure import Reason
from munadi.domain.publication import PublicationStatus
from tests.mcp.conftest import FAR, Agent


async def read(agent: Agent, uri: str) -> Any:
    [content] = (await agent.session.read_resource(uri)).contents
    assert content.mime_type == "application/json"
    return json.loads(content.text)  # type: ignore[union-attr]


async def prompt(agent: Agent, name: str, **arguments: str) -> str:
    [message] = (await agent.session.get_prompt(name, arguments)).messages
    assert message.role == "user"
    text: str = message.content.text  # type: ignore[union-attr]
    return text


async def test_every_listed_resource_can_be_read(agent: Agent) -> None:
    listed = {str(each.uri) for each in (await agent.session.list_resources()).resources}
    assert listed == {"munadi://channels", "munadi://failures", "munadi://events", "munadi://answers"}
    for uri in listed:
        assert await read(agent, uri)
    assert set(await read(agent, "munadi://failures")) == {reason.value for reason in Reason}
    assert set(await read(agent, "munadi://events")) == {kind.value for kind in EventType}


async def test_the_rules_of_a_network_are_those_of_the_tool(agent: Agent) -> None:
    [template] = (await agent.session.list_resource_templates()).resource_templates
    assert template.uri_template == "munadi://channels/{channel}"
    brief = {each["name"]: each for each in (await read(agent, "munadi://channels"))["channels"]}
    rules = await read(agent, "munadi://channels/bluesky")
    assert rules == await agent.data("describe_channel", channel="bluesky")
    assert (rules["textLimits"], "hosts" in rules) == (brief["bluesky"]["textLimits"], False)


async def test_the_shapes_are_those_of_real_answers(agent: Agent) -> None:
    shapes = await read(agent, "munadi://answers")
    post = {"brandRef": "acme", "text": "Monsoon sale", "channels": ["bluesky"], "scheduledAt": FAR}
    jsonschema.validate((await agent.data("publish", **post))["content"], shapes["content"])
    jsonschema.validate((await agent.data("create_post_draft", **post))["draft"], shapes["draft"])
    refused = await agent.ask("publish", **post | {"text": "x" * 400})
    jsonschema.validate(refused.structured_content["problem"], shapes["problem"])


@pytest.mark.parametrize(
    "uri", ["munadi://channels/myspace", "munadi://keys", "https://example.com/", "munadi://channels/"]
)
async def test_what_is_not_there_says_what_is(agent: Agent, uri: str) -> None:
    with pytest.raises(MCPError, match=r"list_accounts|munadi://failures|channels"):
        await agent.session.read_resource(uri)


async def failed_post(agent: Agent) -> dict[str, Any]:
    content = await agent.api.submit(scheduledAt=None)
    to_the_end = (PublicationStatus.QUEUED, PublicationStatus.PUBLISHING, PublicationStatus.FAILED)
    await agent.api.move(content["id"], *to_the_end)
    return content


async def test_what_failed_today_has_causes_and_remedies(agent: Agent) -> None:
    assert "Nothing: no publication" in await prompt(agent, "failed_today", brandRef="acme")
    failed = await failed_post(agent)
    text = await prompt(agent, "failed_today", brandRef="acme")
    assert f"bluesky failed, content {failed['id']} of acme" in text
    assert "what to do:" in text
    assert "Change nothing before I agree" in text
    assert failed["id"] not in await prompt(agent, "failed_today", brandRef="rival")
    await agent.api.patch("/v1/brands/acme", {"timezone": "Asia/Kolkata"})
    assert "Asia/Kolkata" in await prompt(agent, "failed_today", brandRef="acme")


async def test_a_post_is_written_by_the_rules_of_its_network(agent: Agent) -> None:
    assert {each.name for each in (await agent.session.list_prompts()).prompts} == {"failed_today", "write_for_channel"}
    text = await prompt(agent, "write_for_channel", channel="bluesky", about="the monsoon sale")
    assert "Bluesky about: the monsoon sale" in text
    assert '"maximum": 300' in text


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("fail_today", {}, "There are: failed_today"),
        ("failed_today", {"brand": "acme"}, "no argument brand"),
        ("failed_today", {"brandRef": "nobody"}, "404"),
        ("write_for_channel", {}, "needs the argument channel"),
        ("write_for_channel", {"channel": "myspace"}, "404"),
    ],
)
async def test_a_wrong_prompt_says_what_is_wrong(agent: Agent, name: str, arguments: dict[str, str], said: str) -> None:
    with pytest.raises(MCPError, match=said):
        await agent.session.get_prompt(name, arguments)
