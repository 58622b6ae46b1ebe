"""A grant that ends unnoticed at the network: a check before the due time finds it while there is time to reconnect."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.harness.brand import Brand, until
from tests.harness.stack import Stack


@pytest.fixture
def stack(public_stack: Stack) -> Stack:
    return public_stack


async def test_a_dead_grant_is_reported_before_the_slot_and_the_post_is_still_published(
    api: httpx.AsyncClient, sandbox: httpx.AsyncClient
) -> None:
    brand = await Brand.create(api, sandbox, "foreseen", "facebook")
    due = datetime.now(UTC) + timedelta(seconds=16)
    content = await brand.submit("Foreseen", scheduledAt=due.isoformat(), channels=["facebook"])
    await brand.end_token("revoke", "facebook")

    async def reported() -> list[dict[str, Any]]:
        events = (await api.get(f"/v1/contents/{content['id']}/events")).json()["data"]
        return [event for event in events if event["type"] == "content.preflight.failed"]

    assert [(event["sns"], event["reason"]) for event in await until(reported)] == [("facebook", "TOKEN_REVOKED")]
    account = await brand.account("facebook")
    assert (account["status"], account["lastFailure"]["reason"]) == ("reauth_required", "TOKEN_REVOKED")
    assert datetime.now(UTC) < due - timedelta(seconds=2), "no time was left to act"
    await brand.reconnect("facebook")
    assert datetime.now(UTC) < due
    await brand.published(content["id"])
    assert len(await brand.posts("Foreseen", "facebook")) == 1
