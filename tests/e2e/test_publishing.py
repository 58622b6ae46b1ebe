"""The main job over real processes: a post is accepted, published on time, and reported to a subscriber."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx

from tests.harness.brand import Brand, until
from tests.harness.files import picture
from tests.harness.inbox import Inbox


async def test_a_picture_is_published_on_both_networks_and_every_change_is_reported(brand: Brand) -> None:
    async with Inbox().listening(brand.api, brandRef=brand.ref) as inbox:
        media, text = await brand.upload(picture(), alt="A teal square"), f"Monsoon sale of {brand.ref}"
        accepted = await brand.submit(text, seconds=4, media=[media], channels=["bluesky", "instagram"])
        assert accepted["status"] == "accepted"
        content = await brand.published(accepted["id"])
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
