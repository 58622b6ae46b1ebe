"""What a post costs the worker, in transactions, statements and events: docs/architecture.md says it in a table."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from activities import siblings
from munadi.db.sqlite import WriterConnection
from munadi.domain.channel import ChannelName
from munadi.publishing.attempts import AttemptStore
from munadi.publishing.schedule import ScheduleStore
from tests.support.costs import count, stated_costs, stated_events
from tests.support.statements import statements_of
from tests.workflows.world import World

TRANSACTIONS = {
    "queue": (ScheduleStore, "queue"),
    "claim": (AttemptStore, "claim"),
    "record outcome": (AttemptStore, "record_outcome"),
}


async def test_publishing_takes_the_stated_statements(real: World, monkeypatch: pytest.MonkeyPatch) -> None:
    found: dict[str, tuple[int, ...]] = {}
    trips: list[str] = []
    send = WriterConnection._execute

    async def execute(connection: WriterConnection, function: Callable[..., Any], *arguments: Any) -> Any:
        trips.append(function.__name__)
        return await send(connection, function, *arguments)  # type: ignore[no-untyped-call]

    def counted(name: str, method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def run(*arguments: Any, **options: Any) -> Any:
            before = len(trips)
            with statements_of(real.database) as seen:
                answer = await method(*arguments, **options)
            assert name not in found, "once for each post"
            found[name] = (*count(seen), len(trips) - before)
            return answer

        return run

    monkeypatch.setattr(WriterConnection, "_execute", execute)
    for name, (store, method) in TRANSACTIONS.items():
        monkeypatch.setattr(store, method, counted(name, getattr(store, method)))
    content_id = await real.submit(datetime.now(UTC) + timedelta(seconds=4))
    before = len(trips)
    async with real.worker():
        await real.wake(content_id, first=True)
        assert await real.result(content_id) == "1/1 published"
    stated = stated_costs()
    assert found == {name: stated[name] for name in TRANSACTIONS}
    # These are all the transactions: nothing else began or ended one.
    assert len(trips) - before == sum(each[-1] for each in found.values())


async def test_a_history_has_the_stated_events(real: World) -> None:
    found = []
    for ahead in (timedelta(0), timedelta(seconds=4)):
        content_id = await real.submit(datetime.now(UTC) + ahead)
        async with real.worker():
            await real.wake(content_id, first=True, recorded=bool(ahead))
            assert await real.result(content_id) == "1/1 published"
        found.append(len((await real.handle(content_id).fetch_history()).events))
    assert found == stated_events()


async def test_publications_that_end_one_after_the_other_wake_the_workflow_once(
    real_two: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each further channel adds its activity, and no workflow task."""
    monkeypatch.setattr(siblings, "PATIENCE_SECONDS", 30.0)  # for a busy machine
    slow = real_two.channels[ChannelName.INSTAGRAM]
    publish = slow._publish

    async def later(*arguments: Any) -> Any:
        await asyncio.sleep(0.3)
        return await publish(*arguments)

    monkeypatch.setattr(slow, "_publish", later)
    found = []
    async with real_two.worker():
        # Two reports reach the server one after the other. On a busy machine it may begin the workflow task in between.
        while stated_events()[1] + 3 not in found and len(found) < 8:
            content_id = await real_two.submit(datetime.now(UTC) + timedelta(seconds=4))
            await real_two.wake(content_id, first=True)
            assert await real_two.result(content_id) == "2/2 published"
            found.append(len((await real_two.handle(content_id).fetch_history()).events))
            first, last = sorted(row.updated_at for row in (await real_two.publications(content_id)).values())
            assert last - first > timedelta(seconds=0.2), "the state of the first is not held back"
    assert stated_events()[1] + 3 in found, found
