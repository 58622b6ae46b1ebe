"""The upkeep of accounts at the emulated networks, which count the calls."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.messages import AccountRef
from activities.upkeep import UpkeepActivities
from munadi.accounts.tokens import AccountTokens
from munadi.channels.registry import build_channels
from munadi.db.accounts.upkeep import UpkeepStore
from munadi.db.session import Database
from munadi.domain.account import AccountStatus
from munadi.domain.account_view import AccountView
from munadi.domain.channel import ChannelName
from munadi.domain.event import EventType
from munadi.domain.failure import Reason
from munadi.domain.publication import HoldReason
from munadi.domain.renewal import UpkeepResult
from munadi.publishing import account_changes
from tests.channels.making import tools
from tests.channels.sandbox import APP, hosts_of, imported
from tests.channels.servers import Oracle
from tests.db.seeding import Seed

S = AccountStatus
# Where each network renews a token, as the sandbox names the call.
RENEWALS = {"threads": "refresh_token", "tiktok": "token", "bluesky": "com.atproto.server.refreshSession"}


class BothClocks:
    """Our clock and the networks', moved together."""

    def __init__(self, oracle: Oracle) -> None:
        self._oracle = oracle
        self._ahead = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    def until(self, moment: datetime) -> None:
        """Move both clocks to this time."""
        step = moment - self.now()
        self._ahead += step
        self._oracle.call("POST", "/clock", advanceSeconds=step.total_seconds())


class SandboxAccount:
    """One account of a network in a real database, with its upkeep and the callers that use its token."""

    def __init__(self, oracle: Oracle, seed: Seed, channel: str, client: httpx.AsyncClient) -> None:
        self.oracle, self.seed, self.name, self.clock = oracle, seed, channel, BothClocks(oracle)
        settings = {"hosts": hosts_of(channel, oracle), **APP}
        self.channels = build_channels({channel: settings}, tools(client, self.clock))
        self.profile: Mapping[str, Any] = {}
        self.account_id = ""

    async def connect(self, given: Mapping[str, Any]) -> AccountView:
        """Connect the account with credentials of the network."""
        self.profile = {**self.profile, **given}
        known = imported(self.profile)
        ends = self.clock.now() + timedelta(hours=2) if known.refresh_token else None
        found = await self.channels[self.name].verify(replace(known, expires_at=ends))
        async with self.seed.database.write() as session:
            view = await account_changes.connect(
                session, self.seed.keyring, "acme", ChannelName(self.name), found, login=None, now=self.clock.now()
            )
        self.account_id = view.id
        return view

    async def keep(self, holder: str = "keeper") -> UpkeepResult:
        tokens = self.tokens(holder)
        store = UpkeepStore(self.seed.database, self.seed.keyring)
        activities = UpkeepActivities(store, self.channels, tokens, self.clock)
        kept = await ActivityEnvironment().run(activities.keep, AccountRef(account_id=self.account_id))
        assert isinstance(kept, UpkeepResult)
        return kept

    def tokens(self, holder: str) -> AccountTokens:
        return AccountTokens(self.seed.accounts, self.channels, self.clock, holder)

    async def view(self) -> AccountView:
        view = await self.seed.accounts.view(self.account_id)
        assert view is not None
        return view

    def renewals(self) -> int:
        """The number of renewals that the network received."""
        calls = self.oracle.call("GET", f"/calls?channel={self.name}")
        return sum(1 for call in calls if call["operation"] == RENEWALS[self.name])


@asynccontextmanager
async def connected(oracle: Oracle, folder: Path, channel: str) -> AsyncIterator[SandboxAccount]:
    database = Database(f"sqlite+aiosqlite:///{folder / 'munadi.db'}")
    seed = Seed(database)
    await seed.create()
    async with httpx.AsyncClient() as client:
        kept = SandboxAccount(oracle, seed, channel, client)
        await kept.connect(oracle.call("POST", "/profiles", channel=channel, name="acme"))
        yield kept
    await database.close()


@pytest.fixture(params=sorted(RENEWALS))
async def kept(request: pytest.FixtureRequest, oracle: Oracle, tmp_path: Path) -> AsyncIterator[SandboxAccount]:
    async with connected(oracle, tmp_path, request.param) as made:
        yield made


