"""Events of connect links: used, failed and expired, each with the link's metadata."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from munadi.db.accounts.expiring import expire_connections
from tests.api.harness import ApiHarness
from tests.api.owner import CALLBACK, connection, create_link, owner_of
from tests.api.problems import expect_problem

pytestmark = [pytest.mark.each_database, pytest.mark.fake_network]
OWN = {"tenant": "42"}


async def expire(api: ApiHarness) -> int:
    return await expire_connections(api.services.database, api.clock.now())


async def reported(api: ApiHarness) -> list[tuple[str, dict[str, Any]]]:
    """The events of connections in the log, and the connection that each shows."""
    found = await api.read_list("/v1/events")
    return [(each["type"], each) for each in found if each["type"].startswith("connection.")]


async def test_a_used_link_is_reported_with_its_metadata_and_its_account(api: ApiHarness) -> None:
    hook = await api.create(
        "/v1/webhooks/endpoints", {"url": "https://93.184.215.14/h", "types": ["connection.completed"]}
    )
    link = await create_link(api, metadata=OWN)
    async with owner_of(api) as owner:
        await owner.consent(link)
    [(kind, event)] = await reported(api)
    shown = event["data"]["connection"]
    assert (kind, event["status"], event["brandRef"]) == ("connection.completed", "connected", "acme")
    assert shown == await connection(api, link)
    assert (shown["metadata"], len(shown["accountIds"])) == (OWN, 1)
    [delivery] = await api.read_list(f"/v1/webhooks/deliveries?endpointId={hook['id']}")
    assert delivery["eventId"] == event["id"]
    assert await expire(api) == 0


async def test_each_failed_try_is_reported_and_the_link_can_be_used_again(api: ApiHarness) -> None:
    link = await create_link(api, metadata=OWN)
    async with owner_of(api) as owner:
        for _ in range(2):
            consent = await owner.leave(link)
            await owner.come_back({"state": consent["state"], "error": "access_denied"})
        await owner.consent(link)
    kinds = [(kind, event["reason"]) for kind, event in await reported(api)]
    assert kinds == [("connection.failed", "CONSENT_DENIED")] * 2 + [("connection.completed", None)]
    assert (await reported(api))[0][1]["data"]["connection"]["metadata"] == OWN


async def test_an_unused_link_expires_once_whatever_the_number_of_workers(api: ApiHarness) -> None:
    link, later = await create_link(api, metadata=OWN), await create_link(api, expiresAt="2026-12-03T00:00:00Z")
    api.clock.ahead = timedelta(minutes=59)
    assert await expire(api) == 0
    api.clock.ahead = timedelta(hours=1)
    assert sum(await asyncio.gather(*(expire(api) for _ in range(5)))) == 1
    assert await expire(api) == 0
    [(kind, event)] = await reported(api)
    assert (kind, event["status"], event["data"]["connection"]["id"]) == ("connection.expired", "expired", link["id"])
    assert event["data"]["connection"] == await connection(api, link)
    assert (await connection(api, later))["status"] == "waiting"


async def test_a_link_that_is_in_use_expires_once_nothing_of_it_can_be_completed(api: ApiHarness) -> None:
    """A consent takes ten minutes at most, a choice half an hour: also beyond the end of the link."""
    async with owner_of(api) as owner:
        api.clock.ahead = timedelta(minutes=0)
        leaving, choosing = await create_link(api), await create_link(api)
        api.clock.ahead = timedelta(minutes=55)
        consent = await owner.leave(leaving)
        api.authorizer.profiles = ("p1", "p2")
        await owner.choose_path(choosing)
        api.clock.ahead = timedelta(minutes=64)
        assert await expire(api) == 0
        api.clock.ahead = timedelta(minutes=66)
        assert (await expire(api), (await connection(api, leaving))["status"]) == (1, "expired")
        assert (await connection(api, choosing))["status"] == "choosing"
        late = await owner.client.get(CALLBACK, params=api.authorizer.approve(consent))
        assert late.status_code == 400
        api.clock.ahead = timedelta(minutes=86)
        assert await expire(api) == 1
    select = f"/v1/connections/{choosing['id']}/select"
    expect_problem(await api.post(select, {"externalIds": ["p1"]}), 409, "NOTHING_TO_CHOOSE")
    assert [kind for kind, _ in await reported(api)] == ["connection.expired"] * 2
    assert (await connection(api, choosing))["choices"] == []
