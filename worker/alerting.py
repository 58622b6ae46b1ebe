"""Sends alerts: notices what has happened, and sends it when nothing is due.

Any number of these loops may run; one at a time does it. A message that was taken just before the process was killed is
sent again, so an alert may arrive twice, and none is lost.
"""

from __future__ import annotations

import logging

from munadi.alerts.messages import message_of
from munadi.alerts.sending import AlertSender
from munadi.alerts.store import AlertStore, News, open_url
from munadi.crypto import KeyRing, SealBroken
from munadi.db.session import Database
from munadi.ports import Clock
from munadi.publishing.pace import wait_for_posts
from worker.rounds import run_rounds

log = logging.getLogger("munadi.alerting")

# People read it, so events of some seconds may share a message.
INTERVAL = 10.0
AT_ONCE = 5
UNREADABLE = "its address cannot be opened with the keys of this installation; set it again"


class AlertLoop:
    """Runs until it is cancelled."""

    def __init__(self, database: Database, keyring: KeyRing, sender: AlertSender, clock: Clock, base_url: str) -> None:
        self._database = database
        self._keyring = keyring
        self._store = AlertStore(database)
        self._sender = sender
        self._clock = clock
        self._base_url = base_url

    async def run(self) -> None:
        """Run rounds for ever; a failed one is logged, and the next continues."""
        await run_rounds(log, self.round, seconds=INTERVAL)

    async def round(self) -> None:
        """Send what is to be sent by now. Raises what the database raised."""
        async with self._database.alone("alerts") as is_alone:
            if not is_alone:
                return
            await self._store.notice(self._clock.now())
            for news in await self._store.due(self._clock.now(), AT_ONCE):
                await self._send(news)

    async def _send(self, news: News) -> None:
        message = message_of(news, self._base_url)
        if message is None:
            await self._store.dropped(news)
            return
        try:
            url = open_url(self._keyring, news.alert)
        except SealBroken:
            await self._store.failed(news, UNREADABLE, self._clock.now())
            return
        await wait_for_posts(self._database, self._clock)
        done = await self._sender.send(url, message.title, message.body)
        if done.ok:
            log.info("sent the alert %s to %s", news.alert.id, news.alert.service)
            await self._store.sent(news, self._clock.now())
        else:
            error = done.error or "the service did not take it"
            log.warning("the alert %s was not sent: %s", news.alert.id, error)
            await self._store.failed(news, error, self._clock.now())