@pytest.fixture
async def threads(oracle: Oracle, tmp_path: Path) -> AsyncIterator[SandboxAccount]:
    async with connected(oracle, tmp_path, "threads") as made:
        yield made


async def test_a_token_is_renewed_shortly_before_its_end(kept: SandboxAccount) -> None:
    first = await kept.keep()
    assert kept.renewals() == 0
    assert first.next_at is not None
    kept.clock.until(first.next_at)
    second = await kept.keep()
    assert kept.renewals() == 1
    assert second.next_at is not None
    assert second.next_at > first.next_at + timedelta(days=20)
    assert (await kept.keep()).next_at == second.next_at
    assert kept.renewals() == 1
    assert (await kept.view()).status is S.CONNECTED


async def test_two_upkeeps_and_a_hundred_callers_cause_one_renewal(kept: SandboxAccount) -> None:
    first = await kept.keep()
    assert first.next_at is not None
    ends = (await kept.view()).token_expires_at
    assert ends is not None
    # Late enough for both: the grant is too old for the upkeep, the access token for the callers.
    kept.clock.until(max(first.next_at, ends - timedelta(minutes=4)))
    users = [kept.tokens(f"user-{number % 4}") for number in range(100)]
    looks = [kept.keep("one"), kept.keep("two")]
    given, answers = await asyncio.gather(
        asyncio.gather(*(user.account(kept.account_id) for user in users)), asyncio.gather(*looks)
    )
    assert kept.renewals() == 1
    assert len({account.credentials.access_token.get_secret_value() for account in given}) == 1
    assert {answer.status for answer in answers} == {S.CONNECTED}


async def test_a_dead_grant_needs_a_reconnect_and_the_posts_continue_after_it(kept: SandboxAccount) -> None:
    first = await kept.keep()
    waiting = await kept.seed.content(kept.account_id, hold=HoldReason.TOKEN, now=kept.clock.now())
    external = (await kept.view()).external_id
    kept.oracle.call("POST", "/tokens/revoke", channel=kept.name, profile=external)
    assert first.next_at is not None
    kept.clock.until(first.next_at)
    assert await kept.keep() == UpkeepResult(status=S.REAUTH_REQUIRED)
    view = await kept.view()
    assert (view.status, view.affected_contents) == (S.REAUTH_REQUIRED, (waiting,))
    assert view.last_failure is not None
    assert view.last_failure.reason is Reason.TOKEN_REVOKED
    [event] = await kept.seed.events(EventType.ACCOUNT_REAUTH_REQUIRED)
    assert waiting in str(event.data)
    await kept.connect(kept.oracle.call("POST", f"/profiles/{kept.name}/{external}/credentials"))
    assert (await kept.view()).status is S.CONNECTED
    assert (await kept.seed.publication(waiting)).hold_reason is None
    assert (await kept.keep()).status is S.CONNECTED


async def test_an_outage_does_not_change_the_account(kept: SandboxAccount) -> None:
    first = await kept.keep()
    assert first.next_at is not None
    kept.clock.until(first.next_at)
    kept.oracle.plant(kept.name, RENEWALS[kept.name], "error", status=503, times=1)
    with pytest.raises(ApplicationError) as raised:
        await kept.keep()
    assert raised.value.type == "PROVIDER_OUTAGE"
    view = await kept.view()
    assert view.status is S.CONNECTED
    assert view.last_failure is not None
    assert await kept.seed.events(EventType.ACCOUNT_EXPIRING, EventType.ACCOUNT_REAUTH_REQUIRED) == []
    assert (await kept.keep()).status is S.CONNECTED
    assert kept.renewals() == 2


async def test_a_token_that_expired_needs_a_reconnect(threads: SandboxAccount) -> None:
    """Munadi was not running for too long."""
    await threads.keep()
    ends = (await threads.view()).token_expires_at
    assert ends is not None
    threads.clock.until(ends + timedelta(minutes=1))
    assert await threads.keep() == UpkeepResult(status=S.REAUTH_REQUIRED)
