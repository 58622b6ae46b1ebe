"""A grant that dies before the slot: one hold, one notice, and the post goes out once its owner reconnects."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.e2e.consent import connect_bluesky
from tests.e2e.stack import Brand, Inbox, Stack, clip, picture
from tests.faults.world import no_quotas


async def until(read: Any, within: float = 30) -> Any:
    """The first truthy answer."""
    for _ in range(int(within / 0.2)):
        if answer := await read():
            return answer
        await asyncio.sleep(0.2)
    raise AssertionError("it never came")


async def test_a_grant_revoked_before_the_slot_holds_the_post_until_it_is_connected_again(
    stack: Stack, api: httpx.AsyncClient
) -> None:
    async with stack.sandbox() as sandbox, Inbox().listening(api) as inbox:
        brand = await Brand.create(api, sandbox, "revoked", "instagram")
        (account,) = (await api.get("/v1/accounts", params={"brandRef": "revoked"})).json()["data"]
        upload = {"file": ("a.jpg", picture("maroon"), "image/jpeg")}
        media = (await api.post("/v1/media", files=upload, data={"brandRef": "revoked"})).json()
        token = {"channel": "instagram", "profile": account["externalId"]}
        assert (await sandbox.post("/control/tokens/revoke", json=token)).status_code < 300
        content = await brand.submit("Held", seconds=4, media=[{"id": media["id"]}], channels=["instagram"])

        async def held() -> Any:
            now = (await api.get(f"/v1/contents/{content['id']}")).json()
            hold = now["publications"][0]["hold"]
            return hold if hold and hold["reason"] == "TOKEN" and hold["until"] is None else None

        await until(held)
        await asyncio.sleep(6)  # past its time: it waits, and makes few calls
        calls = (await sandbox.get("/control/calls", params={"channel": "instagram"})).json()
        rows = calls if isinstance(calls, list) else calls["calls"]
        made = [row for row in rows if row["profile"] == account["externalId"]]
        assert sum(row["operation"] == "create_container" for row in made) < 5
        assert [event["type"] for event in inbox.events].count("account.reauth_required") == 1

        fresh = (await sandbox.post(f"/control/profiles/instagram/{account['externalId']}/credentials")).json()
        given = {
            "channel": "instagram",
            "externalId": account["externalId"],
            "credentials": {"accessToken": fresh["accessToken"]},
        }
        again = await api.post("/v1/brands/revoked/accounts", json=given)
        assert again.status_code in (200, 201), again.text
        ended = await brand.ended(content["id"])
        assert ended["status"] == "published", ended

        async def reported() -> bool:
            return "content.publish.succeeded" in inbox.of(content["id"])

        await until(reported)
        kinds = [kind.removeprefix("content.publish.") for kind in inbox.of(content["id"]) if "publish." in kind]
        assert kinds == ["held", "resumed", "started", "succeeded"]
        assert inbox.failures == []
        assert len(await brand.posts("Held", "instagram")) == 1


async def test_a_slot_after_the_end_of_the_grant_is_warned_of(stack: Stack, api: httpx.AsyncClient) -> None:
    """Bluesky ends the grant of a client on loopback after two weeks, however often it is used."""
    async with stack.sandbox() as sandbox:
        await api.post("/v1/brands", json={"ref": "two-weeks"})
        profile = (await sandbox.post("/control/profiles", json={"channel": "bluesky", "name": "two-weeks"})).json()
        account = await connect_bluesky(api, "two-weeks", profile["did"], stack.info["api"])
        brand, ends = Brand(api, sandbox, "two-weeks"), datetime.fromisoformat(account["grantExpiresAt"])
        assert timedelta(days=13) < ends - datetime.now(UTC) <= timedelta(days=14)

        def warned(answer: dict[str, Any]) -> list[str]:
            return [one["pointer"] for one in answer["warnings"] if one["code"] == "TOKEN_EXPIRES_BEFORE_SLOT"]

        before, after = ((ends + timedelta(days=days)).isoformat() for days in (-2, 2))
        content = await brand.submit("Before its end", scheduledAt=before)
        assert warned(content) == []
        assert warned(await brand.submit("After its end", scheduledAt=after)) == ["/channels/0"]
        moved = await api.post(f"/v1/contents/{content['id']}/reschedule", json={"scheduledAt": after})
        assert (moved.status_code, warned(moved.json())) == (200, ["/scheduledAt"])


@pytest.mark.parametrize(
    ("channel", "posts", "refresh"), [("bluesky", 100, "com.atproto.server.refreshSession"), ("tiktok", 40, "token")]
)
async def test_many_posts_on_an_expired_token_make_one_refresh(
    stack: Stack, api: httpx.AsyncClient, channel: str, posts: int, refresh: str
) -> None:
    """Both networks give another refresh token with each refresh, and end the family when an old one comes again."""
    ref = f"many-{channel}"
    async with stack.sandbox() as sandbox:
        await no_quotas(sandbox)
        brand = await Brand.create(api, sandbox, ref, channel)
        (account,) = (await api.get("/v1/accounts", params={"brandRef": ref})).json()["data"]
        upload = {"file": ("a.jpg", picture("maroon"), "image/jpeg")}
        media = (await api.post("/v1/media", files=upload, data={"brandRef": ref})).json()
        options = {"privacyLevel": "PUBLIC_TO_EVERYONE"} if channel == "tiktok" else {}
        wanted = {
            "channels": [{"channel": channel, "options": options}],
            "media": [{"id": media["id"]}] if channel == "tiktok" else [],
            "scheduledAt": (datetime.now(UTC) + timedelta(seconds=15)).isoformat(),
        }
        for n in range(posts):
            await brand.submit(f"{ref} {n:03}", **wanted)

        async def asked(operation: str) -> int:
            calls = (await sandbox.get("/control/calls", params={"channel": channel})).json()
            return sum(call["operation"] == operation for call in calls)

        before = await asked(refresh)
        expiry = {"channel": channel, "profile": account["externalId"], "which": "access"}
        assert (await sandbox.post("/control/tokens/expire", json=expiry)).status_code < 300
        assert datetime.now(UTC).isoformat() < wanted["scheduledAt"], "the lead is too short for this machine"

        async def all_over() -> Any:
            query = {"brandRef": ref, "status": ["accepted", "queued", "publishing"], "limit": 1}
            return not (await api.get("/v1/contents", params=query)).json()["data"]

        await until(all_over, 120)
        texts = [post["text"] for post in (await sandbox.get("/control/posts", params={"channel": channel})).json()]
        assert sorted(text for text in texts if text.startswith(ref)) == [f"{ref} {n:03}" for n in range(posts)]
        assert await asked(refresh) == before + 1


async def test_posts_and_checks_on_an_expired_token_make_one_refresh(stack: Stack, api: httpx.AsyncClient) -> None:
    """A check reads with the token there is and renews it as everybody does: under the account's lease."""
    async with stack.sandbox() as sandbox:
        await no_quotas(sandbox)
        brand = await Brand.create(api, sandbox, "checked", "youtube")
        (account,) = (await api.get("/v1/accounts", params={"brandRef": "checked"})).json()["data"]
        upload = {"file": ("a.mp4", clip(1, (180, 320)), "video/mp4")}
        media = (await api.post("/v1/media", files=upload, data={"brandRef": "checked"})).json()

        async def refreshes() -> int:
            calls = (await sandbox.get("/control/calls", params={"channel": "youtube"})).json()
            return sum(call["operation"] == "token" for call in calls)

        async def post(number: int) -> dict[str, Any]:
            options = {"title": f"checked {number:02}", "madeForKids": False}
            channels = [{"channel": "youtube", "options": options}]
            return await brand.submit("checked", channels=channels, media=[{"id": media["id"]}])

        async def check() -> dict[str, Any]:
            return dict((await api.post(f"/v1/accounts/{account['id']}/check", json={})).json())

        before = await refreshes()
        expiry = {"channel": "youtube", "profile": account["externalId"], "which": "access"}
        assert (await sandbox.post("/control/tokens/expire", json=expiry)).status_code < 300
        slow = {"channel": "youtube", "operation": "token", "mode": "delay", "delaySeconds": 1.5, "times": None}
        assert (await sandbox.post("/control/faults", json=slow)).status_code == 201  # whoever asks too asks meanwhile
        posts = [post(number) for number in range(24)]
        answered = await asyncio.gather(check(), check(), *posts, check(), check())
        assert [one["ok"] for one in (*answered[:2], *answered[-2:])] == [True] * 4
        for content in answered[2:-2]:
            ended = await brand.ended(content["id"], 120)
            assert ended["status"] == "published", ended
        assert (await sandbox.delete("/control/faults")).status_code == 204
        assert await refreshes() == before + 1


