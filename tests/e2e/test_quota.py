"""The last post of a day: a check shows the quota, the next post is warned of it, and waits for the next day."""

from __future__ import annotations

from typing import Any

import httpx

from tests.harness.brand import Brand
from tests.harness.files import picture


async def test_one_post_too_many_for_the_day_waits(api: httpx.AsyncClient, sandbox: httpx.AsyncClient) -> None:
    limit = {"channel": "instagram", "kind": "postsPerDay"}
    before = (await sandbox.get("/control/settings")).json()["instagram"]["limits"]["postsPerDay"]
    assert (await sandbox.put("/control/limits", json=limit | {"value": 1})).is_success
    try:
        brand = await Brand.create(api, sandbox, "capped", "instagram")
        post: dict[str, Any] = {"media": [await brand.upload(picture("navy"), alt="Navy")], "channels": ["instagram"]}
        first = await brand.submit("The only one", **post)
        assert first["warnings"] == []
        await brand.published(first["id"])
        checked = (await api.post(f"/v1/accounts/{first['publications'][0]['accountId']}/check")).json()
        assert (checked["ok"], checked["quota"]) == (True, {"used": 1, "total": 1, "left": 0})

        second = await brand.submit("One too many", **post)
        assert [warning["code"] for warning in second["warnings"]] == ["DAILY_CAP_LIKELY"]
        assert (await brand.hold(second["id"], "DAILY_CAP"))["until"] is not None
        assert await brand.posts("One too many", "instagram") == []
        assert (await api.post(f"/v1/contents/{second['id']}/cancel")).is_success
    finally:
        await sandbox.put("/control/limits", json=limit | {"value": before})
