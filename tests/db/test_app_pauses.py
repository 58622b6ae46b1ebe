"""A network that limits an app pauses all accounts of the app, in every process, and no other account."""

from __future__ import annotations

from datetime import timedelta

import pytest

from munadi.accounts.tokens import AccountTokens
from munadi.domain.account import ConnectedAccount, Profile
from munadi.domain.app_pause import Paused, paused_by
from munadi.domain.channel import ChannelName
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import PublicationStatus
from munadi.ports import Connection
from munadi.publishing import account_changes
from tests.db.board import Board
from tests.db.seeding import START, RefreshingNetwork, Seed, StillClock, token
from tests.db.test_claim import EPOCH, claim

MINUTE = timedelta(minutes=1)


def refusal(reason: Reason = Reason.RATE_LIMITED, wait: timedelta = MINUTE, *, of_app: bool = True) -> ChannelError:
    return ChannelError(reason, Effect.NOT_SENT, "limited", retry_after=wait, of_app=of_app)


async def connected(
    seed: Seed, name: str, channel: ChannelName, login: str | None = None, app_id: str | None = None
) -> ConnectedAccount:
    connection = Connection(Profile(external_id=name, handle=name), token("t", "r"), app_id)
    async with seed.database.write() as session:
        view = await account_changes.connect(session, seed.keyring, "acme", channel, connection, login=login, now=START)
    opened = await seed.accounts.opened(view.id)
    assert opened is not None
    return opened.account


def workers(seed: Seed, clock: StillClock) -> tuple[AccountTokens, AccountTokens]:
    channels = RefreshingNetwork(token("t", "r")).channels
    one, two = (AccountTokens(seed.accounts, channels, clock, name) for name in ("one", "two"))
    return one, two


async def refused(tokens: AccountTokens, account: ConnectedAccount, *, to_prepare: bool = False) -> ChannelError | None:
    try:
        await tokens.account(account.id, to_prepare=to_prepare)
    except ChannelError as error:
        return error
    return None


@pytest.mark.parametrize(
    ("error", "during", "paused"),
    [
        (refusal(), None, Paused.ALL),
        (refusal(), Paused.PUBLISHING, Paused.ALL),
        (refusal(Reason.QUOTA_EXCEEDED), Paused.PUBLISHING, Paused.PUBLISHING),
        (refusal(Reason.QUOTA_EXCEEDED), Paused.PREPARING, Paused.PREPARING),
        (refusal(Reason.DAILY_CAP_REACHED), Paused.PUBLISHING, Paused.PUBLISHING),
        (refusal(Reason.QUOTA_EXCEEDED), None, None),  # of a look: other calls have quotas of their own
        (refusal(of_app=False), Paused.PUBLISHING, None),
    ],
)
def test_which_calls_wait(error: ChannelError, during: Paused | None, paused: Paused | None) -> None:
    assert paused_by(error, during) is paused


async def test_a_throttled_app_pauses_its_accounts_in_every_process(seed: Seed, clock: StillClock) -> None:
    first, second = [await connected(seed, name, ChannelName.FACEBOOK) for name in ("a", "b")]
    other = await connected(seed, "c", ChannelName.THREADS)
    one, two = workers(seed, clock)
    await one.pause_app(first, refusal(wait=2 * MINUTE), None)
    await one.pause_app(first, refusal(wait=MINUTE), None)  # a shorter one does not end the longer
    later = await connected(seed, "d", ChannelName.FACEBOOK)
    for account in (first, second, later):
        error = await refused(two, account)
        assert error is not None
        assert (error.reason, error.effect, error.retry_after) == (Reason.RATE_LIMITED, Effect.NOT_SENT, 2 * MINUTE)
    assert await refused(two, other) is None
    clock.time = START + 2 * MINUTE
    assert await refused(two, second) is None


