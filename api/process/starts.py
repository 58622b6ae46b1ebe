"""Starts the workflows of accepted posts in small batches, what is due first comes first; wakes those of changed posts.

A batch is recorded in one transaction: `accepted` becomes `queued`. While requests keep coming, posts with time left
are started at a pace that leaves the processor to the requests. Nothing here affects a response. What is lost here,
because Temporal is down or this process dies, the relay does later.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from structlog.contextvars import get_contextvars
from temporalio.client import Client

from munadi.domain.account_view import AccountView
from munadi.domain.publishing import View
from munadi.ports import Clock
from munadi.process.background import detached
from munadi.publishing.crowds import Crowds
from munadi.publishing.schedule import ScheduleStore
from munadi.telemetry import tracing
from workflows.start import wake_account, wake_content

# Starts at the same time. More would only queue at Temporal, before the work of posts that are due.
AT_ONCE = 8
BATCH = 16
# A post that wants its workflow within this time is started at once. Of the others, a share of those that wait is
# started after each pause: so they wait for about two seconds, however fast they come.
SOON = timedelta(seconds=10)
PAUSE = 0.25
SHARE = 8
# An established client blocks for 9 s when Temporal is down, whatever its rpc_timeout.
PATIENCE = 1.0
# After a failure only the relay starts workflows for a while: a queue of failing calls would block other work.
COOLDOWN = 2.0
log = structlog.get_logger("munadi.api")


@dataclass(frozen=True)
class _Accepted:
    """A post, and the request that it came with: its id, and its span if it has one."""

    post: View
    request_id: str | None
    trace: str | None


@dataclass
class Starts:
    """The workflows that are to be started or woken (`Workflows`, `AccountWorkflows`). One object per process."""

    temporal: Client | None
    task_queue: str
    schedule: ScheduleStore
    clock: Clock
    paused_until: float = 0.0
    _crowds: Crowds = field(default_factory=Crowds)
    _waiting: list[tuple[datetime, str, _Accepted]] = field(default_factory=list)
    _draining: asyncio.Task[None] | None = None
    _waking: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def client(self) -> Client | None:
        """Temporal, or None without it and while calls are paused after a failure."""
        return None if self.clock.monotonic() < self.paused_until else self.temporal

    def start(self, post: View) -> None:
        """Start the workflow of a post that is committed. Returns at once."""
        if (client := self.client) is None:
            return
        wanted = (plan.wants_at for plan in post.plans)
        first = min((at for at in wanted if at is not None), default=self.clock.now())
        accepted = _Accepted(post, get_contextvars().get("request_id"), tracing.current())
        heapq.heappush(self._waiting, (first, post.content_id, accepted))
        if self._draining is None or self._draining.done():
            self._draining = detached(self._drain(client))

    def wake(self, content_id: str, brand_ref: str, channels: Sequence[str]) -> None:
        """Signal the workflow of a post whose change is committed, or start it. Returns at once."""
        if (client := self.client) is not None:
            self._signal(
                content_id,
                wake_content(client, self.task_queue, content_id=content_id, brand_ref=brand_ref, channels=channels),
            )

    def wake_account(self, account: AccountView) -> None:
        """Signal the workflow of an account that was connected or disconnected, or start it. Returns at once."""
        if (client := self.client) is not None:
            named = {"account_id": account.id, "brand_ref": account.brand_ref, "channel": account.channel}
            self._signal(account.id, wake_account(client, self.task_queue, **named))

    async def finish(self) -> None:
        """Before the process ends: wait for what is under way."""
        await asyncio.gather(*self._waking)
        if self._draining is not None:
            await self._draining

    def _signal(self, whose: str, call: Awaitable[object]) -> None:
        task = asyncio.create_task(self._signalled(whose, call))
        self._waking.add(task)
        task.add_done_callback(self._waking.discard)

    async def _signalled(self, whose: str, call: Awaitable[object]) -> None:
        """Await a call that wakes a workflow, for a second; a failure is logged, and pauses further calls."""
        try:
            async with asyncio.timeout(PATIENCE):
                await call
        except Exception as error:  # noqa: BLE001 - the change is committed, and the relay retries
            self.paused_until = self.clock.monotonic() + COOLDOWN
            log.warning("wake.failed", whose=whose, error=type(error).__name__)

    async def _drain(self, client: Client) -> None:
        room = asyncio.Semaphore(AT_ONCE)
        while self._waiting:
            size = min(max(BATCH, len(self._waiting) // SHARE), len(self._waiting))
            taken = [heapq.heappop(self._waiting) for _ in range(size)]
            batch = [accepted for _, _, accepted in taken]
            results = await asyncio.gather(*(self._start(client, room, accepted) for accepted in batch))
            started = [each.post.content_id for each, is_started in zip(batch, results, strict=True) if is_started]
            try:
                if started:
                    await self.schedule.queue(started, self.clock.now())
            except Exception:
                # The workflows run. The next look, or the claim, records it.
                log.exception("starts.not_recorded", contents=started)
            if len(started) < len(batch):
                self._waiting.clear()
            elif self._waiting and self._waiting[0][0] > self.clock.now() + SOON:
                await asyncio.sleep(PAUSE)

    async def _start(self, client: Client, room: asyncio.Semaphore, accepted: _Accepted) -> bool:
        post = accepted.post
        async with room:
            if self.clock.monotonic() < self.paused_until:
                return False
            try:
                # Temporal's client adds the span of its call, and sends it along.
                with tracing.span("start workflow", parent=accepted.trace, content_id=post.content_id):
                    async with asyncio.timeout(PATIENCE):
                        await wake_content(
                            client,
                            self.task_queue,
                            content_id=post.content_id,
                            brand_ref=post.brand_ref,
                            channels=[plan.channel for plan in post.plans],
                            view=post,
                            priority=self._crowds.priority(post, self.clock.now()),
                        )
            except Exception as error:  # noqa: BLE001 - the response is sent, and the relay retries
                self.paused_until = self.clock.monotonic() + COOLDOWN
                facts = {"request_id": accepted.request_id} if accepted.request_id else {}
                log.warning("start.failed", content=post.content_id, error=type(error).__name__, **facts)
                return False
            return True
