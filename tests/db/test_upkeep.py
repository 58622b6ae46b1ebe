"""The upkeep of an account: what each run does and records, and when the next one is."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.messages import AccountRef
from activities.upkeep import UpkeepActivities
from munadi.accounts.tokens import AccountTokens
from munadi.crypto import KeyRing, create_key
from munadi.db.accounts.upkeep import UpkeepStore
from munadi.db.tables import AccountRow
from munadi.domain.account import AccountStatus, Credentials
from munadi.domain.channel import Renewal, TokenLife
from munadi.domain.event import EventType
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import HoldReason
from munadi.domain.renewal import UpkeepResult
from munadi.publishing import account_changes
from tests.db.seeding import START, RefreshingNetwork, Seed, StillClock, token

S = AccountStatus
DAY = timedelta(days=1)
ITSELF = TokenLife(renewed_with=Renewal.TOKEN, access_ahead=10 * DAY)
DEAD = ChannelError(Reason.TOKEN_REVOKED, Effect.REJECTED, "the owner withdrew it")
OUTAGE = ChannelError(Reason.PROVIDER_OUTAGE, Effect.UNKNOWN, "down")
MISCONFIGURED = ChannelError(Reason.APP_NOT_APPROVED, Effect.REJECTED, "set the app's secret")


@dataclass
class Upkeep:
    """The upkeep of `acme`'s account, with the real stores."""

    seed: Seed
    network: RefreshingNetwork
    clock: StillClock
    life: TokenLife = ITSELF
    account_id: str = ""

    def __post_init__(self) -> None:
        self.network.spec = self.network.spec.model_copy(update={"tokens": self.life})
        self.store = UpkeepStore(self.seed.database, self.seed.keyring)

    def activities(self, holder: str = "w") -> UpkeepActivities:
        tokens = AccountTokens(self.seed.accounts, self.network.channels, self.clock, holder)
        return UpkeepActivities(self.store, self.network.channels, tokens, self.clock)

    async def connect(self, credentials: Credentials) -> None:
        self.account_id = (await self.seed.account(credentials, now=self.clock.now())).id

    async def keep(self, attempt: int = 1, holder: str = "w") -> UpkeepResult:
        environment = ActivityEnvironment()
        environment.info = replace(environment.info, attempt=attempt)
        kept = await environment.run(self.activities(holder).keep, AccountRef(account_id=self.account_id))
        assert isinstance(kept, UpkeepResult)
        return kept

    async def row(self) -> AccountRow:
        async with self.seed.database.read() as session:
            return await session.get_one(AccountRow, self.account_id)


@pytest.fixture
def upkeep(seed: Seed, clock: StillClock) -> Upkeep:
    return Upkeep(seed, RefreshingNetwork(token("second", None, START + 110 * DAY)), clock)


def ending(at: datetime) -> Credentials:
    return token("first", None, at)


async def test_a_run_without_work_plans_the_next_run(upkeep: Upkeep) -> None:
    await upkeep.connect(ending(START + 60 * DAY))
    assert (await upkeep.row()).keep_at == START
    assert await upkeep.keep() == UpkeepResult(status=S.CONNECTED, next_at=START + 50 * DAY)
    assert (await upkeep.row()).keep_at == START + 50 * DAY
    assert upkeep.network.refreshed == []


async def test_two_upkeeps_and_a_hundred_callers_cause_one_renewal(upkeep: Upkeep) -> None:
    await upkeep.connect(ending(START + 60 * DAY))
    upkeep.clock.time = START + 60 * DAY - timedelta(minutes=1)  # it is too old for the callers too
    users = [AccountTokens(upkeep.seed.accounts, upkeep.network.channels, upkeep.clock, f"u{n}") for n in range(4)]
    asked = [users[n % 4].account(upkeep.account_id) for n in range(100)]
    looks = [upkeep.keep(holder="one"), upkeep.keep(holder="two")]
    kept, given = await asyncio.gather(asyncio.gather(*looks), asyncio.gather(*asked))
    assert upkeep.network.refreshed == ["first"]
    assert {one.credentials.access_token.get_secret_value() for one in given} == {"second"}
    assert set(kept) == {UpkeepResult(status=S.CONNECTED, next_at=START + 110 * DAY - 10 * DAY)}
    row = await upkeep.row()
    assert (row.keep_at, row.last_success_at) == (kept[0].next_at, upkeep.clock.time)


