"""A grant that dies at the network, unseen: found by asking shortly before the slot, with time left to reconnect."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.stack import Brand, Stack


@pytest.fixture
def foresighted(tmp_path: Path) -> Iterator[Stack]:
    stack = Stack(tmp_path, {"MUNADI_RELAY__PREFLIGHT": "12"}).start()
    try:
        yield stack
    finally:
        assert stack.stop() == 0


async def test_a_grant_that_died_unseen_is_told_before_the_slot_and_the_post_still_goes_out(foresighted: Stack) -> None:
    stack = foresighted
    async with stack.client() as api, stack.sandbox() as sandbox:
        brand = await Brand.create(api, sandbox, "foreseen", "facebook")
        query = {"brandRef": "foreseen", "channel": "facebook"}
        (account,) = (await api.get("/v1/accounts", params=query)).json()["data"]
        due = datetime.now(UTC) + timedelta(seconds=27)
        content = await brand.submit("Foreseen", scheduledAt=due.isoformat(), channels=["facebook"])
        token = {"channel": "facebook", "profile": account["externalId"]}
        assert (await sandbox.post("/control/tokens/revoke", json=token)).status_code < 300

        told: list[dict[str, Any]] = []
        while not told and datetime.now(UTC) < due:
            await asyncio.sleep(0.2)
            events = (await api.get(f"/v1/contents/{content['id']}/events")).json()["data"]
            told = [event for event in events if event["type"] == "content.preflight.failed"]
        assert [(event["sns"], event["reason"]) for event in told] == [("facebook", "TOKEN_REVOKED")]
        now = (await api.get(f"/v1/accounts/{account['id']}")).json()
        assert (now["status"], now["lastFailure"]["reason"]) == ("reauth_required", "TOKEN_REVOKED")
        assert datetime.now(UTC) < due - timedelta(seconds=2), "no time was left to act"

        fresh = (await sandbox.post(f"/control/profiles/facebook/{account['externalId']}/credentials")).json()
        credentials = {"accessToken": fresh["accessToken"]}
        given = {"channel": "facebook", "externalId": account["externalId"], "credentials": credentials}
        assert (await api.post("/v1/brands/foreseen/accounts", json=given)).status_code in (200, 201)
        assert datetime.now(UTC) < due
        ended = await brand.ended(content["id"])
        assert ended["status"] == "published", ended
        assert len(await brand.posts("Foreseen", "facebook")) == 1
