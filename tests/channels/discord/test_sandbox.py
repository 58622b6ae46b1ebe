"""What only Discord has, over sockets: nonces, webhooks, threads, permissions and the front end's bans."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Absent, Published, Unknown
from munadi.domain.withdrawal import PostedObject, Verdict
from munadi.ports import AccountImport
from tests.channels.calls import Saved, visible_step
from tests.channels.connected import new
from tests.channels.making import error_of
from tests.channels.sandbox import Acme, acme_at, at, draft
from tests.channels.servers import MediaSite, Oracle

R, S = Reason, Effect
discord = at("discord")


@pytest.fixture
async def hooked(oracle: Oracle, site: MediaSite) -> AsyncIterator[Acme]:
    """The same channel by its webhook."""
    async with acme_at("discord", oracle, site) as acme:
        await acme.connect(AccountImport(access_token=SecretStr(acme.made["webhookUrl"])))
        yield acme


def posts(acme: Acme) -> list[str]:
    return [one["text"] for one in acme.oracle.posts(acme.made["externalId"])]


@discord
async def test_a_second_request_within_a_minute_makes_no_second_message(acme: Acme) -> None:
    given, saved = new("Hello"), Saved()
    acme.plant("create_message", "accept_then_reset")
    await acme.failure(given, saved, effect=S.UNKNOWN)
    found = await acme.send(given, saved)  # the core looks first: this is the second net
    assert isinstance(found, Published)
    assert [one["id"] for one in acme.posts] == [found.post_id]


@discord
async def test_a_nonce_is_forgotten_after_a_minute_so_the_list_decides(acme: Acme) -> None:
    given, saved = new("Hello"), Saved()
    acme.plant("create_message", "accept_then_reset")
    await acme.failure(given, saved, effect=S.UNKNOWN)
    acme.oracle.call("POST", "/clock", advanceSeconds=61)
    assert isinstance(await acme.find(given, saved), Published)


@discord
async def test_a_message_that_was_deleted_before_the_second_request_is_not_made_again(acme: Acme) -> None:
    given, saved = new("Hello"), Saved()
    acme.plant("create_message", "accept_then_reset")
    await acme.failure(given, saved, effect=S.UNKNOWN)
    acme.oracle.call("POST", "/changes", channel="discord", post=acme.posts[0]["id"], control="delete")
    error = await error_of(acme.send(given, saved), R.DUPLICATE_CONTENT, S.REJECTED, "10008")
    assert error.may_be_ours
    assert acme.posts == []


@discord
async def test_where_reads_have_the_nonce_twins_are_told_apart(acme: Acme) -> None:
    acme.set("switches", True, "nonceInReads")
    acme.plant("create_message", "accept_then_reset")
    given, saved = draft(acme, "text"), Saved()
    await acme.failure(given, saved)
    twin = await acme.post(draft(acme, "text"))
    found = await acme.find(given, saved)
    assert isinstance(found, Published)
    assert found.post_id not in (None, twin.post_id)


@discord
async def test_an_empty_list_without_the_permission_to_read_proves_nothing(acme: Acme) -> None:
    given, saved = new("Hello"), Saved()
    acme.plant("create_message", "accept_then_reset")
    await acme.failure(given, saved, effect=S.UNKNOWN)
    acme.oracle.call("PATCH", f"/profiles/discord/{acme.account.external_id}", status="no_history")
    found = await acme.find(given, saved)
    assert isinstance(found, Unknown)
    assert "READ_MESSAGE_HISTORY" in (found.note or "")
    await error_of(acme.connect(AccountImport(access_token=acme.account.credentials.access_token,
        external_id=acme.account.external_id)), R.MISSING_SCOPE)  # fmt: skip


@discord
async def test_what_others_write_is_not_ours(acme: Acme) -> None:
    acme.set("switches", True, "othersPost")
    await acme.post(new("Before"))
    given, saved = new("Hello from somebody else"), Saved()
    acme.plant("create_message", "reset")
    await acme.failure(given, saved, effect=S.UNKNOWN)
    assert isinstance(await acme.find(given, saved), Absent)


@discord
async def test_a_post_in_a_thread_with_its_parts_is_found_edited_and_removed_there(acme: Acme) -> None:
    given, saved = new("Hello", parts=("Two",), options={"threadId": acme.made["threadId"]}), Saved()
    acme.plant("create_message", "accept_then_reset")
    await acme.failure(given, saved, effect=S.UNKNOWN)
    found = await acme.found(given, saved)
    part = await acme.finish(given, saved, "part-2")
    assert f"/{acme.made['threadId']}/" in (found.url or "")
    one = PostedObject(id=found.made[0].id, version=found.made[0].version)
    assert [seen.verdict for seen in await acme.channel.look([one], acme.account)] == [Verdict.LIVE]
    await acme.channel.withdraw(one, acme.account, visible_step())
    assert [seen.verdict for seen in await acme.channel.look([one], acme.account)] == [Verdict.GONE]
    assert [one["id"] for one in acme.posts] == [part.post_id]


@discord
async def test_mentions_notify_only_whom_the_post_names(acme: Acme) -> None:
    await acme.post(new("Hello @everyone"))
    await acme.post(new("Now @everyone", options={"mentions": {"everyone": True}}))
    assert [one["raw"]["mentions"] for one in acme.posts] == [{"parse": []}, {"parse": ["everyone"]}]


@discord
@pytest.mark.parametrize("error", ["automod", "uploads", "overloaded"])
async def test_a_refusal_of_the_server_is_reported_as_such(acme: Acme, error: str) -> None:
    acme.plant("create_message", "error", error={"error": error})
    reasons = {"automod": R.CONTENT_POLICY, "uploads": R.ACCOUNT_RESTRICTED, "overloaded": R.PROVIDER_OUTAGE}
    await acme.failure(new("Hello"), reason=reasons[error])
    assert acme.posts == []


@discord
async def test_an_address_whose_calls_were_refused_too_often_is_banned(acme: Acme) -> None:
    acme.set("limits", 0, "invalidPer10Minutes")
    error = await acme.failure(new("Hello"), code="HTTP 403")
    assert error.effect is S.UNKNOWN


async def test_a_webhook_publishes_and_a_lost_answer_is_never_sent_again(hooked: Acme) -> None:
    made = await hooked.post(new("Hello", options={"username": "Acme News"}))
    assert made.url is not None
    given, saved = new("Lost"), Saved()
    hooked.plant("execute_webhook", "accept_then_reset")
    await hooked.failure(given, saved, effect=S.UNKNOWN)
    assert isinstance(await hooked.find(given, saved), Unknown)
    assert posts(hooked) == ["Hello", "Lost"]


async def test_a_webhook_reads_and_removes_its_own_messages(hooked: Acme) -> None:
    made = await hooked.post(new("Hello", options={"threadId": hooked.made["threadId"]}))
    one = PostedObject(id=made.made[0].id, version=made.made[0].version)
    assert [seen.verdict for seen in await hooked.channel.look([one], hooked.account)] == [Verdict.LIVE]
    await hooked.channel.withdraw(one, hooked.account, visible_step())
    assert [seen.verdict for seen in await hooked.channel.look([one], hooked.account)] == [Verdict.GONE]


@pytest.mark.parametrize(("status", "reason"), [("webhook_gone", R.TOKEN_REVOKED), ("forum", R.INVALID_FIELD)])
async def test_a_webhook_in_trouble(hooked: Acme, status: str, reason: Reason) -> None:
    hooked.oracle.call("PATCH", f"/profiles/discord/{hooked.made['externalId']}", status=status)
    await hooked.failure(new("Hello"), reason=reason)
    assert posts(hooked) == []


async def test_the_limit_of_a_webhook_is_waited_for(hooked: Acme) -> None:
    hooked.set("limits", 0, "webhookPerMinute")
    error = await hooked.failure(new("Hello"), reason=R.RATE_LIMITED, effect=S.NOT_SENT)
    assert error.retry_after is not None


CALLS: list[tuple[str, dict[str, Any], int, int]] = [
    ("a client without Discord's header", {"headers": {"user-agent": "python"}}, 403, 40333),
    ("a text of 2,001 units", {"json": {"content": "👍" * 1001}}, 400, 50035),
    ("no message", {"json": {}}, 400, 50006),
    ("no JSON", {"content": b"{"}, 400, 50109),
    ("a nonce of 26 characters", {"json": {"content": "x", "nonce": "n" * 26}}, 400, 50035),
    ("an embed that is too long", {"json": {"embeds": [{"title": "x" * 257}]}}, 400, 50035),
    ("an answer to nothing", {"json": {"content": "x", "message_reference": {"message_id": "7"}}}, 400, 50035),
]


@discord
@pytest.mark.parametrize(("what", "call", "status", "code"), CALLS, ids=[row[0] for row in CALLS])
async def test_the_emulator_refuses_what_discord_refuses(
    acme: Acme, what: str, call: dict[str, Any], status: int, code: int
) -> None:
    url = f"{acme.oracle.url}/discord/api/v10/channels/{acme.account.external_id}/messages"
    headers = {"authorization": f"Bot {acme.account.token}", "user-agent": "DiscordBot (https://x.example, 1)"}
    async with httpx.AsyncClient() as client:
        said = await client.post(url, **{**call, "headers": {**headers, **call.get("headers", {})}})
    assert (said.status_code, said.json()["code"]) == (status, code)
    assert acme.posts == []
