"""An endpoint that has fallen behind is served by several processes, and each delivery is sent by one of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from random import Random

import pytest

from munadi.db.session import Database
from munadi.db.webhooks.deliveries import DeliveryStore
from munadi.db.webhooks.endpoint_queues import LEASE
from munadi.db.webhooks.sharing import CLAIM, Access
from munadi.domain.delivery import Attempted
from munadi.domain.event import EventType
from munadi.domain.publication import HoldReason
from munadi.domain.webhook import Ordering
from munadi.ports import DueDelivery
from tests.db.delivering import ME, OTHER, SOON, waiting
from tests.db.seeding import BROKEN, OK, Seed

THIRD = "host/3"
SECOND = timedelta(seconds=1)


@pytest.fixture
async def seed(postgres_tables: str) -> AsyncIterator[Seed]:
    database = Database(postgres_tables)
    made = Seed(database)
    await made.create()
    yield made
    await database.close()


@pytest.fixture
def store(seed: Seed) -> DeliveryStore:
    return DeliveryStore(seed.database, seed.keyring, Random(7))


async def behind(seed: Seed, store: DeliveryStore, posts: int, *types: EventType, ordered: bool = False) -> str:
    """An endpoint that this process holds, with an event of each of these types about each post."""
    ordering = Ordering.CONTENT if ordered else Ordering.NONE
    endpoint = await seed.endpoint(types=types or [EventType.CONTENT_ACCEPTED], ordering=ordering)
    account = await seed.account()
    for _ in range(posts):
        await seed.content(account.id, hold=HoldReason.OUTAGE if EventType.PUBLISH_HELD in types else None)
    assert await store.open(endpoint.id, ME, SOON) is Access.HOLDER
    return endpoint.id


def ids(due: list[DueDelivery] | None) -> list[str]:
    return [each.delivery_id for each in due or []]


async def test_others_help_once_the_holder_shares(seed: Seed, store: DeliveryStore) -> None:
    key = await behind(seed, store, 2)
    assert (await store.open(key, OTHER, SOON), await waiting(store, SOON, OTHER)) == (Access.NONE, [])
    due = await store.take(key, SOON, 10)
    assert await store.claim(key, OTHER, due, SOON) is None
    assert not await store.share(key, OTHER, True)
    assert await store.share(key, ME, True)
    assert (await store.open(key, OTHER, SOON), await waiting(store, SOON, OTHER)) == (Access.HELPER, [key])
    assert await store.open(key, ME, SOON) is Access.SHARING_HOLDER
    # A helper neither takes the lease nor extends it.
    assert await store.open(key, OTHER, SOON + LEASE) is Access.HOLDER
    assert await store.claim(key, ME, due, SOON + LEASE) is None


async def test_each_delivery_is_claimed_by_one_process(seed: Seed, store: DeliveryStore) -> None:
    key = await behind(seed, store, 40)
    await store.share(key, ME, True)

    async def work_off(holder: str) -> list[str]:
        mine: list[str] = []
        while due := await store.take(key, SOON, 12):
            mine += ids(await store.claim(key, holder, due, SOON))
        return mine

    found = await asyncio.gather(*(work_off(f"host/{number}") for number in range(4)), work_off(ME))
    claimed = [each for mine in found for each in mine]
    assert (len(claimed), len(set(claimed))) == (40, 40)
    assert await store.take(key, SOON + CLAIM - SECOND, 100) == []


async def test_a_claim_ends_with_its_result_or_by_itself(seed: Seed, store: DeliveryStore) -> None:
    key = await behind(seed, store, 4)
    await store.share(key, ME, True)
    due = await store.claim(key, OTHER, await store.take(key, SOON, 10), SOON)
    assert due is not None
    sent, broken, unsent, lost = due
    results = [Attempted(sent.delivery_id, OK, SOON), Attempted(broken.delivery_id, BROKEN, SOON)]
    await store.keep_claims([lost.delivery_id], SOON + CLAIM / 2)
    await store.record(key, OTHER, results, [], SOON, [unsent.delivery_id])
    assert ids(await store.take(key, SOON, 10)) == ids([unsent])
    assert set(ids(await store.take(key, SOON + CLAIM, 10))) == set(ids([unsent, broken]))  # retried after 5 s or so
    assert set(ids(await store.take(key, SOON + 1.5 * CLAIM, 10))) == set(ids([unsent, broken, lost]))


async def test_nothing_is_claimed_once_it_is_not_shared(seed: Seed, store: DeliveryStore) -> None:
    key = await behind(seed, store, 2)
    await store.share(key, ME, True)
    first, second = await store.take(key, SOON, 10)
    assert ids(await store.claim(key, OTHER, [first], SOON)) == ids([first])
    await store.share(key, ME, False)
    assert await store.claim(key, OTHER, [second], SOON) is None
    # What another process has under way does not look due to the holder.
    assert ids(await store.take(key, SOON, 10)) == ids([second])


async def test_a_new_holder_does_not_share_what_the_one_before_did(seed: Seed, store: DeliveryStore) -> None:
    key = await behind(seed, store, 1)
    await store.share(key, ME, True)
    dead_at = SOON + LEASE
    due = await store.take(key, dead_at, 10)
    assert await store.claim(key, OTHER, due, dead_at) is None  # nobody holds it
    assert await store.open(key, THIRD, dead_at) is Access.HOLDER
    assert await store.open(key, OTHER, dead_at) is Access.NONE
    assert await store.claim(key, OTHER, due, dead_at) is None


async def test_the_order_of_a_posts_events_holds_over_processes(seed: Seed, store: DeliveryStore) -> None:
    types = [EventType.CONTENT_ACCEPTED, EventType.PUBLISH_HELD]
    key = await behind(seed, store, 1, *types, ordered=True)
    await store.share(key, ME, True)
    first, second = await store.take(key, SOON, 10)
    assert (first.event_type, second.event_type) == tuple(each.value for each in types)
    # Both processes have read both; each claims what it wants, at the same time.
    assert ids(await store.claim(key, OTHER, [second], SOON)) == []
    assert ids(await store.claim(key, ME, [first], SOON)) == ids([first])
    assert ids(await store.claim(key, OTHER, [second], SOON)) == []
    assert await store.take(key, SOON, 10) == []
    await store.record(key, ME, [Attempted(first.delivery_id, OK, SOON)], [], SOON)
    assert ids(await store.claim(key, OTHER, [second], SOON)) == ids([second])


async def test_one_process_may_claim_all_events_of_a_post_in_their_order(seed: Seed, store: DeliveryStore) -> None:
    types = [EventType.CONTENT_ACCEPTED, EventType.PUBLISH_HELD]
    key = await behind(seed, store, 2, *types, ordered=True)
    await store.share(key, ME, True)
    due = await store.take(key, SOON, 10)
    claimed = await store.claim(key, OTHER, due, SOON)
    assert ids(claimed) == ids(due)
    assert len(due) == 4
