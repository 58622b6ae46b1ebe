"""The relay: repeats wakes of workflows that were lost between a commit and a call.

Each round numbers new events and wakes the workflows of posts that changed without being acknowledged, or whose next
step is overdue. Every few seconds it also wakes the workflows of accounts that are overdue, and reports connect links
that have ended unused. Any number of relays may run: each claims in the database what it wakes, and every call is
idempotent. If Temporal is down, the round ends early and gives back what it claimed; the next one retries.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta

from temporalio.client import Client
from temporalio.service import RPCError

from munadi.config import Settings
from munadi.db.accounts.expiring import expire_connections
from munadi.db.accounts.upkeep import UpkeepStore
from munadi.db.audit import forget_old_entries
from munadi.db.contents.saved_drafts import forget_submitted_drafts
from munadi.db.events.log import number_events
from munadi.db.events.retention import forget_old_bodies, forget_old_deliveries, forget_old_events
from munadi.db.idempotency import forget_old_answers
from munadi.db.keys.sessions import forget_old_sessions
from munadi.db.oauth.service import forget_old_sign_ins
from munadi.db.session import Database
from munadi.ports import Clock
from munadi.process.temporal import is_up
from munadi.publishing.crowds import Crowds
from munadi.publishing.leftover_removal import forget_old_discards
from munadi.publishing.look_budget import forget_old_budgets
from munadi.publishing.schedule import ScheduleStore
from munadi.publishing.wakes import DueWake, Wakes
from worker.rounds import DATABASE, run_rounds
from workflows.start import is_at_work, wake_account, wake_content

log = logging.getLogger("munadi.relay")

CALL_SECONDS = 2.0
CALLS_AT_ONCE = 8
# What is claimed at once, and how often in one round while there is more.
BATCH, BATCHES = 64, 8
TIDY_SECONDS = 3600.0
# Account workflows sleep for days, and the API starts those of new accounts, so this interval may be long.
ACCOUNTS_SECONDS = 5.0
CONNECTIONS_SECONDS = 5.0
SERVERS = {**DATABASE, **dict.fromkeys((RPCError, TimeoutError, RuntimeError), "Temporal")}


class Relay:
    """The loop of the relay. It runs until it is cancelled."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        schedule: ScheduleStore,
        upkeep: UpkeepStore,
        client: Client,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._database = database
        self._client = client
        self._clock = clock
        self._wakes = Wakes(database)
        self._schedule = schedule
        self._queue = settings.temporal.task_queue
        self._upkeep = upkeep
        self._next_tidy = clock.monotonic() + TIDY_SECONDS
        self._next_accounts = clock.monotonic()
        self._next_expiry = clock.monotonic()
        self._temporal_failed = False
        self._crowds = Crowds()

    async def run(self) -> None:
        """Run rounds for ever; a failed round is logged and retried."""
        await run_rounds(log, self.round, seconds=self._settings.relay.interval, servers=SERVERS)

    async def round(self) -> None:
        """Run one round. Raises what Temporal or the database raised."""
        await number_events(self._database)
        await self._expire_connections()
        await self._wake()
        await self._wake_accounts()
        await self._tidy()

    async def _wake(self) -> None:
        if self._temporal_failed and not await is_up(self._client):
            raise TimeoutError("no answer to a health check")
        for _ in range(BATCHES):
            if await self._wake_batch() < BATCH / 2:
                return

    async def _wake_batch(self) -> int:
        """Wake what this relay claims; the number of posts."""
        grace = timedelta(seconds=self._settings.relay.look_grace)
        claimed = await self._wakes.claim(self._clock.now(), grace, BATCH)
        waiting = iter(claimed)
        woken: list[str] = []
        started: list[str] = []

        async def work_off() -> None:
            for wake in waiting:
                async with asyncio.timeout(CALL_SECONDS):
                    await self._wake_one(wake)
                (started if wake.view else woken).append(wake.content_id)

        try:
            async with asyncio.TaskGroup() as calls:
                for _ in range(min(CALLS_AT_ONCE, len(claimed))):
                    calls.create_task(work_off())
            self._temporal_failed = False
        except ExceptionGroup as group:
            self._temporal_failed = True
            raise group.exceptions[0] from None  # Temporal is down, or there is a bug: one error stands for all
        finally:
            await self._record(claimed, started, woken)
        return len(claimed)

    async def _record(self, claimed: Sequence[DueWake], started: Sequence[str], woken: Sequence[str]) -> None:
        now, done = self._clock.now(), {*started, *woken}
        if started:
            await self._schedule.queue(started, now)
        if woken:
            await self._wakes.record_woken(woken, now)
        if left := [wake.content_id for wake in claimed if wake.content_id not in done]:
            await self._wakes.release(left, now)

    async def _wake_one(self, wake: DueWake) -> None:
        if wake.overdue and await is_at_work(self._client, wake.content_id):
            return
        await wake_content(
            self._client,
            self._queue,
            content_id=wake.content_id,
            brand_ref=wake.brand_ref,
            channels=wake.channels,
            view=wake.view,
            priority=self._crowds.priority(wake.view, self._clock.now()) if wake.view else None,
        )

    async def _wake_accounts(self) -> None:
        """Wake the workflows of accounts that are due for upkeep: never started, ended, or with older credentials."""
        if self._clock.monotonic() < self._next_accounts:
            return
        self._next_accounts = self._clock.monotonic() + ACCOUNTS_SECONDS
        grace, woken = timedelta(seconds=self._settings.relay.look_grace), set()
        claimed = await self._upkeep.claim(self._clock.now(), grace)
        try:
            for due in claimed:
                async with asyncio.timeout(CALL_SECONDS):
                    await wake_account(
                        self._client,
                        self._queue,
                        account_id=due.account_id,
                        brand_ref=due.brand_ref,
                        channel=due.channel,
                    )
                woken.add(due.account_id)
        finally:
            if left := [due for due in claimed if due.account_id not in woken]:
                await self._upkeep.release(left)

    async def _expire_connections(self) -> None:
        """Every few seconds, report connect links that have ended unused."""
        if self._clock.monotonic() >= self._next_expiry:
            self._next_expiry = self._clock.monotonic() + CONNECTIONS_SECONDS
            await expire_connections(self._database, self._clock.now())

    async def _tidy(self) -> None:
        """Once an hour, delete stored responses that no client can repeat, and other data that ended long ago."""
        if self._clock.monotonic() >= self._next_tidy:
            self._next_tidy = self._clock.monotonic() + TIDY_SECONDS
            now = self._clock.now()
            await forget_old_answers(self._database, now)
            await forget_submitted_drafts(self._database, now)
            await forget_old_discards(self._database, now)
            await forget_old_budgets(self._database, now)
            await forget_old_entries(self._database, now, timedelta(days=self._settings.audit_days))
            await forget_old_sessions(self._database, now)
            await forget_old_sign_ins(self._database, now)
            kept = self._settings.retention
            await forget_old_bodies(self._database, now, timedelta(days=kept.bodies_days))
            await forget_old_deliveries(self._database, now, timedelta(days=kept.deliveries_days))
            await forget_old_events(self._database, now, timedelta(days=kept.events_days))
