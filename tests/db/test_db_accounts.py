"""Accounts: a reconnect releases held posts, a disconnect fails them, and no stored token is readable."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from munadi.crypto import SealBroken
from munadi.db.session import Database
from munadi.db.tables import AccountRow, ContentRow
from munadi.domain.account import AccountStatus, Credentials, Profile
from munadi.domain.event import EventType
from munadi.domain.failure import Reason
from munadi.domain.publication import HoldReason, PublicationStatus
from munadi.ports import Connection
from munadi.publishing import account_changes
from tests.db.seeding import START, Seed, token

LATER = START + timedelta(minutes=1)


async def stored(seed: Seed, account_id: str) -> Credentials:
    opened = await seed.accounts.opened(account_id)
    assert opened is not None
    return opened.account.credentials


async def test_the_same_profile_again_is_a_reconnect(seed: Seed) -> None:
    first = await seed.account()
    again = await seed.account(token("second"), now=LATER)
    opened = await seed.accounts.opened(first.id)
    assert again.id == first.id
    assert opened is not None
    assert opened.account.credentials.access_token.get_secret_value() == "second"
    assert opened.account.credentials_version == 2
    assert [event.content_id for event in await seed.events(EventType.ACCOUNT_CONNECTED)] == [None, None]


async def test_a_profile_connected_by_many_at_once_is_one_account(seed: Seed) -> None:
    made = await asyncio.gather(*(seed.account() for _ in range(5)))
    assert len({account.id for account in made}) == 1


async def test_a_reconnect_releases_and_wakes_posts_that_were_held_for_the_token(seed: Seed) -> None:
    account = await seed.account()
    held = await seed.content(account.id, hold=HoldReason.TOKEN)
    limited = await seed.content(account.id, hold=HoldReason.RATE_LIMIT)
    await seed.accounts.mark_reauth_required(account.id, 1, "TOKEN_REVOKED", START)
    again = await seed.account(now=LATER)
    assert again.status is AccountStatus.CONNECTED
    assert (await seed.publication(held)).hold_reason is None
    assert (await seed.publication(limited)).hold_reason == HoldReason.RATE_LIMIT
    async with seed.database.read() as session:
        contents = [await session.get_one(ContentRow, content_id) for content_id in (held, limited)]
    assert [content.wake_seq for content in contents] == [1, 0]
    assert contents[0].next_look_at == LATER


async def test_a_reconnect_emits_one_resumed_event_per_held_publication(seed: Seed) -> None:
    account = await seed.account()
    held = [await seed.content(account.id, hold=HoldReason.TOKEN) for _ in range(2)]
    await seed.content(account.id, hold=HoldReason.OUTAGE)
    await seed.account(now=LATER)
    resumed = await seed.events(EventType.PUBLISH_RESUMED)
    assert sorted(str(event.content_id) for event in resumed) == sorted(held)
    for event in resumed:
        assert (event.sequence, event.status, event.created_at) == (3, "queued", LATER)  # accepted, held, resumed
        assert event.data["publication"]["hold"] is None
    await seed.account(now=LATER)
    assert len(await seed.events(EventType.PUBLISH_RESUMED)) == 2


async def test_a_disconnect_fails_the_queued_posts(seed: Seed) -> None:
    account = await seed.account()
    waiting = await seed.content(account.id)
    view = await account_changes.disconnect(seed.database, account.id, LATER)
    again = await account_changes.disconnect(seed.database, account.id, LATER)
    row = await seed.publication(waiting)
    assert view is not None
    assert view.status is AccountStatus.DISCONNECTED
    assert again == view
    assert row.status == PublicationStatus.FAILED
    assert (row.failure or {})["reason"] == Reason.ACCOUNT_DISCONNECTED
    assert await seed.accounts.opened(account.id) is None
    assert await seed.accounts.list(brand_ref="acme", limit=10, after=None) == []
    assert len(await seed.events(EventType.ACCOUNT_DISCONNECTED)) == 1
    assert len(await seed.events(EventType.CONTENT_COMPLETED)) == 1
    assert (await seed.account()).id != account.id


async def test_credentials_are_kept_after_a_disconnect_while_a_post_may_need_reconciling(seed: Seed) -> None:
    account = await seed.account()
    content_id = await seed.content(account.id)
    await seed.set_status(content_id, PublicationStatus.PUBLISHING)
    await account_changes.disconnect(seed.database, account.id, LATER)
    assert await seed.accounts.opened(account.id) is not None
    assert (await seed.publication(content_id)).status == PublicationStatus.PUBLISHING


async def test_a_lease_has_one_holder_until_it_expires(seed: Seed) -> None:
    account = await seed.account()
    until = START + timedelta(seconds=60)
    taken = await asyncio.gather(*(seed.accounts.take_lease(account.id, f"w{n}", START, until) for n in range(5)))
    assert sorted(taken) == [False, False, False, False, True]
    assert await seed.accounts.take_lease(account.id, "late", until, until + timedelta(seconds=60))
    await seed.accounts.release_lease(account.id, "w0")  # not its holder, or no longer
    assert not await seed.accounts.take_lease(account.id, "other", until, until)
    await seed.accounts.release_lease(account.id, "late")
    assert await seed.accounts.take_lease(account.id, "other", until, until)


async def test_a_stale_refresh_is_not_stored(seed: Seed) -> None:
    account = await seed.account()
    assert await seed.accounts.store_refreshed(account.id, 1, token("new", "refresh-new"), LATER)
    assert not await seed.accounts.store_refreshed(account.id, 1, token("stale"), LATER)
    opened = await seed.accounts.opened(account.id)
    assert opened is not None
    assert opened.account.credentials == token("new", "refresh-new")


@pytest.mark.parametrize("empty", [None, ""])
async def test_a_stored_refresh_token_is_never_overwritten_by_an_empty_one(seed: Seed, empty: str | None) -> None:
    account = await seed.account()
    fresh = token("new").model_copy(
        update={"refresh_token": None if empty is None else type(token("x").access_token)("")}
    )
    await seed.accounts.store_refreshed(account.id, 1, fresh, LATER)
    opened = await seed.accounts.opened(account.id)
    assert opened is not None
    assert opened.account.credentials == token("new", "refresh-first")


async def test_a_refresh_keeps_the_parts_of_a_grant_that_it_does_not_name(seed: Seed) -> None:
    bound = {"extra": {"key": SecretStr("bound")}}
    account = await seed.account(token("first", "refresh").model_copy(update=bound))
    await seed.accounts.store_refreshed(account.id, 1, token("second", "refresh-2"), LATER)
    assert await stored(seed, account.id) == token("second", "refresh-2").model_copy(update=bound)
    other = {"extra": {"key": SecretStr("another")}}
    await seed.accounts.store_refreshed(account.id, 2, token("third", "refresh-3").model_copy(update=other), LATER)
    assert await stored(seed, account.id) == token("third", "refresh-3").model_copy(update=other)


async def test_a_reconnect_keeps_nothing_of_the_previous_grant(seed: Seed) -> None:
    account = await seed.account(token("first", "refresh").model_copy(update={"extra": {"key": SecretStr("bound")}}))
    again = await seed.account(token("second"), now=LATER)
    assert again.id == account.id
    assert await stored(seed, account.id) == token("second")


async def test_a_check_that_finds_a_later_expiry_ends_the_warning(seed: Seed) -> None:
    ends, later = START + timedelta(days=5), START + timedelta(days=90)
    account = await seed.account(token("access").model_copy(update={"grant_expires_at": ends}))
    assert await seed.accounts.mark_expiring(account.id, 1, START)
    for at, status in ((ends, "expiring"), (later, "connected")):
        seen = token("access").model_copy(update={"grant_expires_at": at})
        profile = Profile(external_id=account.external_id, handle="acme.example")
        await seed.accounts.store_checked(account.id, 1, Connection(profile, seen), LATER)
        view = await seed.accounts.view(account.id)
        assert view is not None
        assert (view.status, view.grant_expires_at) == (status, at)


async def test_a_dead_grant_is_reported_once_and_only_for_its_credentials(seed: Seed) -> None:
    account = await seed.account()
    assert await seed.accounts.mark_expiring(account.id, 1, START)
    assert await seed.accounts.mark_reauth_required(account.id, 1, "TOKEN_REVOKED", START)
    assert not await seed.accounts.mark_reauth_required(account.id, 1, "TOKEN_REVOKED", START)
    await seed.account(now=LATER)
    assert not await seed.accounts.mark_reauth_required(account.id, 1, "TOKEN_REVOKED", LATER)
    events = await seed.events(EventType.ACCOUNT_EXPIRING, EventType.ACCOUNT_REAUTH_REQUIRED)
    assert [(event.status, event.reason, event.sns) for event in events] == [
        ("expiring", None, "bluesky"),
        ("reauth_required", "TOKEN_REVOKED", "bluesky"),
    ]
    assert "acme.example" in str(events[1].data)


async def test_no_token_is_readable_in_the_database_file(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'munadi.db'}")
    seed = Seed(database)
    await seed.create()
    more = {"extra": {"key": SecretStr("CANARY-key")}}
    account = await seed.account(token("CANARY-access", "CANARY-refresh").model_copy(update=more))
    await seed.accounts.store_refreshed(account.id, 1, token("CANARY-new"), LATER)
    endpoint = await seed.endpoint()
    await database.close()
    written = _bytes_of(tmp_path)
    assert account.id.encode() in written
    assert b"CANARY" not in written
    assert endpoint.secret.encode() not in written


async def test_credentials_open_only_in_their_own_row(seed: Seed) -> None:
    account = await seed.account()
    await account_changes.disconnect(seed.database, account.id, LATER)
    other = await seed.account(token("other"))
    async with seed.database.write() as session:
        first, second = [await session.get_one(AccountRow, key) for key in (account.id, other.id)]
        first.sealed = second.sealed
    with pytest.raises(SealBroken):
        await seed.accounts.opened(account.id)


def _bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())
