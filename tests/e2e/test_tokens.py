"""Tokens that expire, are revoked or end before the due time: one refresh, one notice, one post."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.e2e.consent import connect_bluesky
from tests.harness.brand import Brand, until
from tests.harness.files import clip, picture
from tests.harness.inbox import Inbox
from tests.harness.networks import calls, create_profile, hits, plant, posts_of, remove_quotas
from tests.harness.stack import Stack

CODE = "TOKEN_EXPIRES_BEFORE_SLOT"


async def test_a_post_waits_for_a_revoked_account_and_is_published_once_after_a_reconnect(
    api: httpx.AsyncClient, sandbox: httpx.AsyncClient
) -> None:
    brand = await Brand.create(api, sandbox, "revoked", "instagram")
    async with Inbox().listening(api, brandRef=brand.ref) as inbox:
        media = await brand.upload(picture("maroon"))
        await brand.end_token("revoke", "instagram")
        content = await brand.submit("Held", seconds=2, media=[media], channels=["instagram"])
        assert (await brand.hold(content["id"], "TOKEN"))["until"] is None
        await asyncio.sleep(4)  # past its time: it waits, and makes few calls
        assert len(await calls(sandbox, "instagram", "create_container", await brand.profile("instagram"))) < 5
        assert [event["type"] for event in inbox.events].count("account.reauth_required") == 1

        await brand.reconnect("instagram")
        await brand.published(content["id"])

        async def reported() -> bool:
            return "content.publish.succeeded" in inbox.of(content["id"])

        await until(reported)
        kinds = [kind.removeprefix("content.publish.") for kind in inbox.of(content["id"]) if "publish." in kind]
        assert kinds == ["held", "resumed", "started", "succeeded"]
        assert inbox.failures == []
        assert len(await brand.posts("Held", "instagram")) == 1


async def test_only_the_dead_account_of_a_post_waits(api: httpx.AsyncClient, sandbox: httpx.AsyncClient) -> None:
    """The other network gets the post on time; the owner's reconnect publishes the rest, once."""
    brand = await Brand.create(api, sandbox, "half-dead", "bluesky", "instagram")
    async with Inbox().listening(api, brandRef=brand.ref) as inbox:
        media = await brand.upload(picture("maroon"))
        await brand.end_token("revoke", "instagram")
        dead = await brand.account("instagram")
        await api.post(f"/v1/accounts/{dead['id']}/check")
        assert (await brand.account("instagram"))["status"] == "reauth_required"
        channels = ["bluesky", "instagram"]
        content = await brand.submit("Half of it", seconds=3, media=[media], channels=channels)
        assert [(one["code"], one["accountId"]) for one in content["warnings"] if one["accountId"]] == [
            ("ACCOUNT_REAUTH_REQUIRED", dead["id"])
        ]
        assert [each["hold"] and each["hold"]["reason"] for each in content["publications"]] == [None, "TOKEN"]

        async def live() -> dict[str, Any] | None:
            found = (await brand.content(content["id"]))["publications"][0]
            return found if found["status"] == "published" else None

        published: dict[str, Any] = await until(live)
        assert 0 <= published["latenessMs"] < 2_000
        assert await calls(sandbox, "instagram", "create_container", dead["externalId"]) == []

        await brand.reconnect("instagram")
        done = await brand.published(content["id"])
        assert [one for one in done["warnings"] if one["accountId"]] == []
        assert [len(await brand.posts("Half of it", channel)) for channel in channels] == [1, 1]

        async def reported() -> bool:
            return "content.completed" in inbox.of(content["id"])

        await until(reported)
        assert inbox.of(content["id"]).count("content.publish.held") == 1
        assert inbox.of(content["id"]).count("content.publish.resumed") == 1
        assert inbox.failures == []


async def test_a_slot_after_the_end_of_the_grant_is_warned_of(
    stack: Stack, api: httpx.AsyncClient, sandbox: httpx.AsyncClient
) -> None:
    """Bluesky ends the grant of a client on loopback after two weeks, however often it is used."""
    await api.post("/v1/brands", json={"ref": "two-weeks"})
    profile = await create_profile(sandbox, "bluesky", "two-weeks")
    account = await connect_bluesky(api, "two-weeks", profile["did"], stack.info["api"])
    brand, ends = Brand(api, sandbox, "two-weeks"), datetime.fromisoformat(account["grantExpiresAt"])
    assert timedelta(days=13) < ends - datetime.now(UTC) <= timedelta(days=14)

    def warned(answer: dict[str, Any]) -> list[str]:
        return [one["pointer"] for one in answer["warnings"] if one["code"] == CODE]

    before, after = ((ends + timedelta(days=days)).isoformat() for days in (-2, 2))
    content = await brand.submit("Before its end", scheduledAt=before)
    assert warned(content) == []
    assert warned(await brand.submit("After its end", scheduledAt=after)) == ["/channels/0"]
    moved = await api.post(f"/v1/contents/{content['id']}/reschedule", json={"scheduledAt": after})
    assert (moved.status_code, warned(moved.json())) == (200, ["/scheduledAt"])