async def test_a_check_that_ends_after_a_reconnect_leaves_the_new_connection_alone(
    stack: Stack, api: httpx.AsyncClient
) -> None:
    async with stack.sandbox() as sandbox:
        assert (await api.post("/v1/brands", json={"ref": "late"})).status_code == 201
        profile = (await sandbox.post("/control/profiles", json={"channel": "instagram", "name": "late"})).json()
        given = {"channel": "instagram", "externalId": profile["externalId"]}

        async def connect(token: str) -> dict[str, Any]:
            sent = {**given, "credentials": {"accessToken": token}}
            return dict((await api.post("/v1/brands/late/accounts", json=sent)).json())

        account = await connect(profile["accessToken"])
        dead = {"channel": "instagram", "profile": profile["externalId"]}
        assert (await sandbox.post("/control/tokens/revoke", json=dead)).status_code < 300
        slow = {"channel": "instagram", "operation": "me", "mode": "delay", "delaySeconds": 3, "times": 1}
        planted = (await sandbox.post("/control/faults", json=slow)).json()
        checking = asyncio.create_task(api.post(f"/v1/accounts/{account['id']}/check", json={}))

        async def asked() -> bool:
            faults = (await sandbox.get("/control/faults")).json()
            return any(fault["id"] == planted["id"] and fault["hits"] == 1 for fault in faults)

        await until(asked)
        fresh = (await sandbox.post(f"/control/profiles/instagram/{profile['externalId']}/credentials")).json()
        assert (await connect(fresh["accessToken"]))["id"] == account["id"]
        assert not checking.done(), "the check ended before the reconnect"
        checked = (await checking).json()
        assert (checked["ok"], checked["status"]) == (True, "connected")
        events = (await api.get("/v1/events", params={"brandRef": "late", "limit": 100})).json()["data"]
        assert [event["type"] for event in events].count("account.reauth_required") == 0
