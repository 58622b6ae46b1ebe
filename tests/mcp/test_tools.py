"""Each tool over the API in process: its answer as text and as data."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from mcp import Client, MCPError

from munadi.client import AsyncClient
from munadi.domain.key import Scope
from munadi.mcp import create_server
from tests.mcp.conftest import DAY, FAR, Agent, client_of, words

POST = {"brandRef": "acme", "text": "Monsoon sale", "channels": ["bluesky"], "scheduledAt": FAR}
NOBODY = "cnt_01h455vb4pex5vsknk084sn02q"


async def test_accepted_is_not_published_and_a_repeated_call_creates_nothing(agent: Agent) -> None:
    first = await agent.ask("publish", **POST)
    again = await agent.ask("publish", **POST)
    assert "NOT published yet" in words(first)
    assert "REPEATED" in words(again)
    assert "NO new content was created" in words(again)
    one, two = first.structured_content, again.structured_content
    assert (one["replayed"], two["replayed"]) == (False, True)
    assert one["idempotencyKey"] == two["idempotencyKey"]
    assert one["content"] == two["content"]
    assert one["content"]["status"] == "accepted"
    assert (one["ended"], await agent.api.count()) == (False, 1)


async def test_order_and_absent_fields_do_not_make_another_post(agent: Agent) -> None:
    first = await agent.data("publish", **POST)
    turned = dict(reversed(POST.items())) | {"link": None, "channels": [{"channel": "bluesky", "text": None}]}
    again = await agent.data("publish", **turned)
    assert (again["idempotencyKey"], again["replayed"]) == (first["idempotencyKey"], True)
    other = await agent.data("publish", **POST | {"text": "Monsoon sale!"})
    assert other["idempotencyKey"] != first["idempotencyKey"]
    assert await agent.api.count() == 2


async def test_an_equal_post_on_purpose_needs_its_own_key(agent: Agent) -> None:
    await agent.data("publish", **POST)
    second = await agent.data("publish", **POST, idempotencyKey="again-1")
    assert (second["replayed"], second["idempotencyKey"]) == (False, "again-1")
    assert await agent.api.count() == 2
    reused = await agent.ask("publish", **POST | {"text": "Other"}, idempotencyKey="again-1")
    assert reused.is_error
    assert reused.structured_content["problem"]["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert "take another one" in words(reused)


async def test_a_refusal_names_every_rule_with_what_to_do(agent: Agent) -> None:
    result = await agent.ask("publish", **POST | {"text": "x" * 400, "scheduledAt": "2020-01-01T00:00:00"})
    assert result.is_error
    problem = result.structured_content["problem"]
    assert (problem["status"], problem["code"]) == (422, "INVALID_REQUEST")
    by_code = {each["code"]: each for each in problem["errors"]}
    too_long = by_code["TEXT_TOO_LONG"]
    assert (too_long["pointer"], too_long["limit"], too_long["actual"]) == ("/text", 300, 400)
    assert too_long["remedy"] == "Shorten the text and submit the post again."
    assert by_code["TIME_OFFSET_MISSING"]["pointer"] == "/scheduledAt"
    text = words(result)
    for expected in ("/text", "limit 300, actual 400", "what to do: Shorten the text", "Next: Correct what is named"):
        assert expected in text
    assert result.structured_content["idempotencyKey"].startswith("mcp-")
    assert await agent.api.count() == 0


@pytest.mark.parametrize(
    ("tool", "arguments", "pointer", "code"),
    [
        ("publish", POST | {"when": "now"}, "/when", "UNKNOWN_FIELD"),
        ("publish", POST | {"channels": ["myspace"]}, "/channels/0/channel", "INVALID_FIELD"),
        ("publish", POST | {"channels": [{"channel": "bluesky", "txt": "x"}]}, "/channels/0/txt", "UNKNOWN_FIELD"),
        ("publish", POST | {"text": 5}, "/text", "INVALID_FIELD"),
        ("publish", POST | {"brandRef": "Acme"}, "/brandRef", "INVALID_FIELD"),
        ("publish", POST | {"idempotencyKey": "clé"}, "/idempotencyKey", "INVALID_FIELD"),
        ("status", {}, "/contentId", "MISSING_FIELD"),
        ("status", {"contentId": "../keys"}, "/contentId", "INVALID_FIELD"),
        ("wait", {"contentId": NOBODY, "timeoutSeconds": 0}, "/timeoutSeconds", "INVALID_FIELD"),
        ("wait", {"contentId": NOBODY, "timeoutSeconds": "5"}, "/timeoutSeconds", "INVALID_FIELD"),
    ],
)
async def test_arguments_are_read_strictly(
    agent: Agent, tool: str, arguments: dict[str, Any], pointer: str, code: str
) -> None:
    result = await agent.ask(tool, **arguments)
    assert result.is_error
    problem = result.structured_content["problem"]
    assert problem["code"] == "INVALID_ARGUMENTS"
    assert [(each["pointer"], each["code"]) for each in problem["errors"]] == [(pointer, code)]
    assert pointer in words(result)
    assert await agent.api.count() == 0


async def test_validate_stores_nothing_and_warns(agent: Agent) -> None:
    good = await agent.ask("validate", **POST)
    assert (good.is_error, good.structured_content["valid"]) == (False, True)
    bad = await agent.ask("validate", **POST | {"text": "x" * 400})
    assert (bad.is_error, bad.structured_content["valid"]) == (False, False)
    assert "publish would refuse it" in words(bad)
    assert bad.structured_content["problems"][0]["remedy"]
    assert await agent.api.count() == 0


async def test_a_post_is_moved_and_canceled_and_its_events_are_listed(agent: Agent) -> None:
    content_id = (await agent.data("publish", **POST))["content"]["id"]
    moved = await agent.data("reschedule", contentId=content_id, scheduledAt=f"{DAY}T15:00:00", timezone="Asia/Kolkata")
    assert moved["content"]["scheduledAt"] == f"{DAY}T09:30:00Z"
    status = await agent.ask("status", contentId=content_id)
    assert f"{DAY}T09:30:00Z (timezone Asia/Kolkata)" in words(status)
    waited = await agent.ask("wait", contentId=content_id, timeoutSeconds=1)
    assert (waited.is_error, waited.structured_content["timedOut"]) == (False, True)
    assert "Do not call wait before then" in words(waited)
    canceled = await agent.data("cancel", contentId=content_id)
    assert (canceled["content"]["status"], canceled["ended"]) == ("canceled", True)
    ended = await agent.data("wait", contentId=content_id)
    assert (ended["timedOut"], ended["content"]["status"]) == (False, "canceled")
    refused = await agent.ask("retry", contentId=content_id)
    assert refused.is_error
    assert refused.structured_content["problem"]["status"] == 409
    events = await agent.data("events", contentId=content_id)
    assert [each["type"] for each in events["data"]][:2] == ["content.accepted", "content.rescheduled"]
    assert "data" not in events["data"][0]
    later = await agent.data("events", contentId=content_id, after=events["nextAfter"])
    assert later["data"] == []


async def test_lists_show_how_to_continue(agent: Agent) -> None:
    for number in range(3):
        await agent.data("publish", **POST | {"text": f"Post {number}", "clientRef": f"cms-{number}"})
    page = await agent.ask("list_contents", brandRef="acme", limit=2)
    assert [each["text"] for each in page.structured_content["data"]] == ["Post 2", "Post 1"]
    cursor = page.structured_content["nextCursor"]
    assert f"cursor={cursor}" in words(page)
    rest = await agent.data("list_contents", brandRef="acme", limit=2, cursor=cursor)
    assert [each["clientRef"] for each in rest["data"]] == ["cms-0"]
    assert (await agent.data("list_contents", status="failed"))["data"] == []
    tomorrow = f"{DAY + timedelta(days=1)}T09:00:00Z"
    await agent.data("reschedule", contentId=rest["data"][0]["id"], scheduledAt=tomorrow)
    for given, texts in (({"since": tomorrow}, ["Post 0"]), ({"until": tomorrow}, ["Post 2", "Post 1"])):
        found = await agent.data("list_contents", brandRef="acme", **given)
        assert [each["text"] for each in found["data"]] == texts, given
    former = await agent.ask("list_contents", scheduledFrom=tomorrow)
    assert former.is_error
    log = await agent.data("events", brandRef="acme", types=["content.accepted"], limit=2)
    assert (len(log["data"]), log["more"]) == (2, True)
    rest = await agent.data("events", brandRef="acme", types=["content.accepted"], after=log["nextAfter"])
    assert (len(rest["data"]), rest["more"]) == (1, False)


async def test_accounts_and_networks_are_described(agent: Agent) -> None:
    accounts = await agent.ask("list_accounts", brandRef="acme")
    assert {each["channel"] for each in accounts.structured_content["data"]} == {"bluesky", "instagram"}
    assert "acme.shop" in words(accounts)
    channel = await agent.data("describe_channel", channel="bluesky")
    assert channel["textLimits"][0]["maximum"] == 300
    assert "properties" in channel["options"]


async def test_unknown_posts_and_missing_scopes(agent: Agent) -> None:
    missing = await agent.ask("status", contentId=NOBODY)
    assert (missing.is_error, missing.structured_content["problem"]["status"]) == (True, 404)
    assert "list_contents" in words(missing)
    reader = await agent.api.key(Scope.CONTENTS_READ)
    for key, status, advice in ((reader, 403, "munadi keys create --scope"), ("mnd_nonsense", 401, "MUNADI_API_KEY")):
        munadi = client_of(agent.api, key)
        async with Client(create_server(lambda _, munadi=munadi: munadi)) as session:
            refused = await session.call_tool("publish", POST)
        assert (refused.is_error, refused.structured_content["problem"]["status"]) == (True, status)
        assert advice in words(refused)


async def test_an_unreachable_api_is_reported_with_the_key_to_repeat() -> None:
    munadi = AsyncClient("http://127.0.0.1:9")
    async with munadi, Client(create_server(lambda _: munadi)) as session:
        result = await session.call_tool("publish", POST)
    assert result.is_error
    assert result.structured_content["problem"]["code"] == "NOT_REACHABLE"
    assert result.structured_content["idempotencyKey"] in words(result)
    assert "not done twice" in words(result)


async def test_an_unknown_tool_is_an_error_of_the_protocol(agent: Agent) -> None:
    with pytest.raises(MCPError, match="Unknown tool"):
        await agent.ask("delete_everything")
