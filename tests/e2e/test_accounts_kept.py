"""One workflow keeps each account connected, and the API shows the account's health while its token ends."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from temporalio.client import Client

from tests.harness.brand import Brand, until
from tests.harness.stack import Stack


async def test_each_account_has_a_workflow_and_its_health_is_shown(stack: Stack, brand: Brand) -> None:
    account = await brand.account("bluesky")
    handle = (await Client.connect(stack.temporal)).get_workflow_handle(f"account/{account['id']}")

    async def described() -> str | None:
        text = str(await handle.query("__temporal_workflow_metadata"))
        return text if "**connected**" in text else None

    # The refresh token is used a month before its end.
    used_at = datetime.fromisoformat(account["grantExpiresAt"]) - timedelta(days=30)
    assert f"{used_at:%Y-%m-%d}" in await until(described)
    content = await brand.submit("Kept")
    await brand.published(content["id"])
    worked = await brand.account("bluesky")
    assert worked["lastSuccessAt"] > account["lastSuccessAt"]
    assert (worked["status"], worked["lastFailure"], worked["affectedContents"]) == ("connected", None, [])

    # The owner revokes the app password: the next renewal fails, and a due post waits.
    await brand.end_token("revoke", "bluesky")
    await brand.end_token("expire", "bluesky")
    held = await brand.submit("Waits for its owner")

    async def in_need() -> dict[str, Any] | None:
        now = await brand.account("bluesky")
        return now if now["status"] == "reauth_required" and now["lastFailure"] else None

    needy = await until(in_need)
    assert needy["affectedContents"] == [held["id"]]
    assert needy["lastFailure"]["reason"] == "TOKEN_REVOKED"
    assert "Reconnect" in needy["lastFailure"]["remedy"]
    code, listed = await stack.cli("accounts", "list", "--brand-ref", brand.ref)
    assert (code, "TOKEN_REVOKED" in listed) == (0, True)
    assert (await brand.api.delete(f"/v1/accounts/{account['id']}")).status_code == 204
    assert await handle.result() == "disconnected"
