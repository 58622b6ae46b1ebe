"""The main job over real processes: accepted, published on time, told to a subscriber that verifies."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import httpx

from tests.e2e.stack import Brand, Inbox, Stack, picture


async def test_an_image_goes_to_both_networks_and_every_change_is_told(
    stack: Stack, api: httpx.AsyncClient, brand: Brand
) -> None:
    async with Inbox().listening(api, brandRef=brand.ref) as inbox:
        media = (
            await api.post(
                "/v1/media", files={"file": ("a.jpg", picture(), "image/jpeg")}, data={"brandRef": brand.ref}
            )
        ).json()
        accepted = await brand.submit(
            "Monsoon sale starts today",
            seconds=4,
            media=[{"id": media["id"], "alt": "A teal square"}],
            channels=["bluesky", "instagram"],
        )
        assert accepted["status"] == "accepted"
        content = await brand.ended(accepted["id"])
        assert content["status"] == "published"
        for publication in content["publications"]:
            assert publication["providerPostId"]
            assert publication["providerUrl"].startswith("http")
            assert 0 <= publication["latenessMs"] < 1500
            posts = await brand.posts("Monsoon sale starts today", publication["channel"])
            assert [post["id"] for post in posts] == [publication["providerPostId"]]
            assert len(posts[0]["media"]) == 1
        for _ in range(50):
            if "content.completed" in inbox.of(content["id"]):
                break
            await asyncio.sleep(0.1)
        assert inbox.failures == []
        kinds = inbox.of(content["id"])
        assert kinds[:2] == ["content.accepted", "content.queued"]
        assert sorted(kinds[2:6]) == ["content.publish.started"] * 2 + ["content.publish.succeeded"] * 2
        assert kinds[6:] == ["content.completed"]


async def test_one_channel_fails_with_a_reason_and_only_it_is_retried(api: httpx.AsyncClient, brand: Brand) -> None:
    media = (
        await api.post(
            "/v1/media", files={"file": ("a.jpg", picture("navy"), "image/jpeg")}, data={"brandRef": brand.ref}
        )
    ).json()
    fault = {
        "channel": "instagram",
        "operation": "media_publish",
        "mode": "error",
        "error": {"code": 368, "message": "blocked"},
        "times": 1,
        "profile": brand.ref,
    }
    made = await brand.sandbox.post("/control/faults", json=fault)
    if made.status_code >= 400:
        del fault["profile"]
        made = await brand.sandbox.post("/control/faults", json=fault)
    assert made.status_code == 201, made.text
    accepted = await brand.submit("Half", media=[{"id": media["id"]}], channels=["bluesky", "instagram"])
    content = await brand.ended(accepted["id"])
    assert content["status"] == "partially_published"
    failed = next(p for p in content["publications"] if p["channel"] == "instagram")
    assert failed["failure"]["reason"] == "ACCOUNT_RESTRICTED"
    assert failed["failure"]["class"] == "POLICY"
    assert failed["failure"]["remedy"]
    assert failed["failure"]["providerCode"] == "368"
    answer = await api.post(f"/v1/contents/{content['id']}/retry", json={"publicationIds": [failed["id"]]})
    assert answer.status_code == 202, answer.text
    for _ in range(100):
        content = await brand.ended(content["id"])
        if content["status"] == "published":
            break
        await asyncio.sleep(0.1)
    assert content["status"] == "published"
    assert len(await brand.posts("Half")) == 1
    assert len(await brand.posts("Half", "instagram")) == 1


async def test_cancel_and_reschedule_by_the_api_and_too_late(api: httpx.AsyncClient, brand: Brand) -> None:
    canceled = await brand.submit("never", seconds=3600)
    answer = await api.post(f"/v1/contents/{canceled['id']}/cancel")
    assert (answer.status_code, answer.json()["status"]) == (200, "canceled")
    assert (await api.post(f"/v1/contents/{canceled['id']}/cancel")).status_code == 200
    moved = await brand.submit("moved", seconds=3600)
    soon = (datetime.now(UTC) + timedelta(seconds=1.5)).isoformat()
    answer = await api.post(f"/v1/contents/{moved['id']}/reschedule", json={"scheduledAt": soon})
    assert answer.status_code == 200, answer.text
    content = await brand.ended(moved["id"])
    assert content["publications"][0]["latenessMs"] < 1500
    for call, body in (("cancel", None), ("publish-now", None), ("reschedule", {"scheduledAt": soon})):
        late = await api.post(f"/v1/contents/{moved['id']}/{call}", json=body)
        assert late.status_code in (409, 422), f"{call}: {late.text}"
    assert await brand.posts("never") == []
    assert len(await brand.posts("moved")) == 1


async def test_fifty_posts_with_one_key_make_one_content(api: httpx.AsyncClient, brand: Brand) -> None:
    body = {"brandRef": brand.ref, "text": "once", "channels": ["bluesky"]}
    answers = await asyncio.gather(
        *(api.post("/v1/contents", json=body, headers={"idempotency-key": '"k-1"'}) for _ in range(50))
    )
    assert {answer.status_code for answer in answers} <= {202}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotent-replayed" in answer.headers for answer in answers) == 49
    content = await brand.ended(answers[0].json()["id"])
    assert content["status"] == "published"
    assert len(await brand.posts("once")) == 1
    other = await api.post("/v1/contents", json={**body, "text": "twice"}, headers={"idempotency-key": '"k-1"'})
    assert other.status_code == 422


async def test_an_answer_that_was_lost_is_not_sent_again(api: httpx.AsyncClient, brand: Brand) -> None:
    for mode in ("accept_then_reset", "accept_then_502", "accept_then_half_body"):
        fault = {"channel": "bluesky", "operation": "com.atproto.repo.putRecord", "mode": mode, "times": 1}
        assert (await brand.sandbox.post("/control/faults", json=fault)).status_code == 201
        accepted = await brand.submit(f"lost {mode}")
        content = await brand.ended(accepted["id"])
        assert content["status"] == "published", content
        assert len(await brand.posts(f"lost {mode}")) == 1


async def test_a_lost_answer_is_never_followed_by_a_second_call(api: httpx.AsyncClient, brand: Brand) -> None:
    """Instagram has no key of ours, and what it does with a repeat is undocumented: we look, and send nothing again."""
    upload = {"file": ("a.jpg", picture("gold"), "image/jpeg")}
    media = (await api.post("/v1/media", files=upload, data={"brandRef": brand.ref})).json()
    fault = {"channel": "instagram", "operation": "media_publish", "mode": "accept_then_reset", "times": 1}
    assert (await brand.sandbox.post("/control/faults", json=fault)).status_code == 201
    accepted = await brand.submit("Lost there", media=[{"id": media["id"]}], channels=["instagram"])
    content = await brand.ended(accepted["id"])
    assert content["status"] == "published", content
    assert len(await brand.posts("Lost there", "instagram")) == 1
    publication = (await api.get(f"/v1/publications/{content['publications'][0]['id']}")).json()
    assert [attempt["outcome"] for attempt in publication["attemptLog"]] == ["sent"]
