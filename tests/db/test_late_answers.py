"""A call that began before a reconnect and ends after it does not change the new connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.messages import AccountRef, PublicationRef
from activities.preparing import PreparingActivities
from activities.publishing import PublishingActivities
from activities.upkeep import UpkeepActivities
from activities.waiting import WaitingRoom
from munadi.accounts.checking import AccountChecks
from munadi.accounts.tokens import AccountTokens
from munadi.db.accounts.upkeep import UpkeepStore
from munadi.db.session import Database
from munadi.db.tables import AccountRow
from munadi.domain.account import ConnectedAccount, Credentials, Profile
from munadi.domain.channel import ChannelName, Renewal, TokenLife
from munadi.domain.event import EventType
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import PublicationStatus, Published, Ready
from munadi.domain.reasons import failure_of
from munadi.outbound.host_calls import HostCalls
from munadi.ports import AccountImport, Attempt, Channels, Connection, Publication
from munadi.publishing.attempts import AttemptStore
from munadi.publishing.fitting import FittingStore
from munadi.publishing.preflights import Preflights
from munadi.publishing.schedule import ScheduleStore
from tests.db.seeding import START, Seed, StillClock, token
from tests.workflows.network import FakeChannel, spec

LATER = START + timedelta(seconds=1)
LIFE = TokenLife(renewed_with=Renewal.TOKEN, access_ahead=timedelta(days=10))


class LateNetwork(FakeChannel):
    """Answers calls with the token `first` late and with an error, and all other calls at once."""

    def __init__(self, error: ChannelError) -> None:
        super().__init__(spec(ChannelName.BLUESKY).model_copy(update={"tokens": LIFE}))
        self.error = error
        self.asked, self.let_go = asyncio.Event(), asyncio.Event()
        self.worked: list[str] = []

    async def _verify(self, given: AccountImport) -> Connection:
        assert given.access_token is not None
        await self._answer(given.access_token.get_secret_value())
        return Connection(
            Profile(external_id="did:plc:1", handle="acme.example"), Credentials(access_token=given.access_token)
        )

    async def _refresh(self, account: ConnectedAccount) -> Credentials:
        await self._used(account)
        return token("third", "refresh-third", START + timedelta(days=90))

    async def _prepare(self, publication: Publication[Any, Any]) -> Ready:
        await self._used(publication.account)
        return Ready()

    async def _publish(self, publication: Publication[Any, Any], attempt: Attempt) -> Published:
        await self._used(publication.account)
        return Published(post_id="1", url="https://network.example/1")

    async def _used(self, account: ConnectedAccount) -> None:
        await self._answer(account.credentials.access_token.get_secret_value())

    async def _answer(self, used: str) -> None:
        if used == "first":
            self.asked.set()
            await self.let_go.wait()
            raise replace(self.error)
        self.worked.append(used)

    @property
    def channels(self) -> Channels:
        return Channels({ChannelName.BLUESKY: self})


class Late:
    """One account of `acme`, connected with `first`, and a queued post of it."""

    def __init__(self, seed: Seed, network: LateNetwork, clock: StillClock) -> None:
        self.seed, self.network, self.clock = seed, network, clock
        self.tokens = AccountTokens(seed.accounts, network.channels, clock, "w")
        self.schedule = ScheduleStore(seed.database, seed.keyring)
        self.attempts = AttemptStore(seed.database, seed.keyring)
        self.account_id = self.content_id = ""

    async def begin(self, credentials: Credentials) -> None:
        self.account_id = (await self.seed.account(credentials)).id
        self.content_id = await self.seed.content(self.account_id)

    async def check(self) -> Any:
        """Check the account, as the API and the preflight do."""
        checks = AccountChecks(self.seed.accounts, self.network.channels, self.tokens, self.clock)
        return await checks.check(self.account_id)

    async def refresh(self) -> Any:
        return await self.tokens.renew(await self._first())

    async def keep(self) -> Any:
        store = UpkeepStore(self.seed.database, self.seed.keyring)
        self.clock.time = START + timedelta(days=55)  # the token of 60 days must be renewed
        activities = UpkeepActivities(store, self.network.channels, self.tokens, self.clock)
        return await ActivityEnvironment().run(activities.keep, AccountRef(account_id=self.account_id))

    async def prepare(self) -> Any:
        activities = PreparingActivities(
            self.schedule,
            self.attempts,
            self.network.channels,
            self.tokens,
            FittingStore(self.seed.database),
            self.clock,
            WaitingRoom(),
        )
        return await ActivityEnvironment().run(activities.prepare, await self._ref())

    async def publish(self) -> Any:
        await self.seed.set_status(self.content_id, PublicationStatus.PUBLISHING)
        activities = PublishingActivities(
            self.schedule, self.attempts, self.network.channels, self.tokens, self.clock, "w", HostCalls()
        )
        return await ActivityEnvironment().run(activities.publish, await self._ref())

    async def row(self) -> AccountRow:
        async with self.seed.database.read() as session:
            return await session.get_one(AccountRow, self.account_id)

    async def _first(self) -> ConnectedAccount:
        opened = await self.seed.accounts.opened(self.account_id)
        assert opened is not None
        return opened.account

    async def _ref(self) -> PublicationRef:
        row = await self.seed.publication(self.content_id)
        return PublicationRef(publication_id=row.id, epoch=row.epoch, draft_version=1)


@pytest.fixture
async def seed(tmp_path: Path) -> AsyncIterator[Seed]:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'munadi.db'}")
    made = Seed(database)
    await made.create()
    yield made
    await database.close()


REVOKED = ChannelError(Reason.TOKEN_REVOKED, Effect.NOT_SENT, "revoked")
THROTTLED = ChannelError(Reason.RATE_LIMITED, Effect.NOT_SENT, "slow down", retry_after=timedelta(hours=1))
REFUSED = ChannelError(Reason.MISSING_SCOPE, Effect.REJECTED, "not allowed")
DOWN = ChannelError(Reason.PROVIDER_OUTAGE, Effect.NOT_SENT, "down")
STEPS: dict[str, Callable[[Late], Awaitable[Any]]] = {
    "check": Late.check,
    "refresh": Late.refresh,
    "keep": Late.keep,
    "prepare": Late.prepare,
    "publish": Late.publish,
}


async def late_answer(seed: Seed, clock: StillClock, step: str, error: ChannelError) -> tuple[Late, Any]:
    """The result or error of a step, where the account was reconnected before the network answered."""
    late = Late(seed, LateNetwork(error), clock)
    await late.begin(token("first", "refresh-first", START + timedelta(days=60)))
    running = asyncio.create_task(STEPS[step](late))  # type: ignore[arg-type]
    await late.network.asked.wait()
    await seed.account(token("second", "refresh-second", START + timedelta(days=80)), now=LATER)
    late.network.let_go.set()
    (result,) = await asyncio.gather(running, return_exceptions=True)
    assert not isinstance(result, BaseException) or isinstance(result, ChannelError | ApplicationError), result
    return late, result


@pytest.mark.parametrize("error", [REVOKED, THROTTLED, REFUSED, DOWN], ids=lambda error: error.reason.value)
@pytest.mark.parametrize("step", STEPS)
async def test_a_late_failure_of_the_old_connection_marks_nothing(
    seed: Seed, clock: StillClock, step: str, error: ChannelError
) -> None:
    late, _ = await late_answer(seed, clock, step, error)
    row = await late.row()
    assert (row.status, row.last_failure, row.paused_until) == ("connected", None, None)
    assert row.credentials_version == 2
    assert await seed.events(EventType.ACCOUNT_REAUTH_REQUIRED) == []


@pytest.mark.parametrize("error", [REVOKED, THROTTLED, REFUSED, DOWN], ids=lambda error: error.reason.value)
async def test_a_check_returns_the_current_connection(seed: Seed, clock: StillClock, error: ChannelError) -> None:
    late, failure = await late_answer(seed, clock, "check", error)
    assert failure is None
    assert late.network.worked == ["second"]


@pytest.mark.parametrize("step", ["prepare", "publish"])
async def test_a_post_continues_with_the_new_connection(seed: Seed, clock: StillClock, step: str) -> None:
    late, outcome = await late_answer(seed, clock, step, REVOKED)
    assert late.network.worked == ["second"]
    row = await seed.publication(late.content_id)
    assert row.hold_reason is None
    assert (outcome.status, row.status) == (("published",) * 2 if step == "publish" else ("queued",) * 2)


@pytest.mark.parametrize("step", STEPS)
async def test_without_a_reconnect_a_dead_grant_is_marked(seed: Seed, clock: StillClock, step: str) -> None:
    late = Late(seed, LateNetwork(REVOKED), clock)
    await late.begin(token("first", "refresh-first", START + timedelta(days=60)))
    late.network.let_go.set()
    await asyncio.gather(STEPS[step](late), return_exceptions=True)
    row = await late.row()
    assert row.status == "reauth_required"
    assert (row.last_failure or {})["reason"] == "TOKEN_REVOKED"
    assert len(await seed.events(EventType.ACCOUNT_REAUTH_REQUIRED)) == 1


async def test_a_renewal_is_the_same_connection(seed: Seed, clock: StillClock) -> None:
    """An answer to the token before the last still changes the account. Only a reconnect invalidates it."""
    account = await seed.account()
    assert await seed.accounts.store_refreshed(account.id, 1, token("second", "refresh"), START)
    await seed.accounts.pause(account.id, 1, LATER)
    await seed.accounts.note_failure(account.id, 1, "PROVIDER_OUTAGE", "down", START)
    view = await seed.accounts.view(account.id)
    assert view is not None
    assert (view.paused_until, view.last_failure is not None) == (LATER, True)


async def test_a_preflight_report_about_the_old_connection_is_not_emitted(seed: Seed, clock: StillClock) -> None:
    account = await seed.account()
    content_id = await seed.content(account.id)
    preflights = Preflights(seed.database)
    near = await preflights.load(content_id, START)
    assert near is not None
    found = {near.publications[0].step.publication_id: failure_of(Reason.TOKEN_REVOKED)}
    await seed.account(token("second"), now=LATER)
    assert await preflights.record(near, found, LATER) == 0
    assert await seed.events(EventType.PREFLIGHT_FAILED) == []
    again = await preflights.load(content_id, LATER)
    assert again is not None
    assert await preflights.record(again, found, LATER) == 1
