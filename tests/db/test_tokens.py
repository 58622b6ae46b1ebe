"""Concurrent callers cause one refresh; a dead grant is reported, an outage changes nothing."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from munadi.accounts.tokens import AccountTokens
from munadi.crypto import KeyRing, create_key
from munadi.db.accounts.store import AccountStore
from munadi.domain.account import AccountStatus, Credentials
from munadi.domain.event import EventType
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.publishing import account_changes
from tests.db.seeding import START, RefreshingNetwork, Seed, StillClock, token

FRESH = token("second", "refresh-second", START + timedelta(hours=2))
EXPIRED = token("first", "refresh-first", START - timedelta(seconds=1))
OUTAGE = ChannelError(Reason.PROVIDER_OUTAGE, Effect.UNKNOWN, "down")
REVOKED = ChannelError(Reason.TOKEN_REVOKED, Effect.REJECTED, "revoked")


def account_tokens(seed: Seed, network: RefreshingNetwork, clock: StillClock, count: int = 1) -> list[AccountTokens]:
    return [AccountTokens(seed.accounts, network.channels, clock, f"w{number}") for number in range(count)]


async def test_a_hundred_callers_with_an_expired_token_cause_one_refresh(seed: Seed, clock: StillClock) -> None:
    network = RefreshingNetwork(FRESH)
    account = await seed.account(EXPIRED)
    workers = account_tokens(seed, network, clock, 4)
    given = await asyncio.gather(*(workers[n % 4].account(account.id) for n in range(100)))
    assert network.refreshed == ["first"]
    assert {one.credentials.access_token.get_secret_value() for one in given} == {"second"}


@pytest.mark.parametrize("left", [None, timedelta(minutes=6)])
async def test_a_token_that_does_not_expire_soon_is_not_refreshed(
    seed: Seed, clock: StillClock, left: timedelta | None
) -> None:
    network = RefreshingNetwork(FRESH)
    account = await seed.account(token("first", None, START + left if left else None))
    [tokens] = account_tokens(seed, network, clock)
    assert (await tokens.account(account.id)).credentials_version == 1
    assert network.refreshed == []


async def test_renew_refreshes_a_token_once(seed: Seed, clock: StillClock) -> None:
    network = RefreshingNetwork(FRESH)
    [tokens] = account_tokens(seed, network, clock)
    stale = await tokens.account((await seed.account()).id)
    renewed = await asyncio.gather(*(tokens.renew(stale) for _ in range(10)))
    assert network.refreshed == ["first"]
    assert {one.credentials_version for one in renewed} == {2}
    assert (await tokens.renew(stale)).credentials_version == 2


async def test_a_dead_grant_needs_its_owner_and_is_reported_once(seed: Seed, clock: StillClock) -> None:
    network = RefreshingNetwork(REVOKED)
    account = await seed.account(EXPIRED)
    [tokens] = account_tokens(seed, network, clock)
    results = await asyncio.gather(*(tokens.account(account.id) for _ in range(10)), return_exceptions=True)
    errors = [result for result in results if isinstance(result, ChannelError)]
    assert [(error.reason, error.effect) for error in errors] == [(Reason.TOKEN_REVOKED, Effect.NOT_SENT)] * 10
    assert len(network.refreshed) == 1
    assert len(await seed.events(EventType.ACCOUNT_REAUTH_REQUIRED)) == 1
    view = await seed.accounts.view(account.id)
    assert view is not None
    assert view.status is AccountStatus.REAUTH_REQUIRED


async def test_an_outage_changes_no_account_and_is_not_retried_at_once(seed: Seed, clock: StillClock) -> None:
    # Long enough for all ten to request the lease. A later caller would rightly refresh again.
    network = RefreshingNetwork(OUTAGE, moment=1.0)
    account = await seed.account(EXPIRED)
    [tokens] = account_tokens(seed, network, clock)
    results = await asyncio.gather(*(tokens.account(account.id) for _ in range(10)), return_exceptions=True)
    assert {(r.reason, r.effect) for r in results if isinstance(r, ChannelError)} == {
        (Reason.PROVIDER_OUTAGE, Effect.NOT_SENT)
    }
    assert len(network.refreshed) == 1
    view = await seed.accounts.view(account.id)
    assert view is not None
    assert view.status is AccountStatus.CONNECTED
    network.answer = FRESH
    assert (await tokens.account(account.id)).credentials_version == 2


async def test_an_outage_does_not_take_away_a_token_that_still_works(seed: Seed, clock: StillClock) -> None:
    account = await seed.account(token("first", "r", START + timedelta(minutes=2)))
    [tokens] = account_tokens(seed, RefreshingNetwork(OUTAGE), clock)
    assert (await tokens.account(account.id)).credentials.access_token.get_secret_value() == "first"


async def test_a_refresh_is_stored_even_if_its_caller_was_canceled(seed: Seed, clock: StillClock) -> None:
    network = RefreshingNetwork(FRESH)
    account = await seed.account(EXPIRED)
    [tokens] = account_tokens(seed, network, clock)
    asking = asyncio.create_task(tokens.account(account.id))
    await network.asked.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert (await tokens.account(account.id)).credentials_version == 2
    assert network.refreshed == ["first"]
    await tokens.finish()


async def test_a_disconnected_account_has_no_token(seed: Seed, clock: StillClock) -> None:
    account = await seed.account()
    await account_changes.disconnect(seed.database, account.id, START)
    [tokens] = account_tokens(seed, RefreshingNetwork(FRESH), clock)
    with pytest.raises(ChannelError) as refused:
        await tokens.account(account.id)
    assert refused.value.reason is Reason.ACCOUNT_DISCONNECTED


async def test_a_missing_key_is_a_wait_and_never_a_dead_grant(seed: Seed, clock: StillClock) -> None:
    account = await seed.account()
    strangers = AccountStore(seed.database, KeyRing([create_key()]))
    tokens = AccountTokens(strangers, RefreshingNetwork(FRESH).channels, clock, "w")
    with pytest.raises(ChannelError) as refused:
        await tokens.account(account.id)
    assert (refused.value.reason, refused.value.effect) == (Reason.INTERNAL_ERROR, Effect.NOT_SENT)


def test_credentials_never_show_a_token() -> None:
    assert "first" not in repr(Credentials.model_validate(EXPIRED.model_dump()))


async def test_a_paused_account_gives_no_token(seed: Seed, clock: StillClock) -> None:
    network = RefreshingNetwork(FRESH)
    account = await seed.account(EXPIRED)
    first, second = account_tokens(seed, network, clock, 2)
    opened = await seed.accounts.opened(account.id)
    assert opened is not None
    await first.pause(opened.account, None)
    await first.pause(opened.account, timedelta(seconds=20))
    await first.pause(opened.account, timedelta(seconds=5))  # a shorter one does not end the longer
    for _ in range(2):
        with pytest.raises(ChannelError) as held:
            await second.account(account.id)
        assert (held.value.reason, held.value.effect) == (Reason.RATE_LIMITED, Effect.NOT_SENT)
        assert held.value.retry_after == timedelta(seconds=20)
    assert network.refreshed == []
    clock.time += timedelta(seconds=20)
    assert (await second.account(account.id)).credentials_version == 2
