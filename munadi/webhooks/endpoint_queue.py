"""The queue of one endpoint: sends what is due, and records the results concurrently.

Recording waits for the database's writer, which is busy when many posts are due. Sending continues meanwhile, so an
event never waits for the record of the one before it.

When events wait too long, although the endpoint takes them, the holder of its lease shares it: queues of other
processes help, and each claims what it sends (`munadi/db/webhooks/sharing.py`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from munadi.db.webhooks.deliveries import DeliveryStore
from munadi.db.webhooks.sharing import Access
from munadi.domain.delivery import Attempted, DueDelivery
from munadi.ports import Clock
from munadi.webhooks.batch import SENDS_AT_FIRST, SENDS_PER_ENDPOINT, DeliveryBatch, Pace
from munadi.webhooks.sender import WebhookSender

log = logging.getLogger("munadi.dispatcher")

BATCH = 64
# An idle queue stays open for this long (seconds, less than its lease): the next event needs no new lease.
LINGER = 5.0
# A queue makes room for the brand's other endpoints after this many seconds, and sooner when one of them waits.
TURN = 30.0
SHORT_TURN = 1.0
# An endpoint is slow when it needs longer than this many seconds for a batch. (One with a pace needs one second.)
SLOW_AFTER = 2.0
# Seconds between two reads of what is due, at least: events that are committed together are sent together. A first
# event after a quiet time does not wait.
PAUSE = 0.1
RENEW_EVERY = 3.0
# Seconds that the oldest event has waited when an endpoint is shared, and when it is not shared any more.
BEHIND, CAUGHT_UP = 10.0, 2.0
# Seconds between two renewals of claims, less than they last.
KEEP_EVERY = 10.0


class EndpointQueue:
    """Serves one endpoint under its lease. `more` is set when deliveries were committed.

    `writes` bounds the writing transactions that all queues of a brand have at the same time.
    """

    def __init__(
        self,
        endpoint_id: str,
        deliveries: DeliveryStore,
        sender: WebhookSender,
        clock: Clock,
        holder: str,
        writes: asyncio.Semaphore,
    ) -> None:
        self.more = asyncio.Event()
        self._endpoint_id = endpoint_id
        self._deliveries = deliveries
        self._sender = sender
        self._clock = clock
        self._holder = holder
        self._writes = writes
        self._at_once = SENDS_AT_FIRST
        self._pace = Pace(clock)
        self._attempted: list[Attempted] = []
        self._blocked: list[str] = []
        # Sent or blocked, and not recorded yet: the database still has them as due.
        self._unrecorded: set[str] = set()
        self._has_results = asyncio.Event()
        self._recording = asyncio.Lock()
        self._access = Access.NONE
        # Of a shared endpoint: what is under way, and what was claimed and not sent.
        self._claimed: set[str] = set()
        self._unsent: set[str] = set()
        self._keep_at = 0.0
        self._is_well = True
        self._started = clock.monotonic()
        self._end = self._started + TURN
        self._batch_since: float | None = None
        self._was_slow = False

    @property
    def is_slow(self) -> bool:
        """Whether the endpoint needs, or needed for its last batch, longer than a healthy one."""
        if self._batch_since is None:
            return self._was_slow
        return self._was_slow or self._clock.monotonic() - self._batch_since > SLOW_AFTER

    def make_room(self) -> None:
        """Other endpoints of the brand wait: end soon, even if more is due here."""
        self._end = min(self._end, self._started + SHORT_TURN)
        self.more.set()

    async def run(self) -> None:
        """Send until nothing is due for a while, or the queue's turn is over. Raises what the database raises."""
        async with self._writes:
            self._access = await self._deliveries.open(self._endpoint_id, self._holder, self._clock.now())
        if self._access is Access.NONE:
            return
        if self._access is Access.HELPER:
            log.info("helping another process to send to %s", self._endpoint_id)
        recording = asyncio.create_task(self._keep_recording())
        try:
            await self._keep_sending(recording)
        finally:
            recording.cancel()
            await asyncio.gather(recording, return_exceptions=True)
            # Also when this process stops in the middle of a batch: what was sent is known.
            await asyncio.shield(self._record())

    async def _keep_sending(self, recording: asyncio.Task[None]) -> None:
        next_read = 0.0
        while (now := self._clock.monotonic()) < self._end:
            if recording.done():
                recording.result()
            await asyncio.sleep(max(next_read - now, 0))
            next_read = self._clock.monotonic() + PAUSE
            self.more.clear()
            due = await self._take()
            if due:
                await self._send(DeliveryBatch(due, self._sender, self._clock, self._at_once, self._pace))
            elif not await self._wait_for_more():
                return

    async def _take(self) -> list[DueDelivery]:
        """What this process sends next."""
        # Before the read: what is recorded while it runs may still look due to it.
        sent = set(self._unrecorded)
        due = await self._deliveries.take(self._endpoint_id, self._clock.now(), BATCH + len(sent))
        due = [delivery for delivery in due if delivery.delivery_id not in sent]
        if self._access is not Access.HELPER and await self._has_changed_sharing(due):
            return await self._take()  # others may have claimed some of these meanwhile
        if not due or self._access is Access.HOLDER:
            # A slow pace takes a second's worth at a time, so that the queue's turn ends in time.
            return due[: due[0].max_per_second] if due else due
        async with self._writes:
            now = self._clock.now()
            claimed = await self._deliveries.claim(self._endpoint_id, self._holder, due[: self._at_once], now)
        if claimed is None:
            self._end = self._clock.monotonic()  # it is not shared any more, or another process holds it
        self._claimed = {delivery.delivery_id for delivery in claimed or ()}
        self._keep_at = self._clock.monotonic() + KEEP_EVERY
        return claimed or []

    async def _has_changed_sharing(self, due: Sequence[DueDelivery]) -> bool:
        """As the holder: begin to share while events wait too long, and end it once they do not, or are refused."""
        since = [delivery.due_at for delivery in due if delivery.due_at is not None]
        waited = (self._clock.now() - min(since)).total_seconds() if since else 0.0
        if self._access is Access.SHARING_HOLDER:
            if waited >= CAUGHT_UP and self._is_well:
                return False
        elif waited < BEHIND or len(due) < BATCH or not self._is_well or due[0].max_per_second is not None:
            return False
        await self._record()  # nothing may be under way that was taken in the other way
        is_shared = self._access is not Access.SHARING_HOLDER
        async with self._writes:
            if not await self._deliveries.share(self._endpoint_id, self._holder, is_shared):
                return False
        self._access = Access.SHARING_HOLDER if is_shared else Access.HOLDER
        log.info("%s other processes help to send to %s", "from now on" if is_shared else "no", self._endpoint_id)
        return True

    async def _send(self, batch: DeliveryBatch) -> None:
        self._batch_since = self._clock.monotonic()
        try:
            await batch.send()
        finally:
            self._was_slow = self._clock.monotonic() - self._batch_since > SLOW_AFTER
            self._batch_since = None
            self._attempted += batch.attempted
            self._blocked += batch.blocked
            ended = {each.delivery_id for each in batch.attempted} | set(batch.blocked)
            self._unrecorded |= ended
            self._unsent |= self._claimed - ended
            self._claimed = set()
            self._has_results.set()
        self._is_well = all(each.result.ok for each in batch.attempted)
        self._at_once = min(self._at_once * 2, SENDS_PER_ENDPOINT) if self._is_well else SENDS_AT_FIRST
        if batch.stopped or (batch.is_ordered and not self._is_well):
            # The circuit breaker, which is in the database, decides what is sent next, and so does the order of events.
            await self._record()

    async def _wait_for_more(self) -> bool:
        """Wait for events, or for the results that hold back the queue's other events. False: nothing came."""
        if self._unrecorded:
            return True
        try:
            async with asyncio.timeout(min(LINGER, max(self._end - self._clock.monotonic(), 0))):
                await self.more.wait()
        except TimeoutError:
            return False
        return True

    async def _keep_recording(self) -> None:
        """Record results as they arrive, and extend the lease while an endpoint is slow."""
        while True:
            try:
                async with asyncio.timeout(RENEW_EVERY):
                    await self._has_results.wait()
            except TimeoutError:
                async with self._writes:
                    await self._deliveries.renew(self._endpoint_id, self._holder, self._clock.now())
                await self._keep_claims()
                continue
            # Not cancelled in the middle: a transaction that is committed all the same would be recorded twice.
            await asyncio.shield(self._record())

    async def _keep_claims(self) -> None:
        if self._claimed and self._clock.monotonic() >= self._keep_at:
            self._keep_at = self._clock.monotonic() + KEEP_EVERY
            async with self._writes:
                await self._deliveries.keep_claims(set(self._claimed), self._clock.now())

    async def _record(self) -> None:
        """Record all results so far. What could not be recorded is kept for the next call."""
        async with self._recording, self._writes:
            self._has_results.clear()
            attempted, blocked, unsent = list(self._attempted), list(self._blocked), set(self._unsent)
            if attempted or blocked or unsent:
                now = self._clock.now()
                await self._deliveries.record(self._endpoint_id, self._holder, attempted, blocked, now, unsent)
            self._unsent -= unsent
            del self._attempted[: len(attempted)], self._blocked[: len(blocked)]
            self._unrecorded -= {each.delivery_id for each in attempted} | set(blocked)