async def test_an_account_of_another_log_in_has_another_app(seed: Seed, clock: StillClock) -> None:
    by_page, alone = [
        await connected(seed, name, ChannelName.INSTAGRAM, login)
        for name, login in (("a", "facebook"), ("b", "instagram"))
    ]
    one, two = workers(seed, clock)
    await one.pause_app(by_page, refusal(), None)
    assert (await refused(two, by_page) is None, await refused(two, alone) is None) == (False, True)


async def test_a_brands_own_app_is_paused_alone(seed: Seed, clock: StillClock) -> None:
    own, other, shared = [
        await connected(seed, name, ChannelName.X, app_id=app)
        for name, app in (("a", "app_1"), ("b", "app_2"), ("c", None))
    ]
    one, two = workers(seed, clock)
    for limited in (own, shared):
        await one.pause_app(limited, refusal(), None)
        paused = [await refused(two, each) is not None for each in (own, other, shared)]
        assert paused == [True, False, limited is shared]


async def test_the_longer_pause_counts_that_of_the_account_or_of_its_app(seed: Seed, clock: StillClock) -> None:
    account = await connected(seed, "a", ChannelName.FACEBOOK)
    one, two = workers(seed, clock)
    for own, of_app, longest in ((MINUTE, 2 * MINUTE, 2 * MINUTE), (5 * MINUTE, MINUTE, 5 * MINUTE)):
        await one.pause_app(account, refusal(wait=of_app), None)
        await one.pause(account, own)
        error = await refused(two, account)
        assert error is not None
        assert error.retry_after == longest


async def test_a_quota_of_uploads_stops_what_would_upload(seed: Seed, clock: StillClock) -> None:
    first, second = [await connected(seed, name, ChannelName.YOUTUBE) for name in ("a", "b")]
    one, two = workers(seed, clock)
    await one.pause_app(first, refusal(Reason.QUOTA_EXCEEDED), Paused.PREPARING)
    error = await refused(two, second, to_prepare=True)
    assert error is not None
    assert (error.reason, error.effect, error.retry_after) == (Reason.QUOTA_EXCEEDED, Effect.NOT_SENT, MINUTE)
    assert await refused(two, second) is None


async def paused_app(board: Board, calls: Paused, until: timedelta) -> None:
    seed = Seed(board.database, board.keyring)
    account = ConnectedAccount(
        id="acc_other",
        brand_ref="other",
        channel=ChannelName.INSTAGRAM,
        external_id="2",
        handle="h",
        credentials=token("t", "r"),
    )
    await seed.accounts.pause_app(account, calls, START + until, START)


async def test_a_claim_waits_for_the_quota_of_the_app(own_board: Board) -> None:
    put = await own_board.put(PublicationStatus.QUEUED, epoch=EPOCH)
    await paused_app(own_board, Paused.PUBLISHING, MINUTE)
    taken = await claim(own_board, put)
    assert (taken.found, taken.attempt, taken.step.status) == (None, None, PublicationStatus.QUEUED)
    row = await own_board.row(put.id)
    assert (row.hold_reason, row.hold_until) == ("DAILY_CAP", START + MINUTE)
    assert (row.hold_cause or {})["reason"] == "QUOTA_EXCEEDED"
    assert [event.type for event in await own_board.events(put.content_id)] == ["content.publish.held"]


async def test_a_claim_waits_while_the_app_is_throttled_and_no_longer(own_board: Board) -> None:
    put = await own_board.put(PublicationStatus.QUEUED, epoch=EPOCH)
    await paused_app(own_board, Paused.ALL, MINUTE)
    assert (await claim(own_board, put)).attempt is None
    row = await own_board.row(put.id)
    assert (row.hold_reason, row.hold_until) == ("RATE_LIMIT", START + MINUTE)
    taken = await claim(own_board, put, now=START + MINUTE)
    assert taken.attempt is not None


async def test_what_is_prepared_is_published_while_the_quota_of_uploads_is_used_up(own_board: Board) -> None:
    put = await own_board.put(PublicationStatus.QUEUED, epoch=EPOCH)
    await paused_app(own_board, Paused.PREPARING, MINUTE)
    assert (await claim(own_board, put)).attempt is not None
