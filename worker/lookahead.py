"""Looks at contents a while before their time and tells what would go wrong, with time left to act (decision 012)."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from munadi.crypto import KeyRing
from munadi.db.preflights import Ahead, Near, Preflights
from munadi.db.session import Database
from munadi.domain.failure import Failure
from munadi.intake.preflight import foreseen
from munadi.intake.quota import planned_posts
from munadi.ports import Channels, Clock, MediaReader

log = logging.getLogger("munadi.lookahead")

INTERVAL = 5.0
AT_ONCE = 50


class LookingAhead:
    """Runs until it is cancelled. Any number of these may run: what was found is told by one of them."""

    def __init__(
        self,
        database: Database,
        channels: Channels,
        media: MediaReader,
        keyring: KeyRing,
        clock: Clock,
        ahead: timedelta,
    ) -> None:
        self._database = database
        self._preflights = Preflights(database)
        self._channels = channels
        self._media = media
        self._keyring = keyring
        self._clock = clock
        self._ahead = ahead

    async def run(self) -> None:
        """Round after round; what fails is logged and tried again."""
        while self._ahead:
            try:
                await self.round()
            except SQLAlchemyError as error:
                log.warning("looking ahead: the database does not answer: %s", str(error)[:300])
            except Exception:
                log.exception("looking ahead: a round ended in an unforeseen error; the next one goes on")
            await asyncio.sleep(min(INTERVAL, self._ahead.total_seconds() / 4))

    async def round(self) -> None:
        """Everything whose time is near."""
        now = self._clock.now()
        for content_id in await self._preflights.due(now, self._ahead, AT_ONCE):
            near = await self._preflights.load(content_id, now)
            if near is not None:
                await self._look(near, now)

    async def _look(self, near: Near, now: datetime) -> None:
        found: dict[str, Failure] = {}
        for ahead in near.publications:
            failure = await self._foreseen(ahead, near.due, now)
            if failure is not None:
                found[ahead.work.publication_id] = failure
                log.warning("%s would not go out as things stand: %s", ahead.work.publication_id, failure.message)
        await self._preflights.record(near, found, now)

    async def _foreseen(self, ahead: Ahead, due: datetime, now: datetime) -> Failure | None:
        account_id = ahead.account.id
        async with self._database.read() as session:
            planned = (await planned_posts(session, [account_id], due)).get(account_id, 0)
        channel = self._channels[ahead.work.channel]
        return await foreseen(ahead, channel, self._media, self._keyring, planned, now)
