"""Two dispatchers over one PostgreSQL and a receiver that cannot keep up: both send, and no event comes twice."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

import pytest

from munadi.clock import SystemClock
from munadi.db.session import Database
from munadi.db.tables import EventRow
from munadi.db.webhooks.deliveries import DeliveryStore
from munadi.domain.delivery import SendResult
from munadi.domain.event import EventType
from munadi.domain.publication import HoldReason
from munadi.domain.webhook import Ordering
from munadi.webhooks.dispatcher import EventDispatcher
from tests.db.seeding import Seed
from tests.support.waiting import wait_until
from tests.webhooks.test_webhook_dispatcher import OK

POSTS, SECONDS = 150, 0.15
TYPES = [EventType.CONTENT_ACCEPTED, EventType.PUBLISH_HELD]


@dataclass
class SlowReceiver:
    """Takes each event, slowly. `seen`: the events whose request began or ended, in order; `senders`: who sent what."""

    seen: list[tuple[str, str]] = field(default_factory=list)
    senders: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def by(self, name: str) -> Sender:
        return Sender(self, name)


@dataclass
class Sender:
    """The way of one process to the receiver."""

    receiver: SlowReceiver
    name: str

    async def send(
        self,
        *,
        url: str,
        message_id: str,
        body: bytes,
        secrets: Sequence[str],
        timestamp: datetime,
        headers: Mapping[str, str] | None = None,
    ) -> SendResult:
        self.receiver.seen.append(("began", message_id))
        self.receiver.senders[self.name].add(message_id)
        await asyncio.sleep(SECONDS)
        self.receiver.seen.append(("ended", message_id))
        return OK


def sequence(event: EventRow) -> int:
    return event.sequence or 0


@asynccontextmanager
async def process(url: str, seed: Seed, receiver: SlowReceiver, name: str) -> AsyncIterator[None]:
    """The dispatcher of a worker, with connections of its own."""
    database = Database(url)
    store = DeliveryStore(database, seed.keyring, Random(7))
    dispatcher = EventDispatcher(store, receiver.by(name), SystemClock(), name)  # type: ignore[arg-type]
    task = asyncio.create_task(dispatcher.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await database.close()


@pytest.mark.parametrize("ordering", Ordering)
async def test_two_processes_send_to_an_endpoint_that_is_behind(postgres_tables: str, ordering: Ordering) -> None:
    database, receiver = Database(postgres_tables), SlowReceiver()
    try:
        seed = Seed(database)
        await seed.create()
        await seed.endpoint(types=TYPES, ordering=ordering)
        account = await seed.account()
        # They have waited since the day of the test's events, so the endpoint is far behind.
        posts = [await seed.content(account.id, hold=HoldReason.OUTAGE) for _ in range(POSTS)]
        async with process(postgres_tables, seed, receiver, "one"), process(postgres_tables, seed, receiver, "two"):
            await wait_until(lambda: len(receiver.seen) >= 4 * POSTS, within=60)
            await asyncio.sleep(1.0)
        assert (len(receiver.seen), len(set(receiver.seen))) == (4 * POSTS, 4 * POSTS)
        sent = {name: len(events) for name, events in receiver.senders.items()}
        assert set(sent) == {"one", "two"}, sent
        if ordering is Ordering.CONTENT:
            events = await seed.events(*TYPES)
            for post in posts:
                first, second = sorted((event for event in events if event.content_id == post), key=sequence)
                assert receiver.seen.index(("ended", first.id)) < receiver.seen.index(("began", second.id))
    finally:
        await database.close()
