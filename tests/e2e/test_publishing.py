"""The main job over real processes: a post is accepted, published on time, and reported to a subscriber."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import httpx

from tests.e2e.brand import Brand, Inbox, plant, until
from tests.e2e.stack import picture


async def test_a_picture_is_published_on_both_networks_and_every_change_is_reported(brand: Brand) -> None:
    async with Inbox().listening(brand.api, brandRef=brand.ref) as inbox:
        media, text = await brand.upload(picture(), alt="A teal square"), f"Monsoon sale of {brand.ref}"
        accepted = await brand.submit(text, seconds=4, media=[media], channels=["bluesky", "instagram"])
        assert accepted["status"] == "accepted"
        content = await brand.ended(accepted["id"])
        assert content["status"] == "published"
        for publication in content["publications"]:
            assert publication["providerUrl"].startswith("http")
            assert 0 <= publication["latenessMs"] < 1500
            (post,) = await brand.posts(text, publication["channel"])
            assert (post["id"], len(post["media"])) == (publication["providerPostId"], 1)

        async def completed() -> bool:
            return "content.completed" in inbox.of(content["id"])

        await until(completed, 5)
        assert inbox.failures == []
        kinds = inbox.of(content["id"])
        assert kinds[:2] == ["content.accepted", "content.queued"]
        assert sorted(kinds[2:6]) == ["content.publish.started"] * 2 + ["content.publish.succeeded"] * 2
        assert kinds[6:] == ["content.completed"]


async def test_one_channel_fails_with_a_reason_and_only_it_is_retried(brand: Brand) -> None:
    error = {"code": 368, "message": "blocked"}
    await plant(brand.sandbox, "instagram", "media_publish", "error", error=error, times=1)
    media = await brand.upload(picture("navy"))
    accepted = await brand.submit("Half", media=[media], channels=["bluesky", "instagram"])
    content = await brand.ended(accepted["id"])
    assert content["status"] == "partially_published"
    failed = next(one for one in content["publications"] if one["channel"] == "instagram")
    failure = failed["failure"]
    assert (failure["reason"], failure["class"], failure["providerCode"]) == ("ACCOUNT_RESTRICTED", "POLICY", "368")
    assert failure["remedy"]
    answer = await brand.api.post(f"/v1/contents/{content['id']}/retry", json={"publicationIds": [failed["id"]]})
    assert answer.status_code == 202, answer.text

    async def published() -> bool:
        return (await brand.ended(content["id"]))["status"] == "published"

    await until(published)
    assert [len(await brand.posts("Half", channel)) for channel in ("bluesky", "instagram")] == [1, 1]


async def test_cancel_and_reschedule_in_time_and_too_late(api: httpx.AsyncClient, brand: Brand) -> None:
    canceled = await brand.submit("never", seconds=3600)
    for _ in range(2):
        answer = await api.post(f"/v1/contents/{canceled['id']}/cancel")
        assert (answer.status_code, answer.json()["status"]) == (200, "canceled")
    moved = await brand.submit("moved", seconds=3600)
    soon = (datetime.now(UTC) + timedelta(seconds=1.5)).isoformat()
    answer = await api.post(f"/v1/contents/{moved['id']}/reschedule", json={"scheduledAt": soon})
    assert answer.status_code == 200, answer.text
    content = await brand.ended(moved["id"])
    assert content["publications"][0]["latenessMs"] < 1500
    for call, body in (("cancel", None), ("publish-now", None), ("reschedule", {"scheduledAt": soon})):
        late = await api.post(f"/v1/contents/{moved['id']}/{call}", json=body)
        assert late.status_code in (409, 422), f"{call}: {late.text}"
    assert [len(await brand.posts(text)) for text in ("never", "moved")] == [0, 1]


async def test_fifty_requests_with_one_key_make_one_post(api: httpx.AsyncClient, brand: Brand) -> None:
    body = {"brandRef": brand.ref, "text": "once", "channels": ["bluesky"]}
    key = {"idempotency-key": '"k-1"'}
    answers = await asyncio.gather(*(api.post("/v1/contents", json=body, headers=key) for _ in range(50)))
    assert {answer.status_code for answer in answers} <= {202}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotent-replayed" in answer.headers for answer in answers) == 49
    assert (await brand.ended(answers[0].json()["id"]))["status"] == "published"
    assert len(await brand.posts("once")) == 1
    other = await api.post("/v1/contents", json={**body, "text": "twice"}, headers=key)
    assert other.status_code == 422


async def test_a_lost_answer_is_never_followed_by_a_second_call(brand: Brand) -> None:
    """Bluesky takes our key. Instagram has none, and does not document what a repeated call does."""
    put = "com.atproto.repo.putRecord"
    lost = [("bluesky", put, f"accept_then_{how}") for how in ("reset", "502", "half_body")]
    for channel, operation, mode in (*lost, ("instagram", "media_publish", "accept_then_reset")):
        await plant(brand.sandbox, channel, operation, mode, times=1)
        media = [await brand.upload(picture("gold"))] if channel == "instagram" else []
        accepted = await brand.submit(f"lost {mode}", media=media, channels=[channel])
        content = await brand.ended(accepted["id"])
        assert content["status"] == "published", content
        assert len(await brand.posts(f"lost {mode}", channel)) == 1
        shown = (await brand.api.get(f"/v1/publications/{content['publications'][0]['id']}")).json()
        assert [attempt["outcome"] for attempt in shown["attemptLog"]] == ["sent"]
