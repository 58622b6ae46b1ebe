"""Checks posts a while before they are due and reports what would fail, with time left to act (decision 012)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Protocol

from munadi.db.session import Database
from munadi.domain.failure import ChannelError, Failure
from munadi.intake.daily_quota import planned_posts
from munadi.ports import Clock
from munadi.publishing.preflight_checks import PreflightCheck
from munadi.publishing.preflights import DueContent, DuePublication, Preflights
from worker.rounds import run_rounds

log = logging.getLogger("munadi.lookahead")

INTERVAL = 5.0
AT_ONCE = 50
# An account with many posts is checked once for all of them.
CHECKED_AGAIN = timedelta(minutes=10)
# A network that hangs must not delay the checks of other accounts; seconds for one account.
CHECKED_AT_ONCE, PATIENCE = 10, 15.0


class Checks(Protocol):
    """Checks an account at its network and stores the result: `munadi.accounts.checking.AccountChecks`."""

    async def check(self, account_id: str) -> Failure | None: ...


class PreflightChecker:
    """The loop of preflight checks, until it is cancelled. Any number may run: each failure is reported once."""

    def __init__(
        self, database: Database, preflight: PreflightCheck, checks: Checks, clock: Clock, ahead: timedelta
    ) -> None:
        self._database = database
        self._preflights = Preflights(database)
        self._preflight = preflight
        self._checks = checks
        self._checked: dict[str, datetime] = {}
        self._clock = clock
        self._ahead = ahead

    async def run(self) -> None:
        """Run rounds for ever; a failed round is logged and retried."""
        if self._ahead:
            await run_rounds(log, self.round, seconds=min(INTERVAL, self._ahead.total_seconds() / 4))

    async def round(self) -> None:
        """Check all posts that are due soon."""
        now = self._clock.now()
        content_ids = await self._preflights.due(now, self._ahead, AT_ONCE)
        loaded = await self._load(content_ids, now)
        if await self._check_accounts({ahead.account.id for near in loaded for ahead in near.publications}, now):
            loaded = await self._load(content_ids, now)
        for near in loaded:
            await self._check_post(near, now)

    async def _load(self, content_ids: Collection[str], now: datetime) -> list[DueContent]:
        found = [await self._preflights.load(content_id, now) for content_id in content_ids]
        return [near for near in found if near is not None]

    async def _check_accounts(self, account_ids: Collection[str], now: datetime) -> bool:
        """Check these accounts at their networks, unless that was done just now; whether any was checked.

        A failure is stored in the account's row, where the preflight check reads it. An outage changes nothing.
        """
        self._checked = {key: at for key, at in self._checked.items() if at > now - CHECKED_AGAIN}
        unchecked = [account_id for account_id in account_ids if account_id not in self._checked]
        self._checked |= dict.fromkeys(unchecked, now)
        gate = asyncio.Semaphore(CHECKED_AT_ONCE)

        async def check(account_id: str) -> None:
            async with gate:
                try:
                    async with asyncio.timeout(PATIENCE):
                        await self._checks.check(account_id)
                except (ChannelError, TimeoutError) as error:
                    log.info("looking ahead: %s could not be checked: %s", account_id, error or "no answer")

        await asyncio.gather(*map(check, unchecked))
        return bool(unchecked)

    async def _check_post(self, near: DueContent, now: datetime) -> None:
        found: dict[str, Failure] = {}
        for ahead in near.publications:
            failure = await self._expected_failure(ahead, near.due, now)
            if failure is not None:
                found[ahead.step.publication_id] = failure
                log.warning("%s would not be published as things stand: %s", ahead.step.publication_id, failure.message)
        await self._preflights.record(near, found, now)

    async def _expected_failure(self, ahead: DuePublication, due: datetime, now: datetime) -> Failure | None:
        account_id = ahead.account.id
        async with self._database.read() as session:
            planned = (await planned_posts(session, [account_id], due)).get(account_id, 0)
        return await self._preflight.failure(ahead, planned, now)
