"""The workflow of an account: renewals, warnings, a reconnect and a disconnect."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from pydantic import SecretStr

from munadi.domain.account import AccountStatus, Credentials
from munadi.domain.channel import Renewal, TokenLife
from munadi.domain.failure import ChannelError, Reason
from munadi.publishing import account_changes
from tests.workflows.network import not_sent, rejected
from tests.workflows.scenario import CANARY, B, Recorder, scenario

S = AccountStatus
ITSELF = TokenLife(renewed_with=Renewal.TOKEN, access_ahead=timedelta(days=10))
FOREVER = TokenLife()
DAYS_60 = timedelta(days=60)


def ending(after: timedelta, at: datetime | None = None) -> Credentials:
    """A token that expires `after` after `at`, which is now by default. No history may contain its text."""
    return Credentials(access_token=SecretStr(CANARY), expires_at=(at or datetime.now(UTC)) + after)


def set_token_life(recorder: Recorder, life: TokenLife) -> None:
    """Set how long the network's tokens live and what renews them."""
    channel = recorder.world.channels[B]
    channel.spec = channel.spec.model_copy(update={"tokens": life})


async def until_reauth(recorder: Recorder, account_id: str, *, passing: float) -> None:
    """Let `passing` days pass, and wait until the account must be reconnected."""
    await recorder.until_commands(recorder.world.account_workflow(account_id), "activity keep", "timer")
    await recorder.world.let_pass(timedelta(days=passing))
    async with asyncio.timeout(30):
        while (await recorder.world.account(account_id)).status != S.REAUTH_REQUIRED:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await recorder.until_commands(recorder.world.account_workflow(account_id), "activity keep", "upsert Attention")


async def disconnect(recorder: Recorder, account_id: str) -> None:
    """Disconnect the account, wait until its workflow ends, and record the run."""
    await account_changes.disconnect(recorder.world.database, account_id, datetime.now(UTC))
    await recorder.world.wake_account(account_id)
    handle = recorder.world.account_workflow(account_id)
    async with asyncio.timeout(20):
        assert await handle.result() == "disconnected"
    await recorder.record_run(handle)


async def renew_until_revoked(recorder: Recorder, *failures: ChannelError, renewals: int, passing: float) -> None:
    """Fail to renew a token of 60 days, renew it so often, and revoke it. Then disconnect the account."""
    set_token_life(recorder, ITSELF)
    channel, now = recorder.world.channels[B], datetime.now(UTC)
    renewed = [ending(number * DAYS_60, now) for number in range(2, 2 + renewals)]
    channel.refresh_plan.extend([*failures, *renewed, rejected(Reason.TOKEN_REVOKED)])
    account_id = await recorder.world.connect(B, ending(DAYS_60, now), at=now)
    async with recorder.world.worker():
        await recorder.world.wake_account(account_id)
        await until_reauth(recorder, account_id, passing=passing)
        await disconnect(recorder, account_id)
    assert channel.count("refresh") == len(failures) + renewals + 1


@scenario(B, skips=True)
async def account_renewed_twice_then_revoked(recorder: Recorder) -> None:
    await renew_until_revoked(recorder, renewals=2, passing=171)


@scenario(B, skips=True)
async def account_renewed_after_an_outage(recorder: Recorder) -> None:
    await renew_until_revoked(recorder, not_sent(), not_sent(), renewals=1, passing=111)


@scenario(B, skips=True)
async def account_that_nothing_renews(recorder: Recorder) -> None:
    """The token's end is reported a week ahead. At its end the workflow asks the network whether it still works."""
    set_token_life(recorder, FOREVER)
    channel = recorder.world.channels[B]
    channel.refresh_plan.append(rejected(Reason.TOKEN_REVOKED))
    account_id = await recorder.world.connect(B, ending(DAYS_60))
    async with recorder.world.worker():
        await recorder.world.wake_account(account_id)
        await until_reauth(recorder, account_id, passing=61)
        await disconnect(recorder, account_id)
    assert channel.count("refresh") == 1


@scenario(B)
async def account_connected_again_while_its_network_was_away(recorder: Recorder) -> None:
    set_token_life(recorder, ITSELF)
    channel, long_ago = recorder.world.channels[B], datetime.now(UTC) - timedelta(days=55)
    channel.refresh_plan.append(not_sent())
    account_id = await recorder.world.connect(B, ending(DAYS_60, long_ago), at=long_ago)
    handle = recorder.world.account_workflow(account_id)
    async with recorder.world.worker():
        await recorder.world.wake_account(account_id)
        async with asyncio.timeout(20):
            while (await recorder.world.account(account_id)).last_failure is None:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        await recorder.world.connect(B, ending(DAYS_60))
        await recorder.world.wake_account(account_id)
        await recorder.until_commands(handle, "activity canceled", "activity keep", "timer")
        await disconnect(recorder, account_id)
    assert channel.count("refresh") == 1
