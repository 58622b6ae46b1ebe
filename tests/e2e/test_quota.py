"""A day's posts are used up: a check tells it, the next content is warned of it, and its post is held, not lost."""

from __future__ import annotations

from typing import Any

import httpx

from tests.e2e.stack import Brand, Stack, picture
from tests.e2e.test_tokens import until


async def test_one_post_too_many_for_the_day_is_held(stack: Stack, api: httpx.AsyncClient) -> None:
    async with stack.sandbox() as sandbox:
        limit = {"channel": "instagram", "kind": "postsPerDay"}
        assert (await sandbox.put("/control/limits", json=limit | {"value": 1})).is_success
        try:
            brand = await Brand.create(api, sandbox, "capped", "instagram")
            await _use_up(brand, api)
        finally:
            await sandbox.put("/control/limits", json=limit | {"value": 100})


async def _use_up(brand: Brand, api: httpx.AsyncClient) -> None:
    upload = {"file": ("a.jpg", picture("navy"), "image/jpeg")}
    media = (await api.post("/v1/media", files=upload, data={"brandRef": "capped"})).json()
    post: dict[str, Any] = {"media": [{"id": media["id"], "alt": "a navy square"}], "channels": ["instagram"]}
    first = await brand.submit("The only one", **post)
    assert first["warnings"] == []
    assert (await brand.ended(first["id"]))["status"] == "published"
    account = first["publications"][0]["accountId"]
    checked = (await api.post(f"/v1/accounts/{account}/check")).json()
    assert (checked["ok"], checked["quota"]) == (True, {"used": 1, "total": 1, "left": 0})

    second = await brand.submit("One too many", **post)
    assert [warning["code"] for warning in second["warnings"]] == ["DAILY_CAP_LIKELY"]

    async def held() -> Any:
        now = (await api.get(f"/v1/contents/{second['id']}")).json()
        hold = now["publications"][0]["hold"]
        return hold if hold and hold["reason"] == "DAILY_CAP" else None

    assert (await until(held))["until"] is not None
    assert len(await brand.posts("One too many", "instagram")) == 0
    assert (await api.post(f"/v1/contents/{second['id']}/cancel")).is_success
