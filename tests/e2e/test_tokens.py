"""A grant that dies before the slot: one hold, one notice, and the post goes out once its owner reconnects."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.e2e.stack import Brand, Stack, picture


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
    async with stack.sandbox() as sandbox:
        assert (await api.post("/v1/brands", json={"ref": "revoked"})).status_code == 201
        profile = (await sandbox.post("/control/profiles", json={"channel": "instagram", "name": "revoked"})).json()
        account = {
            "channel": "instagram",
            "externalId": profile["externalId"],
            "credentials": {"accessToken": profile["accessToken"]},
        }
        assert (await api.post("/v1/brands/revoked/accounts", json=account)).status_code == 201
        brand = Brand(api, sandbox, "revoked")
        upload = {"file": ("a.jpg", picture("maroon"), "image/jpeg")}
        media = (await api.post("/v1/media", files=upload, data={"brandRef": "revoked"})).json()
        token = {"channel": "instagram", "profile": profile["externalId"]}
        assert (await sandbox.post("/control/tokens/revoke", json=token)).status_code < 300
        content = await brand.submit("Held", seconds=4, media=[{"id": media["id"]}], channels=["instagram"])

        async def held() -> Any:
            now = (await api.get(f"/v1/contents/{content['id']}")).json()
            hold = now["publications"][0]["hold"]
            return hold if hold and hold["reason"] == "TOKEN" and hold["until"] is None else None

        await until(held)
        await asyncio.sleep(6)  # past its time: it waits, and hammers nobody
        calls = (await sandbox.get("/control/calls", params={"channel": "instagram"})).json()
        rows = calls if isinstance(calls, list) else calls["calls"]
        assert (
            sum(row["operation"] == "create_container" for row in rows if row["profile"] == profile["externalId"]) < 5
        )
        events = (await api.get("/v1/events", params={"brandRef": "revoked", "limit": 100})).json()["data"]
        kinds = [event["type"] for event in events]
        assert kinds.count("account.reauth_required") == 1
        assert kinds.count("content.publish.held") == 1

        fresh = (await sandbox.post(f"/control/profiles/instagram/{profile['externalId']}/credentials")).json()
        account["credentials"] = {"accessToken": fresh["accessToken"]}
        again = await api.post("/v1/brands/revoked/accounts", json=account)
        assert again.status_code in (200, 201), again.text
        ended = await brand.ended(content["id"])
        assert ended["status"] == "published", ended
        assert len(await brand.posts("Held", "instagram")) == 1


async def test_a_hundred_posts_on_an_expired_token_make_one_refresh(stack: Stack, api: httpx.AsyncClient) -> None:
    async with stack.sandbox() as sandbox:
        brand = await Brand.create(api, sandbox, "hundred", "bluesky")
        (account,) = (await api.get("/v1/accounts", params={"brandRef": "hundred"})).json()["data"]
        due = datetime.now(UTC) + timedelta(seconds=15)
        for n in range(100):
            await brand.submit(f"hundred {n}", scheduledAt=due.isoformat())
        expiry = {"channel": "bluesky", "profile": account["externalId"], "which": "access"}
        assert (await sandbox.post("/control/tokens/expire", json=expiry)).status_code < 300
        assert datetime.now(UTC) < due, "the lead is too short for this machine"

        async def all_over() -> Any:
            query = {"brandRef": "hundred", "status": ["accepted", "queued", "publishing"], "limit": 1}
            return not (await api.get("/v1/contents", params=query)).json()["data"]

        await until(all_over, 90)
        posts = (await sandbox.get("/control/posts", params={"channel": "bluesky"})).json()
        assert len({post["text"] for post in posts if post["text"].startswith("hundred ")}) == 100
        assert sum(post["text"].startswith("hundred ") for post in posts) == 100
        calls = (await sandbox.get("/control/calls", params={"channel": "bluesky"})).json()
        rows = calls if isinstance(calls, list) else calls["calls"]
        mine = [row["operation"] for row in rows if row["profile"] == account["externalId"]]
        assert sum(operation.endswith("refreshSession") for operation in mine) == 1
