"""A rotated key-encryption key: all secrets are sealed under the newest key while work continues."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from sqlalchemy import LargeBinary, text, update
from sqlmodel import SQLModel

import munadi.db.sealing.rotation as resealing
from munadi.accounts.tokens import AccountTokens
from munadi.crypto import KeyRing, SealBroken
from munadi.db.accounts.store import AccountStore
from munadi.db.sealing.rotation import SEALED, RowsLocked, reseal
from munadi.db.sealing.secrets import open_credentials, open_secrets
from munadi.db.session import Database
from munadi.db.tables import AccountRow, EndpointRow
from munadi.db.tables.accounts import ConnectionRow
from munadi.domain.account import AccountStatus, ConnectedAccount, Credentials, Profile
from munadi.domain.channel import ChannelName
from munadi.domain.event import EventType
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.ports import Channels, Connection
from munadi.publishing import account_changes
from munadi.webhooks.endpoints import EndpointStore
from tests.db.sealed import HANDLES, NEW, OLD, opens_with, sealed_database, stored
from tests.db.seeding import START, RefreshingNetwork, Seed, StillClock, token
from tests.workflows.network import FakeChannel, spec


@pytest.fixture
async def old(database_url: str) -> AsyncIterator[Seed]:
    async with sealed_database(database_url) as seed:
        yield seed


def test_every_column_that_holds_bytes_is_known() -> None:
    columns = {
        (t.name, c.name) for t in SQLModel.metadata.sorted_tables for c in t.c if isinstance(c.type, LargeBinary)
    }
    assert columns == {(place.table.name, place.column) for place in SEALED}


async def test_after_a_rotation_the_old_key_can_be_removed(old: Seed) -> None:
    assert not await opens_with(old, NEW)
    done = await reseal(old.database, KeyRing([NEW, OLD]))
    assert done.rows == {
        "accounts": 1,
        "endpoints": 2,
        "connections": 1,
        "idempotency": 1,
        "receipt_keys": 1,
        **HANDLES,
    }
    assert done.unreadable == []
    assert await opens_with(old, NEW)
    assert not await opens_with(old, OLD)
    again = await reseal(old.database, KeyRing([NEW, OLD]))
    assert set(again.rows.values()) == {0}
    assert set((await reseal(old.database, KeyRing([NEW]))).rows.values()) == {0}


async def test_more_rows_than_fit_one_transaction(old: Seed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resealing, "ROWS", 3)
    for _ in range(10):
        await old.endpoint()
    assert (await reseal(old.database, KeyRing([NEW, OLD]))).rows["endpoints"] == 12


async def test_a_key_removed_too_early_is_reported_and_no_secret_is_lost(old: Seed) -> None:
    done = await reseal(old.database, KeyRing([NEW]))
    assert set(done.rows.values()) == {0}
    assert [row.table for row in done.unreadable] == [place.table.name for place in SEALED]
    assert all("a key that is not held" in row.error for row in done.unreadable)
    assert await opens_with(old, OLD)
    assert sum((await reseal(old.database, KeyRing([NEW, OLD]))).rows.values()) == 10
    assert await opens_with(old, NEW)


async def test_a_damaged_row_is_skipped_and_all_others_are_rotated(old: Seed) -> None:
    whole = (await stored(old, AccountRow)).sealed
    damaged = whole[:-1] + bytes([whole[-1] ^ 1])
    async with old.database.write() as session:
        await session.exec(update(AccountRow).values(sealed=damaged))
    done = await reseal(old.database, KeyRing([NEW, OLD]))
    assert done.rows == {"accounts": 0, "endpoints": 2, "connections": 1, "idempotency": 1, **HANDLES}
    assert [(row.table, row.error) for row in done.unreadable] == [
        ("accounts", "the value was damaged or belongs to another place")
    ]
    assert (await stored(old, AccountRow)).sealed == damaged


async def test_a_moved_or_damaged_secret_cannot_be_opened(old: Seed) -> None:
    account, endpoint = await stored(old, AccountRow), await stored(old, EndpointRow)
    connection = await stored(old, ConnectionRow)
    ring = old.keyring
    for other in (endpoint.sealed, connection.sealed, b"", account.sealed[:-1], account.sealed + b"\0"):
        with pytest.raises(SealBroken):
            open_credentials(ring, AccountRow.model_validate(account.model_dump() | {"sealed": other}))
    with pytest.raises(SealBroken):
        open_credentials(ring, AccountRow.model_validate(account.model_dump() | {"id": "acc_other"}))
    with pytest.raises(SealBroken):
        ring.open(account.sealed, table="accounts", row=account.id, column="body")
    for bit in range(len(account.sealed) * 8):
        flipped = bytearray(account.sealed)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SealBroken):
            open_credentials(ring, AccountRow.model_validate(account.model_dump() | {"sealed": bytes(flipped)}))


class Grants(FakeChannel):
    """A network on which each refresh brings the next token of the account."""

    def __init__(self) -> None:
        super().__init__(spec(ChannelName.BLUESKY))
        self.refreshed = 0

    async def _refresh(self, account: ConnectedAccount) -> Credentials:
        self.refreshed += 1
        await asyncio.sleep(0.001)
        return token(f"access-{self.refreshed}", f"refresh-{account.external_id}", START + timedelta(hours=1))

    @property
    def channels(self) -> Channels:
        return Channels({ChannelName.BLUESKY: self})


async def several(seed: Seed, count: int) -> list[str]:
    """Accounts with good tokens."""
    ids = []
    for number in range(count):
        profile = Profile(external_id=f"did:plc:{number}", handle=f"acme{number}.example")
        given = token("first", f"refresh-did:plc:{number}", START + timedelta(hours=1))
        async with seed.database.write() as session:
            view = await account_changes.connect(
                session, seed.keyring, "acme", ChannelName.BLUESKY, Connection(profile, given), login=None, now=START
            )
        ids.append(view.id)
    return ids


async def test_two_hundred_publishes_continue_while_the_key_is_rotated(
    old: Seed, clock: StillClock, database_url: str
) -> None:
    ids = await several(old, 20)
    both = KeyRing([NEW, OLD])
    network, accounts = Grants(), AccountStore(old.database, both)
    workers = [AccountTokens(accounts, network.channels, clock, f"w{number}") for number in range(4)]
    used, at_work, under_way, rotated = 0, 0, asyncio.Event(), asyncio.Event()

    async def publish(number: int) -> None:
        """Publish until the rotation ends. For each account the network once says that its token is expired."""
        nonlocal used, at_work
        tokens, account_id = workers[number % 4], ids[number % len(ids)]
        while True:
            at_work += 1
            account = await tokens.account(account_id)
            if number < len(ids):
                under_way.set()
                account = await tokens.renew(account)
            refresh = account.credentials.refresh_token
            assert refresh is not None
            assert refresh.get_secret_value() == f"refresh-{account.external_id}"
            used, at_work = used + 1, at_work - 1
            if rotated.is_set():
                return
            await asyncio.sleep(0.5)

    publishing = [asyncio.create_task(publish(number)) for number in range(200)]
    await under_way.wait()
    busy, beside = at_work, Database(database_url)
    done = await reseal(beside, both)
    await beside.close()
    rotated.set()
    await asyncio.gather(*publishing)
    assert busy > 0
    assert used >= 200
    assert network.refreshed >= len(ids)
    assert done.rows["accounts"] > 0
    assert done.unreadable == []
    only_new = AccountStore(old.database, KeyRing([NEW]))
    for account_id in ids:
        opened = await only_new.opened(account_id)
        assert opened is not None
        assert opened.account.credentials.access_token.get_secret_value() != "first"


async def test_secrets_that_an_old_process_seals_meanwhile_are_rotated_by_the_next_run(old: Seed) -> None:
    account = await stored(old, AccountRow)
    await reseal(old.database, KeyRing([NEW, OLD]))
    unrestarted = AccountStore(old.database, KeyRing([OLD, NEW]))
    assert await unrestarted.store_refreshed(account.id, 1, token("second", "refresh-second"), START)
    assert (await reseal(old.database, KeyRing([NEW, OLD]))).rows["accounts"] == 1
    assert await opens_with(old, NEW)


async def test_a_missing_key_is_a_wait_and_does_not_change_the_account(old: Seed, clock: StillClock) -> None:
    account = await stored(old, AccountRow)
    strangers = AccountTokens(
        AccountStore(old.database, KeyRing([NEW])), RefreshingNetwork(token("second")).channels, clock, "w"
    )
    with pytest.raises(ChannelError) as refused:
        await strangers.account(account.id)
    assert (refused.value.reason, refused.value.effect) == (Reason.INTERNAL_ERROR, Effect.NOT_SENT)
    view = await old.accounts.view(account.id)
    assert view is not None
    assert view.status is AccountStatus.CONNECTED
    assert await old.events(EventType.ACCOUNT_REAUTH_REQUIRED) == []
    assert await stored(old, AccountRow) == account
    back = AccountTokens(
        AccountStore(old.database, KeyRing([NEW, OLD])), RefreshingNetwork(token("second")).channels, clock, "w"
    )
    assert (await back.account(account.id)).credentials.access_token.get_secret_value() == "first"


async def test_an_endpoint_whose_secret_no_key_opens_gets_a_new_one(old: Seed) -> None:
    endpoint, keyring = await stored(old, EndpointRow), KeyRing([NEW])
    async with old.database.write() as session:
        rotated = await EndpointStore(old.database, keyring).rotate(session, endpoint.id, START)
    assert rotated is not None
    secrets = open_secrets(keyring, await stored(old, EndpointRow), START)
    assert [secret.text for secret in secrets] == [rotated.secret]


@asynccontextmanager
async def held(database: Database) -> AsyncIterator[None]:
    """Another transaction that locks a row until the block ends."""
    async with database.write() as session:
        await (await session.connection()).execute(text("SELECT id FROM accounts FOR UPDATE"))
        yield


async def test_a_row_that_another_transaction_locks_is_rotated_later(postgres_url: str) -> None:
    database = Database(postgres_url)
    seed = Seed(database, KeyRing([OLD]))
    await seed.create()
    await seed.account()
    both = KeyRing([NEW, OLD])
    async with held(database):
        with pytest.raises(RowsLocked, match="1 rows of accounts"):
            await reseal(database, both, patience=0.2)
        waiting = asyncio.create_task(reseal(database, both))
        await asyncio.sleep(0.3)
        assert not waiting.done()
    assert (await waiting).rows["accounts"] == 1
    await database.close()