async def test_a_dead_grant_is_reported_with_the_posts_that_wait(upkeep: Upkeep) -> None:
    await upkeep.connect(ending(START + 60 * DAY))
    waiting = await upkeep.seed.content(upkeep.account_id, hold=HoldReason.TOKEN)
    upkeep.network.answer, upkeep.clock.time = DEAD, START + 50 * DAY
    for _ in range(2):
        assert await upkeep.keep() == UpkeepResult(status=S.REAUTH_REQUIRED)
    [event] = await upkeep.seed.events(EventType.ACCOUNT_REAUTH_REQUIRED)
    assert event.reason == "TOKEN_REVOKED"
    account = event.data["account"]
    assert account["affected_contents" if "affected_contents" in account else "affectedContents"] == [waiting]
    row = await upkeep.row()
    assert row.keep_at is None
    assert row.last_failure is not None
    assert row.last_failure["message"] == "the owner withdrew it"
    assert upkeep.network.refreshed == ["first"]


async def test_an_outage_changes_no_account_and_is_retried_with_growing_waits(upkeep: Upkeep) -> None:
    await upkeep.connect(ending(START + 60 * DAY))
    upkeep.network.answer = OUTAGE
    upkeep.clock.time = now = START + 50 * DAY
    waits = []
    for attempt in range(1, 9):
        with pytest.raises(ApplicationError) as raised:
            await upkeep.keep(attempt)
        assert (raised.value.type, raised.value.non_retryable) == ("PROVIDER_OUTAGE", False)
        waits.append(raised.value.next_retry_delay)
    assert waits == [timedelta(minutes=m) for m in (1, 5, 15, 60, 120, 360, 360, 360)]
    row = await upkeep.row()
    assert (row.status, row.credentials_version, row.keep_at) == (S.CONNECTED, 1, now + timedelta(hours=6))
    assert await upkeep.seed.events(EventType.ACCOUNT_EXPIRING, EventType.ACCOUNT_REAUTH_REQUIRED) == []
    upkeep.network.answer = token("second", None, START + 110 * DAY)
    assert (await upkeep.keep()).next_at == START + 100 * DAY


async def test_no_wait_is_longer_than_the_grant(upkeep: Upkeep) -> None:
    await upkeep.connect(ending(START + 60 * DAY))
    upkeep.network.answer = OUTAGE
    upkeep.clock.time = START + 60 * DAY - timedelta(hours=2)
    with pytest.raises(ApplicationError) as raised:
        await upkeep.keep(8)
    assert raised.value.next_retry_delay == timedelta(hours=1)


@pytest.mark.parametrize("refresh", [None, "r"])
async def test_an_end_without_renewal_is_reported_once_a_week_ahead(
    seed: Seed, clock: StillClock, refresh: str
) -> None:
    """Nothing renews the token, or the setting for it is missing. The owner sees the same."""
    life = TokenLife(renewed_with=Renewal.REFRESH_TOKEN, access_ahead=10 * DAY)
    upkeep = Upkeep(seed, RefreshingNetwork(MISCONFIGURED), clock, life)
    await upkeep.connect(token("first", refresh, START + 60 * DAY))
    clock.time = START + 52 * DAY
    if refresh is None:
        assert await upkeep.keep() == UpkeepResult(status=S.CONNECTED, next_at=START + 53 * DAY)
    clock.time = START + 53 * DAY
    for _ in range(2):
        if refresh is None:
            assert await upkeep.keep() == UpkeepResult(status=S.EXPIRING, next_at=START + 60 * DAY)
        else:
            with pytest.raises(ApplicationError, match="set the app's secret"):
                await upkeep.keep()
    assert len(await seed.events(EventType.ACCOUNT_EXPIRING)) == 1
    assert (await upkeep.row()).status == S.EXPIRING


