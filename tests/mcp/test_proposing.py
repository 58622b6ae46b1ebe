"""An agent whose key may only propose: its posts wait for a person, whichever tool it calls."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from mcp import Client

from munadi.domain.key import Scope
from munadi.mcp import create_server
from tests.api.test_approvals import approve, decline
from tests.mcp.conftest import FAR, Agent, client_of, held, words
from tests.mcp.test_catalogue import EXPECTED, PREPARES, PROPOSES

POST = {"brandRef": "acme", "text": "Namaste", "channels": ["bluesky"], "scheduledAt": FAR}


@pytest.fixture
async def proposer(agent: Agent) -> AsyncIterator[Agent]:
    key = await agent.api.key(Scope.CONTENTS_PROPOSE, Scope.CONTENTS_READ, Scope.ACCOUNTS_READ)
    async with held(Client(create_server(lambda _: client_of(agent.api, key)))) as session:
        yield Agent(session, agent.api)


async def proposed(agent: Agent) -> dict[str, Any]:
    draft = (await agent.data("create_post_draft", **POST))["draft"]
    made: dict[str, Any] = (await agent.data("propose", draftId=draft["id"], version=1))["content"]
    return made


async def test_each_key_sees_the_tools_that_it_can_use(agent: Agent, proposer: Agent) -> None:
    assert {tool.name for tool in (await proposer.session.list_tools()).tools} == PROPOSES
    assert {tool.name for tool in (await agent.session.list_tools()).tools} == EXPECTED
    drafts = client_of(agent.api, await agent.api.key(Scope.DRAFTS_WRITE, Scope.CONTENTS_READ))
    async with Client(create_server(lambda _: drafts)) as session:
        assert {tool.name for tool in (await session.list_tools()).tools} == PREPARES


async def test_a_proposal_waits_for_a_person_and_the_agent_reads_what_was_decided(proposer: Agent) -> None:
    content = await proposed(proposer)
    shown = await proposer.ask("status", contentId=content["id"])
    assert "approval of version 1: requested" in words(shown)
    assert "It waits for a person (APPROVAL)" in words(shown)
    assert (await decline(proposer.api, content, "say Namaskar")).status_code == 200
    assert "approval of version 1: declined: say Namaskar" in words(
        await proposer.ask("status", contentId=content["id"])
    )
    edited = await proposer.data("edit", contentId=content["id"], version=1, text="Namaskar")
    assert edited["content"]["approval"]["status"] == "requested"
    assert (await approve(proposer.api, content, 2)).status_code == 200
    assert "approval of version 2: granted" in words(await proposer.ask("status", contentId=content["id"]))


async def test_no_other_tool_publishes_what_nobody_approved(proposer: Agent) -> None:
    content = await proposed(proposer)
    published = await proposer.data("publish", **POST | {"text": "Other words", "scheduledAt": FAR})
    draft = (await proposer.data("create_post_draft", **POST | {"text": "More words"}))["draft"]
    submitted = await proposer.data("submit_post_draft", draftId=draft["id"], version=1)
    moved = await proposer.data("reschedule", contentId=content["id"], scheduledAt=FAR.replace("09:", "10:"))
    for each in (published, submitted, moved):
        assert each["content"]["approval"]["status"] == "requested"
    refused = await proposer.ask("retry", contentId=content["id"])
    assert (refused.is_error, refused.structured_content["problem"]["status"]) == (True, 403)


async def test_a_key_that_may_publish_does_not_propose_by_mistake(agent: Agent) -> None:
    draft = (await agent.data("create_post_draft", **POST))["draft"]
    refused = await agent.ask("propose", draftId=draft["id"], version=1)
    assert (refused.is_error, refused.structured_content["problem"]["code"]) == (True, "NOT_A_PROPOSER")
    assert (await agent.data("get_post_draft", draftId=draft["id"]))["draft"]["version"] == 1
