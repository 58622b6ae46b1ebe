"""Drafts by an agent: kept, completed, approved by a person, and submitted once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.mcp.conftest import FAR, Agent, words

UNFINISHED = {"brandRef": "acme", "text": "Monsoon sale starts on"}
REST = {"text": "Monsoon sale starts today", "channels": ["bluesky"], "scheduledAt": FAR}


async def drafted(agent: Agent, **fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = (await agent.data("create_post_draft", **UNFINISHED, **fields))["draft"]
    return found


def named(draft: dict[str, Any]) -> dict[str, Any]:
    return {"draftId": draft["id"], "version": draft["version"]}


async def test_a_draft_says_what_is_missing_and_publishes_nothing(agent: Agent) -> None:
    result = await agent.ask("create_post_draft", **UNFINISHED)
    assert "not ready to submit" in words(result)
    assert "/channels" in words(result)
    assert "Nothing is published meanwhile" in words(result)
    draft = result.structured_content["draft"]
    assert (draft["valid"], draft["version"], draft["content"]) == (False, 1, UNFINISHED)
    too_long = {"brandRef": "acme", "text": "x" * 400, "channels": ["bluesky"]}
    wrong = (await agent.data("create_post_draft", **too_long))["draft"]
    assert wrong["problems"][0]["pointer"] == "/text"
    assert wrong["problems"][0]["remedy"] == "Shorten the text and submit the post again."
    assert await agent.api.count() == 0


async def test_the_same_call_saves_one_draft(agent: Agent) -> None:
    first = await drafted(agent)
    assert (await drafted(agent))["id"] == first["id"]
    assert (await drafted(agent, link=None))["id"] == first["id"]
    assert (await drafted(agent, idempotencyKey="another-1"))["id"] != first["id"]
    page = await agent.ask("list_post_drafts", brandRef="acme", limit=1)
    assert "There are more" in words(page)
    rest = await agent.data("list_post_drafts", brandRef="acme", cursor=page.structured_content["nextCursor"])
    assert [each["id"] for each in rest["data"]] == [first["id"]]
    assert (await agent.data("list_post_drafts", brandRef="rival"))["data"] == []


async def test_a_change_keeps_what_is_absent_and_removes_what_is_null(agent: Agent) -> None:
    draft = await drafted(agent, link="https://example.com/sale", clientRef="cms-1")
    changed = (await agent.data("update_post_draft", **named(draft), **REST, link=None))["draft"]
    assert changed["content"] == {
        "brandRef": "acme",
        **REST,
        "channels": [{"channel": "bluesky"}],
        "clientRef": "cms-1",
    }
    assert (changed["valid"], changed["version"]) == (True, 2)
    stale = await agent.ask("update_post_draft", **named(draft), text="Mine")
    assert (stale.is_error, stale.structured_content["problem"]["status"]) == (True, 412)
    assert "get_post_draft" in words(stale)
    shown = await agent.ask("get_post_draft", draftId=draft["id"])
    assert shown.structured_content["draft"] == changed
    assert '"text": "Monsoon sale starts today"' in words(shown)
    assert "Show it to the person who approves it" in words(shown)


async def test_what_was_approved_is_submitted_and_once(agent: Agent) -> None:
    draft = await drafted(agent)
    refused = await agent.ask("submit_post_draft", **named(draft))
    assert (refused.is_error, refused.structured_content["problem"]["status"]) == (True, 422)
    approved = (await agent.data("update_post_draft", **named(draft), **REST))["draft"]
    later = (await agent.data("update_post_draft", **named(approved), text="Changed after approval"))["draft"]
    stale = await agent.ask("submit_post_draft", **named(approved))
    assert (stale.is_error, stale.structured_content["problem"]["status"]) == (True, 412)
    assert await agent.api.count() == 0
    first, again = [await agent.ask("submit_post_draft", **named(later)) for _ in range(2)]
    assert "Accepted, not published yet" in words(first)
    assert first.structured_content["content"]["text"] == "Changed after approval"
    assert again.structured_content["content"]["id"] == first.structured_content["content"]["id"]
    assert await agent.api.count() == 1
    ended = await agent.ask("update_post_draft", **named(later), text="Too late")
    assert ended.structured_content["problem"]["code"] == "DRAFT_SUBMITTED"
    assert first.structured_content["content"]["id"] in words(ended)
    assert "Call status" in words(ended)


@pytest.mark.parametrize(
    ("tool", "arguments", "pointer"),
    [
        ("create_post_draft", {"text": "no brand"}, "/brandRef"),
        ("create_post_draft", UNFINISHED | {"words": "x"}, "/words"),
        ("update_post_draft", {"draftId": "drf_1", "version": 1}, "/draftId"),
        ("submit_post_draft", {"draftId": "drf_01h455vb4pex5vsknk084sn02q"}, "/version"),
    ],
)
async def test_arguments_are_read_strictly(agent: Agent, tool: str, arguments: dict[str, Any], pointer: str) -> None:
    result = await agent.ask(tool, **arguments)
    assert result.is_error
    assert [each["pointer"] for each in result.structured_content["problem"]["errors"]] == [pointer]
    assert (await agent.data("list_post_drafts"))["data"] == []