async def test_a_renewed_token_is_no_longer_expiring_and_a_late_one_is_reported_again(upkeep: Upkeep) -> None:
    await upkeep.connect(ending(START + 60 * DAY))
    await upkeep.seed.accounts.mark_expiring(upkeep.account_id, 1, START)
    upkeep.clock.time = START + 50 * DAY
    assert await upkeep.keep() == UpkeepResult(status=S.CONNECTED, next_at=START + 100 * DAY)


async def test_at_the_end_of_a_token_the_network_is_asked(seed: Seed, clock: StillClock) -> None:
    upkeep = Upkeep(seed, RefreshingNetwork(DEAD), clock, TokenLife())
    await upkeep.connect(ending(START + 60 * DAY))
    clock.time = START + 60 * DAY
    assert await upkeep.keep() == UpkeepResult(status=S.REAUTH_REQUIRED)
    await upkeep.connect(ending(START + 61 * DAY))
    upkeep.network.answer, clock.time = ending(START + 61 * DAY), START + 61 * DAY
    assert await upkeep.keep() == UpkeepResult(status=S.CONNECTED)  # the token works: its date was wrong


async def test_a_disconnected_account_needs_no_upkeep(upkeep: Upkeep) -> None:
    await upkeep.connect(ending(START + 60 * DAY))
    await account_changes.disconnect(upkeep.seed.database, upkeep.account_id, START + DAY)
    assert [due.account_id for due in await upkeep.store.claim(START + DAY, timedelta(0))] == [upkeep.account_id]
    kept = await upkeep.keep()
    assert kept.has_ended
    assert await upkeep.store.claim(START + 99 * DAY, timedelta(0)) == []


async def test_credentials_that_cannot_be_opened_are_a_wait(upkeep: Upkeep) -> None:
    await upkeep.connect(ending(START + 60 * DAY))
    upkeep.store = UpkeepStore(upkeep.seed.database, KeyRing([create_key()]))
    with pytest.raises(ApplicationError, match="cannot be opened"):
        await upkeep.keep()
    assert (await upkeep.row()).status == S.CONNECTED


async def test_a_paused_account_causes_no_call(upkeep: Upkeep) -> None:
    await upkeep.connect(ending(START + 60 * DAY))
    upkeep.clock.time = now = START + 50 * DAY
    await upkeep.seed.accounts.pause(upkeep.account_id, 1, now + timedelta(minutes=30))
    with pytest.raises(ApplicationError) as raised:
        await upkeep.keep()
    assert raised.value.next_retry_delay == timedelta(minutes=30)
    assert upkeep.network.refreshed == []


async def test_the_relay_wakes_late_accounts_again_after_a_minute(upkeep: Upkeep) -> None:
    await upkeep.connect(ending(START + 60 * DAY))
    grace = timedelta(seconds=20)
    assert await upkeep.store.claim(START + grace - timedelta(seconds=1), grace) == []
    [due] = await upkeep.store.claim(START + grace, grace)
    assert (due.account_id, due.brand_ref, due.channel) == (upkeep.account_id, "acme", "bluesky")
    assert await upkeep.store.claim(START + grace + timedelta(seconds=79), grace) == []
    assert len(await upkeep.store.claim(START + grace + timedelta(seconds=80), grace)) == 1


async def test_an_account_that_could_not_be_woken_is_due_again_unless_its_upkeep_has_run(upkeep: Upkeep) -> None:
    await upkeep.connect(ending(START + 60 * DAY))
    claimed = await upkeep.store.claim(START + DAY, timedelta(0))
    await upkeep.store.release(claimed)
    assert (await upkeep.row()).keep_at == START
    claimed = await upkeep.store.claim(START + DAY, timedelta(0))
    await upkeep.keep()
    await upkeep.store.release(claimed)
    assert (await upkeep.row()).keep_at == START + 50 * DAY


async def test_a_plan_for_older_credentials_is_not_stored(upkeep: Upkeep) -> None:
    await upkeep.connect(ending(START + 60 * DAY))
    await upkeep.connect(ending(START + 80 * DAY))
    await upkeep.store.plan(upkeep.account_id, None, 1)
    assert (await upkeep.row()).keep_at == START
