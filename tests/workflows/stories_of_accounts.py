"""What keeps an account connected: renewals in time, warnings in time, and an owner who comes back or leaves."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from pydantic import SecretStr

from munadi.domain.account import AccountStatus, Credentials
from munadi.domain.channel import Renewal, TokenLife
from munadi.domain.failure import Reason
from munadi.publishing import account_changes
from tests.workflows.network import not_sent, rejected
from tests.workflows.telling import CANARY, B, Telling, story

S = AccountStatus
ITSELF = TokenLife(renewed_with=Renewal.TOKEN, access_ahead=timedelta(days=10))
FOREVER = TokenLife()
DAYS_60 = timedelta(days=60)


def ending(after: timedelta, at: datetime | None = None) -> Credentials:
    """A token that ends so long after `at`, now by default. Its text must never be found in a history."""
    return Credentials(access_token=SecretStr(CANARY), expires_at=(at or datetime.now(UTC)) + after)


def lives(told: Telling, life: TokenLife) -> None:
    """The network's tokens live like this."""
    channel = told.world.channels[B]
    channel.spec = channel.spec.model_copy(update={"tokens": life})


async def until_reauth(told: Telling, account_id: str, *, passing: float) -> None:
    """Let so many days pass, in which the account comes to need its owner."""
    await told.until_commands_of(told.world.keeper(account_id), "activity keep", "timer")
    await told.world.let_pass(timedelta(days=passing))
    async with asyncio.timeout(30):
        while (await told.world.account(account_id)).status != S.REAUTH_REQUIRED:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await told.until_commands_of(told.world.keeper(account_id), "activity keep", "upsert Attention")


async def disconnect(told: Telling, account_id: str) -> None:
    """Its owner leaves; its keeper ends, and the run is kept."""
    await account_changes.disconnect(told.world.database, account_id, datetime.now(UTC))
    await told.world.wake_keeper(account_id)
    handle = told.world.keeper(account_id)
    async with asyncio.timeout(20):
        assert await handle.result() == "disconnected"
    await told.keep_run(handle)


@story(B, skips=True)
async def account_renewed_twice_then_revoked(told: Telling) -> None:
    lives(told, ITSELF)
    channel, now = told.world.channels[B], datetime.now(UTC)
    channel.refresh_plan.extend([ending(2 * DAYS_60, now), ending(3 * DAYS_60, now), rejected(Reason.TOKEN_REVOKED)])
    account_id = await told.world.connect(B, ending(DAYS_60, now), at=now)
    async with told.world.worker():
        await told.world.wake_keeper(account_id)
        await until_reauth(told, account_id, passing=171)
        await disconnect(told, account_id)
    assert channel.count("refresh") == 3


@story(B, skips=True)
async def account_renewed_after_an_outage(told: Telling) -> None:
    lives(told, ITSELF)
    channel, now = told.world.channels[B], datetime.now(UTC)
    channel.refresh_plan.extend([not_sent(), not_sent(), ending(2 * DAYS_60, now), rejected(Reason.TOKEN_REVOKED)])
    account_id = await told.world.connect(B, ending(DAYS_60, now), at=now)
    async with told.world.worker():
        await told.world.wake_keeper(account_id)
        await until_reauth(told, account_id, passing=111)
        await disconnect(told, account_id)
    assert channel.count("refresh") == 4


@story(B, skips=True)
async def account_that_nothing_renews(told: Telling) -> None:
    """Warned of a week ahead; at its end the network is asked whether it has really come."""
    lives(told, FOREVER)
    channel = told.world.channels[B]
    channel.refresh_plan.append(rejected(Reason.TOKEN_REVOKED))
    account_id = await told.world.connect(B, ending(DAYS_60))
    async with told.world.worker():
        await told.world.wake_keeper(account_id)
        await until_reauth(told, account_id, passing=61)
        await disconnect(told, account_id)
    assert channel.count("refresh") == 1


@story(B)
async def account_connected_again_while_its_network_was_away(told: Telling) -> None:
    lives(told, ITSELF)
    channel, long_ago = told.world.channels[B], datetime.now(UTC) - timedelta(days=55)
    channel.refresh_plan.append(not_sent())
    account_id = await told.world.connect(B, ending(DAYS_60, long_ago), at=long_ago)
    handle = told.world.keeper(account_id)
    async with told.world.worker():
        await told.world.wake_keeper(account_id)
        async with asyncio.timeout(20):
            while (await told.world.account(account_id)).last_failure is None:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        await told.world.connect(B, ending(DAYS_60))
        await told.world.wake_keeper(account_id)
        await told.until_commands_of(handle, "activity canceled", "activity keep", "timer")
        await disconnect(told, account_id)
    assert channel.count("refresh") == 1
