"""Accounts as an operator sees them: a keeper for each, and their health through the API while tokens end."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import httpx
from temporalio.client import Client

from tests.e2e.stack import Brand, Stack
from tests.e2e.test_tokens import until


async def account_of(api: httpx.AsyncClient, ref: str, channel: str) -> dict[str, Any]:
    """The brand's account at a network, read by its id."""
    listed = (await api.get("/v1/accounts", params={"brandRef": ref})).json()["data"]
    [found] = [account["id"] for account in listed if account["channel"] == channel]
    account: dict[str, Any] = (await api.get(f"/v1/accounts/{found}")).json()
    return account


async def test_each_account_has_a_keeper_and_its_health_is_told(
    stack: Stack, api: httpx.AsyncClient, brand: Brand
) -> None:
    account = await account_of(api, brand.ref, "bluesky")
    client = await Client.connect(stack.temporal)
    handle = client.get_workflow_handle(f"account/{account['id']}")

    async def started() -> Any:
        told = str(await handle.query("__temporal_workflow_metadata"))
        return "**connected**" in told and told

    # The refresh token is used a month before its end.
    used_at = datetime.fromisoformat(account["grantExpiresAt"]) - timedelta(days=30)
    assert f"{used_at:%Y-%m-%d}" in await until(started)
    content = await brand.submit("Kept")
    assert (await brand.ended(content["id"]))["status"] == "published"
    worked = await account_of(api, brand.ref, "bluesky")
    assert worked["lastSuccessAt"] > account["lastSuccessAt"]
    assert (worked["status"], worked["lastFailure"], worked["affectedContents"]) == ("connected", None, [])

    # Its owner takes the app password back: the next renewal finds out, and what is due waits for it.
    profile = {"channel": "bluesky", "profile": account["externalId"]}
    await brand.sandbox.post("/control/tokens/revoke", json=profile)
    await brand.sandbox.post("/control/tokens/expire", json=profile)
    held = await brand.submit("Held for its owner")

    async def in_need() -> Any:
        now = await account_of(api, brand.ref, "bluesky")
        return now if now["status"] == "reauth_required" and now["lastFailure"] else None

    needy = await until(in_need)
    assert needy["affectedContents"] == [held["id"]]
    assert needy["lastFailure"]["reason"] == "TOKEN_REVOKED"
    assert "Reconnect" in needy["lastFailure"]["remedy"]
    code, listed = await stack.cli("accounts", "list", "--brand-ref", brand.ref)
    assert code == 0
    assert "TOKEN_REVOKED" in listed

    assert (await api.delete(f"/v1/accounts/{account['id']}")).status_code == 204
    assert await handle.result() == "disconnected"
