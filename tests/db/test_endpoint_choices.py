"""What an endpoint can choose: the order of a post's events, headers of its own, the kind of its signature."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest

from munadi.db.sealing.rotation import reseal
from munadi.db.tables import EndpointRow
from munadi.db.webhooks.deliveries import DeliveryStore
from munadi.domain.publication import HoldReason
from munadi.domain.webhook import EndpointWithSecret, Ordering, SignatureScheme
from munadi.domain.webhook_schedule import MAX_ATTEMPTS, RETRY_DELAYS
from tests.db.delivering import SOON, record
from tests.db.seeding import BROKEN, OK, Seed

LATER = SOON + RETRY_DELAYS[0] * 1.5  # the first event's retry is due
MINUTES = timedelta(minutes=1)


@pytest.fixture
def store(seed: Seed) -> DeliveryStore:
    return DeliveryStore(seed.database, seed.keyring, Random(7))


async def two_events(seed: Seed, ordering: Ordering) -> EndpointWithSecret:
    """An endpoint that waits for two events of one post."""
    account = await seed.account()
    endpoint = await seed.endpoint(ordering=ordering, types=["content.accepted", "content.publish.held"])
    await seed.content(account.id, hold=HoldReason.TOKEN)
    return endpoint


@pytest.mark.parametrize("ordering", list(Ordering))
async def test_a_later_event_waits_for_the_one_before_by_choice(
    seed: Seed, store: DeliveryStore, ordering: Ordering
) -> None:
    endpoint = await two_events(seed, ordering)
    first, second = await store.take(endpoint.id, SOON, 10)
    assert (first.is_ordered, second.is_ordered) == (ordering is Ordering.CONTENT,) * 2
    await record(store, first, SOON, BROKEN, BROKEN)
    waiting = await store.take(endpoint.id, LATER, 10)
    assert [each.event_id for each in waiting] == ([] if ordering is Ordering.CONTENT else [second.event_id])
    at = SOON + 10 * MINUTES
    both = await store.take(endpoint.id, at, 10)
    assert {each.event_id for each in both} == {first.event_id, second.event_id}
    if ordering is Ordering.CONTENT:
        assert [each.event_id for each in both] == [first.event_id, second.event_id]
        assert [each.event_id for each in await store.take(endpoint.id, at, 1)] == [first.event_id]
    await record(store, first, at, OK)
    assert [each.event_id for each in await store.take(endpoint.id, at, 10)] == [second.event_id]


async def test_a_later_event_is_sent_once_the_one_before_was_given_up(seed: Seed, store: DeliveryStore) -> None:
    endpoint = await two_events(seed, Ordering.CONTENT)
    first, second = await store.take(endpoint.id, SOON, 10)
    await record(store, first, SOON, *[BROKEN] * MAX_ATTEMPTS)
    assert [each.event_id for each in await store.take(endpoint.id, SOON + 10 * MINUTES, 10)] == [second.event_id]


async def test_an_ordered_endpoint_gets_the_events_of_other_posts_meanwhile(seed: Seed, store: DeliveryStore) -> None:
    endpoint = await two_events(seed, Ordering.CONTENT)
    first, _ = await store.take(endpoint.id, SOON, 10)
    await record(store, first, SOON, BROKEN, BROKEN)
    other = await seed.content((await seed.account()).id, now=SOON)
    assert [each.content_id for each in await store.take(endpoint.id, LATER, 10)] == [other]


async def test_headers_are_sealed_sent_and_kept_by_their_mask(seed: Seed, store: DeliveryStore) -> None:
    headers = {"Authorization": "Bearer CANARY", "x-env": "prod"}
    endpoint = await seed.endpoint(headers=headers)
    assert endpoint.headers == {"Authorization": "***", "x-env": "prod"}
    await seed.account()
    [due] = await store.take(endpoint.id, SOON, 10)
    assert due.headers == headers
    changed = await seed.endpoints.change(endpoint.id, {"headers": {**endpoint.headers, "x-env": "test"}}, SOON)
    assert changed is not None
    await reseal(seed.database, seed.keyring)
    [due] = await store.take(endpoint.id, SOON, 10)
    assert due.headers == headers | {"x-env": "test"}
    async with seed.database.read() as session:
        row = await session.get_one(EndpointRow, endpoint.id)
    assert b"CANARY" not in row.sealed_headers
    assert "CANARY" not in str(row.headers)


@pytest.mark.parametrize("revoke", [False, True])
async def test_a_rotation_ends_the_old_secret_at_once_by_choice(seed: Seed, store: DeliveryStore, revoke: bool) -> None:
    endpoint = await seed.endpoint()
    await seed.account()
    async with seed.database.write() as session:
        rotated = await seed.endpoints.rotate(session, endpoint.id, SOON, revoke_previous=revoke)
    assert rotated is not None
    [due] = await store.take(endpoint.id, SOON, 10)
    assert due.secrets == ((rotated.secret,) if revoke else (rotated.secret, endpoint.secret))


async def test_a_rotation_can_change_the_kind_of_signature(seed: Seed, store: DeliveryStore) -> None:
    endpoint = await seed.endpoint()
    await seed.account()
    async with seed.database.write() as session:
        rotated = await seed.endpoints.rotate(session, endpoint.id, SOON, signature=SignatureScheme.V1A)
    assert rotated is not None
    assert (rotated.signature, rotated.public_key) == (SignatureScheme.V1A, rotated.secret)
    [due] = await store.take(endpoint.id, SOON, 10)
    assert [key.partition("_")[0] for key in due.secrets] == ["whsk", "whsec"]
