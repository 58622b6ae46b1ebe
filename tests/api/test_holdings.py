"""What a brand may have at a time: a limit of its own, or the installation's. Only more of it is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from munadi.config import LimitSettings
from munadi.domain.channel import ChannelName
from munadi.domain.usage import WITH_DEFAULT, Limit
from tests.api.harness import ApiHarness
from tests.api.problems import expect_problem
from tests.api.servers import picture

Adding = Callable[[ApiHarness, str, int], Awaitable[httpx.Response]]
pytestmark = pytest.mark.each_database


async def endpoint(api: ApiHarness, brand_ref: str, number: int) -> httpx.Response:
    url = f"http://127.0.0.1:{20_000 + number}/hook"
    return await api.post("/v1/webhooks/endpoints", {"url": url, "brandRef": brand_ref})


async def key(api: ApiHarness, brand_ref: str, number: int) -> httpx.Response:
    body = {"name": f"key {number}", "scopes": ["contents:read"], "brandRef": brand_ref}
    return await api.post("/v1/keys", body)


async def connect_link(api: ApiHarness, brand_ref: str, number: int) -> httpx.Response:
    body = {"channel": ChannelName.MASTODON, "hint": f"{number}.example"}
    return await api.post(f"/v1/brands/{brand_ref}/accounts/connect", body)


async def draft(api: ApiHarness, brand_ref: str, number: int) -> httpx.Response:
    return await api.post("/v1/drafts", {"brandRef": brand_ref, "text": str(number)})


async def file(api: ApiHarness, brand_ref: str, number: int) -> httpx.Response:
    return await api.upload(picture(64 + number), brandRef=brand_ref)


async def recovery(api: ApiHarness, brand_ref: str, number: int) -> httpx.Response:
    """Of an endpoint of its own: another one of the same endpoint would extend it."""
    made = (await endpoint(api, brand_ref, number)).json()
    return await api.post(f"/v1/webhooks/endpoints/{made['id']}/recover", {"since": "2026-01-01T00:00:00Z"})


FILE = len(picture(64))
# The limit, how it is added, room for two of it, and the answer to one too many.
KINDS: dict[str, tuple[Adding, int, int, str]] = {
    "endpoints": (endpoint, 2, 429, "QUOTA_EXCEEDED"),
    "keys": (key, 2, 429, "QUOTA_EXCEEDED"),
    "connectLinks": (connect_link, 2, 429, "QUOTA_EXCEEDED"),
    "drafts": (draft, 2, 409, "TOO_MANY_DRAFTS"),
    "mediaBytes": (file, 2 * FILE + FILE // 2, 429, "QUOTA_EXCEEDED"),
    "recoveries": (recovery, 2, 429, "QUOTA_EXCEEDED"),
}


async def used(api: ApiHarness, name: str, brand_ref: str = "acme") -> dict[str, Any]:
    found: dict[str, Any] = (await api.usage(brand_ref))[name]
    return found


@pytest.mark.parametrize("name", KINDS)
async def test_a_brand_may_have_so_much_and_no_more(api: ApiHarness, name: str) -> None:
    add, limit, status, code = KINDS[name]
    await api.limit("acme", **{name: limit})
    for number in range(2):
        assert (await add(api, "acme", number)).is_success
    expect_problem(refusal := await add(api, "acme", 2), status, code)
    [error] = refusal.json()["errors"]
    assert (error["code"], error["rule"], error["limit"]) == ("QUOTA_EXCEEDED", name, limit)
    assert error["actual"] > limit
    found = await used(api, name)
    assert found["used"] + found["remaining"] == found["limit"] == limit
    assert (await add(api, "rival", 3)).is_success


@pytest.mark.parametrize("name", KINDS)
async def test_a_limit_below_what_a_brand_has_takes_nothing_away(api: ApiHarness, name: str) -> None:
    add, _, status, code = KINDS[name]
    for number in range(2):
        assert (await add(api, "acme", number)).is_success
    await api.limit("acme", **{name: 1})
    expect_problem(await add(api, "acme", 2), status, code)
    found = await used(api, name)
    assert (found["used"] >= 2, found["limit"], found["remaining"]) == (True, 1, 0)


async def test_without_limits_of_its_own_a_brand_has_those_of_the_settings(api: ApiHarness) -> None:
    defaults = LimitSettings()
    usage = await api.usage()
    assert {name: usage[name]["limit"] for name in KINDS} == {kind.value: n for kind, n in defaults.of_brand.items()}
    api.services.settings.limits.endpoints = 1
    assert (await endpoint(api, "acme", 0)).status_code == 201
    expect_problem(await endpoint(api, "acme", 1), 429, "QUOTA_EXCEEDED")
    # A key for all brands makes one that belongs to no brand.
    assert (await api.post("/v1/webhooks/endpoints", {"url": "http://127.0.0.1:20002/hook"})).status_code == 201


@pytest.mark.each_database(False)
@pytest.mark.parametrize("limit", WITH_DEFAULT)
async def test_each_limit_of_the_settings_is_that_of_its_kind(api: ApiHarness, limit: Limit) -> None:
    add, _, status, code = KINDS[limit]
    setattr(api.services.settings.limits, limit.name.lower(), 0)
    expect_problem(refusal := await add(api, "acme", 0), status, code)
    [error] = refusal.json()["errors"]
    assert (error["rule"], error["limit"]) == (limit, 0)


async def test_what_is_gone_makes_room(api: ApiHarness) -> None:
    await api.limit(endpoints=1, keys=1, drafts=1, mediaBytes=FILE + 10)
    for add, path in (
        (endpoint, "/v1/webhooks/endpoints"),
        (key, "/v1/keys"),
        (draft, "/v1/drafts"),
        (file, "/v1/media"),
    ):
        first = await add(api, "acme", 0)
        assert (await add(api, "acme", 1)).status_code in (409, 429)
        assert (await api.delete(f"{path}/{first.json()['id']}")).status_code == 204
        assert (await add(api, "acme", 0)).status_code == 201


async def test_a_post_with_a_file_over_the_limit_is_refused(api: ApiHarness) -> None:
    await api.limit(mediaBytes=10)
    refusal = await api.try_submit(media=[{"url": api.site.url("/a.jpg")}])
    expect_problem(refusal, 429, "QUOTA_EXCEEDED")
    assert (await used(api, "mediaBytes"))["used"] == 0


async def test_at_once_exactly_so_many_are_added(api: ApiHarness) -> None:
    await api.limit(endpoints=3)
    answers = await asyncio.gather(*(endpoint(api, "acme", number) for number in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [429] * 5
