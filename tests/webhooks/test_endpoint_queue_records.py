"""What a queue writes to the database: each result once, and not too much beside the other brands."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from munadi.db.webhooks.sharing import Access
from munadi.domain.delivery import SendResult
from munadi.webhooks.dispatcher import LANES_PER_BRAND, WRITES_PER_BRAND
from tests.support.waiting import wait_until
from tests.webhooks.test_webhook_dispatcher import Queue, Receiver, due, running


async def test_sent_deliveries_are_recorded_when_the_process_stops() -> None:
    queue = Queue({"half": [due("half", n, post="cnt_1" if n else None) for n in range(2)]})
    receiver = Receiver()
    real = receiver.send

    async def then_silence(**given: object) -> SendResult:
        if given["message_id"] == "evt_1":
            await asyncio.sleep(3600)
        return await real(**given)  # type: ignore[arg-type]

    receiver.send = then_silence  # type: ignore[method-assign]
    async with running(queue, receiver):
        await wait_until(lambda: receiver.sent == ["evt_0"])
    assert [each.delivery_id for each in queue.recorded] == ["half-0"]


async def test_a_result_is_recorded_once_when_the_process_stops_while_it_is_committed() -> None:
    queue, committing = Queue({"good": [due("good", 1)]}), asyncio.Event()
    real = queue.record

    async def slowly(*given: Any) -> None:
        await real(*given)
        committing.set()
        await asyncio.sleep(0.2)  # a commit that is under way ends also when its caller is cancelled

    queue.record = slowly  # type: ignore[method-assign]
    async with running(queue, Receiver()):
        await asyncio.wait_for(committing.wait(), 10)
    assert [each.delivery_id for each in queue.recorded] == ["good-1"]


@dataclass
class SlowWriter(Queue):
    """A database whose writer is busy. Counts the transactions that wait for it, by brand."""

    writes: Counter[str] = field(default_factory=Counter)
    most: Counter[str] = field(default_factory=Counter)

    async def open(self, endpoint_id: str, holder: str, now: datetime) -> Access:
        brand = self.brands[endpoint_id]
        self.writes[brand] += 1
        self.most |= self.writes
        await asyncio.sleep(0.02)
        self.writes[brand] -= 1
        return Access.HOLDER

    async def record(self, endpoint_id: str, holder: str, *given: Any) -> None:
        await self.open(endpoint_id, holder, given[-1])
        await super().record(endpoint_id, holder, *given)


async def test_the_lanes_of_a_brand_leave_the_writer_to_others() -> None:
    names = [f"crowd-{number}" for number in range(LANES_PER_BRAND)]
    pending = {name: [due(name, number) for number in range(3)] for name in [*names, "quiet"]}
    queue = SlowWriter(pending, brands={**dict.fromkeys(names, "crowd"), "quiet": "quiet"})
    async with running(queue, Receiver()):
        await wait_until(lambda: not any(queue.pending.values()))
    assert queue.most == {"crowd": WRITES_PER_BRAND, "quiet": 1}