@pytest.mark.parametrize(
    ("channel", "posts", "refresh"),
    [
        ("bluesky", 100, "com.atproto.server.refreshSession"),
        pytest.param("tiktok", 40, "token", marks=pytest.mark.faults),
    ],
)
async def test_many_posts_on_an_expired_token_make_one_refresh(
    api: httpx.AsyncClient, sandbox: httpx.AsyncClient, channel: str, posts: int, refresh: str
) -> None:
    """Both networks replace the refresh token at each refresh, and end the grant when an old one is used again."""
    await remove_quotas(sandbox)
    brand = await Brand.create(api, sandbox, f"many-{channel}", channel)
    options = {"privacyLevel": "PUBLIC_TO_EVERYONE"} if channel == "tiktok" else {}
    wanted = {
        "channels": [{"channel": channel, "options": options}],
        "media": [await brand.upload(picture("maroon"))] if channel == "tiktok" else [],
        "scheduledAt": (datetime.now(UTC) + timedelta(seconds=12)).isoformat(),
    }
    texts = [f"{brand.ref} {number:03}" for number in range(posts)]
    for part in range(0, posts, 10):
        await asyncio.gather(*(brand.submit(text, **wanted) for text in texts[part : part + 10]))
    before = len(await calls(sandbox, channel, refresh))
    await brand.end_token("expire", channel, which="access")
    assert datetime.now(UTC).isoformat() < wanted["scheduledAt"], "the lead is too short for this machine"

    await brand.all_ended(120)
    shown = [post["text"] for post in await posts_of(sandbox, channel)]
    assert sorted(text for text in shown if text.startswith(brand.ref)) == texts
    assert len(await calls(sandbox, channel, refresh)) == before + 1


async def test_posts_and_checks_on_an_expired_token_make_one_refresh(
    api: httpx.AsyncClient, sandbox: httpx.AsyncClient
) -> None:
    """A check renews an expired token in the same way as a post: under the account's lease."""
    await remove_quotas(sandbox)
    brand = await Brand.create(api, sandbox, "checked", "youtube")
    media, account = await brand.upload(clip(1, (180, 320)), "a.mp4"), await brand.account("youtube")

    async def post(number: int) -> dict[str, Any]:
        options = {"title": f"checked {number:02}", "madeForKids": False}
        return await brand.submit("checked", channels=[{"channel": "youtube", "options": options}], media=[media])

    async def check() -> dict[str, Any]:
        return dict((await api.post(f"/v1/accounts/{account['id']}/check", json={})).json())

    before = len(await calls(sandbox, "youtube", "token"))
    await brand.end_token("expire", "youtube", which="access")
    # The refresh takes so long that the others need a token before it ends.
    slow = await plant(sandbox, "youtube", "token", "delay", delaySeconds=1.5, times=None)
    answered = await asyncio.gather(check(), check(), *(post(number) for number in range(24)), check(), check())
    assert [one["ok"] for one in (*answered[:2], *answered[-2:])] == [True] * 4
    for content in answered[2:-2]:
        await brand.published(content["id"], 120)
    await sandbox.delete(f"/control/faults/{slow['id']}")
    assert len(await calls(sandbox, "youtube", "token")) == before + 1


async def test_a_check_that_ends_after_a_reconnect_leaves_the_new_connection_alone(
    api: httpx.AsyncClient, sandbox: httpx.AsyncClient
) -> None:
    brand = await Brand.create(api, sandbox, "late", "instagram")
    account = await brand.account("instagram")
    await brand.end_token("revoke", "instagram")
    slow = await plant(sandbox, "instagram", "me", "delay", delaySeconds=3, times=1)
    checking = asyncio.create_task(api.post(f"/v1/accounts/{account['id']}/check", json={}))

    await until(lambda: hits(sandbox, slow["id"]))
    assert (await brand.reconnect("instagram"))["id"] == account["id"]
    assert not checking.done(), "the check ended before the reconnect"
    checked = (await checking).json()
    assert (checked["ok"], checked["status"]) == (True, "connected")
    assert "account.reauth_required" not in await brand.events()
